"""The Similarity panel measures the gain: guess first, the comparison, stages, stops, records, own data."""

from __future__ import annotations

import json
import threading
import time
from _thread import interrupt_main
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.panels import stripes
from tlkit import backbones, compare, data, panels, similarity, train
from tlkit.compare import ARMS
from tlkit.course.guesses import GuessFirst
from tlkit.errors import PanelError, RecordError
from tlkit.panels import similarity_gain as gains
from tlkit.panels.similarity_expectation import agreement, expectation
from tlkit.panels.worker import NotFinished


@pytest.fixture(scope="module", autouse=True)
def _own_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TLKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def made(**settings: Any) -> panels.Similarity:
    return panels.Similarity(stripes.dataset("marks", 3), stripes.dataset(), stripes.network(), **settings)


@pytest.fixture
def panel() -> panels.Similarity:
    return made()


@pytest.fixture
def closed() -> panels.Similarity:
    return made(predict=True)


@pytest.fixture(scope="module")
def finished() -> panels.Similarity:
    """A panel with a guess, a report and a gain."""
    panel = made(predict=True).set(labels_per_class=2, draws=2)
    panel.commit(guess=5, reason="stripes <b>are</b> stripes").run()
    panel.measure_gain()
    return panel


# The guess


def test_before_the_guess_nothing_runs_and_nothing_is_shown(closed: panels.Similarity) -> None:
    for refused in (closed.run, closed.measure_gain, lambda: closed.result):
        with pytest.raises((GuessFirst, PanelError)):
            refused()
    with pytest.raises(GuessFirst, match="Your guess comes first"):
        closed.run()
    closed._heard({"run": True})
    assert closed.status == "ready"
    assert "Your guess comes first" in closed._full_view()["problem"]["words"]
    view = closed._view()
    assert (view["outcome"], view["gain"]) == (None, None)
    assert (view["gate"]["open"], view["gate"]["first"]) == (True, True)
    asked = "By how many points will transfer from small (“frozen”) beat random numbers (“scratch”) with 5 labels per"
    for twin in (str(closed), closed._repr_mimebundle_()[0]["text/html"]):
        assert asked in twin
        assert "Nothing is measured until you have guessed." in twin


@pytest.mark.parametrize(
    "changes",
    [{"source": "greek"}, {"target": "greek"}, {"backbone": "zoo:vgg-letters"}, {"labels_per_class": 3}],
)
def test_a_guess_stays_until_something_else_is_asked(
    closed: panels.Similarity, changes: dict[str, Any]
) -> None:
    closed._heard({"do": "commit", "with": {"guess": "-5,5", "reason": "too few labels"}})
    gate = closed._view()["gate"]
    assert (gate["open"], gate["words"], gate["reason"]) == (
        False,
        "“frozen” loses by 5.5 points.",
        "too few labels",
    )
    with pytest.raises(PanelError, match="guessed already"):
        closed.commit(90, "now I know better")
    assert closed.set(draws=2).state.guess == -5.5
    assert closed.set(**changes).state.guess is None
    with pytest.raises(GuessFirst):
        closed.run()


def test_without_predict_a_guess_is_free_and_none_comes_after_the_gain(finished: panels.Similarity) -> None:
    panel = made().set(labels_per_class=2, draws=2)
    assert panel._view()["gate"] is None
    panel.run()
    gate = panel._view()["gate"]
    assert (gate["open"], gate["first"]) == (True, False)
    # Every cell is in the store already.
    again = panel.measure_gain()
    assert again.comparison.table == finished.gain.comparison.table
    assert (again.guess, panel._view()["gate"]) == (None, None)
    with pytest.raises(PanelError, match="known already"):
        panel.commit(20, "because")
    assert panel.set(labels_per_class=3).commit(20, "because").state.guess == 20
    with pytest.raises(PanelError, match="no setting 'guess'"):
        panel.set(guess=3)
    # The same report again keeps the gain, that of another target drops it.
    panel.run()
    assert panel.gain.points == finished.gain.points
    panel.set(target="marks").run()
    with pytest.raises(NotFinished):
        _ = panel.gain
    assert panel._view()["gain"]["found"] is None


# What is measured


def test_the_gain_is_that_of_a_comparison_under_the_same_settings(finished: panels.Similarity) -> None:
    found = finished.gain
    target = stripes.dataset()
    card = compare.run(
        target.few_shot(2, seed=0),
        stripes.network(),
        ["scratch", "frozen", "fine-tuned"],
        1,
        store=False,
        n_jobs=1,
        progress=False,
    )
    assert found.pair == ("scratch", "frozen")
    for name in card.arms:
        assert np.array_equal(card[name].correct[0], found.comparison[name].correct[0])
    difference = found.comparison["frozen"].correct.mean() - found.comparison["scratch"].correct.mean()
    assert found.points == pytest.approx(100 * difference)


