"""The lessons in a real browser, as a learner takes them: by keyboard, from the first cell on."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.ui.jupyter import Lab
from tests.ui.notebook import PATIENCE_MS, Notebook
from tlkit import caches, course

pytestmark = [pytest.mark.ui, pytest.mark.slow]
Open = Callable[..., Notebook]
CELLS = "() => jupyterapp.shell.currentWidget.content.widgets"


class Learner:
    """Somebody who works through a notebook with the keyboard."""

    def __init__(self, notebook: Notebook) -> None:
        self.notebook, self.page, self.keyboard = notebook, notebook.page, notebook.page.keyboard
        self.ids: list[str] = self.page.evaluate(f"({CELLS})().map(cell => cell.model.id)")

    def begin(self) -> None:
        """Select the first cell, as a click beside it does."""
        self.page.locator(".jp-Cell").first.click(position={"x": 4, "y": 4})
        self.keyboard.press("Escape")
        for _ in self.ids:
            self.keyboard.press("ArrowUp")

    def selected(self) -> str:
        found: str = self.page.evaluate("() => jupyterapp.shell.currentWidget.content.activeCell.model.id")
        return found

    def text(self) -> str:
        found: str = self.page.evaluate(
            "() => jupyterapp.shell.currentWidget.content.activeCell.model.sharedModel.getSource()"
        )
        return found

    def write(self, text: str) -> None:
        """Replace what is in the selected cell."""
        self.keyboard.press("Enter")
        self.keyboard.press("ControlOrMeta+a")
        self.keyboard.insert_text(text)
        assert self.text() == text

    def run(self) -> None:
        """Run the selected cell with Shift+Enter, which goes on to the next, and wait for its end."""
        at, before = self.ids.index(self.selected()), self.count(self.selected())
        self.keyboard.press("Shift+Enter")
        self.page.wait_for_function(
            """([at, before]) => {
                const notebook = jupyterapp.shell.currentWidget, cell = notebook.content.widgets[at].model;
                return cell.type !== 'code' || (cell.executionCount !== before && cell.executionCount !== null
                    && notebook.sessionContext.session.kernel.status === 'idle');
            }""",
            arg=[at, before],
            timeout=PATIENCE_MS,
        )
        expect(self.cell(self.ids[at + 1])).to_have_class(re.compile("jp-mod-active"))

    def run_until(
        self,
        stop: str,
        guesses: dict[str, tuple[str, str]],
        shorter: dict[str, tuple[str, str]] | None = None,
    ) -> None:
        """Run cell after cell to the one named `stop`, which is run too; at a gate, put a guess in.

        In a cell named in `shorter`, the first text is replaced by the second: the check of the stored outputs trains
        as long as the lesson says, and here only what a learner does is looked at.
        """
        cell = ""
        while cell != stop:
            cell = self.selected()
            if shorter and cell in shorter:
                old, new = shorter[cell]
                assert self.text().count(old) == 1, f"{cell} has no {old!r} any more"
                self.write(self.text().replace(old, new))
            if cell in guesses:
                guess, because = guesses[cell]
                filled = self.text().replace("guess=...", f"guess={guess}")
                self.write(filled.replace("because=...", f'because="{because}"'))
            self.run()

    def count(self, name: str) -> int | None:
        found: int | None = self.page.evaluate(
            f"name => ({CELLS})().find(cell => cell.model.id === name).model.executionCount ?? null", name
        )
        return found

    def cell(self, name: str) -> Locator:
        """Scroll to a cell; JupyterLab keeps only what is near in the page."""
        self.page.evaluate(
            "at => jupyterapp.shell.currentWidget.content.scrollToItem(at)", self.ids.index(name)
        )
        return self.page.locator(f".jp-Cell[data-windowed-list-index='{self.ids.index(name)}']")

    def output(self, name: str) -> str:
        found: list[dict[str, Any]] = self.page.evaluate(
            f"name => ({CELLS})().find(cell => cell.model.id === name).model.outputs.toJSON()", name
        )
        return json.dumps(found, ensure_ascii=False)


@pytest.fixture
def learner(lab: Lab, open_notebook: Open) -> Iterator[Callable[[str], Learner]]:
    """Open the learner's own copy of a lesson."""

    def begin(number: str) -> Learner:
        folder = lab.folder / f"lessons-{number}"
        course.copy_lessons(folder)
        as_before(lab.folder.parent / "cache")
        learner = Learner(open_notebook(path=folder / course.find(number).name / "lesson.ipynb", height=1300))
        learner.begin()
        return learner

    yield begin
    lab.close_notebooks()


