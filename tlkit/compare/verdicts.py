"""Verdicts: several pairs of arms judged together, with Holm's correction for their number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlkit.compare.chance import answers, checked_level, estimate, paired
from tlkit.compare.intervals import interval_of
from tlkit.compare.verdict import Verdict, names_of, word_of
from tlkit.errors import DataError, RecordError, unknown_name


class Verdicts(Mapping[tuple[str, str], Verdict]):
    """Verdicts on several pairs of arms, judged together. Made by :func:`verdicts`.

    Parameters
    ----------
    found
        (first, second) to its verdict.
    level
        Of the whole table.
    """

    def __init__(self, found: Mapping[tuple[str, str], Verdict], level: float) -> None:
        self._found = dict(found)
        self.level = level

    def __getitem__(self, pair: tuple[str, str]) -> Verdict:
        if pair not in self._found:
            raise unknown_name("pair of arms", pair, self._found)
        return self._found[pair]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    @property
    def note(self) -> str:
        """What was done about judging several pairs at once, in words."""
        said = []
        if any(one.interval.seeds == 1 for one in self._found.values()):
            said.append("This is one draw only: other draws may say otherwise.")
        if len(self) > 1:
            said.append(
                f"Corrected for {len(self)} comparisons (Holm): who looks at many pairs finds some difference by"
                f" chance. In at least {100 * self.level:.4g} of 100 such tables no difference is called out that"
                " is not there."
            )
        return " ".join(said)

    def record(self) -> dict[str, Any]:
        """Return them as plain JSON values."""
        return {"level": self.level, "note": self.note, "pairs": [one.record() for one in self.values()]}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Verdicts:
        """Return the verdicts that :meth:`record` wrote down.

        Raises
        ------
        RecordError
            It is damaged.
        """
        try:
            found = [Verdict.from_record(one) for one in record["pairs"]]
            return cls({one.names: one for one in found}, checked_level(record["level"]))
        except (KeyError, TypeError, DataError) as error:
            raise RecordError(f"The verdicts' record is damaged: {error!r}.", "Run it again.") from error

    def __str__(self) -> str:
        return "\n".join(
            [*(one.finding for one in self._found.values()), *([self.note] if self.note else [])]
        )

    def __repr__(self) -> str:
        return str(self)


def holm(p_values: Iterable[float]) -> NDArray[np.float64]:
    r"""Correct p-values for their number, step by step from the smallest.

    The r-th smallest of m becomes :math:`\max_{j \le r} \min(1, (m - j + 1)\, p_{(j)})`. Whatever the pairs have to
    do with one another, the chance of calling out any difference that is not there stays at the level.

    Parameters
    ----------
    p_values
        (m,), 0 to 1.

    Returns
    -------
    NDArray
        (m,), in the same order.

    Raises
    ------
    DataError
        One is not between 0 and 1, or there are none.

    References
    ----------
    Holm (1979), A simple sequentially rejective multiple test procedure.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    given = np.asarray(list(p_values), dtype=np.float64)
    if given.ndim != 1 or given.size == 0 or not ((given >= 0) & (given <= 1)).all():
        raise DataError(f"The p-values are {given.tolist()}.", "Give at least one number between 0 and 1.")
    order = np.argsort(given, kind="stable")
    steps = np.minimum(1, given[order] * np.arange(len(given), 0, -1))
    adjusted = np.empty_like(given)
    adjusted[order] = np.maximum.accumulate(steps)
    return adjusted


def verdicts(
    arms: Mapping[str, Any], *, pairs: Iterable[tuple[str, str]] | None = None, level: float = 0.95
) -> Verdicts:
    """Judge several pairs of arms, with Holm's correction for their number.

    The interval of each pair is as wide as the correction asks at its step, at least as wide as an interval of one
    pair alone. So intervals and words never contradict each other.

    Parameters
    ----------
    arms
        Name to (seeds, items), bool; the same draws and items for all.
    pairs
        Which (first, second) to judge; fewer pairs need less correction. Choose them before you look. None takes
        all, in the order of the arms.
    level
        Of the whole table.

    Returns
    -------
    Verdicts
        A mapping of (first, second) to :class:`Verdict`, with a ``.note`` on the correction.

    Raises
    ------
    DataError
        Fewer than two arms, arrays that do not fit, or a pair that is given twice.
    UnknownNameError
        A pair names an arm that is not there.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> shares = {"scratch": 0.3, "frozen": 0.8, "fine-tuned": 0.8}
    >>> found = verdicts({name: rng.random((5, 300)) < share for name, share in shares.items()})
    >>> {" / ".join(pair): one.word for pair, one in found.items()}
    {'scratch / frozen': 'better', 'scratch / fine-tuned': 'better', 'frozen / fine-tuned': 'cannot tell'}
    """
    level = checked_level(level)
    if len(arms) < 2:
        raise DataError(f"There are {len(arms)} arms to compare.", "Give at least two.")
    wanted = list(combinations(arms, 2)) if pairs is None else [(first, second) for first, second in pairs]
    for pair in wanted:
        for name in names_of(pair):
            if name not in arms:
                raise unknown_name("arm", name, arms)
    if not wanted or len({frozenset(pair) for pair in wanted}) < len(wanted):
        raise DataError(f"The pairs are {wanted}.", "Name at least one pair, and each only once.")
    right = {name: answers(correct, name) for name, correct in arms.items()}
    found = [estimate(paired(right[first], right[second], (first, second))) for first, second in wanted]
    p_values = [float(one.p_value()) for one in found]
    adjusted = holm(p_values)
    shape = next(iter(right.values())).shape
    judged: dict[int, Verdict] = {}
    share, going_on = 1 - level, True
    for step, at in enumerate(np.argsort(p_values, kind="stable").tolist()):
        # After the first pair that is not told apart, none is: all others get its interval's level.
        if going_on:
            share = (1 - level) / (len(wanted) - step)
            going_on = p_values[at] < share
        interval = interval_of(found[at], 1 - share, shape)
        judged[at] = Verdict(word_of(interval), interval, wanted[at], float(adjusted[at]), len(wanted))
    return Verdicts({pair: judged[at] for at, pair in enumerate(wanted)}, level)
