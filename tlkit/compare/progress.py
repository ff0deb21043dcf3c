"""Progress: a finished cell of a comparison, told while the others go on; and the bar that shows it."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlkit.compare.wording import labels, percent

if TYPE_CHECKING:
    from tlkit.compare.cell import Cell


@dataclass(frozen=True)
class Progress:
    """One finished cell.

    Parameters
    ----------
    arm, seed, labels_per_class
        Which one.
    accuracy
        Share of the test items that is right, 0 to 1.
    done, of
        How many cells are finished, of how many.
    seconds
        Of its training.
    from_store
        Whether it was measured before and taken from the store.
    problem
        What went wrong with the store, in words; empty if nothing did.

    Examples
    --------
    >>> print(Progress("frozen", 2, 1, 0.831, 3, 20, 0.4))
    frozen, draw 2, 1 label per class: 83.1 %
    """

    arm: str
    seed: int
    labels_per_class: int | None
    accuracy: float
    done: int
    of: int
    seconds: float
    from_store: bool = False
    problem: str = ""

    @property
    def words(self) -> str:
        """The cell in words."""
        before = " (measured before)" if self.from_store else ""
        return (
            f"{self.arm}, draw {self.seed}, {labels(self.labels_per_class)}: {percent(self.accuracy)}{before}"
        )

    def __str__(self) -> str:
        return self.words

    @classmethod
    def after(cls, done: Sequence[Cell], of: int, problem: str = "") -> Progress:
        """Return the progress when the last of these cells is finished."""
        cell = done[-1]
        return cls(
            cell.arm,
            cell.seed,
            cell.labels_per_class,
            cell.accuracy,
            len(done),
            of,
            cell.seconds,
            cell.from_store,
            problem,
        )


def drained(going: Generator[Progress, None, Any], progress: bool) -> Any:
    """Run a generator of progress to its end, with a bar where there is a terminal, and return its result."""
    bar = None
    try:
        while True:
            try:
                one = next(going)
            except StopIteration as finished:
                return finished.value
            if progress and sys.stderr.isatty():
                from tqdm import tqdm

                bar = bar or tqdm(total=one.of, leave=False, unit="cell")
                bar.set_description(one.words)
                bar.update(one.done - bar.n)
    finally:
        going.close()
        if bar is not None:
            bar.close()
