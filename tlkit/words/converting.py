"""convert: word vectors stored once so that they open at once ever after."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tlkit.errors import DataError, expect_whole
from tlkit.words.converted import open_converted, write_converted
from tlkit.words.reading import Form, is_pickle, read, stream_blocks
from tlkit.words.word_vectors import WordVectors

if TYPE_CHECKING:
    from tlkit.words.blocks import Block

_ROWS = 4_096


def convert(
    source: str | os.PathLike[str] | WordVectors,
    folder: str | os.PathLike[str],
    *,
    limit: int | None = None,
    form: Form | None = None,
    dimensions: int | None = None,
    member: str | None = None,
    name: str | None = None,
    card: Mapping[str, Any] | None = None,
    encoding_errors: Literal["strict", "replace", "ignore"] = "strict",
    trust: bool = False,
) -> WordVectors:
    """Store word vectors in a folder that is mapped into memory, and open it.

    Two million words of 300 numbers then open in a fraction of a second, and only the rows that are looked up are
    read. The folder needs 4 bytes for each number and about 30 for each word. It is written as a stream: the
    vectors need not fit into memory, the words do; gensim's own files alone are read whole.

    Parameters
    ----------
    source
        A file as for ``words.read``, or vectors in memory.
    folder
        A new one; it appears whole or not at all. ``words.read(folder)`` opens it again.
    limit, form, dimensions, member, encoding_errors, trust
        As for ``words.read``.
    name, card
        What they are called, and their card's entries; None takes the file's name, and those of vectors in memory.

    Raises
    ------
    DataError
        The file is missing, damaged or in another format.
    WeightsError
        It is a pickle, as gensim writes it, and ``trust`` is False.
    TakenError
        There is something of this name already.
    StoreError
        The folder cannot be written to, or the disk is full.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp()) / "pets"
    >>> convert(WordVectors(["cat", "dog"], [[1, 0], [0.8, 0.6]], name="pets"), folder).vector("dog")
    array([0.8, 0.6], dtype=float32)
    >>> from tlkit import words
    >>> words.read(folder)
    WordVectors('pets', 2 words x 2)
    """
    target = Path(folder)
    if limit is not None:
        limit = expect_whole("limit", limit, 1, DataError)
    if not isinstance(source, WordVectors) and Path(source).is_file() and is_pickle(Path(source)):
        source = read(source, limit=limit, name=name, trust=trust)
    if isinstance(source, WordVectors):
        kept = source if limit is None else source.first(limit)
        known = card if card is not None else kept.card_entries()
        write_converted(
            target,
            _blocks(kept),
            kept.dimensions,
            name=name or kept.name,
            card=known,
            remarks=kept.remarks,
        )
        return open_converted(target)
    place = Path(source)
    with stream_blocks(
        place, limit=limit, form=form, dimensions=dimensions, member=member, encoding_errors=encoding_errors
    ) as (found, blocks):
        write_converted(target, blocks, found.dimensions, name=name or place.name, card=card)
    return open_converted(target)


def _blocks(vectors: WordVectors) -> Iterator[Block]:
    for start in range(0, len(vectors), _ROWS):
        yield list(vectors.words[start : start + _ROWS]), vectors.vectors[start : start + _ROWS]