def as_before(cache: Path) -> None:
    """Have what the check of the stored outputs measured in this run read again, as a learner's second time does."""
    for kept in map(caches.named, ("activations", "cells", "ceilings")):
        (cache / kept.name).mkdir(parents=True, exist_ok=True)
        for path in kept.folder.glob(f"*{kept.ending}"):
            try:
                (cache / kept.name / path.name).hardlink_to(path)
            except (FileExistsError, FileNotFoundError):  # known, or another test made room
                continue
            except OSError:  # on another disk
                shutil.copy(path, cache / kept.name)


def pictured(learner: Learner, name: str) -> None:
    for dark in (False, True):
        learner.notebook.look(dark=dark, width=1280, height=1500)
        learner.notebook.screenshot(f"{name}-{'dark' if dark else 'light'}")


def reopened(learner: Learner, lab: Lab, open_notebook: Open) -> Notebook:
    """Save, close, and open what was saved as somebody sees it who has no kernel and no live panel."""
    saved = learner.notebook.save()
    lab.close_notebooks()
    saved["metadata"].pop("widgets", None)
    copy = learner.notebook.path.with_name("again.ipynb")
    copy.write_text(json.dumps(saved), encoding="utf-8")
    again: Notebook = open_notebook(path=copy)
    return again


def test_lesson_1_from_the_first_guess_to_the_verdict(
    learner: Callable[[str], Learner], lab: Lab, open_notebook: Open
) -> None:
    one = learner("01")
    while one.selected() != "guess-by-hand":
        one.run()
    one.run()
    assert "Your guess comes first." in one.output("guess-by-hand")
    one.keyboard.press("ArrowUp")
    assert one.selected() == "guess-by-hand"
    one.run_until("compare-panel", {"guess-by-hand": ("20", "one of each is little")})
    assert "You guessed 20 %. It was" in one.output("by-hand-test")

    one.cell("compare-panel")
    panel = one.notebook.panel("Before and after")
    # Two draws instead of three: the test waits less.
    panel.get_by_label("draws").focus()
    one.keyboard.press("ControlOrMeta+a")
    one.keyboard.type("2")
    one.keyboard.press("Tab")
    expect(panel.locator(".tlkit-head")).to_contain_text("2 draws")
    panel.get_by_label(re.compile("By how many points")).focus()
    one.keyboard.type("25")
    one.keyboard.press("Tab")
    one.keyboard.type("letters look like letters")
    one.keyboard.press("Tab")
    one.keyboard.press("Enter")
    expect(panel.get_by_role("button", name="Run")).to_be_focused()
    one.keyboard.press("Enter")
    expect(panel.get_by_role("button", name="Run again")).to_be_visible(timeout=PATIENCE_MS)
    expect(panel.locator(".tlkit-verdict")).to_contain_text("better than scratch")
    expect(panel.locator(".tlkit-beside")).to_contain_text("you guessed 25 points")
    verdict = panel.locator(".tlkit-verdict").inner_text()
    pictured(one, "lesson-1")

    one.cell("compare-run").click(position={"x": 4, "y": 4})
    one.run()
    assert "Frozen is better than scratch, by" in one.output("compare-run")
    assert "random-frozen" in one.output("compare-run")

    twin = reopened(one, lab, open_notebook).page.locator(".tlkit-twin", has_text="you guessed 25 points")
    expect(twin).to_contain_text(verdict, timeout=PATIENCE_MS)


