"""Cosines: how much some words point the same way, each with each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tlkit.table import Table
from tlkit.words.nearness import distinct, unit_rows

if TYPE_CHECKING:
    from tlkit.words.word_vectors import WordVectors


@dataclass(frozen=True, eq=False, repr=False)
class Cosines:
    """Cosines of words, each with each.

    Parameters
    ----------
    words
        n words.
    values
        (n, n), from -1 to 1; 1 along the diagonal.
    """

    words: tuple[str, ...]
    values: NDArray[np.float64]

    @property
    def table(self) -> Table:
        """Words by words."""
        rows = zip(self.words, self.values.tolist(), strict=True)
        return Table(
            "Cosines",
            ("", *self.words),
            tuple((word, *(f"{one:.2f}" for one in row)) for word, row in rows),
        )

    def __repr__(self) -> str:
        return str(self.table)

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


def cosines(vectors: WordVectors, words: Iterable[str]) -> Cosines:
    """Return the cosines of words, each with each; see `WordVectors.cosines`."""
    listed = distinct(words, 1)
    unit = unit_rows(vectors, listed)
    values = np.clip(unit @ unit.T, -1, 1)
    np.fill_diagonal(values, 1)
    return Cosines(tuple(listed), values)
