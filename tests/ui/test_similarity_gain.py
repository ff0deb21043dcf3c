"""The Similarity panel measures the gain, in a real browser: a guess, a folder of pictures, Stop, looks, records."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.ui.notebook import PATIENCE_MS, STOPPED_SECONDS, Notebook

pytestmark = [pytest.mark.ui, pytest.mark.slow]
Open = Callable[..., Notebook]
ROOT = Path(__file__).resolve().parents[2]

SETUP = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from tests.panels import stripes
from tlkit import data, panels
lines = data.images(stripes.folder(Path("lines")), size=32, progress=False)
source, net = stripes.dataset("marks", 3), stripes.network()
"""
KEYS = """
panel = panels.Similarity(source, lines, net, predict=True)
panel.set(labels_per_class=2)
"""
LONG = """
long = panels.Similarity(source, stripes.dataset(), net, seed=1, others=[lines])
long.set(labels_per_class=4, draws=30)
long.run()
long
"""
REOPEN = "panels.Similarity.from_record(panel.record())"
QUESTION = re.compile(
    "By how many points will transfer from small .* beat random numbers .* with 2 labels per class"
)


@pytest.fixture(scope="module")
def notebook(open_notebook: Open) -> Notebook:
    # Tall, so that JupyterLab keeps every panel in the page.
    notebook = open_notebook([SETUP, KEYS, LONG, REOPEN], height=6000)
    for cell in range(2):
        notebook.run(cell)
    return notebook


def panel(notebook: Notebook, cell: int) -> Locator:
    found = notebook.page.locator(".jp-CodeCell").nth(cell).locator(".tlkit-panel")
    found.wait_for(timeout=PATIENCE_MS)
    return found


@pytest.fixture(scope="module")
def measured(notebook: Notebook) -> Locator:
    """The panel on a folder of pictures: guessed, measured and its gain measured, all by keyboard."""
    found, keyboard = panel(notebook, 1), notebook.page.keyboard
    top = found.locator(".tlkit-go", has_text=re.compile("^Measure$"))
    expect(top).to_have_attribute("aria-disabled", "true")
    found.get_by_label(QUESTION).focus()
    keyboard.type("5")
    keyboard.press("Tab")
    keyboard.type("stripes are stripes")
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(found.locator(".tlkit-guess")).to_contain_text("“frozen” wins by 5 points.")
    expect(top).to_be_focused()
    keyboard.press("Enter")
    again = found.get_by_role("button", name="Measure again", exact=True)
    expect(again).to_be_visible(timeout=PATIENCE_MS)
    # The output is displayed anew at the end of a run.
    notebook.page.wait_for_timeout(500)
    expect(again).to_be_focused()
    draws = found.get_by_role("spinbutton", name="draws")
    draws.focus()
    keyboard.press("ControlOrMeta+a")
    keyboard.type("1")
    keyboard.press("Tab")
    expect(draws).to_have_value("1")
    measure = found.get_by_role("button", name="Measure it", exact=True)
    expect(measure).to_be_focused()
    expect(found.locator(".tlkit-g-go")).to_contain_text(re.compile("Takes about .* on this computer"))
    keyboard.press("Enter")
    expect(found.get_by_role("button", name="Measure it again")).to_be_focused(timeout=PATIENCE_MS)
    return found


def test_by_keyboard_a_folder_is_measured_and_so_is_its_gain(measured: Locator, notebook: Notebook) -> None:
    gain = measured.locator(".tlkit-g")
    expect(gain.locator(".tlkit-verdict")).to_contain_text(re.compile("rozen .* scratch"))
    cards = gain.locator(".tlkit-g-cards li > span")
    assert cards.all_inner_texts() == ["Your guess", "The scores", "Measured"]
    expect(gain).to_contain_text("because: stripes are stripes")
    expect(gain).to_contain_text("you guessed 5 points. It was")
    expect(gain.locator(".tlkit-plot")).to_have_attribute(
        "aria-label", re.compile(r"scratch .* frozen .* fine-tuned")
    )
    expect(gain.locator(".tlkit-plot .tlkit-guessed").first).to_be_attached()
    stages = gain.locator(".tlkit-m-track")
    expect(stages).to_have_count(2)
    for stage in stages.all():
        expect(stage).to_have_attribute("aria-label", re.compile(r"CKA .* before and after fine-tuning"))
    expect(measured).not_to_contain_text("No gain was measured here")
    words = gain.locator(".tlkit-verdict").inner_text()
    saved = notebook.saved_with(words, cell=1)
    twin = saved["cells"][1]["outputs"][-1]["data"]
    assert words in "".join(twin["text/plain"])
    assert "Which stages moved?" in "".join(twin["text/html"])


def test_other_labels_ask_anew(measured: Locator, notebook: Notebook) -> None:
    labels = measured.get_by_role("spinbutton", name="labels per class", exact=True)
    labels.fill("3")
    labels.blur()
    expect(measured.get_by_role("button", name="Commit guess")).to_be_visible()
    expect(measured.locator(".tlkit-g > .tlkit-note")).to_contain_text("with 2 labels per class and 1 draw")
    again = measured.get_by_role("button", name="Measure it again")
    expect(again).to_have_attribute("aria-disabled", "true")
    # What is known cannot be guessed any more.
    labels.fill("2")
    labels.blur()
    expect(measured.get_by_role("button", name="Commit guess")).to_have_count(0)
    expect(again).to_have_attribute("aria-disabled", "false")


def test_stop_ends_it_in_the_middle_and_the_report_stays(notebook: Notebook) -> None:
    notebook.run(2)
    found = panel(notebook, 2)
    expect(found.get_by_label("Target").locator("option", has_text="lines")).to_have_count(1)
    expect(found.get_by_role("button", name="Commit guess")).to_be_visible()
    found.get_by_role("button", name="Measure it", exact=True).click()
    bar = found.locator(".tlkit-g .tlkit-bar")
    expect(bar.get_by_role("button", name="Stop")).to_be_visible()
    expect(bar.locator(".tlkit-progress")).to_contain_text(re.compile(r"\d+ of 90: "), timeout=PATIENCE_MS)
    expect(found.get_by_role("button", name="Measure again", exact=True)).to_have_attribute(
        "aria-disabled", "true"
    )
    expect(found.get_by_role("spinbutton", name="draws")).to_have_attribute("readonly", "")
    assert notebook.seconds_to_stop(found) < STOPPED_SECONDS
    expect(found.locator(".tlkit-problem")).to_have_count(0)
    expect(found.locator(".tlkit-s-group")).to_have_count(2)
    expect(found.get_by_role("button", name="Measure it", exact=True)).to_be_focused()
    expect(found.locator(".tlkit-g-cards")).to_have_count(0)


def test_it_looks_right_and_axe_finds_nothing(measured: Locator, notebook: Notebook, axe: Path) -> None:
    notebook.run(3)
    reopened = panel(notebook, 3)
    expect(reopened.locator(".tlkit-g-cards")).to_be_visible()
    expect(reopened.get_by_role("button", name=re.compile("Measure it"))).to_have_count(0)
    for dark in (False, True):
        for width in (1280, 480):
            notebook.look(dark=dark, width=width, height=6000)
            for cell, state in ((1, "measured"), (3, "reopened")):
                name = f"gain-{state}-{'dark' if dark else 'light'}-{width}"
                found = panel(notebook, cell)
                notebook.screenshot(name, found)
                assert notebook.accessibility(found, axe) == [], name
                assert found.evaluate("one => one.scrollWidth - one.clientWidth") <= 0, name
