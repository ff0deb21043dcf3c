"""The Compare panel without a browser: choices, the guess before the result, runs, words, records."""

from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tlkit import backbones, compare, data, files, panels, train
from tlkit.backbones import Backbone
from tlkit.course.guesses import GuessFirst
from tlkit.data import Dataset
from tlkit.errors import ComparisonError, PanelError, RecordError, UnknownNameError

ARMS = ["random-frozen", "frozen"]


@pytest.fixture(scope="module", autouse=True)
def _own_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TLKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def net() -> Backbone:
    return backbones.load("zoo:resnet-letters")


@pytest.fixture(scope="module")
def greek() -> Dataset:
    return data.load("greek")


@pytest.fixture
def panel(net: Backbone, greek: Dataset) -> panels.Compare:
    return panels.Compare(greek, net, arms=ARMS, seeds=2)


@pytest.fixture
def closed(net: Backbone, greek: Dataset) -> panels.Compare:
    """A panel that waits for a guess."""
    return panels.Compare(greek, net, arms=ARMS, seeds=2, predict=True)


@pytest.fixture(scope="module")
def finished(net: Backbone, greek: Dataset) -> panels.Compare:
    panel = panels.Compare(greek, net, arms=ARMS, seeds=2, predict=True)
    panel.commit(guess=20, reason="letters <b>look</b> like letters").run()
    return panel


def wait(panel: panels.Compare, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while panel.status in ("running", "stopping"):
        assert time.monotonic() < until, f"still {panel.status}"
        time.sleep(0.01)


# ---- choices


def test_arms_stand_in_one_order_whatever_the_order_they_were_given_in(net: Backbone, greek: Dataset) -> None:
    panel = panels.Compare(greek, net, arms=["fine-tuned", "frozen", "scratch"])
    assert panel.state.arms == ("scratch", "frozen", "fine-tuned")
    assert panel.set(arm="random-frozen", on=True).state.arms == (
        "scratch",
        "random-frozen",
        "frozen",
        "fine-tuned",
    )
    assert panel.set(arm="scratch", on=False).state.arms == ("random-frozen", "frozen", "fine-tuned")


def test_a_task_brings_its_labels_and_its_draw(net: Backbone, greek: Dataset) -> None:
    panel = panels.Compare(greek.few_shot(2, seed=7), net, arms=ARMS, seeds=1)
    assert panel.state.labels_per_class == 2
    assert panel.run().seeds == (7,)
    assert panel.result.labels_per_class == 2


def test_an_arm_of_your_own_takes_part(net: Backbone, greek: Dataset) -> None:
    own = compare.Arm("mine", "my own arm", pretrained=True, opens="head")
    panel = panels.Compare(greek, net, arms=["random-frozen", own], seeds=1)
    assert panel.run().arms == ("random-frozen", "mine")
    assert "my own arm" in [arm["label"] for arm in panel._view()["arms"]]


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"arms": ["frozen"]}, PanelError, "at least two"),
        ({"arms": ["scratch", "frosen"]}, UnknownNameError, "nearest .* 'frozen'"),
        ({"arm": "scratch"}, PanelError, "on="),
        ({"labels_per_class": 0}, PanelError, "from 1 to"),
        ({"labels_per_class": 10_000}, PanelError, "greek has"),
        ({"labels_per_class": 1.5}, PanelError, "whole number"),
        ({"seeds": 0}, PanelError, "from 1 to 100"),
        ({"seeds": True}, PanelError, "whole number"),
        ({"seds": 3}, PanelError, "The nearest is 'seeds'"),
        ({"guess": 3}, PanelError, "no setting 'guess'"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    panel: panels.Compare, changes: dict[str, Any], error: type[Exception], words: str
) -> None:
    before = panel.state
    with pytest.raises(error, match=words):
        panel.set(**changes)
    assert panel.state == before


