"""Showing a panel: as text, and in a notebook as the live widget beside both twins."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from tlkit.panels import live, twin


class Displayed(ABC):
    """What can be shown: it has a title, parts of a twin, a view and pictures for the browser.

    The lock is held while settings or the view change, since a run works in a thread of its own and JupyterLab
    may deliver clicks in another.
    """

    kind: ClassVar[str]

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._live: live.Live | None = None

    # Hooks

    @abstractmethod
    def _title(self) -> str: ...

    def _subtitle(self) -> str:
        return ""

    @abstractmethod
    def _parts(self) -> list[twin.Part]:
        """Return what the twin shows now."""

    @abstractmethod
    def _full_view(self) -> dict[str, Any]:
        """Return what the browser shows now."""

    def _pictures(self) -> dict[str, str]:
        """Heavy data URIs that rarely change; sent apart from the view."""
        return {}

    @abstractmethod
    def _heard(self, event: dict[str, Any]) -> None:
        """Do what the browser asks for."""

    # Faces

    def __str__(self) -> str:
        return twin.as_text(self._title(), self._subtitle(), self._parts())

    def __repr__(self) -> str:
        return str(self)

    def _repr_mimebundle_(self, **_: Any) -> live.Bundle:
        """Return the live widget where there is a kernel, and always both twins."""
        title, subtitle, parts = self._title(), self._subtitle(), self._parts()
        data: dict[str, Any] = {
            "text/plain": twin.as_text(title, subtitle, parts),
            "text/html": twin.as_html(title, subtitle, parts),
        }
        metadata: dict[str, Any] = {}
        if live.in_kernel():
            bundle = self._made_live().widget._repr_mimebundle_()
            if bundle is not None:
                data = {**bundle[0], **data}
                metadata = {**bundle[1]}
        return data, metadata

    def _ipython_display_(self) -> None:
        # A display with an id of its own can be updated after a run; a cell's plain result cannot.
        bundle = self._repr_mimebundle_()
        if self._live is not None:
            self._live.display(bundle)
        else:
            print(self)

    def _made_live(self) -> live.Live:
        with self._lock:
            if self._live is None:
                self._live = live.Live(
                    self.kind, self._full_view(), self._pictures(), self._heard, self._lock
                )
            return self._live

    def _show(self) -> None:
        if self._live is not None:
            # One lock for building and sending: otherwise an older view could overtake a newer one.
            with self._lock:
                self._live.show(self._full_view(), self._pictures())

    def _update_outputs(self) -> None:
        if self._live is not None:
            self._live.update_outputs(self._repr_mimebundle_())
