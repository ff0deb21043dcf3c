"""WordMap: words on a plane, by the two directions in which they differ most."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tlkit.table import Table
from tlkit.words.nearness import distinct, unit_rows

if TYPE_CHECKING:
    from tlkit.drawing import Drawing
    from tlkit.words.word_vectors import WordVectors


# About how much room a letter and a line take, at the size in which words are written.
_LETTER_POINTS, _LINE_POINTS = 5.4, 9.0


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
        axes.margins(0.14, 0.08)
        _label(drawing, axes, self)
        axes.set_xlabel(f"first direction ({100 * self.shares[0]:.0f} %)")
        axes.set_ylabel(f"second direction ({100 * self.shares[1]:.0f} %)")
        return drawing

    def __repr__(self) -> str:
        return str(self.table)

    def _repr_html_(self) -> str:
        return self.figure()._repr_html_() + self.table._repr_html_()


def _label(drawing: Drawing, axes: Any, shown: WordMap) -> None:
    """Write each word beside its point, where it covers no other word if there is such a place."""
    drawing.draw_without_rendering()
    points = axes.transData.transform(shown.positions) * 72 / drawing.dpi
    taken = [(x - 2.5, y - 2.5, x + 2.5, y + 2.5) for x, y in points.tolist()]
    for word, (left, low), place in zip(shown.words, points.tolist(), shown.positions.tolist(), strict=True):
        width = _LETTER_POINTS * len(word)
        # Right, left, above and below of the point, in printer's points; then farther off.
        tried = [
            (right - (width if right < 0 else 0), up * far)
            for far in (1, 2, 3)
            for right, up in ((4, 3), (-4, 3), (4, -10), (-4, -10))
        ]
        boxes = [(left + x, low + y, left + x + width, low + y + _LINE_POINTS) for x, y in tried]
        free = [at for at, box in enumerate(boxes) if not any(_cover(box, other) for other in taken)]
        at = free[0] if free else 0
        taken.append(boxes[at])
        axes.annotate(_plain(word), place, xytext=tried[at], textcoords="offset points", fontsize=9)


def _cover(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


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
