"""The Similarity panel in a real browser: by mouse and by keyboard, in light and dark, wide and narrow."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.ui.jupyter import Lab
from tests.ui.notebook import PATIENCE_MS, STOPPED_SECONDS, Notebook

pytestmark = [pytest.mark.ui, pytest.mark.slow]
Open = Callable[..., Notebook]
TITLE = "How close are they?"

SETUP = """
from tlkit import backbones, data, panels
net = backbones.load("zoo:resnet-letters")
panel = panels.Similarity(data.load("letters"), data.load("greek"), net)
panel
"""


@pytest.fixture(scope="module")
def notebook(open_notebook: Open) -> Notebook:
    notebook = open_notebook([SETUP])
    notebook.run_all()
    return notebook


@pytest.fixture(scope="module")
def panel(notebook: Notebook, lab: Lab) -> Locator:
    """The panel after a click on Measure: letters, greek, seen by the network of letters."""
    panel = notebook.panel(TITLE)
    expect(panel).to_contain_text("Guess before you measure.")
    panel.get_by_role("button", name="Measure", exact=True).click()
    expect(panel.locator(".tlkit-progress")).to_contain_text("Training a network on greek itself")
    expect(panel.get_by_label("Source")).to_have_attribute("aria-disabled", "true")
    done(panel)
    # Later tests, which need no browser, measure the same pair.
    ceilings = Path(os.environ["TLKIT_CACHE"]) / "ceilings"
    shutil.copytree(lab.folder.parent / "cache" / "ceilings", ceilings, dirs_exist_ok=True)
    return panel


def done(panel: Locator) -> None:
    expect(panel.get_by_role("button", name="Measure again", exact=True)).to_be_visible(timeout=PATIENCE_MS)


def choose(panel: Locator, label: str, name: str) -> None:
    panel.get_by_label(label).select_option(name)
    expect(panel.locator(".tlkit-head")).to_contain_text(name)


def verdict_of(panel: Locator) -> Locator:
    return panel.locator(".tlkit-s-outcome > [role=status] > .tlkit-verdict")


def pictures(panel: Locator) -> Locator:
    return panel.get_by_role("radiogroup", name="Choose a picture in")


def test_a_click_measures_and_the_saved_twin_has_the_result(panel: Locator, notebook: Notebook) -> None:
    verdict = verdict_of(panel)
    expect(verdict).to_contain_text(re.compile(r"sorts greek .* LogME stands \d+ % \(\d+ to \d+ %\)"))
    bars = panel.locator(".tlkit-s-track")
    expect(bars).to_have_count(5)
    for bar in bars.all():
        said = str(bar.get_attribute("aria-label"))
        assert re.search(r"of the way from floor .* to ceiling .*; 95 % interval", said), said
        parts = [bar.locator(one) for one in (".tlkit-s-dot", ".tlkit-s-sure")]
        for part in parts:
            expect(part).to_be_visible()
        dot, sure = (part.bounding_box() for part in parts)
        assert dot is not None
        assert sure is not None
        assert sure["x"] - 1 <= dot["x"] + dot["width"] / 2 <= sure["x"] + sure["width"] + 1
    words = verdict.inner_text()
    saved = notebook.saved_with(words)
    twin = saved["cells"][0]["outputs"][-1]["data"]
    assert words in "".join(twin["text/plain"])
    assert words in "".join(twin["text/html"])
    assert "No overlap was found: none of 3,100 pictures of greek" in "".join(twin["text/plain"])
    assert 'alt="Map of the features' in "".join(twin["text/html"])
    assert "<svg" not in "".join(twin["text/html"])


def test_a_mark_shows_its_picture_on_hover_and_on_focus(panel: Locator, notebook: Notebook) -> None:
    keyboard, tip = notebook.page.keyboard, panel.locator(".tlkit-s-tip")
    mark = panel.get_by_role("option", name="greek, class ω", exact=True).first
    mark.hover()
    expect(tip).to_contain_text("greek, class")
    assert "data:image/png" in tip.locator(".tlkit-s-tile").evaluate(
        "one => getComputedStyle(one).backgroundImage"
    )
    verdict_of(panel).hover()
    expect(tip).to_have_count(0)
    # One stop of the tabulator; arrows go from mark to mark.
    stops = panel.get_by_role("listbox").locator("[tabindex='0']")
    expect(stops).to_have_count(1)
    mark.focus()
    expect(tip).to_have_text("greek, class ω")
    expect(panel.locator(".tlkit-s-eye")).to_be_visible()
    before = mark.bounding_box()
    keyboard.press("ArrowUp")
    expect(panel.get_by_role("listbox").locator(":focus")).to_have_count(1)
    after = panel.get_by_role("listbox").locator(":focus").bounding_box()
    assert before is not None
    assert after is not None
    assert after["y"] < before["y"]
    expect(stops).to_have_count(1)
    keyboard.press("Escape")
    expect(tip).to_have_count(0)


def test_a_picture_is_chosen_on_the_map_and_in_the_list(panel: Locator, notebook: Notebook) -> None:
    keyboard, asked = notebook.page.keyboard, panel.locator(".tlkit-s-asked")
    panel.get_by_role("option", name="greek, class λ", exact=True).nth(1).focus()
    keyboard.press("Enter")
    expect(asked).to_have_text("λ")
    expect(panel.locator(".tlkit-s-plot line")).to_have_count(5)
    chosen = panel.get_by_role("listbox").get_by_role("option", selected=True)
    expect(chosen).to_have_attribute("aria-label", "greek, class λ")
    panel.get_by_role("radio", name="ω", exact=True).click()
    expect(asked).to_have_text("ω")
    expect(pictures(panel).get_by_role("radio", checked=True)).to_have_attribute("aria-label", "ω")
    keyboard.press("ArrowLeft")
    expect(asked).to_have_text("ψ")
    expect(panel.get_by_role("radio", name="ψ", exact=True)).to_be_focused()
    near = panel.locator(".tlkit-s-hit li")
    expect(near).to_have_count(5)
    distances = [float(one) for one in near.locator("small").all_inner_texts()]
    assert distances == sorted(distances)
    assert panel.locator(".tlkit-note").count() == 0


def test_the_points_are_placed_anew_by_keyboard(panel: Locator, notebook: Notebook) -> None:
    keyboard, words = notebook.page.keyboard, panel.locator(".tlkit-s-words")
    maps = panel.get_by_role("radiogroup", name="How the points are placed")
    first = panel.get_by_role("listbox").get_by_role("option").first
    before = first.get_attribute("transform")
    maps.get_by_role("radio", name="PCA").focus()
    keyboard.press("ArrowRight")
    expect(words).to_contain_text("means nothing")
    expect(maps.get_by_role("radio", name="t-SNE")).to_be_focused()
    expect(maps.get_by_role("radio", checked=True)).to_have_text("t-SNE")
    expect(first).not_to_have_attribute("transform", str(before))
    notebook.screenshot("similarity-t-sne", panel)
    keyboard.press("ArrowLeft")
    expect(words).to_contain_text("principal components")
    expect(first).to_have_attribute("transform", str(before))


def test_a_pair_of_classes_is_chosen_by_mouse_and_by_keyboard(panel: Locator, notebook: Notebook) -> None:
    keyboard, tip = notebook.page.keyboard, panel.locator(".tlkit-c-tip")
    grid, said = panel.get_by_role("grid"), panel.locator(".tlkit-c-sentence")
    expect(said).to_contain_text(re.compile(r"Your \S is closest to their \S: \d+ % of its mass"))
    selected = grid.get_by_role("gridcell", selected=True)
    expect(selected).to_have_count(1)
    cell = grid.get_by_role("gridcell", name=re.compile("^their V, your ν: "))
    cell.hover()
    expect(tip).to_have_text(str(cell.get_attribute("aria-label")))
    expect(tip.locator(".tlkit-s-tile")).to_have_count(2)
    cell.click()
    expect(said).to_contain_text("Your ν")
    expect(selected).to_have_attribute("aria-label", re.compile("^their V, your ν: "))
    groups = panel.locator(".tlkit-c-pair figure")
    expect(groups.first).to_contain_text("their V (letters)")
    expect(groups.last.locator(".tlkit-s-tile")).to_have_count(4)
    # One stop of the tabulator; arrows go from cell to cell.
    stops = grid.locator("[tabindex='0']")
    expect(stops).to_have_count(1)
    keyboard.press("ArrowDown")
    expect(grid.locator(":focus")).to_have_attribute("aria-label", re.compile("^their V, your ξ: "))
    expect(tip).to_contain_text("their V, your ξ")
    expect(said).to_contain_text("Your ν")
    for key, name in (("Enter", "ξ"), ("Space", "π")):
        keyboard.press(key)
        expect(said).to_contain_text(f"Your {name}")
        expect(grid.locator(":focus")).to_have_attribute("aria-selected", "true")
        keyboard.press("ArrowDown")
    expect(stops).to_have_count(1)
    keyboard.press("Escape")
    expect(tip).to_have_count(0)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 480])
def test_it_looks_right_and_axe_finds_nothing(
    panel: Locator, notebook: Notebook, axe: Path, dark: bool, width: int
) -> None:
    notebook.look(dark=dark, width=width, height=2500 if width > 500 else 3900)
    panel = notebook.panel(TITLE)
    panel.get_by_role("option", name="greek, class ω", exact=True).first.focus()
    expect(panel.locator(".tlkit-s-tip")).to_be_visible()
    assert notebook.accessibility(panel, axe) == []
    assert panel.evaluate("one => one.scrollWidth - one.clientWidth") <= 0
    name = f"similarity-{'dark' if dark else 'light'}-{width}"
    notebook.screenshot(f"{name}-focus", panel)
    panel.get_by_role("radio", name="λ", exact=True).click()
    expect(panel.locator(".tlkit-s-asked")).to_have_text("λ")
    assert notebook.accessibility(panel, axe) == []
    notebook.screenshot(name, panel)


def test_reopened_without_its_kernel_the_pictures_are_still_there(
    panel: Locator, notebook: Notebook, open_notebook: Open
) -> None:
    saved = notebook.save()
    assert "widgets" in saved["metadata"], "JupyterLab was not told to save the state of widgets"
    copy = notebook.path.with_name("similarity-reopened.ipynb")
    copy.write_text(json.dumps(saved), encoding="utf-8")
    again = open_notebook(path=copy)
    reopened = again.panel(TITLE)
    expect(verdict_of(reopened)).to_have_text(verdict_of(panel).inner_text())
    reopened.get_by_role("grid").get_by_role("gridcell", selected=True).focus()
    expect(reopened.locator(".tlkit-c-tip")).to_be_visible()
    reopened.get_by_role("option", name=re.compile("class")).first.focus()
    expect(reopened.locator(".tlkit-s-tip")).to_be_visible()
    expect(reopened).to_contain_text("This is a saved picture of the panel.")
    expect(reopened.get_by_role("button", name="Measure again", exact=True)).to_have_count(0)


def test_stop_ends_a_run_within_half_a_second(panel: Locator, notebook: Notebook) -> None:
    notebook.look(dark=False, width=1280)
    choose(panel, "Target", "printed-digits")
    expect(panel.locator(".tlkit-s-outcome")).to_contain_text("earlier choice")
    panel.get_by_role("button", name="Measure again", exact=True).click()
    expect(panel.locator(".tlkit-progress")).to_contain_text("Training a network on printed-digits")
    assert notebook.seconds_to_stop(panel) < STOPPED_SECONDS
    expect(panel.locator(".tlkit-problem")).to_have_count(0)
    choose(panel, "Target", "greek")
    expect(panel.locator(".tlkit-s-outcome")).not_to_contain_text("earlier choice")


def test_all_of_it_by_keyboard(panel: Locator, notebook: Notebook) -> None:
    keyboard = notebook.page.keyboard
    source, target = panel.get_by_label("Source"), panel.get_by_label("Target")
    source.focus()
    assert source.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
    keyboard.type("printed")
    expect(panel.get_by_label("Seen by")).to_have_value("zoo:resnet-printed-digits")
    expect(source).to_be_focused()
    keyboard.press("Tab")
    expect(target).to_be_focused()
    keyboard.type("printed")
    expect(target).to_have_value("printed-digits")
    keyboard.press("Tab")
    keyboard.press("Tab")
    expect(panel.get_by_role("button", name="Measure again", exact=True)).to_be_focused()
    keyboard.press("Enter")
    expect(verdict_of(panel)).to_contain_text("sorts printed-digits well", timeout=PATIENCE_MS)
    done(panel)
    notebook.page.wait_for_timeout(500)
    expect(panel.get_by_role("button", name="Measure again", exact=True)).to_be_focused()
    expect(panel.get_by_role("region", name="Overlap")).to_contain_text("Source and target are one set")
    # Between them stands what measures the gain; its own tests go through it.
    panel.get_by_role("button", name="Measure it", exact=True).focus()
    keyboard.press("Tab")
    expect(panel.get_by_role("radio", name="PCA")).to_be_focused()
    keyboard.press("Tab")
    expect(panel.get_by_role("listbox").locator(":focus")).to_have_count(1)
    expect(panel.locator(".tlkit-s-tip")).to_contain_text("printed-digits, class")
    keyboard.press("Tab")
    expect(pictures(panel).get_by_role("radio", checked=True)).to_be_focused()
    keyboard.press("Tab")
    expect(panel.get_by_role("gridcell", selected=True)).to_be_focused()
