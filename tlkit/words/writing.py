"""write: word vectors as a file that other programs read."""

from __future__ import annotations

import gzip
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import DataError, unknown_name
from tlkit.files import atomic_write
from tlkit.words.blocks import LONGEST_WORD, Asked, cut_line
from tlkit.words.reading import FORMS, Form
from tlkit.words.word_vectors import WordVectors

_ROWS = 1_024


def write(path: str | os.PathLike[str], vectors: WordVectors, *, form: Form | None = None) -> None:
    """Write word vectors as word2vec text or binary, or as GloVe text, whole or not at all.

    What is written comes back bit for bit with ``words.read``, and gensim's ``load_word2vec_format`` reads it too
    (of GloVe text with ``no_header=True``). A name that ends in ``.gz`` or ``.zip`` is packed.

    Parameters
    ----------
    path
        The file; an older one is replaced.
    vectors
        What to write.
    form
        None takes binary for names that end in ``.bin``, GloVe for names with ``glove`` in them, and word2vec text
        for all others.

    Raises
    ------
    DataError
        A word that the format cannot hold, such as one with a space in it in word2vec's.
    StoreError
        The folder cannot be written to, or the disk is full.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "pets.vec"
    >>> write(path, WordVectors(["cat", "dog"], [[1, 0], [0.8, 0.6]]))
    >>> print(path.read_text())
    2 2
    cat 1.0 0.0
    dog 0.8 0.6
    <BLANKLINE>
    """
    place = Path(path)
    if form is None:
        bare = place.name.lower().removesuffix(".gz").removesuffix(".zip")
        form = "word2vec-binary" if bare.endswith(".bin") else "glove" if "glove" in bare else "word2vec"
    if form not in FORMS:
        raise unknown_name("form of word vectors", form, FORMS)
    with atomic_write(place) as file, _packed(file, place) as out:
        if form != "glove":
            out.write(b"%d %d\n" % (len(vectors), vectors.dimensions))
        for raw, row in _rows(vectors):
            out.write(_record(raw, row, form))


def _rows(vectors: WordVectors) -> Iterator[tuple[bytes, NDArray[np.float32]]]:
    for start in range(0, len(vectors), _ROWS):
        part = np.asarray(vectors.vectors[start : start + _ROWS])
        for word, row in zip(vectors.words[start : start + _ROWS], part, strict=True):
            yield _encoded(word), row


def _record(raw: bytes, row: NDArray[np.float32], form: Form) -> bytes:
    if form == "word2vec-binary":
        if b" " in raw or b"\n" in raw or len(raw) >= LONGEST_WORD:
            raise _refused(raw, form)
        return raw + b" " + row.astype("<f4").tobytes()
    # numpy writes the shortest number that comes back as the same one.
    line = raw + b" " + b" ".join(row.astype("S32").tolist())
    if b"\n" in raw or (b" " in raw and not _comes_back(line, raw, len(row), form)):
        raise _refused(raw, form)
    return line + b"\n"


def _comes_back(line: bytes, raw: bytes, dimensions: int, form: Form) -> bool:
    if form == "word2vec":
        return False
    try:
        return cut_line(line, Asked("", dimensions), 0)[0] == raw
    except DataError:
        return False


def _encoded(word: str) -> bytes:
    try:
        return word.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"The word {word!r} cannot be written as UTF-8.", "Leave it out.") from error


def _refused(raw: bytes, form: Form) -> DataError:
    word = raw[:40].decode("utf-8", "replace")
    return DataError(
        f"A {form} file cannot hold the word {word!r}: its spaces or line breaks would be taken for the format's.",
        "Write it with an underscore, or store the vectors with words.convert.",
    )


@contextmanager
def _packed(file: IO[bytes], place: Path) -> Iterator[IO[bytes]]:
    """Pack what is written, if the name says so; the same vectors give the same bytes."""
    if place.suffix == ".gz":
        with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
            yield cast(IO[bytes], packed)
    elif place.suffix == ".zip":
        entry = zipfile.ZipInfo(place.stem)
        entry.compress_type = zipfile.ZIP_DEFLATED
        with zipfile.ZipFile(file, "w") as archive, archive.open(entry, "w", force_zip64=True) as packed:
            yield packed
    else:
        yield file
