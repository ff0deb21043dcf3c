"""The live widget: one JSON trait to the browser, events back, and the outputs that show the twin."""

from __future__ import annotations

import sys
import threading
import uuid
from collections.abc import Callable
from typing import Any

from tlkit import files
from tlkit.errors import MissingPartError

Bundle = tuple[dict[str, Any], dict[str, Any]]


def in_kernel() -> bool:
    """Say whether this process is a Jupyter kernel, where a widget can be shown."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


class Live:
    """The browser's end of a panel, made when the panel is first displayed.

    Parameters
    ----------
    kind
        Names the built JavaScript: ``static/KIND.js``.
    view, pictures
        What to show first.
    heard
        Called with every event from the browser: ``{"set": {…}}``, ``{"run": True}`` or ``{"stop": True}``.
        JupyterLab may deliver them in a thread of their own (a subshell).
    lock
        Held while traits change, since several threads do so.
    """

    def __init__(
        self,
        kind: str,
        view: dict[str, Any],
        pictures: dict[str, str],
        heard: Callable[[dict[str, Any]], None],
        lock: threading.RLock,
    ) -> None:
        # Loaded here, so that panels work without a browser and start fast.
        import anywidget
        import traitlets

        class PanelWidget(anywidget.AnyWidget):
            _esm = traitlets.Unicode().tag(sync=True)
            view = traitlets.Dict().tag(sync=True)
            pictures = traitlets.Dict().tag(sync=True)
            answered = traitlets.Int(0).tag(sync=True)

        path = files.packaged("panels", "static", f"{kind}.js")
        if not path.is_file():
            raise MissingPartError(
                f"The browser part of the {kind} panel is missing.",
                "Build it with `npm ci && npm run build` in widgets/, or install tlkit again.",
            )
        self._lock = lock
        self._display_id: str | None = None
        self.widget = PanelWidget(_esm=path.read_text(encoding="utf-8"), view=view, pictures=pictures)

        def on_message(_: object, event: dict[str, Any], __: object) -> None:
            heard(event)
            # The browser waits for this number: without it, it says that no kernel answers.
            with self._lock:
                self.widget.answered = int(event.get("number", 0))

        self.widget.on_msg(on_message)

    def show(self, view: dict[str, Any], pictures: dict[str, str]) -> None:
        """Send what changed to the browser; safe from any thread."""
        with self._lock, self.widget.hold_sync():
            if pictures != self.widget.pictures:
                self.widget.pictures = pictures
            self.widget.view = view

    def display(self, bundle: Bundle) -> None:
        """Show a bundle as an output of the running cell."""
        from IPython.display import display

        self._display_id = self._display_id or uuid.uuid4().hex
        display(  # type: ignore[no-untyped-call]  # IPython ships no types for it
            bundle[0], metadata=bundle[1], raw=True, display_id=self._display_id
        )

    def update_outputs(self, bundle: Bundle) -> None:
        """Replace the twin in every output that shows the panel: the saved notebook then has the result."""
        from IPython.display import update_display

        if self._display_id is not None:
            update_display(  # type: ignore[no-untyped-call]  # IPython ships no types for it
                bundle[0], metadata=bundle[1], raw=True, display_id=self._display_id
            )
