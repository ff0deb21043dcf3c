"""Hashes of a Hugging Face hub: that what lies in its cache is what the hub says it is."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from tlkit import files
from tlkit.backbones.hubs.hf_cache import Snapshot
from tlkit.errors import StoreError, WeightsError

# Beside the client's own folders of a repository, which it does not look at.
_FOLDER = "tlkit-hashes"
_READ_AT_ONCE = 1 << 20
_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def keep_hashes(snapshot: Snapshot, hashes: Mapping[str, str]) -> None:
    """Write down what the hub said of files, beside a snapshot that was just fetched.

    The client names files by their hash only where the file system has links: not on Windows, and not in a copy of the
    cache.

    Parameters
    ----------
    snapshot
        In the cache.
    hashes
        Path in the repository to SHA-256 or git's own hash.
    """
    known = {**kept_hashes(snapshot), **{path: one for path, one in hashes.items() if _HASH.fullmatch(one)}}
    try:
        with files.atomic_write(_record(snapshot)) as file:
            file.write(json.dumps(known, indent=1, sort_keys=True).encode())
    except OSError as error:
        raise StoreError(
            f"Could not write {_record(snapshot)}: {error.strerror or error}.", "Check the folder's rights."
        ) from error


def kept_hashes(snapshot: Snapshot) -> dict[str, str]:
    """Return what was written down at fetching; nothing where another client fetched.

    Raises
    ------
    WeightsError
        It cannot be read.
    """
    place = _record(snapshot)
    if not snapshot.commit or not place.is_file():
        return {}
    try:
        found = json.loads(place.read_text(encoding="utf-8"))
        if not all(_HASH.fullmatch(one) for one in found.values()):
            raise ValueError("no hashes")
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise WeightsError(
            f"{place} cannot be read, which says what the files of {snapshot.address.repository} are.",
            f"Delete {place.parent.parent} and fetch it again.",
        ) from error
    return dict(found)


def _record(snapshot: Snapshot) -> Path:
    return snapshot.folder.parent.parent / _FOLDER / f"{snapshot.commit}.json"


def _expected(path: Path, snapshot: Snapshot, known: Mapping[str, str]) -> str:
    """Return the hash that a file should have; empty if nobody says."""
    name = path.resolve().name if path.is_symlink() else ""
    return known.get(path.relative_to(snapshot.folder).as_posix()) or (name if _HASH.fullmatch(name) else "")


def compared(snapshot: Snapshot) -> bool:
    """Say whether there is a hash for each file of the weights, by which :func:`verify` compares it."""
    known = kept_hashes(snapshot)
    return all(_expected(path, snapshot, known) for path in snapshot.weights)


def whole(snapshot: Snapshot) -> bool:
    """Say whether every file is here that was fetched."""
    return all((snapshot.folder / name).is_file() for name in kept_hashes(snapshot))


def verify(snapshot: Snapshot) -> str:
    """Compare every file of a snapshot with the hash under which the hub stores it.

    The hash is the one that was written down at fetching, or the name under which the client library keeps the file:
    SHA-256 for large files, git's own for small ones. Where there is neither, nothing can be compared.

    Returns
    -------
    str
        SHA-256 of the weights: of the file, or of all pieces one after the other.

    Raises
    ------
    WeightsError
        A file was changed or cut short.
    """
    weights, known = snapshot.weights, kept_hashes(snapshot)
    for path in sorted(one for one in snapshot.folder.rglob("*") if one.is_file()):
        if path not in weights and not is_content(path, _expected(path, snapshot, known)):
            raise changed(path)
    total = hashlib.sha256()
    for path in weights:
        own = hashlib.sha256()
        for piece in _pieces(path):
            own.update(piece)
            if len(weights) > 1:
                total.update(piece)
        expected = _expected(path, snapshot, known)
        if len(expected) == 64 and own.hexdigest() != expected:
            raise changed(path)
        if len(expected) == 40 and not is_content(path, expected):
            raise changed(path)
    return own.hexdigest() if len(weights) == 1 else total.hexdigest()


def is_content(path: Path, expected: str) -> bool:
    """Say whether a file has the hash that a hub gave: 64 digits are SHA-256, 40 are git's; others are not judged."""
    if len(expected) == 64:
        return _digest(hashlib.sha256(), path) == expected
    if len(expected) == 40:
        start = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
        return _digest(start, path) == expected
    return True


def changed(path: Path) -> WeightsError:
    """Build the error for a file that is not what the hub says."""
    return WeightsError(
        f"{path.name} was changed or cut short: its hash is not the one that the hub gave.",
        f"Delete {path.resolve()} and fetch it again.",
    )


def _digest(digest: hashlib._Hash, path: Path) -> str:
    for piece in _pieces(path):
        digest.update(piece)
    return digest.hexdigest()


def _pieces(path: Path) -> Iterable[bytes]:
    try:
        with path.open("rb") as file:
            while piece := file.read(_READ_AT_ONCE):
                yield piece
    except OSError as error:
        raise WeightsError(
            f"{path.name} cannot be read: {error.strerror or error}.", "Check the folder's rights."
        ) from error
