"""Decoded pictures: many items decoded in parallel, kept in a mapped file so that the next time takes no time."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import threading
from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import joblib
import numpy as np
from numpy.typing import NDArray

from tlkit import files
from tlkit.data.decoded_file import (
    FORMAT,
    SUFFIX,
    Entry,
    NotKeptError,
    check_memory,
    latest_entry,
    make_room,
    open_entry,
    supersede,
    write_trailer,
    written_blocks,
)
from tlkit.data.items import Item, Read, read_item
from tlkit.data.picture import Working, quiet
from tlkit.data.telling import Tell, Telling
from tlkit.errors import DataError, StoreError

_AT_ONCE = 512
_PER_CALL = 16
_BLOCK_BYTES = 64 * 2**20
_Waiting = tuple[NDArray[np.uint8], list[Future[list[Read]]]]


@dataclass(frozen=True, eq=False)
class Decoded:
    """Pictures at the working size.

    Parameters
    ----------
    pixels
        (n, channels, size, size), uint8, read-only; in memory or a mapped file. Zeros where there is none.
    reads
        What became of each item.
    where
        ``"memory"`` or the file that holds them.
    fresh
        How many were decoded now rather than taken from the cache.
    not_kept
        Why nothing was kept for next time, in words; empty if it was, or was not wanted.
    """

    pixels: NDArray[np.uint8]
    reads: Sequence[Read]
    where: str
    fresh: int
    not_kept: str = ""

    def select(self, at: Sequence[int]) -> Decoded:
        """Return some of them."""
        if len(at) == len(self.reads):
            return self
        pixels = self.pixels[np.asarray(at, dtype=np.int64)]
        return replace(self, pixels=pixels, reads=[self.reads[one] for one in at])


def decode_all(
    items: Sequence[Item],
    working: Working,
    *,
    origin: str,
    cache: bool = True,
    progress: bool | Tell = True,
    folder: Path | None = None,
) -> Decoded:
    """Decode items on all processors, or fetch what an earlier call decoded.

    What is kept is found by the path, size, times and inode of every file, the working form and the versions
    of Pillow and of this format; a file that changed is decoded anew, the others are taken over, and what was kept of
    an earlier state of the same items is deleted.

    Parameters
    ----------
    items
        In the order wanted.
    working
        The form wanted.
    origin
        What the items belong to, such as the path of a folder: an earlier entry of the same origin is where
        unchanged files are looked for.
    cache
        Whether to keep them on disk; items from memory never are.
    progress
        As for `Telling`.
    folder
        Of the cache; None is ``files.cache_folder() / "decoded"``.

    Raises
    ------
    DataError
        They are more than memory holds, and could not be kept on disk.
    """
    home = folder or files.cache_folder() / "decoded"
    shape = (len(items), working.channels, working.size, working.size)
    family = _family(origin, working)
    keeps = cache and bool(items) and all(item.path is not None for item in items)
    path = home / f"{family}-{_digest(b''.join(item.key for item in items))}{SUFFIX}"
    old = None
    if keeps:
        old = open_entry(path) or latest_entry(home, family)
        if old is not None and old.is_of(items, shape):
            with suppress(OSError):
                os.utime(old.path)
            return Decoded(old.pixels, old.reads(), str(old.path), 0)
    with quiet(), Telling(progress, "decoding", len(items)) as tell:
        work = _Work(items, working, old, tell)
        if keeps:
            try:
                kept = work.in_file(path, shape)
                supersede(kept, family)
                # Both from the file: another process may have written it in between.
                return Decoded(kept.pixels, kept.reads(), str(path), work.fresh)
            except (NotKeptError, StoreError) as error:
                not_kept = str(error)
        pixels = work.in_memory(shape)
        return Decoded(pixels, work.reads, "memory", work.fresh, not_kept if keeps else "")


class _Work:
    """The decoding of items in blocks, on all processors; unchanged ones are copied from an earlier entry."""

    def __init__(self, items: Sequence[Item], working: Working, old: Entry | None, tell: Telling) -> None:
        self.items = items
        self.working = working
        self.tell = tell
        self.old = old
        self.known = {} if old is None else old.rows()
        self._begin()
        side = working.size
        self._shape = (working.channels, side, side)
        self._at_once = max(_PER_CALL, min(_AT_ONCE, _BLOCK_BYTES // int(np.prod(self._shape))))

    def _begin(self) -> None:
        self.fresh = 0
        self.reads: list[Read] = []
        self._ready: list[NDArray[np.uint8]] = []

    def in_file(self, path: Path, shape: tuple[int, ...]) -> Entry:
        """Write the pixels to a file as they come; on a full disk keep what was decoded until then."""
        make_room(path.parent, int(np.prod(shape)))
        try:
            with files.atomic_write(path) as file, closing(self._blocks()) as blocks:
                for block in blocks:
                    try:
                        file.write(block.data)
                        file.flush()
                    except OSError as error:
                        self._ready = [*written_blocks(file, shape, len(self.reads) - len(block)), block]
                        raise NotKeptError(f"Could not write {path}: {error.strerror or error}.") from error
                write_trailer(file, shape, self.reads, self.items)
        except StoreError:
            # The file is gone, and with it what was decoded.
            self._begin()
            raise
        entry = open_entry(path)
        if entry is None or entry.shape != shape:
            self._begin()
            raise NotKeptError(f"{path} changed while it was being written.")
        return entry

    def in_memory(self, shape: tuple[int, ...]) -> NDArray[np.uint8]:
        """Return the pixels in one array."""
        try:
            check_memory(int(np.prod(shape)))
            pixels = np.empty(shape, dtype=np.uint8)
        except MemoryError:
            count, channels, height, width = shape
            raise DataError(
                f"{count:,} pictures of {channels} x {height} x {width} bytes do not fit into memory.",
                "Free space in the cache folder (TLKIT_CACHE names another), or give a smaller size.",
            ) from None
        at = 0
        with closing(self._blocks()) as blocks:
            for block in itertools.chain(self._ready, blocks):
                pixels[at : at + len(block)] = block
                at += len(block)
        pixels.setflags(write=False)
        return pixels

    def _blocks(self) -> Generator[NDArray[np.uint8], None, None]:
        """Yield the pixels of the items not yet read, and note in `reads` what became of each."""
        pool = ThreadPoolExecutor(joblib.cpu_count(), "tlkit-decode")
        stop = threading.Event()
        waiting: deque[_Waiting] = deque()
        try:
            # One block is decoded while the one before is written.
            for first in range(len(self.reads), len(self.items), self._at_once):
                waiting.append(self._submitted(pool, stop, first))
                if len(waiting) > 1:
                    yield self._finished(*waiting.popleft())
            while waiting:
                yield self._finished(*waiting.popleft())
        finally:
            # Also after an interrupt: no thread goes on behind the back of whoever asked to stop.
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)

    def _submitted(self, pool: ThreadPoolExecutor, stop: threading.Event, first: int) -> _Waiting:
        items = self.items[first : first + self._at_once]
        block = np.empty((len(items), *self._shape), dtype=np.uint8)
        parts = [slice(at, at + _PER_CALL) for at in range(0, len(items), _PER_CALL)]
        return block, [pool.submit(self._some, items[part], block[part], stop) for part in parts]

    def _some(self, items: Sequence[Item], block: NDArray[np.uint8], stop: threading.Event) -> list[Read]:
        reads = []
        for item, into in zip(items, block, strict=True):
            if stop.is_set():
                break
            row = self.known.get(item.key)
            if row is None or self.old is None:
                reads.append(read_item(item, self.working, into))
            else:
                into[:] = self.old.pixels[row]
                reads.append(self.old.read(row))
        return reads

    def _finished(self, block: NDArray[np.uint8], calls: list[Future[list[Read]]]) -> NDArray[np.uint8]:
        items = self.items[len(self.reads) : len(self.reads) + len(block)]
        for call in calls:
            some = call.result()
            self.reads += some
            self.tell(len(some))
        self.fresh += sum(item.key not in self.known for item in items)
        return block


def _family(origin: str, working: Working) -> str:
    import PIL

    told = json.dumps([FORMAT, PIL.__version__, origin, repr(working)], ensure_ascii=True)
    return _digest(told.encode())[:16]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
