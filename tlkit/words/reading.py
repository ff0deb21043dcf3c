"""read: word vectors from a file, whichever of the usual formats it has."""

from __future__ import annotations

import io
import os
import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import DataError, WeightsError, expect_whole, unknown_name
from tlkit.words.blocks import Asked, Block, binary_blocks, is_number, text_blocks
from tlkit.words.converted import is_converted, open_converted
from tlkit.words.unpacking import unpacked
from tlkit.words.vocabulary import ListedWords
from tlkit.words.word_vectors import WordVectors

Form = Literal["word2vec", "word2vec-binary", "glove"]
FORMS: tuple[Form, ...] = ("word2vec", "word2vec-binary", "glove")

_LOOKED_AT_BYTES, _LOOKED_AT_LINES = 1 << 20, 100
_PICKLE = b"\x80"
# More is no file of word vectors; and so much memory is asked for before a single number was read.
_MOST_DIMENSIONS = 100_000


@dataclass(frozen=True)
class Found:
    """What the beginning of a file says.

    Parameters
    ----------
    form
        Its format.
    dimensions
        How many numbers stand for a word.
    count
        How many words it says it holds; None where it does not say.
    """

    form: Form
    dimensions: int
    count: int | None


def read(
    path: str | os.PathLike[str],
    *,
    limit: int | None = None,
    form: Form | None = None,
    dimensions: int | None = None,
    member: str | None = None,
    name: str | None = None,
    encoding_errors: Literal["strict", "replace", "ignore"] = "strict",
    trust: bool = False,
) -> WordVectors:
    """Read word vectors: word2vec text or binary, GloVe text, gensim's own files, or a folder of ``convert``.

    Text and binary files may be packed with gzip or zip. They are read as a stream; what is packed is not written
    to disk.

    Parameters
    ----------
    path
        The file or folder.
    limit
        Only so many words from the start, which are the most frequent ones in most files.
    form
        The format; None looks at the beginning of the file.
    dimensions
        How many numbers stand for a word in a GloVe file, which does not say it; None looks at its first lines.
    member
        Which file of a zip archive that holds several.
    name
        What to call the vectors; None takes the file's name.
    encoding_errors
        What is done about words that are not UTF-8.
    trust
        Whether a pickle may be read, which is what gensim's own files are: it can run any code.

    Raises
    ------
    DataError
        The file is missing, damaged or in another format; a line that does not fit is named by its number.
    WeightsError
        It is a pickle, and ``trust`` is False.
    MissingPartError
        It is one of gensim's own files, and gensim is not installed.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "pets.txt"
    >>> _ = path.write_text("cat 1 0\\nguinea pig 0.8 0.6\\n")
    >>> pets = read(path)
    >>> pets, pets.vector("guinea pig")
    (WordVectors('pets.txt', 2 words x 2), array([0.8, 0.6], dtype=float32))
    """
    place = Path(path)
    if limit is not None:
        limit = expect_whole("limit", limit, 1, DataError)
    called = place.name if name is None else name
    if place.is_dir():
        if not is_converted(place):
            raise DataError(f"{place} is a folder, and none that words.convert made.", "Name a file.")
        found = open_converted(place, name)
        return found if limit is None else found.first(limit)
    if is_pickle(place):
        return _trusted(place, called, limit, trust)
    with stream_blocks(
        place, limit=limit, form=form, dimensions=dimensions, member=member, encoding_errors=encoding_errors
    ) as (found_form, blocks):
        words, vectors, doubled = gathered(blocks, found_form.dimensions)
    if not words:
        raise DataError(f"{place.name} holds no words.", "Is it the right file?")
    return WordVectors.unchecked(ListedWords(words), vectors, called, None, remarks_on(doubled))


@contextmanager
def stream_blocks(
    place: Path,
    *,
    limit: int | None = None,
    form: Form | None = None,
    dimensions: int | None = None,
    member: str | None = None,
    encoding_errors: str = "strict",
) -> Iterator[tuple[Found, Iterator[Block]]]:
    """Open a file of vectors; give what it is, and its words in blocks."""
    if form is not None and form not in FORMS:
        raise unknown_name("form of word vectors", form, FORMS)
    with unpacked(place, member) as stream:
        _pass_mark(stream, place.name)
        head = stream.read(_LOOKED_AT_BYTES)
    found = look(head, place.name, form, dimensions)
    asked = Asked(place.name, found.dimensions, limit, encoding_errors)
    with unpacked(place, member) as stream:
        _pass_mark(stream, place.name)
        if found.form != "glove":
            stream.readline()
        if found.form == "word2vec-binary":
            assert found.count is not None
            yield found, binary_blocks(stream, asked, found.count)
        else:
            lines = text_blocks(stream, asked, lines_before=int(found.form == "word2vec"))
            yield found, _counted(lines, asked, found.count)


def _pass_mark(stream: io.BufferedReader, name: str) -> None:
    """Pass over the mark that some editors put before UTF-8; refuse what is marked as UTF-16."""
    start = stream.peek(len(BOM_UTF8))
    if start.startswith(BOM_UTF8):
        stream.read(len(BOM_UTF8))
    elif start.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        raise DataError(f"{name} is marked as UTF-16.", "Write it anew as UTF-8.")


