"""The shelf as a hub: ``backbones.load("shelf:NAME@1.2")`` from the place that ``TLKIT_SHELF`` names."""

from __future__ import annotations

from pathlib import Path

from tlkit.backbones.backbone import Backbone
from tlkit.backbones.hubs.hub import Asked, Present
from tlkit.backbones.shelf.library import Shelf
from tlkit.errors import DataError, TlkitError


def load(name: str, asked: Asked) -> Backbone:
    """Return a network of the shelf.

    Raises
    ------
    UnknownNameError
        There is no such network or version.
    WeightsError
        A byte was changed since it was pushed.
    """
    found = Shelf().load(name)
    if asked.side is not None and found.transform.takes != "images":
        raise DataError(
            f"{found.name} takes {found.transform.takes}, and side={asked.side} is for pictures.",
            "Leave side out.",
        )
    if asked.side is not None and (asked.side, asked.side) != found.transform.shape[1:]:
        raise DataError(
            f"{found.name} takes pictures of {found.transform.shape[1]} pixels, not of {asked.side!r}.",
            "Leave the side out: pictures of every size are brought to it.",
        )
    return found


def names() -> list[str]:
    """Return what is on the shelf, every version by its name; nothing if it cannot be reached."""
    try:
        return [one.whole_name for one in Shelf().list()]
    except TlkitError:
        return []


def present() -> list[Present]:
    """Return what is on this machine: all of a shelf in a folder, nothing of one elsewhere."""
    try:
        shelf = Shelf()
    except TlkitError:
        return []
    if "://" in shelf.place:
        return []
    return [
        Present(one.whole_name, Path(shelf.place) / one.name / one.version, one.bytes) for one in shelf.list()
    ]
