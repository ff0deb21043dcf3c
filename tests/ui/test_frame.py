"""What every panel shares in the browser: runs, Stop, errors in words, focus, several places."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.ui.counter import CELL
from tests.ui.notebook import STOPPED_SECONDS, Notebook

pytestmark = [pytest.mark.ui, pytest.mark.slow]


@pytest.fixture(scope="module")
def notebook(open_notebook: Callable[..., Notebook]) -> Notebook:
    cells = [
        CELL,
        "long = Counter(Count(600), {})\nlong",
        "bad = Counter(Count(1), {})\nbad",
        "short = Counter(Count(15), {})\nshort",
        "short",
    ]
    notebook = open_notebook(cells)
    notebook.run_all()
    notebook.panel("Counter")
    return notebook


def test_stop_ends_a_run_within_half_a_second_and_a_second_click_starts_nothing(notebook: Notebook) -> None:
    panel = notebook.page.locator(".tlkit-panel").nth(0)
    panel.get_by_role("button", name="Run").dblclick()
    expect(panel.locator(".tlkit-progress")).to_contain_text("step")
    expect(panel.locator(".tlkit-problem")).to_have_count(0)
    assert notebook.seconds_to_stop(panel) < STOPPED_SECONDS
    expect(panel.get_by_role("button", name="Run again")).to_be_visible()


def test_the_start_and_the_end_are_announced_and_nothing_between(notebook: Notebook) -> None:
    # The panel that is seen when the run ends is another one: JupyterLab shows the output anew.
    said = notebook.page.evaluate(
        """async () => {
            const cell = document.querySelectorAll('.jp-CodeCell')[3], heard = [];
            const live = '[role=status], [role=alert], [aria-live]';
            const watch = new MutationObserver(changes => changes.forEach(({target}) => {
                const place = (target.nodeType === 1 ? target : target.parentElement)?.closest(live);
                const words = place?.textContent.trim();
                if (words && heard.at(-1) !== words) heard.push(words);
            }));
            watch.observe(cell, {subtree: true, childList: true, characterData: true});
            cell.querySelector('.tlkit-go').click();
            const until = performance.now() + 120000;
            while (!heard.includes('Finished.') && performance.now() < until)
                await new Promise(requestAnimationFrame);
            watch.disconnect();
            return heard;
        }"""
    )
    assert said == ["Started.", "Finished."]


def test_an_error_is_shown_in_words_with_the_traceback_behind_a_disclosure(notebook: Notebook) -> None:
    panel = notebook.page.locator(".tlkit-panel").nth(1)
    panel.get_by_role("button", name="Run").click()
    problem = panel.locator(".tlkit-problem")
    expect(problem).to_contain_text("One step is no walk. Take more.")
    trace = problem.locator("pre")
    expect(trace).to_be_hidden()
    problem.locator("summary").click()
    expect(trace).to_contain_text("Traceback")


def test_after_a_run_both_places_live_and_the_focus_is_where_it_was(notebook: Notebook) -> None:
    first, second = (notebook.page.locator(".tlkit-panel").nth(place) for place in (2, 3))
    button = first.get_by_role("button", name="Run")
    button.focus()
    button.press("Enter")
    for place in (first, second):
        expect(place.get_by_role("button", name="Run again")).to_be_visible()
    notebook.page.wait_for_timeout(500)
    expect(first.get_by_role("button", name="Run again")).to_be_focused()
    # Looked at within the page: a run of a second and a half may be over before a question from outside arrives.
    assert notebook.page.evaluate(
        """async () => {
            const places = [...document.querySelectorAll('.tlkit-panel')].slice(2, 4);
            places[1].querySelector('.tlkit-go').click();
            const until = performance.now() + 60000;
            while (performance.now() < until) {
                if (places.every(one => one.getAttribute('aria-busy') === 'true')) return true;
                await new Promise(requestAnimationFrame);
            }
            return false;
        }"""
    )
    for place in (first, second):
        expect(place.get_by_role("button", name="Run again")).to_be_visible()


def test_axe_finds_nothing(notebook: Notebook, axe: Path) -> None:
    for panel in notebook.page.locator(".tlkit-panel").all():
        assert notebook.accessibility(panel, axe) == []
