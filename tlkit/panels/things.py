"""Things: what the items of a panel's task are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def things(about: Mapping[str, Any]) -> str:
    """Return what the items are called, by a panel's facts or by the outcome of a run: pictures or texts.

    Examples
    --------
    >>> things({"things": "texts"}), things({})
    ('texts', 'pictures')
    """
    return str(about.get("things", "pictures"))


def called(kind: str) -> dict[str, str]:
    """Return the entry that says so; none for pictures, so that their records stay as they were.

    Parameters
    ----------
    kind
        Of the items, as `tlkit.data.Split.kind` says.
    """
    return {} if kind == "images" else {"things": kind}
