"""Kept rows: activations that were computed before, in memory or in files, found by what they show."""

from __future__ import annotations

import hashlib
import math
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tlkit import caches, files
from tlkit.errors import StoreError

# What is kept in memory, over all results.
_KEPT_BYTES = 512 * 2**20
_DIGEST_BYTES = 32
# A file's name begins with the prefix that made it, so that its other rows are found too.
_NAME_HALF = 32


class CacheLimitError(StoreError):
    """Activations would take more room on disk than they may; nothing was run or written."""


@dataclass(frozen=True, eq=False)
class Kept:
    """Rows that one prefix made.

    Parameters
    ----------
    prefix
        Key of the prefix.
    key
        From `key_of`; also the name of the file.
    values
        (rows, ...) float32, read-only.
    digests
        One hash of what each row shows.
    where
        ``"memory"`` or the file that holds them.
    """

    prefix: str
    key: str
    values: NDArray[np.float32]
    digests: Sequence[bytes] = field(repr=False)
    where: str = "memory"

    @cached_property
    def rows(self) -> dict[bytes, int]:
        """Where each is."""
        return {digest: row for row, digest in enumerate(self.digests)}


# Whether rows of one prefix, fetched from memory or from a file or carried on from another prefix, were bit for bit
# those of a run from the pictures on when a batch of them was compared.
trusted: dict[tuple[str, str, str], bool] = {}

_kept: OrderedDict[str, Kept] = OrderedDict()
_lock = threading.Lock()


def keep(kept: Kept) -> None:
    """Keep a result in memory; the one that was not used for longest makes room."""
    with _lock:
        _kept[kept.key] = kept
        while len(_kept) > 1 and sum(one.values.nbytes for one in _kept.values()) > _KEPT_BYTES:
            _kept.popitem(last=False)


def forget() -> None:
    """Forget the activations that are kept in memory."""
    with _lock:
        _kept.clear()
        trusted.clear()


def used(kept: Kept) -> None:
    """Note that a file was used: what was not used for longest makes room first."""
    if kept.where != "memory":
        with suppress(OSError):
            os.utime(kept.where)


def same(key: str) -> Kept | None:
    """Return the result of just these items from memory."""
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    return None


def of_prefix(prefix: str, folder: Path) -> Iterator[Kept]:
    """Yield what a prefix made of any items: from memory, then from files."""
    with _lock:
        found = [one for one in _kept.values() if one.prefix == prefix]
    yield from found
    seen = {one.key for one in found}
    with suppress(OSError):
        for path in sorted(folder.glob(f"{prefix[:_NAME_HALF]}*.npy")):
            one = None if path.stem in seen else read(path, prefix)
            if one is not None:
                yield one


def key_of(prefix: str, digests: Sequence[bytes]) -> str:
    """Return the key of a result: 64 digits, the first half those of the prefix.

    Parameters
    ----------
    prefix
        Key of the prefix.
    digests
        One hash of what each row shows.
    """
    rows = hashlib.sha256(prefix.encode() + b"".join(digests))
    return prefix[:_NAME_HALF] + rows.hexdigest()[:_NAME_HALF]


def read(path: Path, prefix: str, shape: tuple[int, ...] | None = None) -> Kept | None:
    """Map a finished file; a damaged or foreign one counts as none and is made again.

    Parameters
    ----------
    path
        The file.
    prefix
        Key of the prefix.
    shape
        That the rows have to have; None for any.
    """
    with suppress(OSError, ValueError, EOFError):
        values = np.load(path, mmap_mode="r", allow_pickle=False)
        if values.dtype != np.float32 or (shape is not None and values.shape != shape):
            return None
        end = values.offset + values.nbytes
        with open(path, "rb") as file:
            file.seek(end)
            rest = file.read()
        if len(rest) != _DIGEST_BYTES * len(values):
            return None
        digests = [rest[at : at + _DIGEST_BYTES] for at in range(0, len(rest), _DIGEST_BYTES)]
        return Kept(prefix, path.stem, values, digests, str(path))
    return None


def write(
    path: Path, shape: tuple[int, ...], parts: Iterable[NDArray[np.float32]], digests: Sequence[bytes]
) -> None:
    """Write rows part by part, and after them the hashes of what they show; whole or not at all.

    Raises
    ------
    StoreError
        The folder cannot be written, or the disk is full.
    """
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    with files.atomic_write(path) as file:
        np.lib.format.write_array_header_1_0(file, header)
        for values in parts:
            file.write(np.ascontiguousarray(values, dtype="<f4").data)
        file.write(b"".join(digests))
    # What was found of an older file with this name says nothing of this one.
    for pair in [one for one in trusted if one[2] == str(path)]:
        del trusted[pair]


def file_bytes(shape: tuple[int, ...]) -> int:
    """Return the size of a file for rows of a shape: header, numbers, hashes."""
    return 128 + shape[0] * _DIGEST_BYTES + 4 * math.prod(shape)


def make_room(path: Path, size_bytes: int) -> None:
    """Delete what was not used for longest, so that a file of a size fits under the limit.

    Raises
    ------
    CacheLimitError
        It is above the limit by itself.
    """
    limit = caches.named("activations").limit_bytes
    if size_bytes > limit:
        raise CacheLimitError(
            f"The activations would take {caches.size_words(size_bytes)} on disk, more than the"
            f" {caches.size_words(limit)} that they may.",
            "Let the boundary lie later, take fewer items, or type `tlkit cache limit activations SIZE`.",
        )
    caches.make_room(path.parent, path.suffix, limit, size_bytes)
