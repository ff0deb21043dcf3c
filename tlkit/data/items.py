"""Item: one picture to be read, from a file or from memory, and the stamp that tells whether it changed."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlkit.data.picture import UnreadableError, Working, decode, decode_image

# A file that was changed less than this before it was read could change again without its times showing it.
_RACY_SECONDS = 2.0
_TRIES = 3
KEY_BYTES = 16
NO_KEY = bytes(KEY_BYTES)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the file system says of a file's content: any change of the file changes it.

    Parameters
    ----------
    size
        In bytes.
    modified, changed
        Nanoseconds; the second cannot be set back by a program.
    inode
        Which file it is.
    """

    size: int
    modified: int
    changed: int
    inode: int

    @classmethod
    def of(cls, found: os.stat_result) -> Stamp:
        """Return the stamp in what ``os.stat`` said."""
        return cls(found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


@dataclass(frozen=True, slots=True)
class Item:
    """One picture that is to be read.

    Parameters
    ----------
    name
        What it is called in messages: a path inside the folder, or a row.
    path
        Where the file is; None if the picture comes from memory.
    stamp
        Of the file when it was listed.
    held
        The content of a file, or a Pillow image, if it comes from memory.
    """

    name: str
    path: str | None = None
    stamp: Stamp | None = None
    held: Any = None

    @property
    def key(self) -> bytes:
        """16 bytes that change with the file; zeros if only its content can tell."""
        return NO_KEY if self.path is None or self.stamp is None else _key(self.path, self.stamp)


@dataclass(frozen=True, slots=True)
class Read:
    """What became of an item.

    Parameters
    ----------
    key
        As of ``Item.key``, for the file as it was read; zeros where the next reader must look again.
    content
        Hash of the content, 16 bytes; zeros if there is none.
    original
        Width and height in the file.
    problem
        Why there is no picture, as the end of a sentence; empty if there is one.
    """

    key: bytes
    content: bytes
    original: tuple[int, int] = (0, 0)
    problem: str = ""


def read_item(item: Item, working: Working, into: NDArray[np.uint8]) -> Read:
    """Read and decode one item.

    Parameters
    ----------
    item
        The item.
    working
        The form wanted.
    into
        (channels, size, size), where the pixels go; zeros if there is no picture.
    """
    key = content = NO_KEY
    try:
        if item.path is None and not isinstance(item.held, bytes | bytearray | memoryview):
            pixels, original = decode_image(item.held, working)
            content = _hash(np.ascontiguousarray(pixels).data)
        else:
            raw: bytes
            if item.path is None:
                raw = bytes(item.held)
            else:
                raw, key = _read_file(item.path)
            content = _hash(raw)
            pixels, original = decode(raw, working)
    except UnreadableError as error:
        into[:] = 0
        return Read(key if error.lasting else NO_KEY, content, problem=str(error))
    into[:] = pixels
    return Read(key, content, original)


def _read_file(path: str) -> tuple[bytes, bytes]:
    """Return a file's content and its key, both of one moment."""
    try:
        for _ in range(_TRIES):
            # Not blocking: what was a file when it was listed may be a pipe by now.
            with open(
                os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb"
            ) as file:
                before = os.fstat(file.fileno())
                if not stat.S_ISREG(before.st_mode):
                    raise UnreadableError("is no file", lasting=False)
                raw = file.read()
                after = os.fstat(file.fileno())
            stamp = Stamp.of(after)
            if Stamp.of(before) == stamp and len(raw) == stamp.size:
                youngest = max(stamp.modified, stamp.changed) / 1e9
                racy = time.time() - youngest < _RACY_SECONDS
                return raw, NO_KEY if racy else _key(path, stamp)
    except FileNotFoundError:
        raise UnreadableError("is not there (any more)", lasting=False) from None
    except IsADirectoryError:
        raise UnreadableError("is a folder", lasting=False) from None
    except PermissionError:
        raise UnreadableError("may not be read by you", lasting=False) from None
    except OSError as error:
        raise UnreadableError(f"cannot be read ({error.strerror or error})", lasting=False) from None
    except MemoryError:
        raise UnreadableError("needs more memory than there is", lasting=False) from None
    raise UnreadableError("changes while it is read", lasting=False)


def _key(path: str, stamp: Stamp) -> bytes:
    told = f"{stamp.size} {stamp.modified} {stamp.changed} {stamp.inode} ".encode()
    return hashlib.blake2b(told + os.fsencode(path), digest_size=KEY_BYTES).digest()


def _hash(content: Any) -> bytes:
    return hashlib.blake2b(content, digest_size=KEY_BYTES).digest()
