"""The Similarity and the Freeze panel with texts in a real browser: by mouse and by keyboard, in light and dark."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.ui.notebook import PATIENCE_MS, Notebook

pytestmark = [pytest.mark.ui, pytest.mark.slow]
Open = Callable[..., Notebook]

SETUP = """
from tlkit import data, panels, words
colours, living = ("red", "big", "old", "wet", "new"), ("cat", "dog", "owl", "apple", "lemon", "pear")
texts = [f"{one} {two}" for one in colours for two in living]
own = data.table({"text": texts, "label": (["animal"] * 3 + ["fruit"] * 3) * 5}, text="text", name="garden")
net = words.text_backbone(words.load("words:english"))
panel = panels.Similarity(data.load("emoji:names"), own, net)
panel
"""
FREEZE = "freeze = panels.Freeze(net, own.few_shot(3, seed=0))\nfreeze"


@pytest.fixture(scope="module")
def notebook(open_notebook: Open) -> Notebook:
    notebook = open_notebook([SETUP, FREEZE])
    notebook.run_all()
    return notebook


@pytest.fixture(scope="module")
def panel(notebook: Notebook) -> Locator:
    panel = notebook.panel("How close are they?")
    expect(panel.locator(".tlkit-s-texts")).to_have_count(2)
    panel.get_by_role("button", name="Measure", exact=True).click()
    expect(panel.get_by_role("button", name="Measure again", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    return panel


def test_texts_are_read_on_the_map_and_chosen_by_keyboard(panel: Locator, notebook: Notebook) -> None:
    keyboard, tip = notebook.page.keyboard, panel.locator(".tlkit-s-tip")
    mark = panel.get_by_role("option", name=re.compile("^garden, class animal: ")).first
    mark.focus()
    expect(tip).to_have_text(str(mark.get_attribute("aria-label")))
    keyboard.press("Enter")
    asked = panel.locator(".tlkit-s-asked .tlkit-s-text")
    expect(asked).to_have_text(str(mark.get_attribute("aria-label")).removeprefix("garden, class animal: "))
    expect(panel.locator(".tlkit-s-hit li .tlkit-s-text")).to_have_count(5)
    choices = panel.get_by_role("radiogroup", name="Choose a text in garden")
    choices.get_by_role("radio", name=re.compile("^animal: ")).focus()
    keyboard.press("ArrowRight")
    chosen = choices.get_by_role("radio", checked=True)
    expect(chosen).to_have_attribute("aria-label", re.compile("^fruit: "))
    expect(asked).to_have_text(chosen.inner_text())
    panel.get_by_role("grid").get_by_role("gridcell").first.hover()
    expect(panel.locator(".tlkit-c-tip .tlkit-s-text")).to_have_count(2)
    assert panel.locator(".tlkit-s-tile").count() == 0
    verdict = panel.locator(".tlkit-s-outcome > [role=status] > .tlkit-verdict").inner_text()
    twin = notebook.saved_with(verdict)["cells"][0]["outputs"][-1]["data"]
    assert "Nearest texts in emoji:names to garden, class" in "".join(twin["text/plain"])


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_can_be_read_by_everybody(panel: Locator, notebook: Notebook, axe: Path, dark: bool) -> None:
    for width in (1280, 480):
        notebook.look(dark=dark, width=width, height=4000)
        assert notebook.accessibility(panel, axe) == []
        assert panel.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
        notebook.screenshot(f"similarity-texts-{'dark' if dark else 'light'}-{width}", panel)
    notebook.look(dark=False, width=1280)


def test_a_text_in_the_freeze_panel_offers_no_look_at_where_it_looked(notebook: Notebook) -> None:
    panel = notebook.panel("Freeze")
    expect(panel.get_by_text("Last stage")).to_have_count(0)
    panel.get_by_role("button", name="Train", exact=True).click()
    panel.get_by_role("button", name="Look inside").click(timeout=PATIENCE_MS)
    panel.get_by_role("region", name="Confusion table").get_by_role("button").first.click()
    expect(panel.locator(".tlkit-item-text").first).to_be_visible()
    assert panel.get_by_title("Where did it look?").count() == 0
    notebook.screenshot("freeze-texts", panel)
