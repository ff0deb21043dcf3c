"""The Compare panel in a real browser: the guess first, runs, Stop, keyboard, looks, records, reopened."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.ui.notebook import PATIENCE_MS, STOPPED_SECONDS, Notebook

pytestmark = [pytest.mark.ui, pytest.mark.slow]
Open = Callable[..., Notebook]

SETUP = """
from tlkit import backbones, compare, data, panels
net, greek = backbones.load("zoo:resnet-letters"), data.load("greek")
arms = ["random-frozen", "frozen"]
"""
MOUSE = "panels.Compare(greek, net, arms=arms, seeds=2, predict=True)"
KEYS = "panels.Compare(greek, net, arms=arms, labels_per_class=2, seeds=1, predict=True)"
LONG = 'panels.Compare(greek, net, arms=["scratch", "frozen"], seeds=20)'
RECORD = "comparison-greek-1-per-class.json"
REOPEN = f'panels.Compare.from_record("{RECORD}")'
OTHER = f'panels.Freeze.from_record("{RECORD}")'
QUESTION = "By how many points will “frozen” beat “random-frozen”?"


@pytest.fixture(scope="module")
def notebook(open_notebook: Open) -> Notebook:
    # Tall, so that JupyterLab keeps every panel in the page.
    notebook = open_notebook([SETUP, MOUSE, KEYS, LONG, REOPEN, OTHER], height=4000)
    for cell in range(4):
        notebook.run(cell)
    return notebook


def panel(notebook: Notebook, cell: int) -> Locator:
    found = notebook.page.locator(".jp-CodeCell").nth(cell).locator(".tlkit-panel")
    found.wait_for(timeout=PATIENCE_MS)
    return found


def finished(found: Locator) -> None:
    expect(found.get_by_role("button", name="Run again")).to_be_visible(timeout=PATIENCE_MS)


def test_by_mouse_the_guess_comes_first_and_stands_beside_the_result(notebook: Notebook) -> None:
    found = panel(notebook, 1)
    run = found.get_by_role("button", name="Run")
    expect(run).to_have_attribute("aria-disabled", "true")
    run.click(force=True)
    expect(found).to_have_attribute("aria-busy", "false")
    expect(found.locator(".tlkit-plot")).to_have_count(0)
    expect(found).not_to_contain_text("%")
    found.get_by_role("button", name="Commit guess").click()
    expect(found.get_by_role("alert").first).to_contain_text("There is no guess yet.")
    found.get_by_label(QUESTION).fill("20")
    found.get_by_label("because").fill("letters look like letters")
    found.get_by_role("button", name="Commit guess").click()
    expect(found.locator(".tlkit-guess")).to_contain_text("“frozen” wins by 20 points.")
    expect(run).to_be_focused()
    run.dblclick()
    # Every finished cell is a dot, while the run goes on.
    found.locator(".tlkit-plot circle").first.wait_for(timeout=PATIENCE_MS)
    finished(found)
    expect(found.locator(".tlkit-problem")).to_have_count(0)
    expect(found.locator(".tlkit-plot circle")).to_have_count(4)
    expect(found.locator(".tlkit-verdict")).to_contain_text(re.compile(r"better than random-frozen, by \d+"))
    expect(found.locator(".tlkit-beside")).to_contain_text("you guessed 20 points. It was")
    expect(found.locator(".tlkit-plot")).to_have_attribute("aria-label", re.compile(r"frozen \d+\.\d %"))
    expect(found.get_by_role("table").first).to_contain_text("random-frozen")


def test_the_record_is_saved_beside_the_notebook_and_opens_again(notebook: Notebook) -> None:
    found = panel(notebook, 1)
    found.get_by_role("button", name="Save record").click()
    expect(found.locator(".tlkit-saved")).to_contain_text(RECORD)
    assert (notebook.path.parent / RECORD).is_file()
    notebook.run(4)
    again = panel(notebook, 4)
    assert again.locator(".tlkit-verdict").inner_text() == found.locator(".tlkit-verdict").inner_text()
    assert again.locator(".tlkit-plot").inner_html() == found.locator(".tlkit-plot").inner_html()
    # What cannot work is not offered.
    expect(again.get_by_role("button", name="Run again")).to_have_count(0)
    expect(again.locator(".tlkit-bar")).to_contain_text("Opened from a record")
    expect(again.locator(".tlkit-bar")).to_contain_text("panels.Compare(task, net)")
    expect(again.get_by_role("button", name="Save record")).to_be_visible()
    notebook.run(5)
    expect(notebook.page.locator(".jp-CodeCell").nth(5)).to_contain_text(
        "This is a record of 'tlkit.panels.compare', not of 'tlkit.panels.freeze'."
    )


def test_what_is_being_typed_stays_when_the_panel_changes_meanwhile(notebook: Notebook) -> None:
    found, keyboard = panel(notebook, 2), notebook.page.keyboard
    last_stage = found.get_by_role("checkbox", name="last-stage")
    head = found.locator(".tlkit-head")
    draws = found.get_by_label("draws")
    draws.focus()
    keyboard.press("ControlOrMeta+a")
    keyboard.type("3")
    for on in (True, False):
        # A click that leaves the focus where it is; its answer from the kernel draws the panel anew.
        last_stage.evaluate("one => one.click()")
        expect(last_stage).to_be_checked(checked=on)
        notebook.page.wait_for_timeout(300)
        expect(draws).to_have_value("3")
    keyboard.press("Tab")
    expect(head).to_contain_text("3 draws")
    draws.focus()
    keyboard.press("ControlOrMeta+a")
    keyboard.type("1")
    keyboard.press("Tab")
    expect(head).to_contain_text("1 draw")


def test_by_keyboard_alone(notebook: Notebook) -> None:
    found, keyboard = panel(notebook, 2), notebook.page.keyboard
    last_stage = found.get_by_role("checkbox", name="last-stage")
    last_stage.focus()
    keyboard.press("Space")
    expect(last_stage).to_be_checked()
    expect(last_stage).to_be_focused()
    keyboard.press("Space")
    expect(last_stage).not_to_be_checked()
    locked = found.get_by_role("checkbox", name=re.compile("^frozen"))
    locked.focus()
    keyboard.press("Space")
    expect(locked).to_be_checked()
    draws = found.get_by_label("draws")
    draws.focus()
    keyboard.press("ControlOrMeta+a")
    keyboard.type("2")
    keyboard.press("Tab")
    expect(found.locator(".tlkit-head")).to_contain_text("2 draws")
    for _ in range(10):
        if found.get_by_label(QUESTION).evaluate("one => one === document.activeElement"):
            break
        keyboard.press("Tab")
    keyboard.type("-5")
    keyboard.press("Tab")
    keyboard.type("two labels are few")
    keyboard.press("Tab")
    keyboard.press("Enter")
    run = found.get_by_role("button", name="Run")
    expect(run).to_be_focused()
    expect(found.locator(".tlkit-guess")).to_contain_text("“frozen” loses by 5 points.")
    keyboard.press("Enter")
    finished(found)
    notebook.page.wait_for_timeout(500)
    expect(found.get_by_role("button", name="Run again")).to_be_focused()


def test_stop_ends_a_run_and_what_is_finished_stays(notebook: Notebook) -> None:
    found = panel(notebook, 3)
    found.get_by_role("button", name="Run").dblclick()
    found.locator(".tlkit-plot circle").first.wait_for(timeout=PATIENCE_MS)
    expect(found.get_by_role("checkbox").first).to_have_attribute("aria-disabled", "true")
    assert notebook.seconds_to_stop(found) < STOPPED_SECONDS
    expect(found.locator(".tlkit-problem")).to_have_count(0)
    expect(found.locator(".tlkit-plot circle").first).to_be_visible()


def test_it_looks_right_and_axe_finds_nothing(notebook: Notebook, axe: Path) -> None:
    notebook.page.evaluate(
        "() => jupyterapp.shell.currentWidget.content.widgets[3].model.sharedModel.setSource("
        f"{json.dumps(KEYS.replace('2', '3'))})"
    )
    notebook.run(3)
    waiting = panel(notebook, 3)
    expect(waiting.get_by_role("button", name="Commit guess")).to_be_visible()
    for dark in (False, True):
        for width in (1280, 480):
            notebook.look(dark=dark, width=width, height=4000)
            for cell, state in ((1, "finished"), (3, "waiting")):
                name = f"compare-{state}-{'dark' if dark else 'light'}-{width}"
                found = panel(notebook, cell)
                notebook.screenshot(name, found)
                assert notebook.accessibility(found, axe) == [], name
                assert found.evaluate("one => one.scrollWidth - one.clientWidth") <= 0, name


def test_reopened_without_a_kernel_the_finished_twin_is_seen(notebook: Notebook, open_notebook: Open) -> None:
    verdict = panel(notebook, 1).locator(".tlkit-verdict").inner_text()
    saved = notebook.save()
    saved["metadata"].pop("widgets", None)
    copy = notebook.path.with_name("compare-again.ipynb")
    copy.write_text(json.dumps(saved), encoding="utf-8")
    again = open_notebook(path=copy)
    twin = again.page.locator(".tlkit-twin").first
    expect(twin).to_contain_text(verdict, timeout=PATIENCE_MS)
    expect(twin).to_contain_text("you guessed 20 points")
    picture = twin.get_by_role("img")
    expect(picture).to_have_attribute("alt", re.compile(r"frozen \d+\.\d %"))
    assert picture.evaluate("one => one.complete && one.naturalWidth") > 400
    expect(twin).to_contain_text("A saved picture of the panel.")
    for dark in (False, True):
        again.look(dark=dark, width=1280)
        assert ("invert" in picture.evaluate("one => getComputedStyle(one).filter")) == dark
        again.screenshot(f"compare-twin-{'dark' if dark else 'light'}", twin)
