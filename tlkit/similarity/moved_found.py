"""Moved: what `similarity.moved` found, as a table, a sentence and a record."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tlkit import records
from tlkit.errors import unknown_name
from tlkit.table import Table

KIND, SCHEMA = "similarity-moved", 1
HEAD = ("stage", "CKA before and after", "random network", "in words")
#: How much of the way from a random network to "not moved" the interval must leave, for these words.
_HARDLY, _FAR = 0.75, 0.25


@dataclass(frozen=True)
class StageMoved:
    """How far one stage's features went.

    Parameters
    ----------
    stage
        Its name.
    cka
        Debiased linear CKA of its features before and after; exactly 1 if they are equal bit for bit. None if it
        has no value, as for features that are the same for every picture.
    low, high
        Its 95 % interval; None where the pictures are too few for one.
    floor
        The same CKA with the stage of a network of random numbers; None if there is no such network or value.
    """

    stage: str
    cka: float | None
    low: float | None
    high: float | None
    floor: float | None

    @property
    def word(self) -> str:
        """How far it went, in words that are true of the whole interval."""
        if self.cka is None:
            return "no value"
        if self.cka == 1:
            return "not moved"
        if self.low is None or self.high is None or self.floor is None or self.floor >= 1:
            return "moved"
        low, high = ((one - self.floor) / (1 - self.floor) for one in (self.low, self.high))
        if low > _HARDLY:
            return "hardly moved"
        if low <= 0:
            return "perhaps as far as a random network" if high > _FAR else "as far as a random network"
        return "moved far" if high < _FAR else "moved"


@dataclass(frozen=True, repr=False)
class Moved:
    """How far the features of each stage went from one network to another of the same architecture.

    Parameters
    ----------
    before, after
        Names of the networks.
    stages
        From the input on, without the head: it is new.
    pictures
        How many were looked at.
    seed
        Repeat it and the numbers repeat.
    things
        What was looked at: ``"pictures"`` or ``"texts"``.
    """

    before: str
    after: str
    stages: tuple[StageMoved, ...]
    pictures: int
    seed: int
    things: str = "pictures"

    def __getitem__(self, stage: str) -> StageMoved:
        for one in self.stages:
            if one.stage == stage:
                return one
        raise unknown_name("stage", stage, [one.stage for one in self.stages])

    @property
    def sentence(self) -> str:
        """Which stage moved most, and which least, in words."""
        known = [one for one in self.stages if one.cka is not None]
        if not known:
            return f"No stage's features can be compared: they are the same for all {self.things}."
        if all(one.cka == 1 for one in known):
            return "Every stage gives the same features as before, bit for bit."
        far = min(known, key=lambda one: one.cka or 0.0)
        equal = [
            one.stage
            for one in known
            if one is not far and None not in (one.low, far.high) and (one.low or 0.0) <= (far.high or 0.0)
        ]
        said = f"{far.stage} moved most: CKA {_spot(far)}"
        if equal:
            said += f"; {self.pictures:,} {self.things} cannot tell it from {' and '.join(equal)}"
        elif len(known) > 1:
            near = max(known, key=lambda one: one.cka or 0.0)
            said += f"; {near.stage} least: {'1, not moved' if near.cka == 1 else _spot(near)}"
        if far.floor is not None:
            said += f". A random network's {far.stage} has {_number(far.floor)}"
        return f"{said}."

    @property
    def note(self) -> str:
        """What the numbers are of."""
        return (
            f"Debiased linear CKA on {self.pictures:,} {self.things}: 1 is equal but for rotation and scale. Features "
            "are means over all places; intervals: 95 %, from half-samples. Random network: the same architecture with "
            "random numbers, against the features before."
        )

    @property
    def head(self) -> tuple[str, ...]:
        """Names of the table's columns."""
        return HEAD

    def rows(self) -> list[tuple[str, ...]]:
        """Return the table's cells, one row per stage."""
        return [
            (
                one.stage,
                "none" if one.cka is None else _spot(one),
                "none" if one.floor is None else _number(one.floor),
                one.word,
            )
            for one in self.stages
        ]

    def record(self) -> dict[str, Any]:
        """Return all of it as plain JSON values."""
        about = asdict(self)
        if self.things == "pictures":
            del about["things"]  # records of pictures stay as they were
        return {"kind": KIND, "schema": SCHEMA, **about, "stages": [asdict(one) for one in self.stages]}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Moved:
        """Return what a record holds.

        Raises
        ------
        RecordError
            It is no such record, or damaged.
        """
        body = records.opened(record, KIND, SCHEMA, "how far stages moved")
        with records.damage_is_told():
            stages = tuple(
                StageMoved(
                    str(one["stage"]),
                    *(
                        None if one[name] is None else float(one[name])
                        for name in ("cka", "low", "high", "floor")
                    ),
                )
                for one in body["stages"]
            )
            return cls(
                str(body["before"]),
                str(body["after"]),
                stages,
                int(body["pictures"]),
                int(body["seed"]),
                str(body.get("things", "pictures")),
            )

    @property
    def table(self) -> Table:
        """A stage in a row, the first one on top."""
        return Table(f"{self.before} → {self.after}", tuple(HEAD), tuple(tuple(row) for row in self.rows()))

    def __str__(self) -> str:
        return "\n".join([self.sentence, "", str(self.table), "", self.note])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return (
            f"<p><strong>{html.escape(self.sentence)}</strong></p>{self.table._repr_html_()}"
            f"<p>{html.escape(self.note)}</p>"
        )


def _number(value: float) -> str:
    """Write a CKA, never as the 1 that it is not.

    Examples
    --------
    >>> _number(0.62), _number(0.99999), _number(1.0), _number(-0.01)
    ('0.62', '0.9999', '1', '−0.01')
    """
    if value == 1:
        return "1"
    text = f"{value:.2f}" if value < 0.99 else f"{min(value, 0.9999):.4f}".rstrip("0")
    return text.replace("-0.00", "0.00").replace("-", "−")


def _spot(one: StageMoved) -> str:
    assert one.cka is not None
    if one.cka == 1 or one.low is None or one.high is None:
        return _number(one.cka)
    value, low, high = (_number(end) for end in (one.cka, one.low, one.high))
    return value if value == low == high else f"{value} ({low} to {high})"