def test_arms_that_make_no_comparison_are_refused(net: Backbone, greek: Dataset) -> None:
    with pytest.raises(ComparisonError, match="two arms"):
        panels.Compare(greek, net, arms=["frozen"])
    with pytest.raises(UnknownNameError, match="scratch"):
        panels.Compare(greek, net, arms=["scrath", "frozen"])
    with pytest.raises(PanelError, match="no transfer to guess about"):
        panels.Compare(greek, net, arms=["scratch", "random-frozen"], predict=True)


# ---- the guess comes first


def test_before_the_guess_nothing_runs_and_nothing_is_shown(closed: panels.Compare) -> None:
    with pytest.raises(GuessFirst, match="Your guess comes first"):
        closed.run()
    with pytest.raises(GuessFirst):
        _ = closed.result
    closed._heard({"run": True})
    assert closed.status == "ready"
    assert "Your guess comes first" in closed._full_view()["problem"]["words"]
    view = closed._view()
    assert view["plot"] is None
    assert view["outcome"] is None
    assert view["gate"]["open"]
    for twin in (str(closed), closed._repr_mimebundle_()[0]["text/html"]):
        assert "By how many points will “frozen” beat “random-frozen”?" in twin
        assert "%" not in twin
        assert "<img" not in twin


@pytest.mark.parametrize(
    ("guess", "reason", "words"),
    [
        ("", "why not", "The guess is nothing"),
        (None, "why not", "The guess is nothing"),
        ("many", "why not", "'many'"),
        (101, "why not", "from -100 to 100"),
        (float("nan"), "why not", "from -100 to 100"),
        (True, "why not", "The guess is True"),
        (20, "  ", "no reason"),
        (20, ..., "no reason"),
    ],
)
def test_a_guess_needs_a_number_of_points_and_a_reason(
    closed: panels.Compare, guess: object, reason: object, words: str
) -> None:
    with pytest.raises(PanelError, match=words):
        closed.commit(guess, reason)
    closed._heard({"do": "commit", "with": {"guess": guess, "reason": reason}})
    assert re.search(words, closed._full_view()["problem"]["words"])
    assert closed._view()["gate"]["open"]


def test_a_guess_stays_until_it_is_about_other_labels(closed: panels.Compare) -> None:
    closed._heard({"do": "commit", "with": {"guess": "-5,5", "reason": "too few labels"}})
    gate = closed._view()["gate"]
    assert (gate["open"], gate["words"], gate["reason"]) == (
        False,
        "“frozen” loses by 5.5 points.",
        "too few labels",
    )
    with pytest.raises(PanelError, match="guessed already"):
        closed.commit(90, "now I know better")
    assert closed.set(seeds=3).state.guess == -5.5
    assert closed.set(labels_per_class=5).state.guess is None
    with pytest.raises(GuessFirst):
        closed.run()
    with pytest.raises(PanelError, match="Leave both among the arms"):
        closed.set(arms=["scratch", "frozen"])


def test_without_predict_a_guess_is_no_duty_and_none_comes_after_the_result(panel: panels.Compare) -> None:
    assert panel._view()["gate"] is None
    panel.run()
    with pytest.raises(PanelError, match="known already"):
        panel.commit(20, "because")


# ---- runs


def test_the_result_is_the_comparison(finished: panels.Compare, net: Backbone, greek: Dataset) -> None:
    found = compare.run(greek, net, arms=ARMS, seeds=2, progress=False)
    for name in ARMS:
        assert (found[name].correct == finished.result[name].correct).all()
    assert finished.result.verdict.sentence == found.verdict.sentence


def test_a_click_shows_each_cell_when_it_is_finished(panel: panels.Compare) -> None:
    seen: list[dict[str, int]] = []
    show = panel._show

    def watched() -> None:
        if panel._cells:
            seen.append({name: len(shares) for name, shares in panel._cells.items()})
        show()

    panel.set(seeds=3)
    panel._show = watched  # type: ignore[method-assign]  # looks on, changes nothing
    panel._heard({"run": True})
    panel._heard({"run": True})  # the second half of a double click
    wait(panel)
    assert panel.status == "finished"
    totals = [sum(one.values()) for one in seen]
    assert set(range(7)) <= set(totals), "a finished cell was not shown by itself"
    assert totals == sorted(totals)
    assert panel._view()["outcome"] is not None


