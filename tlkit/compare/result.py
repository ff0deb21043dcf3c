"""ArmResult: what one arm of a comparison gave, over all draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlkit.compare import stats
from tlkit.compare.cell import Cell


@dataclass(frozen=True, eq=False, repr=False)
class ArmResult:
    """What one arm gave, over all draws.

    Parameters
    ----------
    name, label, pretrained
        Of the arm.
    plan
        Stage to mode.
    cells
        One per draw, in the order of the comparison's seeds.
    level
        Of the interval.

    Examples
    --------
    >>> from tlkit import backbones, compare, data
    >>> net = backbones.load("zoo:resnet-letters")
    >>> card = compare.run(data.load("greek"), net, ["random-frozen", "frozen"], seeds=2, progress=False)
    >>> found = card["frozen"]
    >>> found.correct.shape, found.low < found.mean < found.high, found.steps
    ((2, 1240), True, 0.0)
    """

    name: str
    label: str
    pretrained: bool
    plan: Mapping[str, str]
    cells: tuple[Cell, ...]
    level: float = 0.95

    @cached_property
    def correct(self) -> NDArray[np.bool_]:
        """(seeds, items) whether each test item was right."""
        return np.stack([cell.correct for cell in self.cells])

    @cached_property
    def interval(self) -> stats.ShareInterval:
        """Mean share that is right, with an interval over draws and test items."""
        return stats.interval(self.correct, level=self.level)

    @property
    def accuracies(self) -> NDArray[np.float64]:
        """(seeds,) share that is right in each draw."""
        return np.array([cell.accuracy for cell in self.cells])

    @property
    def mean(self) -> float:
        """Mean share that is right, 0 to 1."""
        return float(self.correct.mean())

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return self.interval.low

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return self.interval.high

    @property
    def seconds(self) -> float:
        """Mean seconds of training."""
        return float(np.mean([cell.seconds for cell in self.cells]))

    @property
    def steps(self) -> float:
        """Mean number of optimizer steps; the convex head takes none."""
        return float(np.mean([cell.steps for cell in self.cells]))

    @property
    def multiply_adds(self) -> float:
        """Mean estimate of the multiply-adds of training."""
        return float(np.mean([cell.multiply_adds for cell in self.cells]))

    @property
    def trainable_parameters(self) -> int:
        """Numbers that training could change."""
        return self.cells[0].trainable_parameters

    @property
    def recipe(self) -> dict[str, Any]:
        """Every choice of the training of the first draw."""
        return dict(self.cells[0].recipe)

    @property
    def recipe_words(self) -> str:
        """How the recipe came about."""
        ways = list(dict.fromkeys(cell.chosen for cell in self.cells))
        return ways[0] if len(ways) == 1 else "chosen in each draw inside its labels"

    @property
    def seal(self) -> str:
        """What the seals of all draws said."""
        if all(cell.kept for cell in self.cells):
            # How many rows of an embedding moved is not the same in each draw.
            first = self.cells[0].seal
            return (
                first
                if all(cell.seal == first for cell in self.cells)
                else f"{first} (So in the first draw.)"
            )
        return next(cell.seal for cell in self.cells if not cell.kept)
