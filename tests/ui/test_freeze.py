"""The Freeze panel in a real browser: by mouse and by keyboard, in light and dark, wide and narrow."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.ui.jupyter import Lab
from tests.ui.notebook import PATIENCE_MS, STOPPED_SECONDS, Notebook

pytestmark = [pytest.mark.ui, pytest.mark.slow]
Open = Callable[..., Notebook]

SETUP = """
from tlkit import backbones, data, panels
net = backbones.load("zoo:resnet-letters")
task = data.load("greek").few_shot(1, seed=0)
panel = panels.Freeze(net, task)
panel
"""


@pytest.fixture(scope="module")
def notebook(open_notebook: Open) -> Notebook:
    notebook = open_notebook([SETUP, "print(panel.state.modes)", "panel.code"])
    notebook.run_all()
    return notebook


@pytest.fixture
def panel(notebook: Notebook) -> Locator:
    """The panel as it is at first: everything frozen."""
    panel = notebook.panel("Freeze")
    panel.get_by_role("button", name="Feature extraction").click()
    expect(panel.get_by_role("switch", name="layer3: ")).to_have_attribute("aria-checked", "false")
    return panel


def learns(panel: Locator) -> int:
    """Read the live count of what learns."""
    return int(panel.locator(".tlkit-stats strong").first.inner_text().replace(",", ""))


def stages(panel: Locator) -> dict[str, bool]:
    """Read every switch."""
    return {
        str(one.get_attribute("aria-label")).partition(":")[0]: one.get_attribute("aria-checked") == "true"
        for one in panel.get_by_role("switch").all()
    }


def train(panel: Locator) -> None:
    panel.get_by_role("button", name=re.compile("^Train")).click()
    expect(panel.get_by_role("button", name="Stop")).to_be_visible()
    expect(panel.get_by_role("button", name="Train again")).to_be_visible(timeout=PATIENCE_MS)


def test_a_click_on_a_switch_changes_counts_preset_and_words(panel: Locator) -> None:
    assert stages(panel) == {"stem": False, "layer1": False, "layer2": False, "layer3": False, "head": True}
    # Whoever says what is seen reaches the switch: its name holds the word on it.
    layer1 = panel.get_by_role("switch", name="layer1: frozen", exact=True)
    expect(layer1).to_contain_text("frozen")
    assert panel.locator(".tlkit-stats [aria-live=polite]").locator("strong").count() == 1
    before = learns(panel)
    panel.get_by_role("switch", name="layer3: ").click()
    expect(panel.get_by_role("button", name="Last stage")).to_have_attribute("aria-pressed", "true")
    assert learns(panel) > before
    panel.get_by_role("switch", name="stem: ").click()
    expect(panel.get_by_role("button", name="Your own")).to_have_attribute("aria-pressed", "true")
    expect(panel.locator(".tlkit-stats strong").nth(1)).to_have_text("0 %")
    panel.get_by_label("Mode of layer1").select_option("weights_only")
    expect(panel.locator(".tlkit-sentence")).to_contain_text("layer1, weights only")


@pytest.mark.parametrize(
    ("preset", "learning"),
    [
        ("Feature extraction", {"head"}),
        ("Last stage", {"layer3", "head"}),
        ("Everything", {"stem", "layer1", "layer2", "layer3", "head"}),
        ("Gradual", {"stem", "layer1", "layer2", "layer3", "head"}),
    ],
)
def test_a_preset_sets_every_stage(panel: Locator, preset: str, learning: set[str]) -> None:
    panel.get_by_role("button", name=preset).click()
    expect(panel.get_by_role("button", name=preset)).to_have_attribute("aria-pressed", "true")
    assert {name for name, on in stages(panel).items() if on} == learning


def test_the_head_cannot_be_frozen(panel: Locator) -> None:
    head = panel.get_by_role("switch", name="head: ")
    expect(head).to_have_attribute("aria-disabled", "true")
    head.click(force=True)
    expect(head).to_have_attribute("aria-checked", "true")
    expect(panel.locator(".tlkit-sentence")).to_contain_text("always learns")


def test_a_run_shows_accuracy_seals_and_the_old_task_and_the_saved_twin_has_them(
    panel: Locator, notebook: Notebook
) -> None:
    train(panel)
    verdict = panel.locator(".tlkit-verdict")
    expect(verdict).to_contain_text(re.compile(r"\d %.* right on [\d,]+ pictures"))
    expect(verdict).to_contain_text("Nothing frozen moved.")
    expect(panel.locator(".tlkit-why").first).to_contain_text("The old task with its old head")
    expect(panel.get_by_role("table")).to_contain_text("bit for bit")
    words = verdict.inner_text()
    saved = notebook.saved_with(words)
    data = saved["cells"][0]["outputs"][-1]["data"]
    assert words in "".join(data["text/plain"])
    assert words in "".join(data["text/html"])
    assert "<svg" not in "".join(data["text/html"])
    panel.get_by_role("switch", name="layer3: ").click()
    expect(panel.locator(".tlkit-outcome")).to_contain_text("earlier choice")


def test_what_the_panel_proposes_can_be_set_and_shows_drift(panel: Locator) -> None:
    train(panel)
    panel.locator(".tlkit-hint").get_by_role("button").click()
    expect(panel.get_by_label("Mode of layer1")).to_have_value("weights_only")
    train(panel)
    expect(panel.locator(".tlkit-verdict")).to_contain_text("layer1's running statistics drifted")
    row = panel.get_by_role("row", name=re.compile("^layer1"))
    expect(row).to_contain_text("bit for bit")
    expect(row).to_contain_text("drifted")


def test_stop_ends_a_run_within_half_a_second(panel: Locator, notebook: Notebook) -> None:
    panel.get_by_role("button", name="Everything").click()
    expect(panel.get_by_role("button", name="Everything")).to_have_attribute("aria-pressed", "true")
    panel.get_by_role("button", name=re.compile("^Train")).click()
    expect(panel.locator(".tlkit-progress")).to_contain_text("Training")
    expect(panel.get_by_role("switch", name="stem: ")).to_have_attribute("aria-disabled", "true")
    assert notebook.seconds_to_stop(panel) < STOPPED_SECONDS
    expect(panel.locator(".tlkit-problem")).to_have_count(0)


def test_all_of_it_by_keyboard(panel: Locator, notebook: Notebook) -> None:
    keyboard = notebook.page.keyboard
    panel.get_by_role("button", name="Feature extraction").focus()
    for _ in range(5):
        keyboard.press("Tab")
    stem = panel.get_by_role("switch", name="stem: ")
    expect(stem).to_be_focused()
    for _ in range(3):
        keyboard.press("ArrowRight")
    layer3 = panel.get_by_role("switch", name="layer3: ")
    expect(layer3).to_be_focused()
    assert layer3.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
    keyboard.press("Space")
    expect(layer3).to_have_attribute("aria-checked", "true")
    expect(layer3).to_be_focused()
    keyboard.press("Space")
    expect(layer3).to_have_attribute("aria-checked", "false")
    keyboard.press("Tab")
    expect(panel.get_by_label("Mode of layer3")).to_be_focused()
    keyboard.press("Tab")
    keyboard.press("Tab")
    expect(panel.get_by_role("button", name=re.compile("^Train"))).to_be_focused()
    keyboard.press("Enter")
    expect(panel.get_by_role("button", name="Train again")).to_be_visible(timeout=PATIENCE_MS)
    notebook.page.wait_for_timeout(500)
    expect(panel.get_by_role("button", name="Train again")).to_be_focused()


def test_the_copied_code_is_the_panels_own(panel: Locator, notebook: Notebook) -> None:
    panel.get_by_role("button", name="Last stage").click()
    expect(panel.get_by_role("button", name="Last stage")).to_have_attribute("aria-pressed", "true")
    panel.get_by_role("button", name="Copy as Python").click()
    expect(panel.get_by_role("button", name="Copied")).to_be_visible()
    code = notebook.page.evaluate("navigator.clipboard.readText()")
    assert 'freeze.plan(net, until="layer3")' in code
    compile(code, "copied", "exec")


def test_it_looks_right_and_axe_finds_nothing(lab: Lab, open_notebook: Open, axe: Path) -> None:
    lab.close_notebooks()  # that of the tests above: this one takes its page
    cell = SETUP.replace(
        "\npanel\n", '\n_ = panel.run()\n_ = panel.set(stage="layer1", mode="train_bn")\npanel\n'
    )
    notebook = open_notebook([cell])
    notebook.run_all()
    panel = notebook.panel("Freeze")
    for state in ("stale", "run"):
        for dark in (False, True):
            for width in (1280, 480):
                notebook.look(dark=dark, width=width, height=2100)
                panel.get_by_role("switch", name="layer2: ").focus()
                name = f"freeze-{state}-{'dark' if dark else 'light'}-{width}"
                notebook.screenshot(name, panel)
                assert notebook.accessibility(panel, axe) == [], name
                assert panel.evaluate("one => one.scrollWidth - one.clientWidth") <= 0, name
        if state == "stale":
            train(panel)
