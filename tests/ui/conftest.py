"""One real JupyterLab and one real Chromium for all browser tests, shut off from every other address."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.ui.notebook import Notebook

ROOT = Path(__file__).resolve().parents[2]
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--no-first-run",
    # Every name but the machine's own leads nowhere: a request to the outside fails at once.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)


class Lab:
    """A running JupyterLab: its address, its token and the folder it serves."""

    def __init__(self, address: str, token: str, folder: Path, settings: Path) -> None:
        self.address, self.token, self.folder, self.settings = address, token, folder, settings

    def theme(self, name: str) -> None:
        """Choose ``"JupyterLab Light"`` or ``"JupyterLab Dark"`` for pages opened from now on."""
        place = self.settings / "@jupyterlab" / "apputils-extension"
        place.mkdir(parents=True, exist_ok=True)
        (place / "themes.jupyterlab-settings").write_text(json.dumps({"theme": name}), encoding="utf-8")

    def write(self, name: str, cells: list[str]) -> Path:
        """Write a notebook of code cells into the served folder."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata["kernelspec"] = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        path = self.folder / name
        nbformat.write(notebook, path)
        return path


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    base = tmp_path_factory.mktemp("lab")
    folder, settings = base / "notebooks", base / "settings"
    folder.mkdir()
    news = settings / "@jupyterlab" / "apputils-extension"
    news.mkdir(parents=True)
    (news / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
    token, port = "browser-tests", _free_port()
    # Themes, open files and server settings of whoever runs the tests must not leak in, nor ours out.
    surroundings = {
        **os.environ,
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(base / "workspaces"),
        "JUPYTER_CONFIG_DIR": str(base / "config"),
        "JUPYTER_RUNTIME_DIR": str(base / "runtime"),
        "JUPYTER_DATA_DIR": str(base / "data"),
        "IPYTHONDIR": str(base / "ipython"),
        "TLKIT_CACHE": str(base / "cache"),
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
    }
    log = (base / "lab.log").open("wb")
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", f"--ServerApp.root_dir={folder}"),
            *(f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"),
            # These two ask outside addresses otherwise.
            *("--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"),
            *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
        ],
        env=surroundings,
        cwd=base,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 90
        while True:
            try:
                urllib.request.urlopen(f"{address}/api?token={token}", timeout=2).close()
                break
            except OSError:
                said = (base / "lab.log").read_text(encoding="utf-8", errors="replace")
                assert server.poll() is None, f"JupyterLab ended:\n{said}"
                assert time.monotonic() < until, f"JupyterLab did not start in 90 s:\n{said}"
                time.sleep(0.2)
        yield Lab(address, token, folder, settings)
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    system = next((path for name in names if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        path = system or playwright.chromium.executable_path
        if not Path(path).exists():
            words = "No Chromium was found: run `python tests/install_chromium.py`."
            if os.environ.get("CI"):
                pytest.fail(words)
            pytest.skip(words)
        opened = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield opened
        opened.close()


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


@pytest.fixture(scope="session")
def open_notebook(lab: Lab, browser: Browser, pictures: Path) -> Iterator[object]:
    """Open notebooks in pages of their own; see :class:`tests.ui.notebook.Notebook`.

    ``open_notebook(cells, dark=False, width=1280, name=…)`` writes and opens a notebook of code cells;
    ``open_notebook(path=…)`` opens one that is there. At the end no page may have asked an outside address.
    """
    opened: list[Notebook] = []
    counter = iter(range(10_000))

    def open_one(
        cells: list[str] | None = None,
        *,
        path: Path | None = None,
        dark: bool = False,
        width: int = 1280,
        height: int = 1100,
    ) -> Notebook:
        number = next(counter)
        if path is None:
            path = lab.write(f"notebook-{number}.ipynb", cells or [])
        lab.theme("JupyterLab Dark" if dark else "JupyterLab Light")
        context = browser.new_context(
            viewport={"width": width, "height": height}, permissions=["clipboard-read", "clipboard-write"]
        )
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        relative = path.relative_to(lab.folder).as_posix()
        page.goto(f"{lab.address}/lab/workspaces/test-{number}/tree/{relative}?token={lab.token}&reset")
        notebook = Notebook(page, path, pictures, asked)
        opened.append(notebook)
        return notebook

    yield open_one
    outside = [url for one in opened for url in one.outside_requests(urlsplit(lab.address).netloc)]
    for one in opened:
        one.close()
    assert not outside, f"asked an outside address: {outside}"
