"""Association: whether two groups of words lean to two other groups, with a test by permutation.

After A. Caliskan, J. Bryson and A. Narayanan, *Semantics derived automatically from language corpora contain
human-like biases*, Science 2017: the Word Embedding Association Test (WEAT).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import DataError, expect_whole
from tlkit.table import Table
from tlkit.words.nearness import distinct, unit_rows
from tlkit.words.projection import CAUTION

if TYPE_CHECKING:
    from tlkit.words.word_vectors import WordVectors

# Up to so many ways to divide the words all are counted; beyond, so many are drawn.
_MOST_DIVISIONS = 20_000
_TOLERANCE = 1e-12


@dataclass(frozen=True, eq=False, repr=False)
class Association:
    """How two groups of words lean to two others.

    Parameters
    ----------
    x, y
        The two groups.
    leanings
        (words of x, then of y): mean cosine with the first others minus mean cosine with the second ones.
    effect
        Difference of the groups' mean leanings, in standard deviations of all leanings; between -2 and 2.
    p_value
        Share of the ways to divide the words into two such groups that differ at least as much in this direction.
    divisions
        How many ways were counted.
    exact
        Whether these are all.
    name
        Of the vectors.
    """

    x: tuple[str, ...]
    y: tuple[str, ...]
    leanings: NDArray[np.float64]
    effect: float
    p_value: float
    divisions: int
    exact: bool
    name: str

    @property
    def caption(self) -> str:
        """The result in words, with the caution that belongs to it."""
        how = "all" if self.exact else "a random sample of"
        return (
            f"In {self.name} the first group leans more to the first pole than the second group by {self.effect:+.2f}"
            f" standard deviations; p = {self.p_value:.4f} over {how} {self.divisions:,} divisions, for these words"
            f" only. {CAUTION}"
        )

    @property
    def table(self) -> Table:
        """Leaning of every word, each group in order."""
        groups = ["first"] * len(self.x) + ["second"] * len(self.y)
        rows = sorted(
            zip(groups, self.leanings.tolist(), (*self.x, *self.y), strict=True),
            key=lambda row: (row[0], -row[1]),
        )
        return Table(
            self.caption,
            ("word", "group", "leaning"),
            tuple((word, group, f"{leaning:+.3f}") for group, leaning, word in rows),
        )

    def __repr__(self) -> str:
        return str(self.table)

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


def association(
    vectors: WordVectors,
    x: Iterable[str],
    y: Iterable[str],
    first: Iterable[str],
    second: Iterable[str],
    *,
    seed: int = 0,
) -> Association:
    r"""Test whether the words of ``x`` lean more to ``first`` than to ``second``, compared with the words of ``y``.

    The leaning of a word is :math:`s(w) = \mathrm{mean}_a \cos(w, a) - \mathrm{mean}_b \cos(w, b)`, the effect
    :math:`(\mathrm{mean}_x s - \mathrm{mean}_y s) / \mathrm{sd}_{x \cup y} s` with n - 1 under the root, and the
    one-sided p-value the share of divisions of :math:`x \cup y` into two groups of these sizes, the given one
    included, whose difference is at least as large.

    **Read it with care.** It says how words were used together in some texts; it is no statement about people. The
    p-value is about these lists of words, and lists can be chosen until a result comes: fix them beforehand.

    Parameters
    ----------
    vectors
        Whose.
    x, y
        Two groups of equally many words, for example names of occupations.
    first, second
        The two groups they may lean to.
    seed
        Of the sample, where there are more than 20,000 divisions.

    Raises
    ------
    UnknownNameError
        One of the words is not there.
    DataError
        Groups of different sizes or with fewer than two words, or a word in both.

    Examples
    --------
    >>> from tlkit import words
    >>> found = words.association(
    ...     words.load("words:english"),
    ...     ["nurse", "librarian", "dancer", "teacher"],
    ...     ["engineer", "mechanic", "captain", "carpenter"],
    ...     ["she", "her", "woman"],
    ...     ["he", "his", "man"],
    ... )
    >>> found.divisions, found.exact, found.effect > 1
    (70, True, True)
    """
    seed = expect_whole("seed", seed, 0, DataError)
    groups = [distinct(one, 2) for one in (x, y)]
    poles = [distinct(one, 1) for one in (first, second)]
    if len(groups[0]) != len(groups[1]):
        raise DataError(
            f"The groups have {len(groups[0])} and {len(groups[1])} words, expected equally many.",
            "Take words out of the larger one, chosen before looking at the result.",
        )
    both = set(groups[0]) & set(groups[1]) or set(poles[0]) & set(poles[1])
    if both:
        raise DataError(f"{sorted(both)[0]!r} is in both groups.", "Keep it in one of them.")
    unit = unit_rows(vectors, [*groups[0], *groups[1]])
    towards, away = (unit @ unit_rows(vectors, pole).T for pole in poles)
    leanings = towards.mean(axis=1) - away.mean(axis=1)
    size = len(groups[0])
    spread = float(leanings.std(ddof=1))
    if not spread > _TOLERANCE:
        raise DataError("All words lean alike, so that there is nothing to compare.", "Choose other words.")
    difference = float(leanings[:size].mean() - leanings[size:].mean())
    p_value, divisions, exact = _p_value(leanings, size, seed)
    return Association(
        tuple(groups[0]),
        tuple(groups[1]),
        leanings,
        difference / spread,
        p_value,
        divisions,
        exact,
        vectors.name,
    )


def _p_value(leanings: NDArray[np.float64], size: int, seed: int) -> tuple[float, int, bool]:
    """Return the share of divisions at least as far apart, how many were counted, and whether all were."""
    observed = float(leanings[:size].sum())
    total = math.comb(len(leanings), size)
    # With sizes fixed, the difference of the means grows with the sum of the first group.
    if total <= _MOST_DIVISIONS:
        chosen = np.array(list(combinations(range(len(leanings)), size)))
        return float((leanings[chosen].sum(axis=1) >= observed - _TOLERANCE).mean()), total, True
    generator = np.random.default_rng(seed)
    order = generator.permuted(np.tile(np.arange(len(leanings)), (_MOST_DIVISIONS - 1, 1)), axis=1)[:, :size]
    as_far = int((leanings[order].sum(axis=1) >= observed - _TOLERANCE).sum())
    # The given division counts too, so that no p-value is 0.
    return (as_far + 1) / _MOST_DIVISIONS, _MOST_DIVISIONS, False
