"""Intervals: an accuracy, or the difference of two, with what other draws and test items could have given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

from tlkit.compare.chance import Estimate, answers, checked_level, estimate, paired


@dataclass(frozen=True)
class Interval:
    """The difference of two arms, second minus first, between two ends. Unpacks into three numbers.

    Parameters
    ----------
    difference, low, high
        Shares, -1 to 1.
    level
        How often such an interval holds the true difference, 0 to 1.
    seeds, items
        How many draws and test items it comes from.

    Examples
    --------
    >>> print(Interval(0.54, 0.49, 0.59, 0.95, 10, 1240))
    54 points (49 to 59)
    >>> difference, low, high = Interval(-0.021, -0.046, 0.004, 0.95, 10, 1240)
    >>> low, high
    (-0.046, 0.004)
    """

    difference: float
    low: float
    high: float
    level: float
    seeds: int
    items: int

    def __iter__(self) -> Iterator[float]:
        return iter((self.difference, self.low, self.high))

    @property
    def excludes_zero(self) -> bool:
        """Whether both ends are on the same side of no difference."""
        return self.low > 0 or self.high < 0

    @property
    def points(self) -> str:
        """Difference and ends in percentage points."""
        middle, low, high = in_points(self)
        return f"{middle} points ({low} to {high})"

    @property
    def about(self) -> str:
        """What the interval allows for, in words."""
        return _about(self.level, self.seeds, self.items)

    def record(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return asdict(self)

    def __str__(self) -> str:
        return self.points


@dataclass(frozen=True)
class ShareInterval:
    """The accuracy of one arm between two ends. Unpacks into three numbers.

    Parameters
    ----------
    share, low, high
        0 to 1.
    level
        How often such an interval holds the true accuracy, 0 to 1.
    seeds, items
        How many draws and test items it comes from.

    Examples
    --------
    >>> print(ShareInterval(0.831, 0.802, 0.857, 0.95, 10, 1240))
    83.1 % (80.2 to 85.7)
    """

    share: float
    low: float
    high: float
    level: float
    seeds: int
    items: int

    def __iter__(self) -> Iterator[float]:
        return iter((self.share, self.low, self.high))

    @property
    def about(self) -> str:
        """What the interval allows for, in words."""
        return _about(self.level, self.seeds, self.items)

    def record(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{100 * self.share:.1f} % ({100 * self.low:.1f} to {100 * self.high:.1f})"


def paired_interval(correct_a: Any, correct_b: Any, level: float = 0.95) -> Interval:
    """Return how much more the second arm gets right than the first, with both sources of chance.

    Few draws and a finite test set are crossed: every draw is measured on the same items. See
    :func:`tlkit.compare.chance.estimate` for the formula and for what it cannot see.

    Parameters
    ----------
    correct_a, correct_b
        (seeds, items), bool: whether each test item was right. Row s of both is the same draw, column i the same
        item.
    level
        0.95 for an interval that holds the true difference in about 95 of 100 cases.

    Returns
    -------
    Interval
        Second minus first; with one seed it is about items only, and says so.

    Raises
    ------
    DataError
        Not boolean, not (seeds, items), empty, one item only, shapes that differ, or an impossible level.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> scratch, transfer = rng.random((5, 300)) < 0.3, rng.random((5, 300)) < 0.8
    >>> interval = paired_interval(scratch, transfer)
    >>> 0.4 < interval.low < interval.difference < interval.high < 0.6
    True

    Two arms that are right everywhere were not seen to differ; that they never do is not known:

    >>> right = np.ones((3, 100), bool)
    >>> print(paired_interval(right, right))
    0.0 points (−2.0 to 2.0)
    """
    values = paired(correct_a, correct_b)
    return interval_of(estimate(values), checked_level(level), values.shape)


def interval_of(found: Estimate, level: float, shape: tuple[int, ...]) -> Interval:
    """Return an estimate of a difference as an interval; shape is (seeds, items)."""
    middle, reach = float(found.mean), float(found.reach(level))
    return Interval(middle, max(-1.0, middle - reach), min(1.0, middle + reach), level, shape[0], shape[1])


def interval(correct: Any, level: float = 0.95) -> ShareInterval:
    """Return the accuracy of one arm, with both sources of chance.

    The ends follow Wilson (1927): they are the accuracies from which what was seen lies just within reach, so that
    the interval stays between 0 and 1 and is longer on the side of 1/2.

    Where an arm is right nearly everywhere and a rare draw is far below the others, few draws mostly do not show
    it, and the interval is then too short: at a true accuracy of 97 %, with 19 of 20 draws between 87 % and
    99.9 %, about 90 of 100 intervals at 95 % hold it, with 3 draws as with 10. Intervals on the scale of the logit or
    of the arcsine hold it there more often, and in other settings of the same simulation far less often.

    Parameters
    ----------
    correct
        (seeds, items), bool.
    level
        As in :func:`paired_interval`.

    Returns
    -------
    ShareInterval
        With one seed it is about items only, and says so.

    Raises
    ------
    DataError
        Not boolean, not (seeds, items), empty, one item only, or an impossible level.

    Examples
    --------
    >>> print(interval(np.ones((3, 100), bool)))
    100.0 % (96.1 to 100.0)
    """
    right = answers(correct)
    level = checked_level(level)
    seeds, items = right.shape
    found = estimate(right.astype(np.int8))
    share = float(found.mean)
    # The variance is worth as much as that of so many independent answers.
    smoothed = (items * share + 1) / (items + 2)
    worth = smoothed * (1 - smoothed) / float(found.variance)
    t2 = float(stdtrit(found.freedom, (1 + level) / 2)) ** 2
    centre = (share + t2 / (2 * worth)) / (1 + t2 / worth)
    reach = float(np.sqrt(t2 * share * (1 - share) / worth + (t2 / (2 * worth)) ** 2)) / (1 + t2 / worth)
    low, high = min(share, max(0.0, centre - reach)), max(share, min(1.0, centre + reach))
    return ShareInterval(share, low, high, level, seeds, items)


def in_points(one: Interval) -> tuple[str, str, str]:
    """Return difference, low and high as text, with as many decimals, up to two, as tell an end from zero.

    Examples
    --------
    >>> in_points(Interval(-0.021, -0.046, 0.004, 0.95, 10, 1240))
    ('−2.1', '−4.6', '0.4')
    >>> in_points(Interval(0.003, 0.0001, 0.0059, 0.95, 10, 1240))
    ('0.30', '0.01', '0.59')
    >>> in_points(Interval(0.010484, 0.000002, 0.020966, 0.95, 1, 1240))
    ('1.05', 'just over 0', '2.10')
    """
    values = [100 * value for value in one]
    decimals = 0 if min(abs(value) for value in values) >= 10 else 1
    nearest = min(abs(100 * one.low), abs(100 * one.high))
    while one.excludes_zero and round(nearest, decimals) == 0 and decimals < 2:
        decimals += 1
    middle, low, high = (_number(value, decimals) for value in values)
    if one.excludes_zero and round(nearest, decimals) == 0:
        barely = "just over 0" if one.low > 0 else "just under 0"
        low, high = (barely, high) if one.low > 0 else (low, barely)
    return middle, low, high


def _number(value: float, decimals: int) -> str:
    text = f"{abs(value):.{decimals}f}"
    return f"−{text}" if value < 0 and float(text) != 0 else text


def _about(level: float, seeds: int, items: int) -> str:
    sure = f"{100 * level:.4g} % interval"
    if seeds == 1:
        return f"{sure} over {items:,} test items. It comes from one draw and says nothing about other draws."
    return f"{sure} over {seeds} draws and {items:,} test items: both could have been others."
