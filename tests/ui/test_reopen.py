"""A notebook with a finished panel, opened again: the result is seen without running anything."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.sign import NotebookNotary
from playwright.sync_api import expect

from tests.ui.conftest import Lab
from tests.ui.counter import CELL
from tests.ui.notebook import PATIENCE_MS, Notebook

pytestmark = [pytest.mark.ui, pytest.mark.slow]
Open = Callable[..., Notebook]


@pytest.fixture(scope="module")
def finished(open_notebook: Open, lab: Lab) -> tuple[Path, dict[str, Any]]:
    """Run a panel by a click, save, and return the file and what is in it."""
    notebook = open_notebook([CELL + "\ncounter = Counter(Count(), {})\ncounter"])
    notebook.run_all()
    panel = notebook.panel("Counter")
    panel.get_by_role("button", name="Run").click()
    panel.get_by_role("button", name="Run again").wait_for()
    notebook.page.wait_for_function(
        "() => document.querySelector('.tlkit-panel')?.getAttribute('aria-busy') === 'false'"
    )
    saved = notebook.saved_with("Counted to 3.")
    lab.close_notebooks()
    return notebook.path, saved


@pytest.fixture(autouse=True)
def _closed(lab: Lab) -> Iterator[None]:
    yield
    lab.close_notebooks()


def test_the_saved_twin_shows_the_finished_result(finished: tuple[Path, dict[str, Any]]) -> None:
    (output,) = finished[1]["cells"][0]["outputs"]
    assert "Counted to 3." in "".join(output["data"]["text/plain"])
    assert "<p>Counted to 3.</p>" in "".join(output["data"]["text/html"])
    assert "application/vnd.jupyter.widget-view+json" in output["data"]


def test_with_saved_state_the_panel_says_that_it_is_a_saved_picture(
    finished: tuple[Path, dict[str, Any]], open_notebook: Open
) -> None:
    path, saved = finished
    assert "widgets" in saved["metadata"], "JupyterLab was not told to save the state of widgets"
    copy = path.with_name("with-state.ipynb")
    copy.write_text(json.dumps(saved), encoding="utf-8")
    notebook = open_notebook(path=copy)
    panel = notebook.panel("Counter")
    expect(panel).to_contain_text("This is a saved picture of the panel.")
    # What cannot work is not offered, and JupyterLab's sign of a broken chain says nothing more.
    expect(panel.get_by_role("button")).to_have_count(0)
    sign = notebook.page.locator(".jupyter-widgets-disconnected")
    assert sign.evaluate("one => getComputedStyle(one, '::before').display") == "none"
    notebook.run_all()
    expect(notebook.panel("Counter").get_by_role("button", name="Run")).to_be_visible()


@pytest.mark.parametrize("trusted", [True, False])
def test_without_saved_state_the_twin_is_seen(
    finished: tuple[Path, dict[str, Any]], open_notebook: Open, lab: Lab, trusted: bool
) -> None:
    path, saved = finished
    bare = {**saved, "metadata": {name: one for name, one in saved["metadata"].items() if name != "widgets"}}
    copy = path.with_name(f"{'trusted' if trusted else 'untrusted'}.ipynb")
    copy.write_text(json.dumps(bare), encoding="utf-8")
    if trusted:
        notary = NotebookNotary(data_dir=str(lab.folder.parent / "data"))
        notary.sign(nbformat.read(copy, as_version=4))
        notary.store.close()
    notebook = open_notebook(path=copy)
    expect(notebook.page.locator(".tlkit-twin")).to_contain_text("Counted to 3.", timeout=PATIENCE_MS)
    expect(notebook.page.locator(".jp-Notebook")).not_to_contain_text("Error displaying widget")
