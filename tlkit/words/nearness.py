"""Nearness: which words point the same way, by the cosine of their vectors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import DataError, expect_whole
from tlkit.table import Table

if TYPE_CHECKING:
    from tlkit.words.word_vectors import WordVectors

# So many rows are looked at together, so that vectors larger than memory can be searched.
_ROWS = 65_536
_SMALL = 1e-18


@dataclass(frozen=True, repr=False)
class Nearest:
    """The words nearest to a direction.

    Parameters
    ----------
    question
        What was asked.
    words
        The nearest first.
    cosines
        Of each with the direction, from -1 to 1.
    left_out
        Words of the question, which are no answers.
    first_of_all
        Which word comes first if none is left out.
    """

    question: str
    words: tuple[str, ...]
    cosines: tuple[float, ...]
    left_out: tuple[str, ...] = ()
    first_of_all: str = ""

    @property
    def note(self) -> str:
        """What was left out, in words, where that changes the answer."""
        if len(self.left_out) < 2:
            return ""
        named = ", ".join(self.left_out)
        if self.first_of_all in self.left_out:
            return f"Left out: {named}. With them, {self.first_of_all!r} would come first."
        return f"Left out: {named}; with them the first answer would be the same."

    @property
    def table(self) -> Table:
        """Words and cosines as a table."""
        rows = zip(self.words, self.cosines, strict=True)
        caption = " ".join([self.question, *([self.note] if self.note else [])])
        return Table(caption, ("word", "cosine"), tuple((word, f"{cosine:.3f}") for word, cosine in rows))

    def __repr__(self) -> str:
        return str(self.table)

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


@dataclass(frozen=True, repr=False)
class OddOneOut:
    """The word that is least like the others.

    Parameters
    ----------
    word
        The odd one.
    words
        All of them, the oddest first.
    cosines
        Of each with the others, on average.
    """

    word: str
    words: tuple[str, ...]
    cosines: tuple[float, ...]

    @property
    def table(self) -> Table:
        """Words and cosines as a table."""
        rows = zip(self.words, self.cosines, strict=True)
        return Table(
            f"Odd one out: {self.word}",
            ("word", "cosine with the others"),
            tuple((word, f"{cosine:.3f}") for word, cosine in rows),
        )

    def __repr__(self) -> str:
        return str(self.table)

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


def neighbours(vectors: WordVectors, word: str, count: int = 10) -> Nearest:
    """Return the words nearest to a word; see `WordVectors.neighbours`."""
    direction = unit_rows(vectors, [word])[0]
    return _nearest(vectors, direction, f"Nearest to {word}:", (word,), count)


def analogy(vectors: WordVectors, a: str, b: str, c: str, count: int = 5) -> Nearest:
    """Return what is to ``c`` as ``b`` is to ``a``; see `WordVectors.analogy`."""
    from_a, from_b, from_c = unit_rows(vectors, [a, b, c])
    direction = from_b - from_a + from_c
    if not np.linalg.norm(direction) > 1e-6:
        raise DataError(f"{b!r} - {a!r} + {c!r} points nowhere.", "Ask for three different words.")
    return _nearest(
        vectors, direction, f"{a} is to {b} as {c} is to:", tuple(dict.fromkeys((a, b, c))), count
    )


def odd_one_out(vectors: WordVectors, words: Iterable[str]) -> OddOneOut:
    """Return the word that is least like the others; see `WordVectors.odd_one_out`."""
    listed = distinct(words, 3)
    unit = unit_rows(vectors, listed)
    alike = unit @ unit.T
    mean = (alike.sum(axis=1) - np.diagonal(alike)) / (len(listed) - 1)
    order = np.argsort(mean, kind="stable").tolist()
    return OddOneOut(
        listed[order[0]], tuple(listed[at] for at in order), tuple(float(mean[at]) for at in order)
    )


def distinct(words: Iterable[str], least: int) -> list[str]:
    """Return words as a list, refused if they are too few or come twice."""
    if isinstance(words, str):
        raise DataError(f"The words are one text, {words!r}.", "Give a list of them.")
    listed = list(words)
    if len(set(listed)) < len(listed):
        twice = next(word for word in listed if listed.count(word) > 1)
        raise DataError(f"The word {twice!r} is there twice.", "Give each word once.")
    if len(listed) < least:
        raise DataError(f"{len(listed)} words were given, expected at least {least}.", "Give more words.")
    return listed


def unit_rows(vectors: WordVectors, words: Iterable[str]) -> NDArray[np.float64]:
    """Return the vectors of words at length 1, (m, d).

    Raises
    ------
    UnknownNameError
        A word that is not there.
    DataError
        A vector of nothing but zeros, which has no direction.
    """
    listed = list(words)
    found = vectors.rows(listed).astype(np.float64)
    lengths = np.linalg.norm(found, axis=1)
    if not lengths.all():
        raise DataError(
            f"The vector of {listed[int(np.argmin(lengths))]!r} is all zeros and points nowhere.",
            "Leave the word out.",
        )
    unit: NDArray[np.float64] = found / lengths[:, None]
    return unit


def _nearest(
    vectors: WordVectors, direction: NDArray[np.float64], question: str, left_out: tuple[str, ...], count: int
) -> Nearest:
    count = expect_whole("count", count, 1, DataError)
    best = _best(vectors, direction, count + len(left_out))
    ranked = [(vectors.words[at], cosine) for at, cosine in best]
    kept = [(word, cosine) for word, cosine in ranked if word not in left_out][:count]
    return Nearest(
        question,
        tuple(word for word, _ in kept),
        tuple(cosine for _, cosine in kept),
        left_out,
        ranked[0][0],
    )


def _best(vectors: WordVectors, direction: NDArray[np.float64], count: int) -> list[tuple[int, float]]:
    """Return the rows with the largest cosines; of equal ones the first. Rows of zeros come last."""
    unit = (direction / np.linalg.norm(direction)).astype(np.float32)
    best: list[tuple[float, int]] = []
    for start in range(0, len(vectors), _ROWS):
        part = np.asarray(vectors.vectors[start : start + _ROWS])
        with np.errstate(over="ignore"):
            lengths = np.sqrt(np.einsum("nd,nd->n", part, part)).astype(np.float64)
        # Squares of very large and very small numbers do not fit into single precision.
        odd = ~np.isfinite(lengths) | (lengths < _SMALL)
        lengths[odd] = np.linalg.norm(part[odd].astype(np.float64), axis=1)
        cosines = np.where(lengths > 0, (part @ unit) / np.where(lengths > 0, lengths, 1), -np.inf)
        likely = (
            np.argpartition(-cosines, count)[: count + 1] if len(cosines) > count + 1 else range(len(cosines))
        )
        best += [(-float(cosines[at]), start + int(at)) for at in likely if np.isfinite(cosines[at])]
        best = sorted(best)[:count]
    return [(at, min(1.0, -negative)) for negative, at in best]
