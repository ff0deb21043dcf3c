"""Embedded word vectors: packed small, read whole, and only if they are what their card says."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import WeightsError
from tlkit.files import packaged, read_json
from tlkit.words.vocabulary import ListedWords
from tlkit.words.word_vectors import WordVectors

PREFIX = "words:"
_CURE = "Install tlkit again."


@dataclass(frozen=True, eq=False)
class Packed:
    """Word vectors as they are stored.

    Parameters
    ----------
    words
        n words, without line breaks.
    vectors
        (m, d), float16, or int8 with ``scales``.
    scales
        (m,), float32: by what the whole numbers of a row are multiplied; empty for float16.
    rows
        (n,): which row stands for a word; several words may share one.
    """

    words: Sequence[str]
    vectors: NDArray[np.float16] | NDArray[np.int8]
    scales: NDArray[np.float32]
    rows: NDArray[np.uint16]

    def content(self) -> bytes:
        """Return the file: the same vectors give the same bytes."""
        written = io.BytesIO()
        listed = np.frombuffer("\n".join(self.words).encode(), dtype=np.uint8)
        np.savez(written, words=listed, vectors=self.vectors, scales=self.scales, rows=self.rows)
        return written.getvalue()

    def full(self) -> NDArray[np.float32]:
        """Return (n, d) in single precision."""
        return self.wide()[self.rows]

    def wide(self) -> NDArray[np.float32]:
        """Return the (m, d) rows in single precision."""
        rows = self.vectors.astype(np.float32)
        return rows * self.scales[:, None] if len(self.scales) else rows


def whole_numbers(vectors: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return rows as whole numbers from -127 to 127 and the scale of each.

    Examples
    --------
    >>> numbers, scales = whole_numbers(np.float32([[127, -63.6], [0, 0]]))
    >>> numbers.tolist(), scales.tolist()
    ([[127, -64], [0, 0]], [1.0, 0.0])
    """
    scales = (np.abs(vectors).max(axis=1) / np.float32(127)).astype(np.float32)
    divided = vectors / np.where(scales > 0, scales, np.float32(1))[:, None]
    return np.rint(divided).astype(np.int8), scales


def unpacked(content: bytes) -> Packed:
    """Return what ``Packed.content`` wrote.

    Raises
    ------
    ValueError, KeyError, zipfile.BadZipFile
        It is no such file.
    """
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        words = arrays["words"].tobytes().decode().split("\n")
        return Packed(words, arrays["vectors"], arrays["scales"], arrays["rows"])


def embedded_names() -> list[str]:
    """Return the names of what is embedded.

    Examples
    --------
    >>> embedded_names()
    ['words:english', 'words:explosion']
    """
    return sorted(PREFIX + path.stem for path in packaged("words", "vectors").glob("*.npz"))


def embedded_file(name: str) -> Path:
    """Return where one of ``embedded_names()`` lies."""
    return packaged("words", "vectors", f"{name.removeprefix(PREFIX)}.npz")


def read_embedded(name: str) -> WordVectors:
    """Read one of ``embedded_names()``.

    Raises
    ------
    WeightsError
        The file is missing, was changed or cut short.
    """
    path = embedded_file(name)
    card: Mapping[str, Any] = read_json(path.with_suffix(".json"))
    packed = _checked(path, name, str(card["sha256"]))
    words = ListedWords(packed.words)
    vectors = packed.full()
    vectors.setflags(write=False)
    shared = len(words) - len(packed.vectors)
    remarks = (
        (
            f"{len(words):,} words share {len(packed.vectors):,} vectors: words of one vector cannot be told apart.",
        )
        if shared
        else ()
    )
    return WordVectors.unchecked(words, vectors, name, card, remarks)


def _checked(path: Path, name: str, sha256: str) -> Packed:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WeightsError(
            f"The embedded {name} cannot be read: {error.strerror or error}.", _CURE
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise WeightsError(
            f"The embedded {name} was changed or cut short: its SHA-256 is {found}, its card says {sha256}.",
            _CURE,
        )
    try:
        return unpacked(content)
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise WeightsError(f"The embedded {name} does not hold what it should: {error}.", _CURE) from error
