"""A real JupyterLab and a real Chromium, shut off from every other address."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
from playwright.sync_api import Browser, Page, Playwright

from tests.ui.notebook import AT_ONCE_MS, Notebook

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

    def __init__(self, address: str, token: str, folder: Path) -> None:
        self.address, self.token, self.folder = address, token, folder
        self.opened = 0
        self.outside: list[str] = []
        self._open: list[Notebook] = []
        self._idle: list[tuple[Page, list[str]]] = []

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

    def open(
        self,
        browser: Browser,
        path: Path,
        pictures: Path | None,
        *,
        dark: bool = False,
        width: int = 1280,
        height: int = 1100,
    ) -> Notebook:
        """Open a notebook of the served folder in a page of its own; one that was given back, or a new one."""
        self.opened += 1
        if self._idle:
            page, asked = self._idle.pop()
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate(
                "path => jupyterapp.commands.execute('docmanager:open', {path})",
                path.relative_to(self.folder).as_posix(),
            )
        else:
            page, asked = self._new_page(browser, path, width, height)
        notebook = Notebook(page, path, pictures, asked)
        self._open.append(notebook)
        notebook.look(dark=dark, width=width, height=height)
        return notebook

    def close_notebooks(self) -> None:
        """Close those that are open, and keep their pages for the next ones: to load JupyterLab takes many seconds.

        What the pages asked beyond this server is then in ``outside``.
        """
        while self._open:
            notebook = self._open.pop()
            self.outside += notebook.outside_requests(urlsplit(self.address).netloc)
            notebook.close()
            notebook.asked.clear()
            self._idle.append((notebook.page, notebook.asked))

    def _new_page(self, browser: Browser, path: Path, width: int, height: int) -> tuple[Page, list[str]]:
        context = browser.new_context(
            viewport={"width": width, "height": height}, permissions=["clipboard-read", "clipboard-write"]
        )
        context.set_default_timeout(AT_ONCE_MS)
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        workspace = f"{self.address}/lab/workspaces/test-{self.opened}"
        page.goto(f"{workspace}/tree/{path.relative_to(self.folder).as_posix()}?token={self.token}&reset")
        return page, asked


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def jupyterlab(base: Path) -> Iterator[Lab]:
    """Run JupyterLab with every folder of its own below `base`."""
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
            "--LabApp.expose_app_in_browser=True",
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
        until = time.monotonic() + 300
        while True:
            try:
                urllib.request.urlopen(f"{address}/api?token={token}", timeout=2).close()
                break
            except OSError:
                said = (base / "lab.log").read_text(encoding="utf-8", errors="replace")
                assert server.poll() is None, f"JupyterLab ended:\n{said}"
                assert time.monotonic() < until, f"JupyterLab did not start in 300 s:\n{said}"
                time.sleep(0.2)
        yield Lab(address, token, folder)
    finally:
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()


def chromium(playwright: Playwright) -> Browser | None:
    """Start the system's Chromium, else Playwright's own; None where there is neither."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    system = next((path for name in names if (path := shutil.which(name))), None)
    path = system or playwright.chromium.executable_path
    if not Path(path).exists():
        return None
    return playwright.chromium.launch(executable_path=path, args=list(FLAGS))
