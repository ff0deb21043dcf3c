"""Verdict: better, worse, or cannot tell, in a sentence."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tlkit.compare.chance import checked_level, estimate, paired
from tlkit.compare.intervals import Interval, in_points, interval_of
from tlkit.errors import DataError, RecordError


@dataclass(frozen=True, repr=False)
class Verdict:
    """What a comparison of two arms says about the second one.

    Parameters
    ----------
    word
        ``"better"``, ``"worse"`` or ``"cannot tell"``.
    interval
        Second minus first. It holds zero exactly when the word is ``"cannot tell"``.
    names
        Of the first and the second arm.
    p_value
        How often chance alone would show at least such a difference, 0 to 1; corrected for the number of
        comparisons.
    comparisons
        How many pairs were judged together; 1 needs no correction.

    Examples
    --------
    >>> found = Interval(0.54, 0.49, 0.59, 0.95, 10, 1240)
    >>> print(Verdict("better", found, ("scratch", "transfer"), 1e-9))
    Transfer is better than scratch, by 54 points (49 to 59).
    """

    word: str
    interval: Interval
    names: tuple[str, str]
    p_value: float
    comparisons: int = 1

    @property
    def finding(self) -> str:
        """The judgement alone, without what has to be said about draws and corrections."""
        first, second = self.names
        if self.word == "cannot tell":
            middle, low, high = in_points(self.interval)
            return (
                f"Cannot tell whether {second} is better than {first}: the difference is {middle} points"
                f" ({low} to {high})."
            )
        middle, low, high = (text.removeprefix("−") for text in in_points(self.interval))
        if self.word == "worse":
            low, high = high, low
        named = second[0].upper() + second[1:]
        return f"{named} is {self.word} than {first}, by {middle} points ({low} to {high})."

    @property
    def sentence(self) -> str:
        """The judgement in words."""
        said = [self.finding]
        if self.interval.seeds == 1:
            said.append("This is one draw only: other draws may say otherwise.")
        if self.comparisons > 1:
            said.append(f"Corrected for {self.comparisons} comparisons (Holm).")
        return " ".join(said)

    def record(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            "word": self.word,
            "sentence": self.sentence,
            "interval": self.interval.record(),
            "names": list(self.names),
            "p_value": self.p_value,
            "comparisons": self.comparisons,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Verdict:
        """Return the verdict that :meth:`record` wrote down.

        Raises
        ------
        RecordError
            It is damaged.
        """
        try:
            first, second = record["names"]
            interval = Interval(**record["interval"])
            if record["word"] != word_of(interval):
                raise ValueError(f"{record['word']!r} does not fit {interval}")
            return cls(record["word"], interval, (first, second), record["p_value"], record["comparisons"])
        except (KeyError, TypeError, ValueError) as error:
            raise RecordError(f"The verdict's record is damaged: {error!r}.", "Run it again.") from error

    def __str__(self) -> str:
        return self.sentence

    def __repr__(self) -> str:
        return self.sentence


def verdict(
    correct_a: Any,
    correct_b: Any,
    *,
    names: tuple[str, str] = ("the first", "the second"),
    level: float = 0.95,
) -> Verdict:
    """Judge whether the second arm is better than the first.

    Parameters
    ----------
    correct_a, correct_b
        (seeds, items), bool, as in :func:`tlkit.compare.paired_interval`.
    names
        Of the first and the second arm, for the sentence.
    level
        Of the interval; a difference is called out when the interval does not hold zero.

    Returns
    -------
    Verdict
        ``.word``, ``.interval`` and ``.sentence``.

    Raises
    ------
    DataError
        As :func:`tlkit.compare.paired_interval`, or the names are not two different words.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> scratch, transfer = rng.random((5, 300)) < 0.3, rng.random((5, 300)) < 0.8
    >>> print(verdict(scratch, transfer, names=("scratch", "transfer")))
    Transfer is better than scratch, by ... points (... to ...).
    >>> verdict(transfer, scratch).word, verdict(scratch, scratch).word
    ('worse', 'cannot tell')
    """
    first, second = names_of(names)
    values = paired(correct_a, correct_b)
    found = estimate(values)
    interval = interval_of(found, checked_level(level), values.shape)
    return Verdict(word_of(interval), interval, (first, second), float(found.p_value()))


def word_of(interval: Interval) -> str:
    """Return the word that fits an interval."""
    if not all(math.isfinite(end) for end in interval):
        raise ValueError(f"{interval!r} is not finite")
    return "better" if interval.low > 0 else "worse" if interval.high < 0 else "cannot tell"


def names_of(names: Iterable[str]) -> tuple[str, str]:
    """Return two names if they can stand for a first and a second arm.

    Raises
    ------
    DataError
        They cannot.
    """
    found = tuple(names)
    if len(found) != 2 or not all(isinstance(name, str) and name for name in found) or found[0] == found[1]:
        raise DataError(
            f"The names are {found!r}.", "Give two different words: the first and the second arm."
        )
    return found
