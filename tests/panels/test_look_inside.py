"""Looking inside a run in the Freeze panel, without a browser: what each click works out, and what it refuses."""

from __future__ import annotations

import json
import threading
from typing import Any

import numpy as np
import pytest

from tlkit import backbones, data, inside, panels
from tlkit.panels.look_inside import LookInside


@pytest.fixture(scope="module")
def ran() -> panels.Freeze:
    panel = panels.Freeze(backbones.load("zoo:resnet-letters"), data.load("greek").few_shot(1, seed=0))
    panel.run()
    return panel


@pytest.fixture
def panel(ran: panels.Freeze) -> panels.Freeze:
    """The panel after a run, with nothing looked into yet."""
    ran._inside.forget()
    ran._problem = None
    return ran


def ask(panel: panels.Freeze, click: str, **given: Any) -> dict[str, Any]:
    """Do what a click does, and return what is then shown."""
    panel._heard({"do": click, "with": given})
    panel._inside.wait()
    shown: dict[str, Any] = panel._full_view()["inside"]
    json.dumps(shown, allow_nan=False)
    return shown


def pictures_of(shown: dict[str, Any]) -> list[dict[str, str]]:
    """Return all pictures that are shown of the chosen one."""
    return [one for group in shown["map"]["groups"] for one in group["pictures"]]


def test_nothing_is_worked_out_before_it_is_asked_for(panel: panels.Freeze) -> None:
    shown = panel._full_view()["inside"]
    assert not shown["open"]
    assert shown["confusion"] is None
    assert set(panel._pictures()) == {"sample"}
    openings = panel.result.task.test.openings
    shown = ask(panel, "look", open=True)
    assert panel.result.task.test.openings == openings
    confusion = panel.result.confusion()
    counts = [[cell["count"] if cell else 0 for cell in row] for row in shown["confusion"]["rows"]]
    np.testing.assert_array_equal(counts, confusion.counts)
    assert shown["confusion"]["sentence"] == confusion.sentence
    mistakes = panel.result.mistakes(12)
    assert [one["position"] for one in shown["mistakes"]["items"]] == mistakes.positions.tolist()
    assert {one["picture"] for one in shown["mistakes"]["items"]} <= panel._pictures().keys()


def test_a_cell_opens_its_pictures_and_one_of_them_its_maps(panel: panels.Freeze) -> None:
    ask(panel, "look", open=True)
    true, given, count = panel.result.confusion().confusions[0]
    row, column = (panel.result.task.classes.index(name) for name in (true, given))
    shown = ask(panel, "cell", true=row, given=column)
    assert shown["chosen"] == [row, column]
    assert len(shown["cell"]["items"]) == min(24, count)
    assert shown["cell"]["more"] == (f"and {count - 24:,} more" if count > 24 else "")
    position = shown["cell"]["items"][0]["position"]
    shown = ask(panel, "explain", position=position, place="cell")
    maps = inside.grad_cam(panel.result, panel.result.answers.at([position] * 2, "").images, [given, true])
    assert [one["said"] for one in pictures_of(shown)[1:]] == [maps.words(0), maps.words(1)]
    assert {one["picture"] for one in pictures_of(shown)} <= panel._pictures().keys()
    assert shown["map"]["stage"] == "layer3"
    shown = ask(panel, "explain", position=position, place="cell", stage="layer1")
    assert shown["map"]["stage"] == "layer1"
    # Its pictures go, and its map with them.
    assert ask(panel, "cell", true=0, given=0)["map"] is None


def test_a_right_answer_has_one_map(panel: panels.Freeze) -> None:
    ask(panel, "look", open=True)
    position = int(np.flatnonzero(panel.result.correct)[0])
    assert len(pictures_of(ask(panel, "explain", position=position, place="cell"))) == 2


def test_a_picture_has_neighbours_and_feature_maps(panel: panels.Freeze) -> None:
    ask(panel, "look", open=True)
    wrong = panel.result.mistakes(1)
    position = int(wrong.positions[0])
    shown = ask(panel, "explain", position=position, place="mistakes", what="near", stage="layer2")
    near = inside.neighbours(panel.result, wrong.images, stage="layer2", count=5)
    assert [one["alt"] for one in pictures_of(shown)[1:]] == [
        f"Training picture: {name}" for name in near.names(0)
    ]
    assert shown["map"]["stage"] == "layer2"
    shown = ask(panel, "explain", position=position, place="mistakes", what="maps")
    words = [group["words"] for group in shown["map"]["groups"][1:]]
    assert [one.partition(":")[0] for one in words] == list(panel.result.backbone.stages)
    assert len(pictures_of(shown)) == 1 + 8 * 4
    assert words[0] in str(panel)