def test_lesson_2_by_keyboard_up_to_the_training_mode(learner: Callable[[str], Learner]) -> None:
    two = learner("02")
    while two.selected() != "guess-tune":
        if two.selected() == "guess-head":
            two.run_until("guess-head", {"guess-head": ("20", "drawings are no photographs")})
        else:
            two.run()
    assert "You guessed 20 %. It was" in two.output("by-hand-test")
    two.run()
    assert "Your guess comes first." in two.output("guess-tune")
    two.keyboard.press("ArrowUp")
    blank = two.text()
    two.write(blank.replace("guess=..., because=...", 'guess=3, because="a little can be learned"'))
    two.run()
    assert "The stage is still to be named. Put one in place of the dots" in two.output("guess-tune")
    two.keyboard.press("ArrowUp")
    # The stage of the stored outputs: what the three draws with it gave was measured in this run.
    two.write(blank.replace("first_open = ...", 'first_open = "block6"'))
    more = {
        "guess-tune": ("3", "a little can be learned"),
        "guess-draws": ("'better'", "more can adapt"),
        "guess-mode": ("50", "that is how one trains"),
    }
    # One view of each picture instead of eight; the draws keep theirs, with which they were measured.
    brief = {
        "step-4": ("range(10)", "range(2)"),
        "four-lines": ("recipe=quick,", "recipe=quick.change(augmented_views=1),"),
    }
    two.run_until("training-mode", more, shorter=brief)
    assert "fine-tuned from block6 on" in two.output("by-hand-tuned")
    assert "steps began at activations cached before block6" in two.output("four-lines")
    assert "You guessed: better. It was: " in two.output("three-draws")
    assert "You guessed 50 %. It was" in two.output("training-mode")
    two.cell("training-mode")
    pictured(two, "lesson-2")


def test_lesson_3_by_keyboard_up_to_the_freeze_panel(
    learner: Callable[[str], Learner], lab: Lab, open_notebook: Open
) -> None:
    three = learner("03")
    three.run_until(
        "freeze-panel",
        {
            "guess-old-task": ("95", "no weight can change"),
            "guess-modes": ("1", "the strict one"),
            "freeze-panel": ("1", "only that one may drift"),
        },
        shorter={"modes-run": ("head_by_steps()", "head_by_steps().change(steps=20)")},
    )
    assert "You guessed 95 %. It was" in three.output("by-hand-after")
    assert "You guessed 1. It was" in three.output("modes-run")

    three.cell("freeze-panel")
    panel = three.notebook.panel("Freeze")
    mode = panel.get_by_label("Mode of layer1")
    mode.focus()
    three.keyboard.type("weights")
    expect(mode).to_have_value("weights_only")
    panel.get_by_role("button", name=re.compile("^Train")).focus()
    three.keyboard.press("Enter")
    expect(panel.get_by_role("button", name="Train again")).to_be_visible(timeout=PATIENCE_MS)
    verdict = panel.locator(".tlkit-verdict").inner_text()
    assert "layer1" in verdict
    pictured(three, "lesson-3")

    three.cell("freeze-run").click(position={"x": 4, "y": 4})
    three.run()
    assert "You guessed 1. It was 1: exactly." in three.output("freeze-run")

    again = reopened(three, lab, open_notebook)
    expect(again.page.locator(".tlkit-twin", has_text="old task with its old head")).to_contain_text(
        verdict, timeout=PATIENCE_MS
    )


def test_lesson_4_by_keyboard_from_the_first_hint_to_the_panel(learner: Callable[[str], Learner]) -> None:
    four = learner("04")
    four.run_until("look", {})
    four.run_until("one-panel", {"guess-close": ("70", "both are written")})
    assert "% of the way from floor to ceiling" in four.output("close-run")
    assert "You guessed 70 %. It was" in four.output("close-run")

    four.cell("one-panel")
    panel = four.notebook.panel("Before and after")
    expect(panel.locator(".tlkit-head")).to_contain_text("2 draws")
    panel.get_by_label(re.compile("By how many points")).focus()
    four.keyboard.type("-5")
    four.keyboard.press("Tab")
    four.keyboard.type("letters are not digits")
    four.keyboard.press("Tab")
    four.keyboard.press("Enter")
    expect(panel.get_by_role("button", name="Run")).to_be_focused()
    expect(panel).to_contain_text("loses by 5 points")
    pictured(four, "lesson-4")


