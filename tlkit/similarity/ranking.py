"""Ranking: what `similarity.rank` found, as a table, a picture and a record, and how right it proved."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from tlkit import records
from tlkit.errors import SimilarityError, unknown_name
from tlkit.similarity.agreement import Agreement, agreement
from tlkit.similarity.evidence import track_record
from tlkit.similarity.verdict import number
from tlkit.table import Table

if TYPE_CHECKING:
    from tlkit.drawing import Drawing

KIND, SCHEMA = "similarity-ranking", 1
# As sure as a 95 % interval.
_SURE = 0.95


@dataclass(frozen=True)
class Candidate:
    """One network in a ranking.

    Parameters
    ----------
    name
        Of the network.
    value, low, high
        Its score and the 95 % interval.
    probability
        That it is first on another sample of so many items; NaN where every draw has an infinite score.
    feature_seconds, score_seconds
        What looking at the pictures took, and the score after it.
    gain
        What it really gained; None before it is measured.
    """

    name: str
    value: float
    low: float
    high: float
    probability: float
    feature_seconds: float
    score_seconds: float
    gain: float | None = None


@dataclass(frozen=True, repr=False)
class Ranking:
    """Networks in the order of a score on one target, the best first. Made by `similarity.rank`.

    Parameters
    ----------
    target
        Name of the data.
    score, label
        Name of the score, and what people call it.
    seed, items, draws
        How many target items were looked at and how many halves of them were drawn.
    candidates
        The best first.
    things
        What the items are: ``"pictures"`` or ``"texts"``.
    """

    target: str
    score: str
    label: str
    seed: int
    items: int
    draws: int
    candidates: tuple[Candidate, ...]
    things: str = "pictures"

    def __getitem__(self, name: str) -> Candidate:
        for one in self.candidates:
            if one.name == name:
                return one
        raise unknown_name("network in this ranking", name, [one.name for one in self.candidates])

    @property
    def first(self) -> Candidate:
        """The network with the highest score."""
        return self.candidates[0]

    @property
    def verdict(self) -> str:
        """Which is first and how sure that is, in a sentence."""
        first, second = self.candidates[:2]
        if math.isnan(first.probability):
            return f"Cannot tell which is first on {self.target} by {self.label}: every draw has an infinite score."
        sure = f"{100 * first.probability:.0f} %"
        if first.probability < _SURE:
            rivals = [one.name for one in self.candidates[1:] if one.probability > 1 - _SURE] or [second.name]
            return (
                f"Cannot tell which is first on {self.target} by {self.label}: {first.name} in {sure} of the draws, "
                f"but also {' or '.join(rivals)}."
            )
        return f"{first.name} is first on {self.target} by {self.label}, in {sure} of the draws."

    @property
    def why(self) -> tuple[str, ...]:
        """What else to know before believing it."""
        words = [
            f"{self.items:,} training items of {self.target} were looked at, and {self.draws} halves of them."
        ]
        proved = track_record(self.score)
        if proved is not None:
            words.append(proved.for_things(self.things))
        if self.proved is None:
            return (*words, "No gain was measured here. Comparing trained networks measures it.")
        measured = [one for one in self.candidates if one.gain is not None]
        best = max(measured, key=lambda one: one.gain or 0.0)
        mine = measured[0]
        words.append(
            f"Measured: {mine.name} gained {_points(mine.gain)} points, {best.name} most, {_points(best.gain)}: "
            f"regret {_points(self.proved.regret)}. Rank correlation {self.proved.spearman:.2f}."
        )
        if mine is not self.first:
            words.append(
                f"{self.first.name} has no measured gain; {mine.name} is the first of those that have one."
            )
        return tuple(words)

    @property
    def proved(self) -> Agreement | None:
        """How well the order fits the measured gains; None before two are measured."""
        known = [one for one in self.candidates if one.gain is not None]
        if len(known) < 2:
            return None
        return agreement([one.value for one in known], [one.gain or 0.0 for one in known])

    def with_gains(self, gains: Mapping[str, Any]) -> Ranking:
        """Return the ranking with gains that were measured, and the regret of its first.

        Parameters
        ----------
        gains
            By name of a network: a share (0.05 is 5 points), or a comparison from ``compare.run``, whose verdict is
            taken: transfer minus the start from nothing.

        Raises
        ------
        UnknownNameError
            A name is not in the ranking.
        SimilarityError
            A gain that is no number.

        Examples
        --------
        >>> one, two = Candidate("a", 2.0, 1.9, 2.1, 1.0, 0.1, 0.1), Candidate("b", 1.0, 0.9, 1.1, 0.0, 0.1, 0.1)
        >>> ranking = Ranking("dots", "logme", "LogME", 0, 80, 200, (one, two))
        >>> round(ranking.with_gains({"a": 0.05, "b": 0.08}).proved.regret, 6)
        0.03
        """
        known = {name: _gain(name, one) for name, one in gains.items() if self[name]}
        return replace(
            self,
            candidates=tuple(replace(one, gain=known.get(one.name, one.gain)) for one in self.candidates),
        )

    @property
    def head(self) -> list[str]:
        """Names of the table's columns."""
        gained = [] if self.proved is None else ["gain, points"]
        return [
            "network",
            self.label,
            "95 % interval",
            "first in",
            *gained,
            "features, s",
            f"{self.label}, s",
        ]

    def rows(self) -> list[list[str]]:
        """Return the table's cells, one row per network, the best first."""
        return [
            [
                one.name,
                number(one.value),
                f"{number(one.low)} to {number(one.high)}",
                "?" if math.isnan(one.probability) else f"{100 * one.probability:.0f} %",
                *([] if self.proved is None else ["" if one.gain is None else _points(one.gain)]),
                f"{one.feature_seconds:.2f}",
                f"{one.score_seconds:.3f}",
            ]
            for one in self.candidates
        ]

    @property
    def alt(self) -> str:
        """What the picture shows, in words."""
        told = "; ".join(
            f"{one.name} {number(one.value)} ({number(one.low)} to {number(one.high)})"
            + ("" if one.gain is None else f", gained {_points(one.gain)} points")
            for one in self.candidates
        )
        return f"{self.label} of networks on {self.target}, the best on top: {told}."

    def plot(self) -> Drawing:
        """Draw each network's score with its interval, and beside it the gain once it is measured."""
        from tlkit.similarity.drawing import ladder

        return ladder(self)

    def record(self) -> dict[str, Any]:
        """Return all of it as plain JSON values; an infinite number is written as a word."""
        return {
            "kind": KIND,
            "schema": SCHEMA,
            **{name: getattr(self, name) for name in ("target", "score", "label", "seed", "items", "draws")},
            "candidates": [
                {
                    name: str(value) if isinstance(value, float) and not math.isfinite(value) else value
                    for name, value in asdict(one).items()
                }
                for one in self.candidates
            ],
            "verdict": self.verdict,
            "why": list(self.why),
            # Records of pictures stay as they were.
            **({} if self.things == "pictures" else {"things": self.things}),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Ranking:
        """Return the ranking that a record holds.

        Raises
        ------
        RecordError
            It is no such record, or damaged.
        """
        body = records.opened(record, KIND, SCHEMA, "a ranking of networks")
        with records.damage_is_told():
            candidates = [
                Candidate(
                    str(one["name"]),
                    value=float(one["value"]),
                    low=float(one["low"]),
                    high=float(one["high"]),
                    probability=float(one["probability"]),
                    feature_seconds=float(one["feature_seconds"]),
                    score_seconds=float(one["score_seconds"]),
                    gain=None if one["gain"] is None else float(one["gain"]),
                )
                for one in body["candidates"]
            ]
            texts = [str(body[name]) for name in ("target", "score", "label")]
            counts = [int(body[name]) for name in ("seed", "items", "draws")]
            things = str(body.get("things", "pictures"))
            return cls(
                texts[0], texts[1], texts[2], counts[0], counts[1], counts[2], tuple(candidates), things
            )

    @property
    def table(self) -> Table:
        """A network in a row, the best first."""
        return Table("", tuple(self.head), tuple(tuple(row) for row in self.rows()))

    def __str__(self) -> str:
        return "\n".join([self.verdict, *self.why, "", str(self.table)])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        words = "".join(f"<p>{html.escape(one)}</p>" for one in self.why)
        return f"<p><strong>{html.escape(self.verdict)}</strong></p>{words}{self.table._repr_html_()}"


def _points(gain: float | None) -> str:
    return "" if gain is None else f"{100 * gain:.1f}".replace("-", "−")


def _gain(name: str, given: Any) -> float:
    """Return a gain: a number, or the difference that a comparison's verdict is about."""
    judged = getattr(getattr(given, "verdict", None), "interval", None)
    value = given if judged is None else judged.difference
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found) or isinstance(given, bool):
        raise SimilarityError(
            f"The gain of {name} is {given!r}.", "Give a share, such as 0.05, or what compare.run returned."
        )
    return found
