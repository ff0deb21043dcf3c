"""One real JupyterLab and one real Chromium for all browser tests of a worker."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.ui.jupyter import Lab, chromium, jupyterlab
from tests.ui.notebook import AT_ONCE_MS, Notebook

ROOT = Path(__file__).resolve().parents[2]
# Playwright's own five seconds are too short for a browser that shares its processor with other tests.
expect.set_options(timeout=AT_ONCE_MS)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with jupyterlab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = chromium(playwright)
        if started is None:
            words = "No Chromium was found: run `python tests/install_chromium.py`."
            if os.environ.get("CI"):
                pytest.fail(words)
            pytest.skip(words)
        yield started
        started.close()


@pytest.fixture(scope="session")
def axe() -> Path:
    """The accessibility checker; fetched with the packages of widgets/ where they are not there yet."""
    path = ROOT / "widgets" / "node_modules" / "axe-core" / "axe.min.js"
    if not path.is_file() and shutil.which("npm"):
        subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund"], cwd=ROOT / "widgets", check=False, capture_output=True
        )
    if not path.is_file():
        words = "axe-core is missing: run `npm ci --prefix widgets` (Node 20)."
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    return path


@pytest.fixture(scope="session")
def pictures() -> Path | None:
    """The folder for screenshots, ``$TLKIT_SCREENSHOTS``; none are taken without it, for each takes a second."""
    if "TLKIT_SCREENSHOTS" not in os.environ:
        return None
    folder = Path(os.environ["TLKIT_SCREENSHOTS"])
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def open_notebook(lab: Lab, browser: Browser, pictures: Path | None) -> Iterator[object]:
    """Open notebooks in pages of their own; see :class:`tests.ui.notebook.Notebook`.

    ``open_notebook(cells, dark=False, width=1280, height=1100)`` writes and opens a notebook of code cells;
    ``open_notebook(path=…)`` opens one that is there. At the end of a module no page may have asked
    an outside address, and all are closed: pages and kernels that nobody looks at take memory and time.
    """

    def open_one(cells: list[str] | None = None, *, path: Path | None = None, **look: Any) -> Notebook:
        if path is None:
            path = lab.write(f"notebook-{lab.opened}.ipynb", cells or [])
        return lab.open(browser, path, pictures, **look)

    yield open_one
    lab.close_notebooks()
    outside, lab.outside = lab.outside, []
    assert not outside, f"asked an outside address: {outside}"
