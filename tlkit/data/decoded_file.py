"""The file in which decoded pictures are kept: the pixels, then what became of each item, then a mark."""

from __future__ import annotations

import json
import os
import shutil
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from tlkit import caches
from tlkit.data.items import KEY_BYTES, NO_KEY, Item, Read, Stamp

FORMAT = 2
SUFFIX = ".pictures"
_MARK = b"tlkit decoded pictures\n"
_TAIL = struct.Struct("<Q")
_RESCUED_AT_ONCE = 512


class NotKeptError(Exception):
    """Decoded pictures cannot be kept on disk; says why, in a sentence."""


class Entry:
    """A finished file of decoded pictures, mapped into memory.

    Parameters
    ----------
    path
        The file.
    pixels
        (n, channels, size, size), uint8.
    keys, contents
        (n, 16) uint8: as of `Read`.
    originals
        (n, 2) int32: width and height in the file.
    problems
        For each row without a picture, why.
    sources
        The file of each row.
    """

    def __init__(
        self,
        path: Path,
        pixels: NDArray[np.uint8],
        keys: NDArray[np.uint8],
        contents: NDArray[np.uint8],
        originals: NDArray[np.int32],
        problems: dict[int, str],
        sources: Sequence[str],
    ) -> None:
        self.path, self.pixels = path, pixels
        self._keys, self._contents = keys.tobytes(), contents.tobytes()
        self._originals, self._problems, self._sources = originals, problems, sources

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the pixels."""
        return self.pixels.shape

    def is_of(self, items: Sequence[Item], shape: tuple[int, ...]) -> bool:
        """Return whether this holds exactly these items as they are now."""
        keys = [item.key for item in items]
        return self.shape == shape and NO_KEY not in keys and b"".join(keys) == self._keys

    def rows(self) -> dict[bytes, int]:
        """Return the row of each key."""
        keys = (self._keys[at : at + KEY_BYTES] for at in range(0, len(self._keys), KEY_BYTES))
        return {key: row for row, key in enumerate(keys) if key != NO_KEY}

    def read(self, row: int) -> Read:
        """Return what became of the item in a row."""
        at = slice(row * KEY_BYTES, (row + 1) * KEY_BYTES)
        width, height = self._originals[row].tolist()
        return Read(self._keys[at], self._contents[at], (width, height), self._problems.get(row, ""))

    def reads(self) -> list[Read]:
        """Return what became of all items."""
        return [self.read(row) for row in range(len(self.pixels))]

    def is_current(self, row: int) -> bool:
        """Return whether the file of a row is still as it was read."""
        path = self._sources[row]
        with suppress(OSError, ValueError):
            return Item(path, path, Stamp.of(os.stat(path))).key == self.read(row).key
        return False


def write_trailer(
    file: IO[bytes], shape: tuple[int, ...], reads: Sequence[Read], items: Sequence[Item]
) -> None:
    """Write what follows the pixels."""
    file.write(b"".join(one.key for one in reads))
    file.write(b"".join(one.content for one in reads))
    file.write(np.array([one.original for one in reads], dtype="<i4").tobytes())
    problems = {str(row): one.problem for row, one in enumerate(reads) if one.problem}
    sources = [item.path for item in items]
    told = json.dumps({"format": FORMAT, "shape": shape, "problems": problems, "sources": sources}).encode()
    file.write(told + _TAIL.pack(len(told)) + _MARK)


def open_entry(path: Path) -> Entry | None:
    """Map a file; one that is missing, cut short, damaged or of another version counts as none."""
    end = _TAIL.size + len(_MARK)
    with suppress(OSError, ValueError, KeyError, TypeError, struct.error), open(path, "rb") as file:
        length = os.fstat(file.fileno()).st_size
        file.seek(length - end)
        tail = file.read()
        if tail[_TAIL.size :] != _MARK:
            return None
        (told_bytes,) = _TAIL.unpack(tail[: _TAIL.size])
        file.seek(length - end - told_bytes)
        told = json.loads(file.read(told_bytes))
        shape = tuple(int(one) for one in told["shape"])
        count, pixel_bytes = shape[0], int(np.prod(shape, dtype=np.int64))
        if told["format"] != FORMAT or len(shape) != 4 or count < 1:
            return None
        if length != pixel_bytes + count * (2 * KEY_BYTES + 8) + told_bytes + end:
            return None
        file.seek(pixel_bytes)
        keys, contents = (
            np.frombuffer(file.read(count * KEY_BYTES), dtype=np.uint8).reshape(count, KEY_BYTES)
            for _ in range(2)
        )
        originals = np.frombuffer(file.read(count * 8), dtype="<i4").reshape(count, 2)
        problems = {int(row): str(why) for row, why in told["problems"].items()}
        sources = [str(one) for one in told["sources"]]
        if len(sources) != count:
            return None
        pixels: Any = np.memmap(path, dtype=np.uint8, mode="r", shape=shape)
        return Entry(path, pixels, keys, contents, originals, problems, sources)
    return None


def latest_entry(home: Path, family: str) -> Entry | None:
    """Return the entry of a family that was used last, or None."""
    with suppress(OSError):
        found = sorted(home.glob(f"{family}-*{SUFFIX}"), key=lambda one: one.stat().st_mtime)
        return open_entry(found[-1]) if found else None
    return None


def supersede(new: Entry, family: str) -> list[Path]:
    """Delete the older entries of a family of which all that is still so is in a new one.

    What another process has mapped stays readable for it. An entry with pictures that are unchanged and not in the
    new one, such as those of classes left out now, stays.

    Parameters
    ----------
    new
        What was written.
    family
        How the names of its kind begin.

    Returns
    -------
    list
        What was deleted.
    """
    taken_over, deleted = new.rows(), []
    for path in sorted(new.path.parent.glob(f"{family}-*{SUFFIX}")):
        if path == new.path:
            continue
        old = open_entry(path)
        if old is None or all(
            key in taken_over or not old.is_current(row) for key, row in old.rows().items()
        ):
            # Where a mapped file cannot be deleted, as on Windows, the limit of the cache sees to it later.
            with suppress(OSError):
                path.unlink()
                deleted.append(path)
    return deleted


def make_room(home: Path, wanted_bytes: int) -> None:
    """Delete what was not used for longest until a new file may be written.

    Raises
    ------
    NotKeptError
        The disk has too little space, or the file would be above the limit by itself.
    """
    limit = caches.named("decoded").limit_bytes
    if wanted_bytes > limit:
        raise NotKeptError(
            f"They would take {caches.size_words(wanted_bytes)} on disk, more than the {caches.size_words(limit)}"
            " that decoded pictures may (`tlkit cache limit decoded SIZE` changes it)."
        )
    caches.make_room(home, SUFFIX, limit, wanted_bytes)
    with suppress(OSError):
        exists = next(one for one in (home, *home.parents) if one.exists())
        free = shutil.disk_usage(exists).free
        if free < wanted_bytes:
            raise NotKeptError(
                f"They would take {wanted_bytes / 2**20:,.0f} MiB in {home}, which has {free / 2**20:,.0f} MiB free."
            )


def written_blocks(file: IO[bytes], shape: tuple[int, ...], rows: int) -> Iterator[NDArray[np.uint8]]:
    """Yield the pixels of the first rows back from a file that is being written."""
    each = int(np.prod(shape[1:]))
    for first in range(0, rows, _RESCUED_AT_ONCE):
        count = min(_RESCUED_AT_ONCE, rows - first)
        content = os.pread(file.fileno(), count * each, first * each)
        yield np.frombuffer(content, dtype=np.uint8).reshape(count, *shape[1:])


def check_memory(wanted_bytes: int) -> None:
    """Refuse what is more than the machine's memory, which the system would grant and then kill us for.

    Raises
    ------
    MemoryError
        It is more.
    """
    with suppress(ValueError, OSError, AttributeError):
        if wanted_bytes > os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"):
            raise MemoryError
