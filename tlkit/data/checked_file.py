"""Embedded files: read whole, and only if their content is what their card says."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tlkit.errors import DataError

CURE = "Install tlkit again."


def read_checked(path: Path, name: str, sha256: str) -> bytes:
    """Return the content of a file.

    Parameters
    ----------
    path
        The file.
    name
        Of the dataset, for messages.
    sha256
        As on the card.

    Raises
    ------
    DataError
        The file is missing, was changed or cut short.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"The embedded dataset {name!r} cannot be read: {error}.", CURE) from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise DataError(
            f"The embedded dataset {name!r} was changed or cut short: {path} has SHA-256 {found}, its card"
            f" says {sha256}.",
            CURE,
        )
    return content
