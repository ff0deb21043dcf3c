"""WordMap: words on a plane, by the two directions in which they differ most."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tlkit.table import Table
from tlkit.words.nearness import distinct, unit_rows

if TYPE_CHECKING:
    from tlkit.drawing import Drawing
    from tlkit.words.word_vectors import WordVectors


@dataclass(frozen=True, eq=False, repr=False)
class WordMap:
    """Words on a plane.

    Parameters
    ----------
    words
        n words.
    positions
        (n, 2).
    shares
        Of all differences between the words, which share each of the two directions shows.
    name
        Of the vectors.
    """

    words: tuple[str, ...]
    positions: NDArray[np.float64]
    shares: tuple[float, float]
    name: str

    @property
    def caption(self) -> str:
        """What the map shows and what it hides."""
        shown = 100 * sum(self.shares)
        return (
            f"{len(self.words)} words by {self.name}, on the two directions in which they differ most: these show"
            f" {shown:.0f} % of their differences, the rest is not seen."
        )

    @property
    def table(self) -> Table:
        """The positions, from left to right."""
        order = np.argsort(self.positions[:, 0], kind="stable").tolist()
        rows = tuple((self.words[at], *(f"{one:.2f}" for one in self.positions[at])) for at in order)
        return Table(self.caption, ("word", "to the right", "upwards"), rows)

    def figure(self) -> Drawing:
        """Return the map as a figure that says in words what it shows."""
        # On demand: matplotlib takes a second to load.
        from tlkit.drawing import Drawing

        order = np.argsort(self.positions[:, 0], kind="stable").tolist()
        listed = ", ".join(self.words[at] for at in order)
        drawing = Drawing(f"{self.caption} From left to right: {listed}.", (7.0, 5.0))
        axes = drawing.add_subplot()
        axes.scatter(self.positions[:, 0], self.positions[:, 1], s=14, color="#1f5f8b")
        for word, (right, up) in zip(self.words, self.positions.tolist(), strict=True):
            axes.annotate(_plain(word), (right, up), xytext=(4, 3), textcoords="offset points", fontsize=9)
        axes.set_xlabel(f"first direction ({100 * self.shares[0]:.0f} %)")
        axes.set_ylabel(f"second direction ({100 * self.shares[1]:.0f} %)")
        axes.margins(0.14, 0.08)
        return drawing

    def __repr__(self) -> str:
        return str(self.table)

    def _repr_html_(self) -> str:
        return self.figure()._repr_html_() + self.table._repr_html_()


def _plain(word: str) -> str:
    """Keep matplotlib from reading a word as mathematics."""
    return word.replace("$", r"\$")


def word_map(vectors: WordVectors, words: Iterable[str]) -> WordMap:
    """Return words on a plane; see `WordVectors.map`."""
    listed = distinct(words, 3)
    unit = unit_rows(vectors, listed)
    centred = unit - unit.mean(axis=0)
    left, sizes, right = np.linalg.svd(centred, full_matrices=False)
    wanted = min(2, len(sizes))
    # The sign of a direction is free: its largest entry is made positive, so that a map is the same each time.
    signs = np.sign(right[np.arange(wanted), np.abs(right[:wanted]).argmax(axis=1)])
    positions = np.zeros((len(listed), 2))
    positions[:, :wanted] = left[:, :wanted] * sizes[:wanted] * np.where(signs == 0, 1, signs)
    total = float((sizes**2).sum())
    shares = [float(size**2) / total if total > 0 else 0.0 for size in sizes[:2]]
    return WordMap(tuple(listed), positions, (shares[0], shares[1] if len(shares) > 1 else 0.0), vectors.name)
