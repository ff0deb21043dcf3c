"""The files of an ONNX network: torch writes its numbers into a second one, which the first names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from tlkit import files
from tlkit.errors import WeightsError

# Which fields of which messages lead to tensors, by the numbers of the format's description (onnx.proto).
_WAYS = {
    "model": {7: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node", 11: "attribute"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "entry"},
    "entry": {1: "key", 2: "value"},
}
_MOST_DEEP = 60


def parts(path: Path) -> tuple[Path, ...]:
    """Return a network's own file and those that hold numbers of it.

    Raises
    ------
    WeightsError
        It is no ONNX, or names a file that does not lie beside it.
    """
    try:
        named = sorted(set(_locations(memoryview(path.read_bytes()), "model", 0)))
    except (ValueError, IndexError, OSError, UnicodeDecodeError) as error:
        raise WeightsError(f"{path.name} is not a whole ONNX file: {error}.", "Export it again.") from error
    found = [path]
    for name in named:
        place = path.parent / name
        if PurePosixPath(name).name != name or "\\" in name or not place.is_file() or place.is_symlink():
            raise WeightsError(
                f"{path.name} keeps its numbers in {name!r}, and no such file lies beside it.",
                "Put both into one folder, or export it into one file: torch.onnx.export(..., external_data=False).",
            )
        found.append(place)
    return tuple(found)


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a network: of its file, or of all of its files with their names."""
    all_parts = parts(path)
    if len(all_parts) == 1:
        return files.sha256(path)
    digest = hashlib.sha256()
    for at, one in enumerate(all_parts):
        # Its own name may change; the others are named in it.
        digest.update(f"{one.name if at else ''} {files.sha256(one)}\n".encode())
    return digest.hexdigest()


def _locations(message: memoryview, kind: str, depth: int) -> Iterator[str]:
    if depth > _MOST_DEEP:
        raise ValueError("it is nested too deep")
    entry: dict[str, str] = {}
    for number, content in _fields(message):
        below = _WAYS[kind].get(number)
        if kind == "entry" and below is not None:
            entry[below] = str(content, "utf-8")
        elif below is not None:
            yield from _locations(content, below, depth + 1)
    if entry.get("key") == "location":
        yield entry.get("value", "")


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield the fields of a message that have a length, by their numbers."""
    at = 0
    while at < len(message):
        tag, at = _number(message, at)
        kind = tag & 7
        if kind == 0:
            _, at = _number(message, at)
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        elif kind == 2:
            length, at = _number(message, at)
            if at + length > len(message):
                raise ValueError("it is cut short")
            yield tag >> 3, message[at : at + length]
            at += length
        else:
            raise ValueError("it is of another format")


def _number(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
    raise ValueError("it is of another format")