def look(head: bytes, name: str, form: Form | None = None, dimensions: int | None = None) -> Found:
    """Tell what a file is by how it begins.

    Examples
    --------
    >>> look(b"2 3\\ncat 1 2 3\\n", "a.txt")
    Found(form='word2vec', dimensions=3, count=2)
    >>> look(b"cat 1 2 3\\nNew York 4 5 6\\n", "a.txt")
    Found(form='glove', dimensions=3, count=None)
    """
    if not head.strip():
        raise DataError(f"{name} is empty.", "Get it again.")
    first, _, rest = head.partition(b"\n")
    header = re.fullmatch(rb"\s*(\d{1,12})\s+(\d{1,12})\s*", first)
    if form == "glove" or (form is None and header is None):
        lines = [line for line in _whole_lines(head)[:_LOOKED_AT_LINES] if line.strip()]
        return Found("glove", _checked_dimensions(dimensions or _usual(lines, name), name), None)
    if header is None:
        raise DataError(
            f"The first line of {name} is {first[:40]!r}, expected the numbers of words and dimensions.",
            "Give form='glove' if it has no such line.",
        )
    count, width = int(header[1]), _checked_dimensions(int(header[2]), name)
    if dimensions not in (None, width):
        raise DataError(f"{name} has {width} dimensions, not {dimensions}.", "Leave dimensions= out.")
    if form is None:
        numbers = rest.partition(b"\n")[0].split()[-width:]
        is_text = len(numbers) == width and all(map(is_number, numbers))
        form = "word2vec" if is_text else "word2vec-binary"
    return Found(form, width, count)


def _whole_lines(head: bytes) -> list[bytes]:
    """Return the lines of a file's beginning, without one that may go on after it."""
    lines = head.split(b"\n")
    return lines[:-1] if len(head) == _LOOKED_AT_BYTES and len(lines) > 1 else lines


def _usual(lines: list[bytes], name: str) -> int:
    """Return how many numbers most lines end with."""
    counts: Counter[int] = Counter()
    for line in lines:
        fields = line.split()
        ends = 0
        while ends < len(fields) - 1 and is_number(fields[-1 - ends]):
            ends += 1
        counts[ends] += 1
    best = max(counts.values())
    usual = min(width for width, times in counts.items() if times == best)
    if not usual:
        raise DataError(
            f"{name} begins with {lines[0][:40]!r}, which is no word followed by numbers.",
            "It may be in another format: words.read takes word2vec, GloVe and gensim.",
        )
    return usual


def _checked_dimensions(width: int, name: str) -> int:
    if not 1 <= width <= _MOST_DIMENSIONS:
        raise DataError(
            f"{name} says that {width:,} numbers stand for a word, expected 1 to {_MOST_DIMENSIONS:,}.",
            "Is it a file of word vectors?",
        )
    return width


def _counted(blocks: Iterator[Block], asked: Asked, count: int | None) -> Iterator[Block]:
    """Refuse a text that holds another number of words than its first line says."""
    done = 0
    for words, vectors in blocks:
        done += len(words)
        yield words, vectors
    expected = count if asked.limit is None or count is None else min(asked.limit, count)
    if expected is not None and (done < expected or (asked.limit is None and done > expected)):
        raise DataError(
            f"{asked.name} holds {done:,} words, and its first line says {count:,}.",
            "Get it again, or give form='glove' if its first line is a word.",
        )


def gathered(blocks: Iterator[Block], dimensions: int) -> tuple[list[str], NDArray[np.float32], int]:
    """Return all words once, with their vectors, and how many words came again."""
    seen: dict[str, None] = {}
    parts: list[NDArray[np.float32]] = []
    doubled = 0
    for words, vectors in blocks:
        new = []
        for at, word in enumerate(words):
            if word not in seen:
                seen[word] = None
                new.append(at)
        doubled += len(words) - len(new)
        parts.append(vectors if len(new) == len(words) else vectors[new])
    whole = np.empty((len(seen), dimensions), np.float32)
    at = len(whole)
    while parts:
        # From the end, so that each part's memory is free once it is copied.
        part = parts.pop()
        whole[at - len(part) : at] = part
        at -= len(part)
    whole.setflags(write=False)
    return list(seen), whole, doubled


def remarks_on(doubled: int) -> tuple[str, ...]:
    """Say how many words came again."""
    if not doubled:
        return ()
    return (f"{doubled:,} {'word' if doubled == 1 else 'words'} came again; the first vector was kept.",)


def is_pickle(place: Path) -> bool:
    """Say whether a file is a pickle, which is what gensim's own files are."""
    try:
        with open(place, "rb") as file:
            return file.read(len(_PICKLE)) == _PICKLE
    except OSError as error:
        raise DataError(f"{place} cannot be read: {error.strerror or error}.", "Check the path.") from error


def _trusted(place: Path, name: str, limit: int | None, trust: bool) -> WordVectors:
    if not trust:
        raise WeightsError(
            f"{place.name} is a pickle, as gensim writes it, and reading one can run any code.",
            "Have it written with KeyedVectors.save_word2vec_format, or give trust=True if you made it yourself.",
        )
    from tlkit.words.gensim_files import load_saved

    found = load_saved(place, name)
    return found if limit is None else found.first(limit)
