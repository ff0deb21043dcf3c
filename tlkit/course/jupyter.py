"""Open JupyterLab on a learner's copy of a lesson, and say where it is."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tlkit.errors import TlkitError

_PATIENCE_SECONDS = 60.0


def has_display() -> bool:
    """Say whether a browser window can probably be opened on this machine.

    Examples
    --------
    >>> has_display() in (True, False)
    True
    """
    if os.environ.get("BROWSER"):
        return True
    if sys.platform.startswith(("win", "darwin")):
        return not os.environ.get("SSH_CONNECTION")
    shown = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(shown) and any(
        shutil.which(name) for name in ("xdg-open", "x-www-browser", "firefox", "chromium", "google-chrome")
    )


def serve(
    folder: Path,
    opened: Path,
    *,
    browser: bool = True,
    port: int | None = None,
    say: Callable[[str], None] = print,
) -> int:
    """Run JupyterLab in a folder until it is stopped.

    Parameters
    ----------
    folder
        The learner's folder; JupyterLab shows nothing above it.
    opened
        The notebook to open first, inside `folder`.
    browser
        Open a browser window. Without one, the address is said and can be opened on any machine that reaches
        this one.
    port
        The port to serve on; by default the first free one from 8888.
    say
        Takes one line of text at a time.

    Returns
    -------
    int
        The exit status of JupyterLab; 0 where Ctrl-C ended it.

    Raises
    ------
    TlkitError
        JupyterLab did not start; its own last words are part of the message.
    """
    token = secrets.token_urlsafe(24)
    page = f"/lab/tree/{opened.relative_to(folder).as_posix()}"
    command = [
        *(
            sys.executable,
            "-m",
            "jupyterlab",
            f"--ServerApp.root_dir={folder}",
            f"--LabApp.default_url={page}",
            # Nothing is asked of the outside world: no news, no update check.
            "--LabApp.news_url=",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ),
        # A class or a container often has no other user than root; the server still asks for the token.
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
        *([] if browser else ["--no-browser"]),
        *([f"--port={port}", "--ServerApp.port_retries=0"] if port is not None else []),
    ]
    with tempfile.TemporaryDirectory(prefix="tlkit-") as scratch:
        log = Path(scratch) / "jupyterlab.log"
        # Else JupyterLab's question about its news lies over the lesson's first lines.
        quiet = Path(scratch) / "labconfig" / "page_config.json"
        quiet.parent.mkdir()
        quiet.write_text('{"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true}}')
        searched = [scratch, *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
        # The token travels in the environment: a command line can be read by every user of the machine.
        surroundings = {
            **os.environ,
            "JUPYTER_TOKEN": token,
            "JUPYTER_CONFIG_PATH": os.pathsep.join(searched),
        }
        with log.open("wb") as written:
            server = subprocess.Popen(
                command,
                env=surroundings,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches us alone, and we end the server in our own way
            )
        try:
            address = _address(server, token, log)
            say(f"JupyterLab is at {address.rstrip('/')}{page}?token={token}")
            say(f"Your lessons are in {folder}. Ctrl-C stops the server.")
            try:
                return server.wait()
            except KeyboardInterrupt:  # the way to end it, as the line above says
                say(f"The server has stopped. Your notebooks are in {folder} as you saved them.")
                return 0
        finally:
            _end(server)


def _address(server: subprocess.Popen[bytes], token: str, log: Path) -> str:
    """Wait until the server has written where it listens; it is known by its token."""
    from jupyter_core.paths import jupyter_runtime_dir

    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until and server.poll() is None:
        for about in Path(jupyter_runtime_dir()).glob("jpserver-*.json"):
            with suppress(OSError, ValueError):
                running = json.loads(about.read_text(encoding="utf-8"))
                if running.get("token") == token:
                    return str(running["url"])
        time.sleep(0.1)
    last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    said = last[-1] if last else "it said nothing"
    raise TlkitError(f"JupyterLab did not start: {said}.", "Try another --port, or `python -m jupyterlab`.")


def _end(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is not None:
        return
    server.terminate()
    try:
        server.wait(timeout=10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