def test_lesson_5_by_keyboard_to_the_floor_and_the_panel(learner: Callable[[str], Learner]) -> None:
    five = learner("05")
    five.run_until(
        "guess-floor", {"guess-source": ("'letters'", "many strokes"), "guess-floor": ("-5", "chance")}
    )
    five.run()
    assert "by hand -1.3770, similarity.leep -1.3770" in five.output("leep-by-hand")
    assert "You guessed −5. It was" in five.output("floor")

    # What the panel needs is there already; the cells between take longer than opening it.
    five.cell("hands-panel").click(position={"x": 4, "y": 4})
    five.run_until("hands-panel", {"hands-panel": ("30", "no writing in them")})
    five.cell("hands-panel")
    panel = five.notebook.panel("How close are they?")
    panel.get_by_label("Source").select_option("photos")
    expect(panel.locator(".tlkit-head")).to_contain_text("photos → digits, seen by zoo:resnet-photos")
    expect(panel.get_by_role("button", name="Measure", exact=True)).to_be_enabled()
    pictured(five, "lesson-5")


def test_lesson_6_by_keyboard_to_the_panel_of_texts(
    learner: Callable[[str], Learner], lab: Lab, open_notebook: Open
) -> None:
    six = learner("06")
    six.run_until("company", {"guess-main": ("30", "five is little"), "guess-company": ("'coffee'", "hot")})
    assert "You guessed: coffee. It was: coffee, as you guessed." in six.output("company")
    six.cell("vectors").click(position={"x": 4, "y": 4})
    six.run_until(
        "queen", {"guess-near": ("'sell'", "same company"), "guess-queen": ("'queen'", "so they say")}
    )
    assert "You guessed: sell. It was: sell, as you guessed." in six.output("near")
    assert "You guessed: queen. It was: king." in six.output("queen")
    six.cell("by-hand").click(position={"x": 4, "y": 4})
    six.run()
    assert "by hand as in net: True" in six.output("by-hand")

    six.cell("guess-hands").click(position={"x": 4, "y": 4})
    six.run_until("guess-hands", {"guess-hands": ("10", "one name says little")})
    six.cell("guess-hands")
    panel = six.notebook.panel("Before and after")
    for label, number in (("draws", "2"), ("labels per class", "2")):
        panel.get_by_label(label).focus()
        six.keyboard.press("ControlOrMeta+a")
        six.keyboard.type(number)
        six.keyboard.press("Tab")
    expect(panel.locator(".tlkit-head")).to_contain_text("2 labels each · 2 draws")
    panel.get_by_role("button", name="Run").focus()
    six.keyboard.press("Enter")
    expect(panel.get_by_role("button", name="Run again")).to_be_visible(timeout=PATIENCE_MS)
    expect(panel).to_contain_text("239 test texts")
    verdict = panel.locator(".tlkit-verdict").inner_text()
    pictured(six, "lesson-6")

    twin = reopened(six, lab, open_notebook).page.locator(".tlkit-twin", has_text="239 test texts")
    expect(twin).to_contain_text(verdict, timeout=PATIENCE_MS)


def test_lesson_7_by_keyboard_from_the_card_to_the_licences(learner: Callable[[str], Learner]) -> None:
    seven = learner("07")
    seven.run_until("look", {})
    seven.cell("hubs").click(position={"x": 4, "y": 4})
    seven.run_until("food", {})
    assert "tlkit fetch torchvision:vgg16" in seven.output("hubs")
    seven.run_until("chain", {"guess-missing": ("3", "nobody says all")})
    assert "You guessed 3. It was" in seven.output("missing")
    assert "zoo:resnet-letters         learned from letters" in seven.output("chain")
    seven.cell("friend").click(position={"x": 4, "y": 4})
    seven.run_until("licences", {"guess-licence": ("'conflict'", "it is the friend's")})
    assert "its own licence gives more than it got" in seven.output("licences")
    assert "You guessed: conflict. It was: conflict, as you guessed." in seven.output("licences")
    pictured(seven, "lesson-7")