def test_the_stages_are_those_of_the_fine_tuned_run_of_the_first_draw(finished: panels.Similarity) -> None:
    net, target, arm = stripes.network(), stripes.dataset(), ARMS["fine-tuned"]
    run = train.fit(
        net,
        target.few_shot(2, seed=0),
        arm.plan_for(net),
        0,
        recipe=arm.recipe_for(net),
        progress=False,
    )
    assert finished.gain.moved == similarity.moved(net, run, target)
    # It is the very run of the comparison: the same answers.
    assert np.array_equal(run.correct, finished.gain.comparison["fine-tuned"].correct[0])


def test_the_report_comes_first_and_stays(panel: panels.Similarity, finished: panels.Similarity) -> None:
    with pytest.raises(PanelError, match="no report of these settings"):
        panel.measure_gain()
    with pytest.raises(NotFinished, match="measure_gain"):
        _ = panel.gain
    assert finished.result.target == "stripes"
    assert "No gain was measured here" not in str(finished)
    assert "No gain was measured here" in "".join(finished._outcome["report"]["why"])  # type: ignore[index]


def test_a_network_too_large_to_train_here_is_compared_with_frozen_random_numbers() -> None:
    net = backbones.load("zoo:efficientnet-lite0")
    assert gains.arms(net) == ("random-frozen", "frozen")
    assert gains.pair(net) == ("random-frozen", "frozen")


def test_labels_and_draws_are_bounded_by_the_data(panel: panels.Similarity) -> None:
    most = int(stripes.dataset().train.counts().min())
    assert panel.set(labels_per_class=most).state.labels_per_class == most
    for changes in ({"labels_per_class": most + 1}, {"labels_per_class": 0}, {"draws": 0}, {"draws": True}):
        with pytest.raises(PanelError, match="whole number from 1"):
            panel.set(**changes)
    few = panels.Similarity(stripes.dataset("marks", 3), stripes.dataset(each=6), stripes.network())
    assert few.state.labels_per_class <= few._most_labels("stripes") < 5


# What is shown


def test_guess_expectation_and_measurement_stand_side_by_side(finished: panels.Similarity) -> None:
    shown = finished._view()["gain"]["found"]
    assert [card["title"] for card in shown["cards"]] == ["Your guess", "The scores", "Measured"]
    assert shown["cards"][0] == {
        "title": "Your guess",
        "value": "5 points",
        "words": "because: stripes <b>are</b> stripes",
    }
    assert "no score knows" in shown["cards"][1]["words"]
    assert finished.gain.verdict.word in shown["cards"][2]["words"]
    assert shown["beside"].startswith("“frozen” against “scratch”: you guessed 5 points. It was ")
    assert shown["plot"]["guess"]["words"] == "your guess"
    assert [row["stage"] for row in shown["moved"]["rows"]] == ["first", "second"]
    json.dumps(finished._full_view(), allow_nan=False)
    for twin in (str(finished), finished._repr_mimebundle_()[0]["text/html"]):
        for words in (shown["verdict"], "Your guess", "Measured", "fine-tuned", shown["moved"]["sentence"]):
            assert words.replace("'", "&#x27;") in twin or words in twin
        assert "seconds" not in twin
    assert "stripes &lt;b&gt;are&lt;/b&gt; stripes" in finished._repr_mimebundle_()[0]["text/html"]


def place(name: str, position: float, width: float = 0.05) -> dict[str, Any]:
    return {
        "name": name,
        "label": name,
        "kind": "score",
        **dict.fromkeys(("value", "low", "high"), 0.5),
        "floor": 0.0,
        "ceiling": 1.0,
        "position": position,
        "position_low": position - width,
        "position_high": position + width,
    }


def test_an_expectation_is_a_place_and_no_forecast() -> None:
    def report(*places: dict[str, Any]) -> dict[str, Any]:
        return {"places": list(places)}

    high, low = report(place("logme", 0.9)), report(place("logme", 0.1))
    assert expectation(high)["value"] == "near the ceiling"
    proved = similarity.track_record("logme")
    assert proved is not None
    assert f"{proved.picked} times" in expectation(high)["words"]
    assert expectation(low)["value"] == "near the floor"
    both = report(place("logme", 0.1), place("knn", 0.9))
    assert expectation(both)["value"] == "they do not agree"
    assert expectation(report(place("logme", 0.5, 0.4)))["value"] == "cannot tell"
    assert agreement(high, "worse").startswith(
        "The scores stood near the ceiling, and transfer came out worse."
    )
    assert agreement(both, "better").startswith("The scores did not agree, and transfer came out better.")
    assert "these draws cannot tell whether it pays" in agreement(low, "cannot tell")


