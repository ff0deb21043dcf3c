"""One real JupyterLab and one real Chromium for all browser tests of a worker."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

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
def pictures() -> Path:
    """The folder for screenshots: ``$TLKIT_SCREENSHOTS``, else one that pytest throws away."""
    named = os.environ.get("TLKIT_SCREENSHOTS")
    folder = Path(named) if named else Path(os.environ.get("TMPDIR", "/tmp")) / "tlkit-screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def open_notebook(lab: Lab, browser: Browser, pictures: Path) -> Iterator[object]:
    """Open notebooks in pages of their own; see :class:`tests.ui.notebook.Notebook`.

    ``open_notebook(cells, dark=False, width=1280, height=1100)`` writes and opens a notebook of code cells;
    ``open_notebook(path=…)`` opens one that is there. At the end of a module no page may have asked
    an outside address, and all are closed: pages and kernels that nobody looks at take memory and time.
    """
    opened: list[Notebook] = []

    def open_one(cells: list[str] | None = None, *, path: Path | None = None, **look: Any) -> Notebook:
        if path is None:
            path = lab.write(f"notebook-{lab.opened}.ipynb", cells or [])
        opened.append(lab.open(browser, path, pictures, **look))
        return opened[-1]

    yield open_one
    outside = [url for one in opened for url in one.outside_requests(urlsplit(lab.address).netloc)]
    for one in opened:
        lab.give_back(one)
    assert not outside, f"asked an outside address: {outside}"