def test_how_far_each_stage_moved_is_asked_for(panel: panels.Freeze) -> None:
    assert ask(panel, "look", open=True)["moved"] is None
    shown = ask(panel, "moved")["moved"]
    found = inside.movement(panel.result)
    assert [tuple(cell["text"] for cell in row) for row in shown["rows"]] == found.rows()
    assert shown["title"] == found.sentence
    assert found.note in str(panel)


def test_the_twin_tells_what_is_open(panel: panels.Freeze) -> None:
    assert "Most often confused" not in str(panel)
    ask(panel, "look", open=True)
    assert "Most often confused" in str(panel)
    assert panel.result.confusion().sentence in str(panel)
    assert panel.result.mistakes()[0].words in str(panel)
    html = panel._repr_mimebundle_()[0]["text/html"]
    assert html.count("<img ") == html.count(' alt="')
    ask(panel, "look", open=False)
    assert "Most often confused" not in str(panel)


def test_a_new_run_closes_it(panel: panels.Freeze) -> None:
    ask(panel, "look", open=True)
    panel.run()
    assert not panel._full_view()["inside"]["open"]


@pytest.mark.parametrize(
    ("what", "given", "words"),
    [
        ("cell", {"true": 0, "given": 99}, "from 0 to 30"),
        ("explain", {"position": 0, "place": "cell", "stage": "layer9"}, "nearest"),
        ("explain", {"position": 0, "place": "cell", "what": "loked"}, "looked"),
    ],
)
def test_what_cannot_be_shown_is_said_and_the_rest_stays(
    panel: panels.Freeze, what: str, given: dict[str, Any], words: str
) -> None:
    ask(panel, "look", open=True)
    shown = ask(panel, what, **given)
    assert panel._problem is not None
    assert words in panel._problem["words"]
    assert shown["confusion"] is not None
    assert shown["working"] == ""
    ask(panel, "cell", true=0, given=0)
    assert panel._problem is None


def test_before_a_run_and_from_a_record(panel: panels.Freeze) -> None:
    fresh = panels.Freeze(panel._needed()[0], panel._needed()[1])
    ask(fresh, "look", open=True)
    assert fresh._problem is not None
    assert "Train first" in fresh._problem["words"]
    opened = panels.Freeze.from_record(panel.record())
    shown = ask(opened, "look", open=True)
    assert shown["confusion"]["sentence"] == panel.result.confusion().sentence
    assert shown["mistakes"] is None
    assert not shown["pictures"]
    ask(opened, "cell", true=0, given=0)
    assert opened._problem is not None
    assert "holds no pictures" in opened._problem["words"]


def test_with_many_classes_the_most_frequent_confusions_stand_for_the_table() -> None:
    images = np.random.default_rng(0).uniform(size=(45 * 8, 16, 16))
    labels = [f"class {at % 45:02}" for at in range(len(images))]
    task = data.arrays(images, labels, name="noise").few_shot(1, seed=0)
    panel = panels.Freeze(backbones.load("zoo:resnet-letters"), task)
    run = panel.run()
    shown = ask(panel, "look", open=True)["confusion"]
    assert shown["rows"] == []
    true, given, count = run.confusion().confusions[0]
    assert shown["list"][0]["words"] == f"{true} taken for {given}: {count}"
    first = ask(panel, "cell", true=shown["list"][0]["true"], given=shown["list"][0]["given"])
    assert len(first["cell"]["items"]) == count


def test_what_comes_too_late_belongs_to_nothing(panel: panels.Freeze) -> None:
    told: list[BaseException | None] = []
    look = LookInside(lambda error, to_save: told.append(error))
    go = threading.Event()

    class Slow:
        def confusion(self) -> Any:
            go.wait(300)
            return panel.result.confusion()

        def mistakes(self, count: int) -> Any:
            return panel.result.mistakes(count)

    look.show(Slow(), panel._outcome, True)  # type: ignore[arg-type]
    assert look.view(True)["working"]
    look.forget()
    go.set()
    look.wait()
    assert look.view(True)["confusion"] is None
    assert told == []
