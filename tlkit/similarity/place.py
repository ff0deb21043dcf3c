"""Where a number stands between its floor and its ceiling, with an interval for each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

# Of a normal distribution, 95 % lie within so many standard errors.
_WIDTH = 1.959964
_WIDEST = 0.6

Kind = Literal["score", "distance"]
Word = Literal[
    "near the floor",
    "below halfway",
    "about halfway",
    "above halfway",
    "near the ceiling",
    "cannot tell",
    "no ceiling",
]
#: The words that say where, from the floor up.
STEPS: tuple[Word, ...] = (
    "near the floor",
    "below halfway",
    "about halfway",
    "above halfway",
    "near the ceiling",
)


@dataclass(frozen=True)
class Place:
    """One measure with its floor, its ceiling and its place between them.

    Parameters
    ----------
    name
        Of the measure, as `report` takes it: ``"logme"``.
    label
        For people: ``"LogME"``.
    kind
        ``"score"`` (higher is better) or ``"distance"`` (lower is closer).
    value, low, high
        The measure and its 95 % interval.
    floor
        The same measure where nothing can be transferred: shuffled labels, or unrelated data.
    ceiling
        The same measure for the target's own kind; None where none was given.
    position, position_low, position_high
        0 at the floor, 1 at the ceiling, with a 95 % interval; None without a ceiling, or where floor and
        ceiling are not apart.
    """

    name: str
    label: str
    kind: Kind
    value: float
    low: float
    high: float
    floor: float
    ceiling: float | None
    position: float | None
    position_low: float | None
    position_high: float | None

    @property
    def word(self) -> Word:
        """The place in words, true of the whole interval; "cannot tell" where that is too wide."""
        if self.ceiling is None:
            return "no ceiling"
        if self.position is None or self.position_low is None or self.position_high is None:
            return "cannot tell"
        if self.position_high < 0.25:
            return "near the floor"
        if self.position_low > 0.75:
            return "near the ceiling"
        if self.position_high - self.position_low > _WIDEST:
            return "cannot tell"
        if self.position_high < 0.5:
            return "below halfway"
        return "above halfway" if self.position_low > 0.5 else "about halfway"

    def record(self) -> dict[str, Any]:
        """Return plain JSON; an infinite number is written as a word."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {
            name: str(value) if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in values.items()
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Place:
        """Return the place that a record holds; fields that it does not know are left out."""
        value, low, high, floor = (float(record[name]) for name in ("value", "low", "high", "floor"))
        ceiling, position, position_low, position_high = (
            None if record[name] is None else float(record[name])
            for name in ("ceiling", "position", "position_low", "position_high")
        )
        return cls(
            name=str(record["name"]),
            label=str(record["label"]),
            kind="score" if record["kind"] == "score" else "distance",
            value=value,
            low=low,
            high=high,
            floor=floor,
            ceiling=ceiling,
            position=position,
            position_low=position_low,
            position_high=position_high,
        )


def place(
    name: str,
    label: str,
    kind: Kind,
    values: tuple[float, float, float | None],
    replicates: tuple[ArrayLike, ArrayLike, ArrayLike | None],
) -> Place:
    """Place a measure between its floor and its ceiling.

    Parameters
    ----------
    name, label, kind
        As in `Place`.
    values
        Measure, floor and ceiling on all rows.
    replicates
        The same three on random half-samples, (draws,) each, paired draw by draw.

    Notes
    -----
    Intervals are the value plus and minus 1.96 standard errors, estimated by the half-sample bootstrap (the
    delete-half jackknife): a measure varies between halves drawn without replacement as it does between
    samples of full size. The ordinary bootstrap has rows twice, which makes scores of fit too good, and
    infinite where there are few rows.

    References
    ----------
    Shao, Wu: A general theory for jackknife variance estimation. Annals of Statistics 17, 1989.

    Examples
    --------
    >>> draws = np.array([0.4, 0.5, 0.6])
    >>> found = place("knn", "nearest neighbour", "score", (0.5, 0.0, 1.0), (draws, draws * 0, draws * 0 + 1))
    >>> found.position, round(found.position_low, 2), found.word
    (0.5, 0.3, 'about halfway')
    """
    value, floor, ceiling = values
    drawn, floors = np.asarray(replicates[0], dtype=float), np.asarray(replicates[1], dtype=float)
    low, high = interval(value, drawn)
    position = position_low = position_high = None
    if ceiling is not None and replicates[2] is not None:
        with np.errstate(invalid="ignore"):
            gaps = np.asarray(replicates[2], dtype=float) - floors
        gap = ceiling - floor
        apart = (gap if kind == "score" else -gap) > _WIDTH * _spread(gaps)
        if math.isfinite(value) and math.isfinite(gap) and apart:
            position = (value - floor) / gap
            # The ratio's error to first order: draws where the gap is small must not blow it up.
            shifts = ((drawn - floors) - position * gaps) / gap
            position_low, position_high = interval(position, shifts)
    return Place(name, label, kind, value, low, high, floor, ceiling, position, position_low, position_high)


def _spread(draws: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    return float(draws.std(ddof=1)) if len(draws) > 1 and np.isfinite(draws).all() else math.inf


def interval(value: float, draws: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, float]:
    """Return the 95 % interval of a value from (draws,) half-samples; an infinite value has none.

    Examples
    --------
    >>> [round(end, 3) for end in interval(1.0, np.array([0.9, 1.1]))]
    [0.723, 1.277]
    """
    if not math.isfinite(value):
        return value, value
    half = _WIDTH * _spread(draws)
    return value - half, value + half
