"""Left: how long the rest of a comparison will take, from what its finished cells took."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tlkit.compare.cell import Cell
    from tlkit.compare.measure import Order

# So much work is taken as if it had gone as expected: a few short cells say little about the long ones.
_TRUSTED_SECONDS = 5.0


class Left:
    """Estimates the seconds that are left while cells are measured, one or several at a time.

    A cell will take as long as the mean of the finished ones of its arm and labels; one whose kind was not seen yet
    takes what was expected beforehand, corrected by how far that was off for the others.

    Parameters
    ----------
    orders
        What is to be measured.
    clock
        Returns seconds.
    """

    def __init__(self, orders: Sequence[Order], clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._since: float | None = None
        self._expected: dict[tuple[str, int | None], list[float]] = defaultdict(list)
        for order in orders:
            self._expected[order.arm.name, order.task.labels_per_class].append(order.expected_seconds)
        self._took: dict[tuple[str, int | None], list[float]] = defaultdict(list)

    def after(self, cell: Cell) -> float:
        """Return the seconds that are left when one more cell is finished."""
        now = self._clock()
        if self._since is None:  # what came before it was no measuring: processes were started
            self._since = now - cell.seconds
        self._took[cell.arm, cell.labels_per_class].append(cell.seconds)
        took = sum(map(sum, self._took.values()))
        foreseen = sum(sum(self._expected[kind][: len(cells)]) for kind, cells in self._took.items())
        correction = (took + _TRUSTED_SECONDS) / (foreseen + _TRUSTED_SECONDS)
        left = 0.0
        for kind, expected in self._expected.items():
            cells = self._took[kind]
            each = sum(cells) / len(cells) if cells else correction * sum(expected) / len(expected)
            left += each * (len(expected) - len(cells))
        # How much of that is done in a second: more than one where several cells are measured at a time.
        return left * (now - self._since) / took if took > 0 else left