def test_a_stop_ends_the_run_within_half_a_second_and_keeps_the_earlier_result(
    panel: panels.Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel.run()
    words = panel.result.verdict.sentence
    monkeypatch.setenv("TLKIT_CACHE", str(tmp_path))  # with the cells of earlier runs it would be too quick
    panel.set(arms=["scratch", "frozen"], seeds=10)
    panel._heard({"run": True})
    until = time.monotonic() + 3
    while time.monotonic() < until and panel.status == "running":
        time.sleep(0.01)
    assert panel.status == "running"
    with pytest.raises(PanelError, match="during a run"):
        panel.set(seeds=3)
    since = time.monotonic()
    panel._heard({"stop": True})
    wait(panel)
    assert time.monotonic() - since < 0.5
    assert panel.status == "stopped"
    assert panel._view()["outcome"]["verdict"] == words
    assert panel._full_view()["stale"]


# ---- what is shown


def test_the_view_and_the_twin_say_what_was_measured(finished: panels.Compare) -> None:
    found, view, html = (
        finished.result,
        finished._view(),
        finished._repr_mimebundle_()[0]["text/html"],
    )
    difference = 100 * (found["frozen"].mean - found["random-frozen"].mean)
    assert view["outcome"]["verdict"] == found.verdict.sentence
    for place in (view["outcome"]["beside"], str(finished), html):
        assert "you guessed 20 points" in place
        assert f"It was {difference:.1f} points: {abs(difference - 20):.1f}" in place
    for name, row in zip(found.arms, view["plot"]["rows"], strict=True):
        assert row["points"] == list(found[name].accuracies)
        assert row["low"] <= row["mean"] <= row["high"]
        for place in (json.dumps(view["outcome"]["table"], ensure_ascii=False), str(finished), html):
            assert f"{100 * found[name].mean:.1f} %" in place
            assert f"{found[name].trainable_parameters:,}" in place
    assert view["plot"]["guess"]["at"] == pytest.approx(found["random-frozen"].mean + 0.2)
    assert found.verdict.sentence in html
    assert "letters &lt;b&gt;look&lt;/b&gt; like letters" in html


def test_the_twin_has_a_picture_with_words_and_neither_seconds_nor_paths(finished: panels.Compare) -> None:
    html = finished._repr_mimebundle_()[0]["text/html"]
    picture = re.search(r'<img src="data:image/png;base64,([^"]+)" alt="([^"]+)"', html)
    assert picture
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture[1]))).convert("RGB"))
    assert pixels.shape[1] > 400
    assert (pixels < 128).any()
    for name in ARMS:
        assert f"{name} {100 * finished.result[name].mean:.1f} %" in picture[2]
    assert "second" not in html
    assert "/" not in re.sub(r"</?\w[^>]*>|&lt;.*?&gt;", "", html)
    assert html == finished._repr_mimebundle_()[0]["text/html"]


def test_marks_differ_by_shape_and_fill_not_by_colour_alone(panel: panels.Compare) -> None:
    arms = panel._view()["arms"]
    assert len({(arm["shape"], arm["hollow"]) for arm in arms}) == len(arms)
    assert [arm["hollow"] for arm in arms] == [not one.pretrained for one in compare.ARMS.values()]


def test_a_pair_that_cannot_be_told_apart_is_named_with_its_cost(net: Backbone, greek: Dataset) -> None:
    # The same arm twice: no difference by construction.
    twin = compare.Arm("frozen-too", "the same again", pretrained=True, opens="head", preset="head")
    panel = panels.Compare(greek, net, arms=["random-frozen", "frozen", twin], seeds=2)
    found = panel.run()
    assert found.between("frozen", "frozen-too").interval.difference == 0
    (words,) = panel._view()["outcome"]["asides"]
    assert words.startswith("frozen or frozen-too? Cannot tell from 2 draws (")
    assert words in str(panel)


