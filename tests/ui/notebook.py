"""A notebook in a real JupyterLab page, as a learner handles it."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, TimeoutError

#: What takes seconds on a quiet machine takes minutes beside other tests on a slow one; patience costs nothing where
#: all goes well, and a hang is still found.
PATIENCE_MS = 600_000
#: What a page does at once on a quiet machine: it draws anew, or hears from a kernel that has nothing else to do.
AT_ONCE_MS = 60_000
# Half a second is promised, on a machine that does nothing else; the tests keep all processors busy. What is stopped
# would go on for a minute or more.
STOPPED_SECONDS = 10.0


class Notebook:
    """One open notebook.

    Parameters
    ----------
    page
        Its page in the browser.
    path
        Its file on disk.
    pictures
        The folder for screenshots; None takes none.
    asked
        Grows with every address that the page asks.
    """

    def __init__(self, page: Page, path: Path, pictures: Path | None, asked: list[str]) -> None:
        self.page, self.path, self.pictures, self.asked = page, path, pictures, asked
        page.locator(".jp-Notebook").wait_for(timeout=PATIENCE_MS)
        # Cells that are run before the kernel answers are dropped or ask for a kernel; the marks on the page
        # say "idle" before there is one.
        page.wait_for_function(
            "() => jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
            timeout=PATIENCE_MS,
        )

    def look(self, *, dark: bool, width: int, height: int = 1300) -> None:
        """Change the theme and the size of the window; a narrow one has its side bars closed."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.evaluate(
            """async ([theme, narrow]) => {
                if (narrow) jupyterapp.shell.collapseLeft(); else jupyterapp.shell.expandLeft();
                await jupyterapp.commands.execute('apputils:change-theme', {theme});
            }""",
            [f"JupyterLab {'Dark' if dark else 'Light'}", width < 900],
        )
        self.page.locator(f"body[data-jp-theme-light='{str(not dark).lower()}']").wait_for(state="attached")
        # Colours and places change over a moment: longer where the machine is busy.
        self.page.wait_for_timeout(200)
        self.page.wait_for_function(
            "() => document.getAnimations().every(one => one.playState !== 'running'"
            " || one.effect.getComputedTiming().endTime === Infinity)"
        )

    def run_all(self) -> None:
        """Run every cell from the menu and wait until the kernel is idle again."""
        self.page.locator(".lm-MenuBar-item", has_text="Run").first.click()
        self.page.locator(".lm-Menu-item", has_text="Run All Cells").first.click()
        self.idle()

    def run(self, cell: int) -> None:
        """Run one cell and wait for its end; cells are counted from 0."""
        self.page.evaluate(
            """async cell => {
                jupyterapp.shell.currentWidget.content.activeCellIndex = cell;
                await jupyterapp.commands.execute('notebook:run-cell');
            }""",
            cell,
        )

    def idle(self) -> None:
        """Wait until no cell waits for the kernel any more."""
        try:
            self.page.wait_for_function(
                "() => [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]"
                ".every(one => /\\[\\d+\\]/.test(one.textContent))",
                timeout=PATIENCE_MS,
            )
        except TimeoutError as error:
            seen = self.path.with_suffix(".png")
            self.page.screenshot(path=seen)
            raise AssertionError(
                f"A cell did not finish in {PATIENCE_MS / 1000:.0f} s; see {seen}."
            ) from error

    def panel(self, title: str) -> Locator:
        """Wait for the live panel with this title."""
        panel = self.page.get_by_role("region", name=title, exact=True).and_(
            self.page.locator(".tlkit-panel")
        )
        panel.first.wait_for(timeout=PATIENCE_MS)
        return panel.first

    def seconds_to_stop(self, panel: Locator) -> float:
        """Press a panel's Stop and return the seconds until its run is over, as the page itself sees it."""
        return float(
            panel.evaluate(
                """async panel => {
                    const start = performance.now();
                    panel.querySelector('.tlkit-stop').click();
                    while (panel.getAttribute('aria-busy') === 'true') await new Promise(requestAnimationFrame);
                    return (performance.now() - start) / 1000;
                }"""
            )
        )

    def save(self) -> dict[str, Any]:
        """Save from the menu and return what is then in the file."""
        before = self.path.stat().st_mtime_ns
        for _ in range(PATIENCE_MS // 3000):
            # JupyterLab passes over a click while an earlier save is not over: then it takes another one.
            self.page.locator(".lm-MenuBar-item", has_text="File").first.click()
            self.page.locator(".lm-Menu-item[data-command='docmanager:save']").first.click()
            for _ in range(30):
                if self.path.stat().st_mtime_ns != before:
                    # The server empties the file before it fills it: half of a notebook is not one yet.
                    with suppress(json.JSONDecodeError):
                        return dict(json.loads(self.path.read_text(encoding="utf-8")))
                self.page.wait_for_timeout(100)
        raise AssertionError(f"JupyterLab did not save the notebook in {PATIENCE_MS // 1000} seconds.")

    def saved_with(self, words: str, cell: int = 0) -> dict[str, Any]:
        """Save until a cell's output, which the kernel sends when it can, has these words; return the file."""
        until = time.monotonic() + PATIENCE_MS / 1000
        while time.monotonic() < until:
            saved = self.save()
            if words in json.dumps(saved["cells"][cell], ensure_ascii=False):
                return saved
            self.page.wait_for_timeout(200)
        raise AssertionError(f"{words!r} was not saved with cell {cell} in {PATIENCE_MS // 1000} seconds.")

    def screenshot(self, name: str, what: Locator | None = None) -> None:
        """Take a picture of a panel, or of the whole page, where there is a folder for pictures."""
        if self.pictures is not None:
            (what or self.page).screenshot(path=self.pictures / f"{name}.png")
        elif what is not None:
            what.scroll_into_view_if_needed()

    def accessibility(self, what: Locator, axe: Path) -> list[str]:
        """Return what axe-core finds wrong within one element (JupyterLab has faults of its own)."""
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(axe.read_text(encoding="utf-8"))
        what.evaluate("node => node.setAttribute('data-under-test', '')")
        found = self.page.evaluate(
            "async () => (await axe.run('[data-under-test]')).violations.map("
            "one => one.id + ': ' + one.help + ' ' + one.nodes.map(node => node.target.join(' ') + ' ' "
            "+ node.failureSummary).join('; '))"
        )
        what.evaluate("node => node.removeAttribute('data-under-test')")
        return list(found)

    def outside_requests(self, own: str) -> list[str]:
        """Return the addresses that the page asked beyond its own server."""
        return [
            url
            for url in self.asked
            if urlsplit(url).scheme in ("http", "https", "ws", "wss") and urlsplit(url).netloc != own
        ]

    def close(self) -> None:
        """Close the notebook and shut its kernel down; the page stays."""
        self.page.evaluate(
            """async () => {
                // Not by its command, which would ask whether to save.
                [...jupyterapp.shell.widgets('main')].forEach(one => one.dispose());
                const root = JSON.parse(document.getElementById('jupyter-config-data').textContent);
                const ask = (path, method) => fetch(root.baseUrl + path + '?token=' + root.token, {method,
                    headers: {'X-XSRFToken': (document.cookie.match(/_xsrf=([^;]+)/) || [])[1] || ''}});
                const sessions = await (await ask('api/sessions', 'GET')).json();
                await Promise.all(sessions.map(one => ask('api/sessions/' + one.id, 'DELETE')));
            }"""
        )
