"""Panels: one state with three faces, a live widget, a text twin and a record.

Each works without a browser: ``panel.set(…)``, ``panel.run()``, ``panel.result``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tlkit.panels.compare import Compare
    from tlkit.panels.findings import Findings
    from tlkit.panels.freeze import Freeze
    from tlkit.panels.similarity import Similarity

__all__ = ["Freeze", "Compare", "Similarity", "Findings"]


def __getattr__(name: str) -> Any:
    # Each on demand: a record of one panel opens without what the others need.
    if name in __all__:
        return getattr(import_module(f"tlkit.panels.{name.lower()}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
