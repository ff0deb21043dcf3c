"""Looking inside a run in a real browser: by mouse and by keyboard, in light and dark, wide and narrow."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.ui.jupyter import Lab
from tests.ui.notebook import PATIENCE_MS, Notebook

pytestmark = [pytest.mark.ui, pytest.mark.slow]
Open = Callable[..., Notebook]

SETUP = """
from tlkit import backbones, data, panels
panel = panels.Freeze(backbones.load("{net}"), data.load("{task}").few_shot({labels}, seed=0))
_ = panel.run()
panel
"""


@pytest.fixture(scope="module")
def notebook(open_notebook: Open) -> Notebook:
    notebook = open_notebook([SETUP.format(net="zoo:resnet-letters", task="digits", labels=1)], height=2200)
    notebook.run_all()
    return notebook


@pytest.fixture
def panel(notebook: Notebook) -> Locator:
    """The panel with its inside open, and the table there."""
    panel = notebook.panel("Freeze")
    button = panel.get_by_role("button", name="Look inside")
    if button.get_attribute("aria-expanded") == "false":
        button.click()
    expect(panel.locator(".tlkit-matrix")).to_be_visible()
    return panel


def items(panel: Locator) -> Locator:
    """The pictures of the chosen cell: the first row of pictures that is no map."""
    return panel.locator(".tlkit-inside > section").first.locator(".tlkit-items").first.locator("figure")


def test_it_is_closed_at_first_and_opens_with_table_and_mistakes(notebook: Notebook) -> None:
    panel = notebook.panel("Freeze")
    expect(panel.locator(".tlkit-matrix")).to_have_count(0)
    button = panel.get_by_role("button", name="Look inside")
    expect(button).to_have_attribute("aria-expanded", "false")
    button.focus()
    notebook.page.keyboard.press("Enter")
    expect(panel.locator(".tlkit-matrix")).to_be_visible()
    expect(button).to_have_attribute("aria-expanded", "true")
    assert len(panel.locator(".tlkit-matrix tbody tr").all()) == 10
    expect(panel.locator(".tlkit-inside-sentence")).to_contain_text("test items are right")
    expect(panel.get_by_role("heading", name=re.compile("mistakes"))).to_be_visible()
    # The saved notebook has it too: whoever opens it later sees the mistakes.
    notebook.saved_with("Most often confused")
    notebook.page.wait_for_timeout(500)
    button.click()
    expect(panel.locator(".tlkit-matrix")).to_have_count(0)


def test_a_click_on_a_cell_shows_as_many_pictures_as_it_says(panel: Locator) -> None:
    wrong = panel.locator(".tlkit-matrix button.tlkit-wrong").first
    said = str(wrong.get_attribute("aria-label"))
    count = int(wrong.inner_text())
    wrong.click()
    expect(wrong).to_have_attribute("aria-pressed", "true")
    expect(items(panel)).to_have_count(min(24, count))
    true, given = re.match(r"(\w+) taken for (\w+)", said).groups()  # type: ignore[union-attr]
    expect(items(panel).first).to_contain_text(f"said {given}")
    expect(items(panel).first).to_contain_text(f"is {true}")


def test_a_picture_shows_where_the_network_looked_at_any_stage(panel: Locator) -> None:
    panel.locator(".tlkit-matrix button.tlkit-wrong").first.click()
    picture = items(panel).first.get_by_role("button")
    picture.click()
    place = panel.locator(".tlkit-map")
    expect(place).to_be_visible()
    expect(picture).to_have_attribute("aria-pressed", "true")
    expect(place.locator("figure")).to_have_count(3)
    last = place.locator("img").nth(1).get_attribute("src")
    place.get_by_role("button", name="layer1").click()
    expect(place.get_by_role("button", name="layer1")).to_have_attribute("aria-pressed", "true")
    assert place.locator("img").nth(1).get_attribute("src") != last
    place.get_by_role("button", name="Nearest training pictures").click()
    expect(place.locator("figure")).to_have_count(6)
    expect(place.locator("figure").nth(1)).to_contain_text("distance")
    place.get_by_role("button", name="Feature maps").click()
    expect(place.locator("figure")).to_have_count(1 + 4 * 8)
    panel.locator(".tlkit-matrix button.tlkit-right").first.click()
    expect(place).to_have_count(0)


def test_how_far_each_stage_moved_is_a_click_away(panel: Locator) -> None:
    panel.get_by_role("button", name="How far did each stage move?").click()
    table = panel.get_by_role("region", name="How far each stage moved").get_by_role("table")
    expect(table).to_be_visible()
    expect(table.get_by_role("row", name=re.compile("^layer3 strict bit for bit bit for bit"))).to_have_count(
        1
    )


def test_all_of_it_by_keyboard(panel: Locator, notebook: Notebook) -> None:
    keyboard = notebook.page.keyboard
    panel.get_by_role("button", name="Look inside").focus()
    keyboard.press("Tab")
    focused = panel.locator(".tlkit-matrix button:focus")
    expect(focused).to_have_count(1)
    keyboard.press("Home")
    for key in ("ArrowDown", "ArrowRight", "ArrowUp", "ArrowLeft", "ArrowDown", "ArrowDown"):
        keyboard.press(key)
        expect(focused).to_have_count(1)
    keyboard.press("End")
    assert focused.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
    label = str(focused.get_attribute("aria-label"))
    keyboard.press("Enter")
    cell = panel.get_by_role("button", name=label)
    expect(cell).to_have_attribute("aria-pressed", "true")
    expect(cell).to_be_focused()
    assert panel.locator('.tlkit-matrix button[tabindex="0"]').count() == 1
    keyboard.press("Tab")
    picture = items(panel).first.get_by_role("button")
    expect(picture).to_be_focused()
    keyboard.press("Space")
    expect(panel.locator(".tlkit-map")).to_be_visible()
    expect(picture).to_be_focused()


def test_a_new_run_closes_it(panel: Locator) -> None:
    panel.get_by_role("button", name="Train again").click()
    expect(panel.get_by_role("button", name="Look inside")).to_have_attribute(
        "aria-expanded", "false", timeout=PATIENCE_MS
    )
    expect(panel.locator(".tlkit-matrix")).to_have_count(0)


@pytest.mark.parametrize(
    ("net", "task"), [("zoo:resnet-letters", "greek"), ("zoo:vgg-letters", "emoji:twemoji")]
)
def test_it_looks_right_and_axe_finds_nothing(
    lab: Lab, open_notebook: Open, axe: Path, net: str, task: str
) -> None:
    lab.close_notebooks()  # those of the tests above: this one takes their page
    notebook = open_notebook([SETUP.format(net=net, task=task, labels=1)], height=2200)
    notebook.run_all()
    panel = notebook.panel("Freeze")
    panel.get_by_role("button", name="Look inside").click()
    panel.locator(".tlkit-matrix button.tlkit-wrong").first.click()
    items(panel).first.get_by_role("button").click()
    expect(panel.locator(".tlkit-map")).to_be_visible()
    panel.get_by_role("button", name="How far did each stage move?").click()
    expect(panel.get_by_role("region", name="How far each stage moved").get_by_role("table")).to_be_visible()
    for what in ("Nearest training pictures", "Feature maps", "Where it looked"):
        panel.locator(".tlkit-map").get_by_role("button", name=what).click()
        expect(panel.locator(".tlkit-map").get_by_role("button", name=what)).to_have_attribute(
            "aria-pressed", "true"
        )
        notebook.screenshot(f"inside-{what.split()[0].lower()}", panel.locator(".tlkit-map"))
        assert notebook.accessibility(panel, axe) == [], what
    for dark in (False, True):
        # The panel is one, whatever it shows: every pair of looks on one task, two of them on the other.
        for width in (1280, 480) if task == "greek" else ((480,) if dark else (1280,)):
            notebook.look(dark=dark, width=width, height=3600)
            name = f"inside-{task.partition(':')[0]}-{'dark' if dark else 'light'}-{width}"
            notebook.screenshot(name, panel)
            assert notebook.accessibility(panel, axe) == [], name
            assert panel.evaluate("one => one.scrollWidth - one.clientWidth") <= 0, name