def test_a_known_gain_on_other_draws_opens_no_guess_that_would_be_refused(
    finished: panels.Similarity,
) -> None:
    panel = made()
    panel._outcome, panel._ran, panel._gain = finished._outcome, panel.state, finished._gain
    panel.set(labels_per_class=2, draws=3)
    assert panel._view()["gate"] is None


def test_other_amounts_make_the_gain_stale(finished: panels.Similarity) -> None:
    panel = panels.Similarity.from_record(finished.record())
    assert not panel._view()["gain"]["stale"]
    panel.set(draws=3)
    assert panel._view()["gain"]["stale"]
    assert "measured with 2 labels per class and 2 draws" in str(panel)


# Stops


@pytest.fixture(scope="module")
def long() -> panels.Similarity:
    """A panel with a report, of which the gain takes long."""
    panel = made().set(labels_per_class=4, draws=30)
    panel.run()
    return panel


def test_stop_ends_the_measurement_soon_and_keeps_the_report(long: panels.Similarity) -> None:
    panel, report = long, long.result
    panel._heard({"do": "measure"})
    view = panel._full_view()
    assert (view["status"], view["gain"]["measures"], view["gain"]["time"]) == ("running", True, "")
    panel._heard({"do": "measure"})  # a second click is no error
    time.sleep(0.5)
    since = time.monotonic()
    panel._heard({"stop": True})
    while panel.status in ("running", "stopping"):
        assert time.monotonic() - since < 60, "90 trainings would go on for much longer"
        time.sleep(0.005)
    assert panel.status == "stopped"
    assert panel.result is report
    assert panel._full_view()["problem"] is None
    assert panel._view()["gain"]["measures"] is False
    with pytest.raises(NotFinished):
        _ = panel.gain


def test_the_kernels_interrupt_ends_it_too(long: panels.Similarity) -> None:
    panel, report = long, long.result
    timer = threading.Timer(0.5, interrupt_main)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        panel.measure_gain()
    assert (panel.status, panel.result) == ("stopped", report)


# Records


def test_a_record_is_json_and_draws_the_same_panel(finished: panels.Similarity) -> None:
    record = json.loads(json.dumps(finished.record(), allow_nan=False))
    again = panels.Similarity.from_record(record)
    assert str(again) == str(finished)
    assert again._repr_mimebundle_() == finished._repr_mimebundle_()
    assert again.record() == record
    assert again.gain.moved == finished.gain.moved
    assert again._view()["gain"]["found"] == {
        **finished._view()["gain"]["found"],
        "table": again._view()["gain"]["found"]["table"],  # says that its seconds were measured before
    }
    with pytest.raises(PanelError, match="opened from a record"):
        again.measure_gain()
    record["outcome"]["gain"]["comparison"]["arms"] = []
    with pytest.raises(RecordError):
        panels.Similarity.from_record(record)


def test_a_record_of_the_first_version_still_opens(finished: panels.Similarity) -> None:
    record = finished.record()
    record["version"] = 1
    for name in ("labels_per_class", "draws", "guess", "reason"):
        del record["state"][name]
    del record["about"]["predict"], record["outcome"]["gain"]
    again = panels.Similarity.from_record(record)
    assert again._view()["outcome"]["verdict"] == finished._view()["outcome"]["verdict"]
    assert again._view()["gain"]["found"] is None
    assert "No gain was measured here" in str(again)


# Own data


def test_more_of_the_learners_sets_and_networks_can_be_chosen() -> None:
    more = stripes.dataset("noisy", 3), stripes.network(1, "another")
    panel = made(others=more)
    choose = {one["field"]: one["options"] for one in panel._view()["choose"]}
    assert choose["source"][:3] == ["marks", "stripes", "noisy"]
    assert choose["backbone"][:2] == ["small", "another"]
    assert panel.set(target="noisy", backbone="another").state.target == "noisy"
    with pytest.raises(PanelError, match="str cannot be chosen"):
        made(others=["greek"])
    with pytest.raises(PanelError, match="Two different sets have one name, 'stripes'"):
        made(others=[stripes.dataset("stripes", 3)])
    with pytest.raises(PanelError, match="Two different networks have one name, 'small'"):
        made(others=stripes.network(1))


def test_a_folder_of_pictures_is_measured_and_so_is_its_gain(tmp_path: Path) -> None:
    pictures = data.images(stripes.folder(tmp_path / "lines"), size=32, progress=False)
    panel = panels.Similarity(stripes.dataset(), pictures, stripes.network())
    with pytest.warns(UserWarning, match="grey"):
        panel.run()
    found = panel.set(labels_per_class=2, draws=1).measure_gain()
    assert found.comparison.dataset == "lines"
    assert [one.stage for one in found.moved.stages] == ["first", "second"]  # type: ignore[union-attr]
    assert "This is one draw only" in str(panel)
    assert str(panels.Similarity.from_record(panel.record())) == str(panel)