def test_of_two_transfers_the_dearer_one_is_named_with_its_cost(net: Backbone, greek: Dataset) -> None:
    steps = train.Recipe.fine_tune().change(steps=3, most_steps=3)
    dear = compare.Arm("dear", pretrained=True, opens="last stage", recipe=steps)
    panel = panels.Compare(greek, net, arms=["random-frozen", "frozen", dear], seeds=1)
    found = panel.run()
    ratio = found["dear"].multiply_adds / found["frozen"].multiply_adds
    words = " ".join(panel._view()["outcome"]["asides"])
    assert "frozen or dear?" in words
    assert (f"dear took {ratio:.1f} times" in words) == (1.5 <= ratio < 10)


def test_three_arms_show_every_pair_and_say_that_it_was_corrected(net: Backbone, greek: Dataset) -> None:
    own = compare.Arm("frozen-too", pretrained=True, opens="head", preset="head")
    panel = panels.Compare(greek, net, arms=["random-frozen", "frozen", own], seeds=2)
    panel.run()
    shown = panel._view()["outcome"]
    assert len(shown["pairs"]["rows"]) == 3
    assert "Holm" in str(panel)
    assert "Holm" in shown["why"]
    assert panel.result.verdict.sentence.startswith(shown["verdict"])


def test_settings_that_changed_make_the_result_stale(panel: panels.Compare) -> None:
    panel.run()
    words = panel.result.verdict.sentence
    panel.set(labels_per_class=5)
    assert panel._full_view()["stale"]
    assert words not in str(panel)
    assert words in str(panel.set(labels_per_class=1))


# ---- records


def test_a_record_is_json_and_draws_the_same_panel(finished: panels.Compare) -> None:
    record = json.loads(json.dumps(finished.record(), allow_nan=False))
    again = panels.Compare.from_record(record)
    assert again._repr_mimebundle_() == finished._repr_mimebundle_()
    assert again._view() == {**finished._view(), "saved": ""}
    assert again.record() == record
    assert (again.state.guess, again.state.reason) == (20, "letters <b>look</b> like letters")
    assert (again.result["frozen"].correct == finished.result["frozen"].correct).all()
    with pytest.raises(PanelError, match="opened from a record"):
        again.run()


def test_a_record_is_saved_beside_the_notebook_and_never_over_another(
    finished: panels.Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first, second = finished.save(), finished.save()
    assert first.name == "comparison-greek-1-per-class.json"
    assert second.name == "comparison-greek-1-per-class-2.json"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([first.name, second.name])
    saved = finished._view()["saved"]
    assert second.name in saved
    assert str(tmp_path.resolve()) in saved
    assert "comparison-greek" not in str(finished)
    assert str(panels.Compare.from_record(first)) == str(finished)


def test_a_record_opens_and_is_drawn_without_torch(finished: panels.Compare, tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    files.write_json(path, finished.record())
    code = (
        "import sys\nfrom tlkit import panels\n"
        f"panel = panels.Compare.from_record({str(path)!r})\n"
        "panel._repr_mimebundle_()\n"
        "print('torch' in sys.modules, panel.result.verdict.sentence)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"False {finished.result.verdict.sentence}"


def test_nothing_to_save_is_said(panel: panels.Compare) -> None:
    with pytest.raises(PanelError, match="no result to save"):
        panel.save()


def test_a_record_of_another_kind_or_a_damaged_one_is_refused(finished: panels.Compare) -> None:
    record = finished.record()
    with pytest.raises(RecordError, match=r"record of 'tlkit\.panels\.freeze'"):
        panels.Compare.from_record({**record, "kind": "tlkit.panels.freeze"})
    with pytest.raises(RecordError, match=r"tlkit\.compare\.comparison"):
        panels.Compare.from_record(finished.result.record())
    with pytest.raises(RecordError):
        panels.Compare.from_record({**record, "outcome": {"comparison": {}, "provenance": ""}})
    with pytest.raises(RecordError):
        panels.Compare.from_record({**record, "outcome": {}})
    with pytest.raises(RecordError):
        panels.Compare.from_record({**record, "about": {}})
    with pytest.raises(RecordError):
        panels.Compare.from_record({**record, "state": {**record["state"], "seeds": -1}})
