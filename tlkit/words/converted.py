"""Converted: our own folder of word vectors, mapped into memory, so that millions of words open at once."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tlkit import files
from tlkit.errors import DataError, StoreError, TakenError, TlkitError, WeightsError
from tlkit.words.mapped_words import CURE, MappedWords, hash_of
from tlkit.words.word_vectors import WordVectors

if TYPE_CHECKING:
    from tlkit.words.blocks import Block

_ABOUT, _WORDS, _OFFSETS, _HASHES, _ORDER, _VECTORS = (
    "about.json",
    "words.utf8",
    "offsets.u8",
    "hashes.u8",
    "order.u4",
    "vectors.f4",
)
_FORMAT = "tlkit word vectors, version 1"


def is_converted(folder: Path) -> bool:
    """Say whether a folder holds converted word vectors."""
    return (folder / _ABOUT).is_file() and (folder / _VECTORS).is_file()


def write_converted(
    folder: Path,
    blocks: Iterable[Block],
    dimensions: int,
    *,
    name: str,
    card: Mapping[str, Any] | None = None,
    remarks: tuple[str, ...] = (),
) -> None:
    """Write words and vectors as they come into a new folder, which appears whole or not at all.

    Of a word that comes again the first vector is kept, and ``remarks`` says so.

    Raises
    ------
    TakenError
        There is something of this name already.
    StoreError
        The folder cannot be written to, or the disk is full.
    """
    with _new_folder(folder) as made:
        offsets, doubled = _write_blocks(made, blocks)
        count = len(offsets) - 1
        if not count:
            raise DataError(f"There are no words to write to {folder}.", "Is it the right file?")
        _write_index(made, offsets)
        again = f"{doubled:,} words came again; the first vector was kept."
        files.write_json(
            made / _ABOUT,
            {
                "format": _FORMAT,
                "words": count,
                "dimensions": dimensions,
                "name": name,
                "card": None if card is None else dict(card),
                "remarks": [*remarks, *([again] if doubled else [])],
                "bytes": {one.name: one.stat().st_size for one in sorted(made.iterdir())},
                "sha256": {one.name: files.sha256(one) for one in sorted(made.iterdir())},
            },
        )


def open_converted(folder: Path, name: str | None = None) -> WordVectors:
    """Open what ``write_converted`` wrote; neither words nor vectors are read before they are asked for.

    Raises
    ------
    WeightsError
        A file is missing, was cut short, or comes from a newer version.
    """
    about = _about(folder)
    count, dimensions = about["words"], about["dimensions"]
    words = MappedWords(
        _mapped(folder / _WORDS, "u1", (-1,)),
        _mapped(folder / _OFFSETS, "<u8", (count + 1,)),
        _mapped(folder / _HASHES, "<u8", (count,)),
        _mapped(folder / _ORDER, "<u4", (count,)),
    )
    vectors = _mapped(folder / _VECTORS, "<f4", (count, dimensions))
    remarks = tuple(str(one) for one in about["remarks"])
    return WordVectors.unchecked(words, vectors, name or about["name"], about["card"], remarks)


def verify(folder: str | os.PathLike[str]) -> None:
    """Read a folder of ``words.convert`` to its end and see that it is as it was written.

    Opening looks at sizes only, since reading all of it would take as long as it is large.

    Raises
    ------
    WeightsError
        A file is missing, or a byte of it was changed.

    Examples
    --------
    >>> from tlkit import words
    >>> place = Path(tempfile.mkdtemp()) / "pets"
    >>> _ = words.convert(WordVectors(["cat", "dog"], [[1, 0], [0.8, 0.6]]), place)
    >>> words.verify(place)
    """
    place = Path(folder)
    for name, expected in _about(place)["sha256"].items():
        found = files.sha256(place / name)
        if found != expected:
            raise WeightsError(
                f"{place / name} was changed: its SHA-256 is {found}, expected {expected}.", CURE
            )


def _about(folder: Path) -> dict[str, Any]:
    about = files.read_json(folder / _ABOUT)
    if not isinstance(about, dict) or about.get("format") != _FORMAT:
        raise WeightsError(
            f"{folder} holds no word vectors that this tlkit can open.",
            "Update tlkit, or convert the file again.",
        )
    kinds = {"words": int, "dimensions": int, "name": str, "remarks": list, "bytes": dict, "sha256": dict}
    if "card" not in about or any(not isinstance(about.get(key), kind) for key, kind in kinds.items()):
        raise WeightsError(f"{folder / _ABOUT} was changed.", CURE)
    expected = about["bytes"]
    for name in (_WORDS, _OFFSETS, _HASHES, _ORDER, _VECTORS):
        try:
            size = (folder / name).stat().st_size
        except OSError as error:
            raise WeightsError(f"{folder / name} cannot be read: {error.strerror or error}.", CURE) from error
        if size != expected.get(name):
            raise WeightsError(
                f"{folder / name} was cut short or changed: it has {size:,} bytes, expected"
                f" {expected.get(name, 0):,}.",
                CURE,
            )
    return about


def _mapped(path: Path, kind: str, shape: tuple[int, ...]) -> NDArray[Any]:
    try:
        return np.asarray(np.memmap(path, dtype=kind, mode="r")).reshape(shape)
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path} cannot be mapped into memory: {error}.", CURE) from error


def _write_blocks(folder: Path, blocks: Iterable[Block]) -> tuple[NDArray[np.uint64], int]:
    """Write words and vectors; return where each word begins and how many came again."""
    seen: set[str] = set()
    lengths: list[int] = []
    doubled = 0
    with open(folder / _WORDS, "wb") as letters, open(folder / _VECTORS, "wb") as numbers:
        for words, vectors in blocks:
            new = []
            for at, word in enumerate(words):
                if word not in seen:
                    seen.add(word)
                    new.append(at)
            doubled += len(words) - len(new)
            raws = [_encoded(words[at]) for at in new]
            letters.write(b"".join(raws))
            lengths += [len(raw) for raw in raws]
            kept = vectors if len(new) == len(words) else vectors[new]
            np.ascontiguousarray(kept, "<f4").tofile(numbers)
        _keep(letters)
        _keep(numbers)
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype("<u8"), doubled


def _write_index(folder: Path, offsets: NDArray[np.uint64]) -> None:
    letters = (folder / _WORDS).read_bytes()
    edges = offsets.tolist()
    hashes = np.fromiter((hash_of(letters[a:b]) for a, b in pairwise(edges)), np.uint64, len(offsets) - 1)
    order = np.argsort(hashes, kind="stable")
    for name, array in (
        (_OFFSETS, offsets),
        (_HASHES, hashes[order].astype("<u8")),
        (_ORDER, order.astype("<u4")),
    ):
        with open(folder / name, "wb") as file:
            array.tofile(file)
            _keep(file)


def _encoded(word: str) -> bytes:
    try:
        raw = word.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"The word {word!r} cannot be written as UTF-8.", "Leave it out.") from error
    if not raw:
        raise DataError("A word is empty.", "Leave it out with its vector.")
    return raw


def _keep(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def _new_folder(target: Path) -> Iterator[Path]:
    """Give a folder to fill, which takes its name when it is whole, and is deleted if it does not become so."""
    if os.path.lexists(target):
        raise TakenError(f"There is a folder or file {target} already.", "Name another.")
    made: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent))
        yield made
        made.chmod(0o755)
        try:
            os.rename(made, target)
        except OSError:
            if not os.path.lexists(target):
                raise
            # Another process was faster.
            raise TakenError(f"There is a folder or file {target} already.", "Name another.") from None
    except TlkitError:
        raise
    except OSError as error:
        raise StoreError(
            f"Could not write {target}: {error.strerror or error}.",
            "Choose a folder that can be written to and has free space.",
        ) from error
    finally:
        if made is not None:
            with suppress(OSError):
                shutil.rmtree(made)
