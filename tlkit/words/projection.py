"""Projection: where words lie between two poles, such as she and he.

After T. Bolukbasi, K.-W. Chang, J. Zou, V. Saligrama and A. Kalai, *Man is to computer programmer as woman is to
homemaker? Debiasing word embeddings*, NeurIPS 2016.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import DataError
from tlkit.table import Table
from tlkit.words.nearness import distinct, unit_rows

if TYPE_CHECKING:
    from tlkit.drawing import Drawing
    from tlkit.words.word_vectors import WordVectors

#: Words that differ in gender, of those in Bolukbasi et al.
GENDER_PAIRS = (
    ("she", "he"),
    ("her", "his"),
    ("woman", "man"),
    ("herself", "himself"),
    ("daughter", "son"),
    ("mother", "father"),
    ("girl", "boy"),
    ("female", "male"),
)
#: Occupations whose English name says nothing about who has them.
OCCUPATIONS = (
    "nurse",
    "librarian",
    "secretary",
    "teacher",
    "dancer",
    "cleaner",
    "tailor",
    "writer",
    "doctor",
    "lawyer",
    "scientist",
    "engineer",
    "programmer",
    "carpenter",
    "captain",
    "mechanic",
)
CAUTION = (
    "This measures the texts that the vectors were learned from, not people and not what anybody can or should do."
    " The two poles are a simplification of the method: they stand for words that the texts use as opposites."
)
_SAMPLE = 2_000


@dataclass(frozen=True, eq=False, repr=False)
class Projection:
    """Words along an axis.

    Parameters
    ----------
    words
        From one pole to the other.
    values
        (n,): cosine of each word with the axis; 0 leans to neither pole.
    low, high
        (n,): the smallest and largest value when one of the pairs is left out in turn.
    poles
        A word for the negative and one for the positive end.
    usual
        19 of 20 frequent words lie between minus this and this.
    share
        Of what differs within the pairs, which share lies along the axis.
    name
        Of the vectors.
    """

    words: tuple[str, ...]
    values: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    poles: tuple[str, str]
    usual: float
    share: float
    name: str

    @property
    def caption(self) -> str:
        """What is shown, with the caution that belongs to it."""
        return (
            f"Between {self.poles[0]!r} (negative) and {self.poles[1]!r} (positive) in {self.name}; 19 of 20 frequent"
            f" words lie within ±{self.usual:.2f}. {CAUTION}"
        )

    @property
    def table(self) -> Table:
        """Words from one pole to the other."""
        rows = zip(self.words, self.values, self.low, self.high, strict=True)
        return Table(
            self.caption,
            ("word", "along the axis", "with other pairs"),
            tuple((word, f"{value:+.2f}", f"{low:+.2f} to {high:+.2f}") for word, value, low, high in rows),
        )

    def figure(self) -> Drawing:
        """Return the words along the axis as a figure that says in words what it shows."""
        from tlkit.drawing import Drawing

        listed = ", ".join(
            f"{word} {value:+.2f}" for word, value in zip(self.words, self.values, strict=True)
        )
        drawing = Drawing(f"{self.caption} In order: {listed}.", (7.0, 0.6 + 0.27 * len(self.words)))
        axes = drawing.add_subplot()
        places = np.arange(len(self.words))[::-1]
        axes.axvspan(-self.usual, self.usual, color="#e6e6e6")
        axes.axvline(0, color="#777777", linewidth=0.8)
        axes.hlines(places, self.low, self.high, color="#1f5f8b", linewidth=1.5)
        axes.plot(self.values, places, "o", color="#1f5f8b", markersize=5)
        axes.set_yticks(places, [word.replace("$", r"\$") for word in self.words])
        axes.set_xlabel(f"← nearer to {self.poles[0]!r}        nearer to {self.poles[1]!r} →")
        axes.set_title("grey: 19 of 20 frequent words; lines: with one pair left out", loc="left", fontsize=9)
        return drawing

    def __repr__(self) -> str:
        return str(self.table)

    def _repr_html_(self) -> str:
        return self.figure()._repr_html_() + self.table._repr_html_()


def projection(
    vectors: WordVectors,
    words: Iterable[str] = OCCUPATIONS,
    pairs: Sequence[tuple[str, str]] = GENDER_PAIRS,
) -> Projection:
    r"""Say where words lie between two poles that are given by pairs of opposites.

    With :math:`\mu_i` the middle of pair i, the axis :math:`g` is the first principal direction of all
    :math:`a_i - \mu_i` and :math:`b_i - \mu_i`, vectors at length 1, and a word w lies at
    :math:`\cos(w, g)`; positive is the side of the pairs' second words.

    **Read it with care.** It says how words were used together in the texts that the vectors were learned from. It is
    no statement about people, and two poles are the method's simplification, not a claim that there are two. Other
    pairs give other numbers: the range shows how much they move when a pair is left out. That a word lies at 0 does
    not mean that the vectors are fair: what was projected away can be found again (H. Gonen and Y. Goldberg,
    *Lipstick on a pig*, NAACL 2019).

    Parameters
    ----------
    vectors
        Whose.
    words
        At least one.
    pairs
        At least two pairs of opposites, each the same way round.

    Raises
    ------
    UnknownNameError
        One of the words is not there.
    DataError
        Fewer than two pairs, or pairs that give no direction.

    Examples
    --------
    >>> from tlkit import words
    >>> found = words.projection(words.load("words:english"), ["nurse", "captain"])
    >>> found.words, found.poles
    (('nurse', 'captain'), ('she', 'he'))
    """
    listed = distinct(words, 1)
    if len(pairs) < 2 or any(len(pair) != 2 or pair[0] == pair[1] for pair in pairs):
        raise DataError(
            f"The pairs are {list(pairs)!r}, expected at least two of two different words.",
            "Give pairs such as [('she', 'he'), ('woman', 'man')].",
        )
    first, second = (unit_rows(vectors, [pair[at] for pair in pairs]) for at in (0, 1))
    unit = unit_rows(vectors, listed)
    axis, share = _axis(first, second)
    others = [_axis(np.delete(first, at, 0), np.delete(second, at, 0))[0] for at in range(len(pairs))]
    values = unit @ axis
    spread = np.stack([unit @ one for one in [axis, *others]])
    order = np.argsort(values, kind="stable")
    return Projection(
        tuple(listed[at] for at in order.tolist()),
        values[order],
        spread.min(axis=0)[order],
        spread.max(axis=0)[order],
        (pairs[0][0], pairs[0][1]),
        _usual(vectors, axis),
        share,
        vectors.name,
    )


def _axis(first: NDArray[np.float64], second: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return the direction, at length 1, and its share of what differs within the pairs."""
    halves = (second - first) / 2
    # Each pair gives two points on opposite sides of its middle: with both the mean is zero.
    _, sizes, directions = np.linalg.svd(np.concatenate([halves, -halves]), full_matrices=False)
    axis: NDArray[np.float64] = directions[0]
    side = float((halves @ axis).sum())
    if not sizes[0] > 1e-9 or abs(side) < 1e-12:
        raise DataError("The pairs give no direction.", "Give pairs that differ, each the same way round.")
    return axis * np.sign(side), float(sizes[0] ** 2 / (sizes**2).sum())


def _usual(vectors: WordVectors, axis: NDArray[np.float64]) -> float:
    part = np.asarray(vectors.vectors[:_SAMPLE]).astype(np.float64)
    lengths = np.linalg.norm(part, axis=1)
    return float(np.quantile(np.abs(part[lengths > 0] @ axis) / lengths[lengths > 0], 0.95))
