"""Store: where a shelf's files lie. Three kinds offer the same few things: a folder, an object store, a web server."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from tlkit.errors import ShelfError

MANIFEST = "manifest.json"
NOTE = "deprecated.json"
#: What a push that was ended before its time leaves begins so.
UNFINISHED = ".push-"
#: After so long nobody is at work on it any more.
LEFT_OVER_SECONDS = 24 * 3600


class Store(Protocol):
    """Files by name, version and file name."""

    place: str

    def names(self) -> list[str]:
        """Return every name, also one of which no push came to its end."""

    def versions(self, name: str) -> list[str]:
        """Return the versions that were pushed to the end."""

    def contents(self) -> dict[str, list[str]]:
        """Return what has at least one version, with all its versions."""
        found = {name: self.versions(name) for name in self.names()}
        return {name: versions for name, versions in found.items() if versions}

    def read(self, name: str, version: str, file: str, folder: str = "") -> bytes:
        """Return a file; FileNotFoundError if there is none."""

    def files(self, name: str, version: str, folder: str = "") -> list[str]:
        """Return the files of a version."""

    def put(self, name: str, version: str, files: Mapping[str, bytes], manifest: Mapping[str, Any]) -> None:
        """Write a version whole or not at all; TakenError if it is there already."""

    def note(self, name: str, version: str, content: bytes) -> None:
        """Write the note that says why a version is not to be used any more."""

    def clear(self, name: str, older_than_seconds: float) -> list[str]:
        """Delete what pushes left that were ended before their time; return what it was."""


def shelf_place() -> str:
    """Return where the shelf stands: ``$TLKIT_SHELF``, else a folder among the user's data."""
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return os.environ.get("TLKIT_SHELF") or str(Path(base).expanduser() / "tlkit" / "shelf")


def store_at(place: str | os.PathLike[str], token: str | None, options: Mapping[str, Any]) -> Store:
    """Return the store at a path or an address.

    Raises
    ------
    ShelfError
        An address of another kind, or one with a user or a password in it.
    """
    text = os.fspath(place)
    # Two letters at least: "C:" is a drive.
    scheme = found[1].lower() if (found := re.match(r"([A-Za-z][A-Za-z0-9+.-]+)://", text)) else ""
    if scheme and "@" in urlsplit(text).netloc:
        raise ShelfError(
            "The shelf's address holds a password or a token, and addresses are shown.",
            "Give it as token=, or in TLKIT_SHELF_TOKEN.",
        )
    if scheme in ("", "file"):
        from tlkit.backbones.shelf.folder import FolderStore

        return FolderStore(Path(text.removeprefix("file://")).expanduser().absolute())
    if scheme in ("s3", "gs", "gcs"):
        from tlkit.backbones.shelf.objects import ObjectStore

        own = {} if token is None or scheme == "s3" else {"token": token}
        return ObjectStore(scheme, text, {**own, **options})
    if scheme in ("http", "https"):
        from tlkit.backbones.shelf.web import WebStore

        return WebStore(text, os.environ.get("TLKIT_SHELF_TOKEN") if token is None else token)
    raise ShelfError(
        f"A shelf cannot stand at {scheme}://.",
        "Give a folder, s3://bucket/path, gs://bucket/path or https://....",
    )
