"""Confusion: which classes a run took for which, as numbers, words and a picture."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import DataError, expect_whole, unknown_name

if TYPE_CHECKING:
    from tlkit.drawing import Drawing
    from tlkit.train.answered import Answered

# A table or a picture with more classes cannot be read any more.
_MOST_IN_TABLE, _MOST_DRAWN, _MOST_COUNTED = 26, 120, 36
_LISTED = 10
_DEEP = "#0a6aa8"


@dataclass(frozen=True, eq=False, repr=False)
class Confusion:
    """A confusion matrix: a row for each right class, a column for each class that was said.

    Parameters
    ----------
    classes
        Names of the classes.
    truth, given
        (n,) int64: the right class of each test item, and the one that was said.
    answers
        The items themselves with their pictures; None where only the numbers are known.

    Examples
    --------
    >>> found = Confusion(("cat", "dog"), np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]))
    >>> found.counts
    array([[2, 1],
           [0, 1]])
    >>> found.recall, found.precision
    (array([0.66666667, 1.        ]), array([1. , 0.5]))
    """

    classes: tuple[str, ...]
    truth: NDArray[np.int64]
    given: NDArray[np.int64]
    answers: Answered | None = None

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """(classes, classes) how many items of the row's class were taken for the column's."""
        size = len(self.classes)
        return np.bincount(self.truth * size + self.given, minlength=size * size).reshape(size, size)

    @cached_property
    def shares(self) -> NDArray[np.float64]:
        """(classes, classes) the same as shares of each row, 0 to 1; NaN for a class without test items."""
        return _divided(self.counts, self.counts.sum(axis=1, keepdims=True))

    @property
    def accuracy(self) -> float:
        """Share of all items that is right, 0 to 1."""
        return float(np.trace(self.counts) / self.counts.sum())

    @property
    def recall(self) -> NDArray[np.float64]:
        """(classes,) share of each class's items that was found; NaN for a class without test items."""
        return _divided(np.diag(self.counts), self.counts.sum(axis=1))

    @property
    def precision(self) -> NDArray[np.float64]:
        """(classes,) share of what was said to be a class that is; NaN for a class that was never said."""
        return _divided(np.diag(self.counts), self.counts.sum(axis=0))

    @property
    def confusions(self) -> list[tuple[str, str, int]]:
        """Right class, class that was said, and how often, for every kind of mistake; the most frequent first."""
        wrong = self.counts.copy()
        np.fill_diagonal(wrong, 0)
        order = np.argsort(-wrong, axis=None, kind="stable")[: np.count_nonzero(wrong)]
        cells = [divmod(int(at), len(self.classes)) for at in order]
        return [(self.classes[row], self.classes[column], int(wrong[row, column])) for row, column in cells]

    def items(self, true: str | int, given: str | int) -> Answered:
        """Return the items of one cell, those first of which the run was surest.

        Parameters
        ----------
        true, given
            Names of the right class and of the one that was said, or their positions.

        Raises
        ------
        UnknownNameError
            There is no such class.
        DataError
            A position that is none, or only the numbers of this table are known.
        """
        if self.answers is None:
            raise DataError(
                "This table was made from a record, which holds no pictures.",
                "Train the run again: run.confusion().",
            )
        row, column = self._class(true), self._class(given)
        found = np.flatnonzero((self.truth == row) & (self.given == column))
        title = (
            f"{self.classes[row]}, and said to be so"
            if row == column
            else f"{self.classes[row]}, taken for {self.classes[column]}"
        )
        return self.answers.at(found, title).surest(len(found))

    def _class(self, name: str | int) -> int:
        if isinstance(name, str):
            if name not in self.classes:
                raise unknown_name("class", name, self.classes)
            return self.classes.index(name)
        return expect_whole("position", name, 0, DataError, len(self.classes) - 1)

    # ---- how it is shown

    @property
    def sentence(self) -> str:
        """How much is right, and what is confused most, in words."""
        right, count = int(np.trace(self.counts)), int(self.counts.sum())
        said = f"{right:,} of {count:,} test items are right ({100 * self.accuracy:.1f} %)."
        if self.confusions:
            true, given, times = self.confusions[0]
            as_often = sum(count == times for _, _, count in self.confusions) - 1
            said += f" Most often {true} was taken for {given}: {times:,} time{'' if times == 1 else 's'}"
            said += (
                f", as often as {as_often} other confusion{'' if as_often == 1 else 's'}."
                if as_often
                else "."
            )
        return said

    @property
    def alt(self) -> str:
        """What the picture shows, for who cannot see it."""
        return f"Confusion matrix of {len(self.classes)} classes. {self.sentence}"

    def rows(self) -> list[tuple[str, ...]]:
        """Return, per class: its name, how many items, recall, precision, and what it was most often taken for."""
        most: dict[str, str] = {}
        for true, given, count in self.confusions:
            most.setdefault(true, f"{given} ({count:,})")
        return [
            (name, f"{count:,}", _percent(recall), _percent(precision), most.get(name, "none"))
            for name, count, recall, precision in zip(
                self.classes, self.counts.sum(axis=1), self.recall, self.precision, strict=True
            )
        ]

    def drawing(self) -> Drawing:
        """Return the matrix as a picture: shades are shares of a row, numbers are counts.

        Raises
        ------
        DataError
            More classes than a picture can show.
        """
        if len(self.classes) > _MOST_DRAWN:
            raise DataError(
                f"A picture of {len(self.classes):,} classes cannot be read; {_MOST_DRAWN} are the most.",
                "Look at .confusions, .recall and .precision.",
            )
        from matplotlib.colors import LinearSegmentedColormap

        from tlkit.drawing import Drawing

        size = len(self.classes)
        side = min(9.0, 2.2 + 0.26 * size)
        drawing = Drawing(self.alt, (side + 0.8, side))
        axes = drawing.subplots()
        shades = LinearSegmentedColormap.from_list("tlkit", ["#ffffff", _DEEP])
        shown = axes.imshow(100 * np.nan_to_num(self.shares), cmap=shades, vmin=0, vmax=100)
        small = 9 if size <= 16 else 7.5 if size <= 36 else 5 if size <= 60 else 3.5
        axes.set_xticks(range(size), self.classes, rotation=90 if max(map(len, self.classes)) > 2 else 0)
        axes.set_yticks(range(size), self.classes)
        axes.tick_params(labelsize=small, length=0)
        if size <= _MOST_COUNTED:
            for row, column in zip(*np.nonzero(self.counts), strict=True):
                light = self.shares[row, column] > 0.88
                axes.text(
                    column, row, f"{self.counts[row, column]}", ha="center", va="center", fontsize=small,
                    color="white" if light else "black",
                )  # fmt: skip
        axes.set_xlabel("said", fontsize=9)
        axes.set_ylabel("is", fontsize=9)
        axes.set_title(
            f"{100 * self.accuracy:.1f} % of {self.counts.sum():,} test items right", fontsize=10, loc="left"
        )
        bar = drawing.colorbar(shown, ax=axes, shrink=0.6)
        bar.set_label("% of a class's items", fontsize=9)
        bar.ax.tick_params(labelsize=small)
        return drawing

    def __repr__(self) -> str:
        parts = ["Confusion", f"  {self.sentence}", "", *_lines([_HEAD, *self.rows()])]
        if len(self.classes) <= _MOST_IN_TABLE:
            table = [("is \\ said", *self.classes)]
            table += [
                (name, *(str(one) if one else "·" for one in row))
                for name, row in zip(self.classes, self.counts.tolist(), strict=True)
            ]
            parts += ["", *_lines(table)]
        else:
            parts += ["", *(f"  {words}" for words in self._listed())]
        return "\n".join(parts)

    def _listed(self) -> list[str]:
        return [f"{true} taken for {given}: {count:,}" for true, given, count in self.confusions[:_LISTED]]

    def _repr_html_(self) -> str:
        drawn = self.drawing()._repr_html_() if len(self.classes) <= _MOST_DRAWN else ""
        parts = [
            f"<p><strong>{html.escape(self.sentence)}</strong></p>",
            drawn,
            _table("Per class", _HEAD, self.rows()),
        ]
        if len(self.classes) <= _MOST_IN_TABLE:
            counts = [
                (name, *map(str, row)) for name, row in zip(self.classes, self.counts.tolist(), strict=True)
            ]
            table = _table("Rows: what it is. Columns: what was said.", ("is \\ said", *self.classes), counts)
            parts.append(f"<details><summary>All counts</summary>{table}</details>")
        return "".join(parts)


_HEAD = ("class", "items", "recall", "precision", "most often taken for")


def _divided(numerator: NDArray[np.int64], denominator: NDArray[np.int64]) -> NDArray[np.float64]:
    divided: NDArray[np.float64] = np.full(np.broadcast_shapes(numerator.shape, denominator.shape), np.nan)
    np.divide(numerator, denominator, out=divided, where=denominator > 0)
    return divided


def _percent(share: float) -> str:
    return "none" if np.isnan(share) else f"{100 * share:.0f} %"


def _lines(table: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    return [
        ("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))).rstrip()
        for row in table
    ]


def _table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    left = ' style="text-align:left"'
    names = "".join(f'<th scope="col"{left}>{html.escape(name)}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row"{left}>{html.escape(row[0])}</th>'
        + "".join(f"<td{left}>{html.escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        f"<table><caption>{html.escape(caption)}</caption><thead><tr>{names}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )
