"""groups: for whom a network is right less often, with intervals, so that a skewed source shows in the target."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from tlkit.compare import stats
from tlkit.compare.chance import answers, checked_level, estimate, paired
from tlkit.errors import DataError
from tlkit.table import Table


@dataclass(frozen=True, repr=False)
class Groups:
    """Accuracy for each group of items.

    Parameters
    ----------
    names
        Of the groups, in order.
    accuracy
        For each group its share that is right, with interval.
    gap
        How much more often the first of ``apart`` is right than the second; its interval allows for all pairs of
        groups having been looked at.
    apart
        The two groups that are farthest apart.
    lost
        For each group how much is lost against the other network: its accuracy minus the other's; empty without one.
    """

    names: tuple[str, ...]
    accuracy: tuple[stats.ShareInterval, ...]
    gap: stats.Interval
    apart: tuple[str, str]
    lost: tuple[stats.Interval, ...] = ()

    @property
    def word(self) -> str:
        """``"differ"`` or ``"cannot tell"``."""
        return "differ" if self.gap.excludes_zero else "cannot tell"

    @property
    def sentence(self) -> str:
        """The judgement in words."""
        first, second = self.apart
        points = self.gap.points
        if self.word == "cannot tell":
            what = "the groups changed differently" if self.lost else "the groups differ"
            return f"Cannot tell whether {what}: {first} and {second}, which are farthest apart, are so by {points}."
        said = (
            f"The change is not the same for all groups: {second} comes off worse than {first}, by {points}."
            if self.lost
            else f"The groups differ: {first} is right more often than {second}, by {points}."
        )
        return said + (" This is one draw only." if self.gap.seeds == 1 else "")

    @property
    def table(self) -> Table:
        """One row for each group."""
        head = ("group", "items", "right", *(("against the other network",) if self.lost else ()))
        rows = [
            (name, f"{one.items:,}", str(one), *((self.lost[at].points,) if self.lost else ()))
            for at, (name, one) in enumerate(zip(self.names, self.accuracy, strict=True))
        ]
        sure = f"{100 * self.accuracy[0].level:.4g} % intervals over {self.gap.seeds} draws and the items"
        return Table(f"Accuracy by group, {sure}", head, tuple(rows))

    def record(self) -> dict[str, Any]:
        """Return all of it as plain JSON values."""
        return {
            "kind": "tlkit.governance.groups",
            "schema": 1,
            "groups": [
                {"name": name, **one.record()} for name, one in zip(self.names, self.accuracy, strict=True)
            ],
            "lost": [one.record() for one in self.lost],
            "apart": list(self.apart),
            "gap": self.gap.record(),
            "word": self.word,
            "sentence": self.sentence,
        }

    def lines(self) -> tuple[str, ...]:
        """Return one line for each group, as a card's ``groups`` take them."""
        return tuple(f"{name}: {one} right" for name, one in zip(self.names, self.accuracy, strict=True))

    def __str__(self) -> str:
        return f"{self.table}\n\n{self.sentence}"

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return f"{self.table._repr_html_()}<p><strong>{html.escape(self.sentence)}</strong></p>"


def groups(correct: Any, of: Sequence[Any], *, against: Any = None, level: float = 0.95) -> Groups:
    """Compare how often a network is right for each group of items.

    Parameters
    ----------
    correct
        (draws, items), bool: whether each test item was right.
    of
        (items,), to which group each item belongs.
    against
        The same draws and items by another network, such as one whose source is not skewed; then the gap is between
        the groups' changes: what the source did to them, whatever else makes one group harder.
    level
        Of the intervals.

    Returns
    -------
    Groups
        The gap between two groups has the variances of both, as if draws that are good for one were no better for the
        other: it is rather too wide. It is corrected (Bonferroni) for the number of pairs.

    Raises
    ------
    DataError
        Not boolean, shapes that do not fit, fewer than two groups, or a group of one item.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> of = np.repeat(["seen", "left out"], 200)
    >>> right = rng.random((5, 400)) < np.where(of == "seen", 0.9, 0.6)
    >>> found = groups(right, of)
    >>> found.word, found.apart
    ('differ', ('seen', 'left out'))
    >>> groups(rng.random((5, 400)) < 0.8, of).word
    'cannot tell'
    """
    right = answers(correct)
    level = checked_level(level)
    labels = np.asarray([str(one) for one in of])
    if labels.shape != (right.shape[1],):
        raise DataError(
            f"There are {len(labels)} groups for {right.shape[1]} items.", "Give one group for each item."
        )
    names = tuple(dict.fromkeys(labels.tolist()))
    if len(names) < 2:
        raise DataError(f"All items are of one group, {names[0]!r}.", "Give at least two groups.")
    places = [np.flatnonzero(labels == name) for name in names]
    small = [name for name, place in zip(names, places, strict=True) if len(place) < 2]
    if small:
        raise DataError(
            f"The group {small[0]!r} has one item only.", "Give at least two items of each group."
        )
    values = right.astype(np.int8) if against is None else paired(against, right, ("against", "correct"))
    parts = [values[:, place] for place in places]
    sure = 1 - (1 - level) / (len(names) * (len(names) - 1) / 2)
    means = [float(part.mean()) for part in parts]
    first, second = max(
        combinations(range(len(names)), 2), key=lambda pair: abs(means[pair[0]] - means[pair[1]])
    )
    if means[first] < means[second]:
        first, second = second, first
    return Groups(
        names,
        tuple(stats.interval(right[:, place], level) for place in places),
        # A share is at most 1 larger than another, a change at most 2 larger than another.
        _gap(parts[first], parts[second], sure, most=1.0 if against is None else 2.0),
        (names[first], names[second]),
        ()
        if against is None
        else tuple(
            stats.paired_interval(np.asarray(against)[:, place], right[:, place], level) for place in places
        ),
    )


def _gap(one: NDArray[np.int8], two: NDArray[np.int8], level: float, most: float) -> stats.Interval:
    """Return the difference of two groups' means: other items, the same draws."""
    a, b = estimate(one), estimate(two)
    variance = float(a.variance + b.variance)
    freedom = variance**2 / float(a.variance**2 / a.freedom + b.variance**2 / b.freedom)
    draws = len(one)
    if draws > 1:
        # Draws that help one group and harm the other widen the gap.
        together = float(np.cov(one.mean(axis=1), two.mean(axis=1))[0, 1])
        variance += 2 * max(0.0, -together) / draws
    middle = float(a.mean - b.mean)
    reach = float(stdtrit(freedom, (1 + level) / 2)) * variance**0.5
    return stats.Interval(
        middle,
        max(-most, middle - reach),
        min(most, middle + reach),
        level,
        draws,
        one.shape[1] + two.shape[1],
    )
