"""The Findings panel in a real browser: by mouse and by keyboard, in light and dark, wide and narrow."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.panels.messy import messy_folder
from tests.ui.jupyter import Lab
from tests.ui.notebook import PATIENCE_MS, STOPPED_SECONDS, Notebook

pytestmark = [pytest.mark.ui, pytest.mark.slow]
Open = Callable[..., Notebook]
TITLE = "Findings before training"

SETUP = """
from tlkit import data, panels
ours = data.images("pets", size=64)
panel = panels.Findings(ours)
panel
"""
LARGE = """
import numpy as np
pixels = np.random.default_rng(0).integers(0, 256, (6_000, 64, 64, 3), dtype=np.uint8)
large = data.arrays(pixels, ["cat", "dog"] * 3_000, name="large")
panels.Findings(large)
"""


@pytest.fixture(scope="module")
def notebook(open_notebook: Open, lab: Lab) -> Notebook:
    messy_folder(lab.folder / "pets")
    notebook = open_notebook([SETUP, LARGE])
    notebook.run(0)
    return notebook


@pytest.fixture(scope="module")
def panel(notebook: Notebook) -> Locator:
    """The panel after a click on Look."""
    panel = notebook.panel(TITLE)
    expect(panel).to_contain_text("Reading told of 1 problem and 2 notes already.")
    expect(panel.get_by_role("row", name=re.compile(r"^cat 27 7 12 46$"))).to_have_count(1)
    panel.get_by_role("button", name="Look").click()
    expect(panel.get_by_role("button", name="Look again")).to_be_visible(timeout=PATIENCE_MS)
    assert panel.locator(".tlkit-problem").all_inner_texts() == []
    return panel


def row(panel: Locator, words: str) -> Locator:
    return panel.locator(".tlkit-f-list h3 button", has_text=words)


def opened(panel: Locator, words: str) -> Locator:
    """Click on a finding that is closed, and return what opens."""
    row(panel, words).click()
    expect(row(panel, words)).to_have_attribute("aria-expanded", "true")
    return panel.locator(".tlkit-f-list > li", has_text=words).locator(".tlkit-f-open")


def saved_twin(notebook: Notebook, words: str) -> dict[str, Any]:
    saved = notebook.saved_with(words)
    data: dict[str, Any] = saved["cells"][0]["outputs"][-1]["data"]
    return data


def test_a_click_finds_it_all_and_the_saved_twin_has_it(panel: Locator, notebook: Notebook) -> None:
    expect(panel.locator(".tlkit-verdict")).to_have_text("9 problems and 3 notes, the gravest first.")
    expect(panel.locator(".tlkit-f-list h3 button")).to_have_count(12)
    expect(panel.locator(".tlkit-f-list h3 button").first).to_contain_text("in more than one split: 6")
    twin = saved_twin(notebook, "the gravest first")
    assert "cat/broken.png is damaged" in "".join(twin["text/plain"])
    assert "<strong>9 problems and 3 notes" in "".join(twin["text/html"])


def test_a_pair_is_seen_side_by_side_and_the_test_item_is_sealed(panel: Locator) -> None:
    inside = opened(panel, "look the same and lie in more than one split")
    groups = inside.locator(".tlkit-f-groups > li")
    expect(groups).to_have_count(2)
    expect(groups.first).to_contain_text("2 in training and validation")
    first, second = (groups.first.locator("img").nth(at).bounding_box() for at in (0, 1))
    assert first is not None
    assert second is not None
    assert abs(first["y"] - second["y"]) < 1
    expect(groups.first.get_by_role("img", name="dog/small-4.jpg, validation, class dog")).to_be_visible()
    expect(groups.nth(1).get_by_role("img", name="dog/small-5.jpg, test, sealed")).to_be_visible()
    expect(groups.nth(1).locator("img")).to_have_count(1)


def test_the_line_to_run_next_is_copied(panel: Locator, notebook: Notebook) -> None:
    inside = opened(panel, "Items that are in more than one split")
    inside.get_by_role("button", name="Copy", exact=True).click()
    expect(inside.get_by_role("button", name="Copied")).to_be_visible()
    copied = notebook.page.evaluate("() => navigator.clipboard.readText()")
    assert copied == "ours = data.images('pets', size=64, group='alike')"


def test_filters_leave_what_was_asked_for(panel: Locator) -> None:
    shown = panel.locator(".tlkit-f-list h3 button")
    panel.get_by_role("button", name="Copies 4").click()
    expect(shown).to_have_count(4)
    panel.get_by_role("button", name="Notes 3").click()
    expect(shown).to_have_count(1)
    panel.get_by_role("button", name="Labels 1").click()
    expect(shown).to_have_count(0)
    expect(panel.locator(".tlkit-f-outcome")).to_contain_text("Nothing of this kind was found.")
    for name in ("How grave", "About what"):
        panel.get_by_role("group", name=name).get_by_role("button", name=re.compile("^All|^Every")).click()
    expect(shown).to_have_count(12)


def test_all_of_it_by_keyboard(panel: Locator, notebook: Notebook) -> None:
    keyboard = notebook.page.keyboard
    first, second = (panel.locator(".tlkit-f-list h3 button").nth(at) for at in (0, 1))
    if first.get_attribute("aria-expanded") == "true":
        first.click()
        expect(first).to_have_attribute("aria-expanded", "false")
    first.focus()
    keyboard.press("Tab")
    expect(second).to_be_focused()
    assert second.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
    keyboard.press("Enter")
    expect(second).to_have_attribute("aria-expanded", "true")
    expect(second).to_be_focused()
    # The line of code can be read by scrolling, then comes its button.
    keyboard.press("Tab")
    keyboard.press("Tab")
    expect(panel.get_by_role("button", name="Copy", exact=True)).to_be_focused()
    keyboard.press("Shift+Tab")
    keyboard.press("Shift+Tab")
    keyboard.press("Space")
    expect(second).to_have_attribute("aria-expanded", "false")
    expect(second).to_be_focused()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_looks_right_and_axe_finds_nothing(
    panel: Locator, notebook: Notebook, axe: Path, dark: bool
) -> None:
    for width, *findings in (
        (1280, "Files that cannot be read", "lie in more than one split"),
        (480, "names differ"),
    ):
        notebook.look(dark=dark, width=width, height=2000 if width > 500 else 2700)
        for words in findings:
            opened(panel, words)
            name = f"findings-{words.split()[0].lower()}-{'dark' if dark else 'light'}-{width}"
            notebook.screenshot(name, panel)
            assert notebook.accessibility(panel, axe) == [], name
            assert panel.evaluate("one => one.scrollWidth - one.clientWidth") <= 0, name


def test_the_test_items_are_shown_on_request_and_that_is_counted(panel: Locator, notebook: Notebook) -> None:
    notebook.look(dark=False, width=1280)
    inside = opened(panel, "with more than one label")
    expect(inside.get_by_role("img", name="cat/020.png, test, sealed")).to_be_visible()
    inside.get_by_role("button", name="Show the test items too").click()
    expect(inside.get_by_role("img", name="cat/020.png, test, class cat")).to_be_visible()
    expect(inside).to_contain_text("2 in training and test, labelled cat and dog")
    expect(inside.get_by_role("button", name="Show the test items too")).to_have_count(0)
    twin = saved_twin(notebook, "cat/020.png, test, class cat")
    assert 'alt="cat/020.png, test, class cat"' in "".join(twin["text/html"])


def test_reopened_without_its_kernel_findings_still_open(
    panel: Locator, notebook: Notebook, open_notebook: Open
) -> None:
    saved = notebook.save()
    copy = notebook.path.with_name("findings-reopened.ipynb")
    copy.write_text(json.dumps(saved), encoding="utf-8")
    reopened = open_notebook(path=copy).panel(TITLE)
    expect(reopened).to_contain_text("This is a saved picture of the panel.")
    inside = opened(reopened, "Pictures of one colour")
    picture = inside.get_by_role("img", name=re.compile("plain-0.png"))
    expect(picture).to_be_visible()
    assert picture.evaluate("one => one.naturalWidth") == 64
    expect(reopened.get_by_role("button", name="Look again")).to_have_count(0)


def test_a_long_look_shows_progress_and_stops_within_half_a_second(
    panel: Locator, notebook: Notebook
) -> None:
    notebook.run(1)
    panels = notebook.page.get_by_role("region", name=TITLE, exact=True).and_(
        notebook.page.locator(".tlkit-panel")
    )
    expect(panels).to_have_count(2, timeout=PATIENCE_MS)
    large = panels.nth(1)
    large.get_by_role("button", name="Look").click()
    expect(large.locator(".tlkit-progress")).to_contain_text(re.compile("items|pictures"))
    assert notebook.seconds_to_stop(large) < STOPPED_SECONDS
    expect(large.locator(".tlkit-problem")).to_have_count(0)
    expect(large.locator(".tlkit-f-list")).to_have_count(0)
