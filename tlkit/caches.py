"""Caches: what tlkit keeps on disk to save time, how much of it there may be, and how to be rid of it."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tlkit import files
from tlkit.errors import StoreError, unknown_name

# One file for each limit, so that two processes that set two limits do not write over each other.
_LIMITS = "limits"
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_LEAST_BYTES = 10**6
# Our files are called by a content hash; a name of another kind was put there by other hands.
_OURS = re.compile(r"[0-9a-f]{16,64}(-[0-9a-f]{16,64})?")
_LEFT_OVER_SECONDS = 24 * 3600


@dataclass(frozen=True)
class Cache:
    """One kind of files that can be made again.

    Parameters
    ----------
    name
        Also that of its folder.
    holds
        What is in it, in words.
    ending
        Of its files; others in the folder are not ours.
    default_bytes
        How much there may be, unless the user says otherwise.
    """

    name: str
    holds: str
    ending: str
    default_bytes: int

    @property
    def folder(self) -> Path:
        """Where the files lie."""
        return files.cache_folder() / self.name

    @property
    def limit_bytes(self) -> int:
        """How much there may be."""
        return _limit_of(self.name) or self.default_bytes

    def size(self) -> tuple[int, int]:
        """Return how many files there are, and their bytes.

        Raises
        ------
        StoreError
            The folder cannot be read, so that nobody can tell.
        """
        _check_readable(self.folder)
        sizes = [about.st_size for _, about in _files(self.folder, self.ending)]
        return len(sizes), sum(sizes)


CACHES = {
    one.name: one
    for one in (
        Cache("activations", "what frozen stages made of pictures", ".npy", 4 * 10**9),
        Cache("decoded", "pictures of your own, read and resized", ".pictures", 20 * 10**9),
        Cache("cells", "finished parts of comparisons", ".json", 50 * 10**6),
        Cache(
            "ceilings", "small networks trained on a target, for reports of similarity", ".safetensors", 10**8
        ),
    )
}


def named(name: str) -> Cache:
    """Return a cache by its name.

    Raises
    ------
    UnknownNameError
        There is no such cache.

    Examples
    --------
    >>> named("cells").holds
    'finished parts of comparisons'
    """
    if name not in CACHES:
        raise unknown_name("cache", name, CACHES)
    return CACHES[name]


def parse_size(text: str) -> int:
    """Return a number of bytes.

    Parameters
    ----------
    text
        A number and a unit: ``"500 MB"``, ``"2GB"`` (powers of 1000), ``"2GiB"`` (powers of 1024).

    Raises
    ------
    StoreError
        It is no size, or less than a megabyte.

    Examples
    --------
    >>> parse_size("1.5 GB"), parse_size("2GiB")
    (1500000000, 2147483648)
    """
    found = re.fullmatch(r"\s*(\d{1,15}(?:\.\d{1,9})?)\s*([kmgt]?)(i?)b?\s*", text, re.IGNORECASE)
    if found is None or (found[3] and not found[2]):
        raise StoreError(f"{text!r} is no size.", "Give a number and a unit, such as 500MB or 2GB.")
    size = int(float(found[1]) * (1024 if found[3] else 1000) ** _POWERS[found[2].lower()])
    if size < _LEAST_BYTES:
        raise StoreError(f"{text!r} is less than a cache can work with.", "Give at least 1MB.")
    return size


def set_limit(name: str, size_bytes: int) -> list[Path]:
    """Say how much of a cache there may be, and delete at once what is too much, the oldest first.

    Parameters
    ----------
    name
        Of the cache.
    size_bytes
        At most so much.

    Returns
    -------
    list
        What was deleted.

    Raises
    ------
    UnknownNameError
        There is no such cache.
    StoreError
        The cache folder cannot be written.
    """
    cache = named(name)
    files.write_json(_limit_file(name), {"bytes": size_bytes})
    return make_room(cache.folder, cache.ending, size_bytes)


def make_room(folder: Path, ending: str, limit_bytes: int, wanted_bytes: int = 0) -> list[Path]:
    """Delete what was not used for longest until so much more fits under the limit.

    What is too large by itself deletes nothing but what killed processes left half-written. A file that another process
    has mapped stays readable for it after it was deleted here.

    Parameters
    ----------
    folder
        With the files of a cache.
    ending
        Of the files.
    limit_bytes, wanted_bytes
        The limit, and what is to come.

    Returns
    -------
    list
        What was deleted.
    """
    _clear_left_overs(folder, ending)
    found = sorted(_files(folder, ending), key=lambda one: one[1].st_mtime)
    total = sum(about.st_size for _, about in found)
    deleted: list[Path] = []
    if wanted_bytes > limit_bytes:
        return deleted
    for path, about in found:
        if total + wanted_bytes <= limit_bytes:
            break
        with suppress(OSError):
            path.unlink()
            deleted.append(path)
            total -= about.st_size
    return deleted


def clear(name: str | None = None) -> str:
    """Delete all files of a cache, or of all caches, and say in words what was deleted.

    Parameters
    ----------
    name
        None for all.

    Raises
    ------
    UnknownNameError
        There is no such cache.
    StoreError
        The folder cannot be read, or a file not be deleted.
    """
    told = []
    for cache in CACHES.values() if name is None else [named(name)]:
        _check_readable(cache.folder)
        _clear_left_overs(cache.folder, cache.ending)
        count, size = 0, 0
        for path, about in list(_files(cache.folder, cache.ending)):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise StoreError(
                    f"{path} cannot be deleted: {error.strerror or error}.", "Ask whoever owns it."
                ) from error
            count, size = count + 1, size + about.st_size
        told.append(f"{cache.name}: {count:,} file{'' if count == 1 else 's'} deleted, {size_words(size)}")
    return "\n".join(told)


def listed() -> str:
    """Return a table of the caches: what they hold, how much there is and how much there may be."""
    lines = [f"Caches in {files.cache_folder()}; all of it can be made again", ""]
    lines.append(f"{'cache':<13}{'files':>7}{'size':>10}{'limit':>10}  holds")
    problems = []
    for cache in CACHES.values():
        try:
            count, size = cache.size()
            counted = f"{count:>7,}{size_words(size):>10}"
        except StoreError as error:
            counted = f"{'?':>7}{'?':>10}"
            problems.append(str(error))
        lines.append(f"{cache.name:<13}{counted}{size_words(cache.limit_bytes):>10}  {cache.holds}")
        settings = _limit_file(cache.name)
        if settings.exists() and _limit_of(cache.name) is None:
            problems.append(
                f"{settings} holds no limit, so the usual one holds; `tlkit cache limit` writes it anew."
            )
    return "\n".join([*lines, *([""] if problems else []), *problems])


def summary() -> str:
    """Return in one line how much there is of each cache and how much there may be.

    Examples
    --------
    >>> "cells" in summary()
    True
    """
    told = []
    for cache in CACHES.values():
        try:
            there = size_words(cache.size()[1])
        except StoreError:
            there = "a folder that cannot be read"
        told.append(f"{cache.name} {there} (of {size_words(cache.limit_bytes)} at most)")
    return f"{', '.join(told)}; in {files.cache_folder()}"


def size_words(size_bytes: int) -> str:
    """Write a number of bytes for people.

    Examples
    --------
    >>> size_words(0), size_words(4_200_000), size_words(20 * 10**9)
    ('0 B', '4.2 MB', '20 GB')
    """
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size_bytes >= unit:
            return f"{round(size_bytes / unit, 1):g} {name}"
    return f"{size_bytes} B"


def _files(folder: Path, ending: str) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield the files of a cache; links, folders, and what other hands put there, are not ours."""
    with suppress(OSError):
        if folder.is_symlink():
            return
        for path in folder.iterdir():
            with suppress(OSError):
                ours = path.suffix == ending and _OURS.fullmatch(path.stem)
                if ours and not path.is_symlink() and path.is_file():
                    yield path, path.stat()


def _clear_left_overs(folder: Path, ending: str) -> None:
    """Delete what a killed process left half-written; what is younger than a day may still be in the making."""
    with suppress(OSError):
        for one in folder.glob(f".*{ending}.*.part"):
            if time.time() - one.lstat().st_mtime > _LEFT_OVER_SECONDS:
                one.unlink()


def _check_readable(folder: Path) -> None:
    """Refuse a folder that is there and cannot be looked into; one that is not there is empty."""
    try:
        os.scandir(folder).close()
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(
            f"The cache folder {folder} cannot be read: {error.strerror or error}.",
            "Ask whoever owns it, or name another folder in TLKIT_CACHE.",
        ) from error


def _limit_file(name: str) -> Path:
    return files.cache_folder() / _LIMITS / f"{name}.json"


def _limit_of(name: str) -> int | None:
    # Damaged settings count as none: the usual limits are safe.
    with suppress(StoreError):
        body = files.read_json(_limit_file(name))
        size = body.get("bytes") if isinstance(body, dict) else None
        if type(size) is int and size > 0:
            return size
    return None
