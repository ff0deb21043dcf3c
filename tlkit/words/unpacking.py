"""Unpacking: a file's content as a stream, whether it is plain, in gzip or in a zip archive; nothing is extracted."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from tlkit.errors import DataError, TlkitError, unknown_name

_BUFFER = 1 << 20
# Vectors shrink to a half or a fifth; what grows beyond this is a bomb.
_MOST_GROWTH, _HARMLESS_BYTES = 200, 100_000_000


@contextmanager
def unpacked(path: str | os.PathLike[str], member: str | None = None) -> Iterator[io.BufferedReader]:
    """Open a file for reading; gzip and zip are told by how they begin, not by the name.

    Parameters
    ----------
    path
        The file.
    member
        Which file of a zip archive; needed where there are several.

    Raises
    ------
    DataError
        The file cannot be read, is damaged or cut short, grows beyond all measure when it is unpacked, or the
        member is still to be named.
    UnknownNameError
        The archive has no such member.
    """
    place = Path(path)
    try:
        with open(place, "rb") as file, _plain(file, place, member) as content:
            yield content
    except (
        EOFError,
        zlib.error,
        gzip.BadGzipFile,
        zipfile.BadZipFile,
        lzma.LZMAError,
        NotImplementedError,
    ) as error:
        raise DataError(f"{place.name} is damaged or cut short: {error}.", "Get it again.") from error
    except OSError as error:
        if isinstance(error, TlkitError):  # of who reads, such as a folder that is full
            raise
        raise DataError(f"{place} cannot be read: {error.strerror or error}.", "Check the path.") from error


@contextmanager
def _plain(file: IO[bytes], place: Path, member: str | None) -> Iterator[io.BufferedReader]:
    start = file.read(4)
    file.seek(0)
    packed_bytes = os.fstat(file.fileno()).st_size
    if start[:2] == b"\x1f\x8b":
        with gzip.GzipFile(fileobj=file) as inner:
            yield _watched(cast(IO[bytes], inner), packed_bytes, place)
    elif start in (b"PK\x03\x04", b"PK\x05\x06"):
        with zipfile.ZipFile(file) as archive:
            chosen = _member(archive, member, place)
            if chosen.flag_bits & 1:
                raise DataError(f"{chosen.filename} in {place.name} is encrypted.", "Unpack it first.")
            with archive.open(chosen) as inside:
                yield _watched(inside, packed_bytes, place)
    else:
        yield io.BufferedReader(_Watched(file, None, place), _BUFFER)


def _member(archive: zipfile.ZipFile, member: str | None, place: Path) -> zipfile.ZipInfo:
    files = {one.filename: one for one in archive.infolist() if not one.is_dir()}
    if member is None:
        if len(files) != 1:
            listed = ", ".join(list(files)[:8]) or "none"
            raise DataError(
                f"{place.name} holds {len(files)} files ({listed}), expected one.",
                "Give member= and its name.",
            )
        return next(iter(files.values()))
    if member not in files:
        raise unknown_name(f"file in {place.name}", member, files)
    return files[member]


def _watched(inner: IO[bytes], packed_bytes: int, place: Path) -> io.BufferedReader:
    most = max(_HARMLESS_BYTES, _MOST_GROWTH * packed_bytes)
    return io.BufferedReader(_Watched(inner, most, place), _BUFFER)


class _Watched(io.RawIOBase):
    """A stream that stops when more comes out than any real file holds."""

    def __init__(self, inner: IO[bytes], most_bytes: int | None, place: Path) -> None:
        self._inner, self._most, self._place = inner, most_bytes, place
        self._read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        part = self._inner.read(len(buffer))
        self._read += len(part)
        if self._most is not None and self._read > self._most:
            raise DataError(
                f"{self._place.name} grows to more than {self._most:,} bytes when it is unpacked.",
                "If it is what it should be, unpack it yourself and read the plain file.",
            )
        buffer[: len(part)] = part
        return len(part)
