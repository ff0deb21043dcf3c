"""Metric: one measured number of a card, as a plain share or with an interval."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tlkit.errors import WeightsError

_KNOWN = {"value", "low", "high", "seeds", "items", "level", "record"}


@dataclass(frozen=True)
class Metric:
    """What was measured, and how sure it is.

    Parameters
    ----------
    name
        Such as ``"test_accuracy"``.
    value
        A share, 0 to 1.
    low, high
        The ends of its interval; None without one.
    seeds
        How many draws it comes from; 0 if nobody says.
    record
        Where the measurement is kept.

    Examples
    --------
    >>> print(Metric.of("accuracy", {"value": 0.83, "low": 0.8, "high": 0.86, "seeds": 10}))
    83.0 % (80.0 to 86.0), 10 draws
    >>> print(Metric.of("accuracy", 0.83))
    83.0 %
    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    seeds: int = 0
    record: str = ""

    @classmethod
    def of(cls, name: str, told: Any) -> Metric:
        """Read one entry of a card's metrics.

        Raises
        ------
        WeightsError
            It is neither a share nor a mapping with one.
        """
        entry = told if isinstance(told, Mapping) else {"value": told}
        shares = [entry.get("value"), *(entry[end] for end in ("low", "high") if end in entry)]
        whole = all(
            isinstance(one, int | float) and not isinstance(one, bool) and math.isfinite(one)
            for one in shares
        )
        seeds = entry.get("seeds", 0)
        if not whole or len(shares) == 2 or set(entry) - _KNOWN or not isinstance(seeds, int):
            raise WeightsError(
                f"The card's metric {name} is {told!r}.",
                "Give a share such as 0.83, or {'value': 0.83, 'low': 0.80, 'high': 0.86, 'seeds': 10}.",
            )
        if len(shares) == 3 and not shares[1] <= shares[0] <= shares[2]:
            raise WeightsError(
                f"The card's metric {name} is {shares[0]:g}, outside of its interval {shares[1]:g} to {shares[2]:g}.",
                "Write down what was measured.",
            )
        ends = shares[1:] or [None, None]
        return cls(name, shares[0], ends[0], ends[1], seeds, str(entry.get("record", "")))

    @property
    def heading(self) -> str:
        """Its name as words."""
        return self.name.replace("_", " ")

    def __str__(self) -> str:
        text = f"{100 * self.value:.1f} %"
        if self.low is not None and self.high is not None:
            text += f" ({100 * self.low:.1f} to {100 * self.high:.1f})"
        if self.seeds:
            text += f", {self.seeds} draw{'s' if self.seeds != 1 else ''}"
        return text + (f"; record {self.record}" if self.record else "")
