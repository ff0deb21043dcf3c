"""Report: what `similarity.report` found, as a table, a verdict and a record."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tlkit import records
from tlkit.errors import unknown_name
from tlkit.similarity import verdict
from tlkit.similarity.place import Place
from tlkit.table import Table

if TYPE_CHECKING:
    from tlkit.drawing import Drawing

KIND, SCHEMA = "similarity", 1


@dataclass(frozen=True)
class Sizes:
    """How many items were looked at: a number without it means little.

    Parameters
    ----------
    target, classes
        Items of the target that scores looked at, and their classes.
    source, unrelated, half
        Items on each side of the distances.
    ceiling
        Items on which the ceiling's network was trained; 0 where it was given or there is none.
    draws
        Half-samples for the intervals.
    """

    target: int
    classes: int
    source: int
    unrelated: int
    half: int
    ceiling: int
    draws: int


@dataclass(frozen=True, repr=False)
class Report:
    """How close a source is to a target in the eyes of a backbone.

    Parameters
    ----------
    source, target, backbone, unrelated
        Names.
    seed
        Repeat it and the numbers repeat.
    places
        Every measure between its floor and its ceiling.
    sizes
        How many items were looked at.
    notes
        Where the ceiling comes from, or why there is none, and which intervals come from fewer draws.
    things
        What the items are: ``"pictures"`` or ``"texts"``.
    """

    source: str
    target: str
    backbone: str
    unrelated: str
    seed: int
    places: tuple[Place, ...]
    sizes: Sizes
    notes: tuple[str, ...] = ()
    things: str = "pictures"

    def __getitem__(self, name: str) -> Place:
        for one in self.places:
            if one.name == name:
                return one
        raise unknown_name("measure in this report", name, [one.name for one in self.places])

    @property
    def verdict(self) -> str:
        """What was found, in one sentence."""
        return verdict.headline(self)

    @property
    def why(self) -> tuple[str, ...]:
        """What else to know before believing it."""
        return tuple(verdict.reasons(self))

    @property
    def head(self) -> list[str]:
        """Names of the table's columns."""
        return ["measure", "floor", "value", "ceiling", "place", "in words"]

    def rows(self) -> list[list[str]]:
        """Return the table's cells, one row per measure."""
        return [
            [
                one.label,
                verdict.number(one.floor),
                f"{verdict.number(one.value)} ({verdict.number(one.low)} to {verdict.number(one.high)})",
                verdict.number(one.ceiling) if one.ceiling is not None else "none",
                verdict.spot(one),
                one.word,
            ]
            for one in self.places
        ]

    def record(self) -> dict[str, Any]:
        """Return all of it as plain JSON values."""
        return {
            "kind": KIND,
            "schema": SCHEMA,
            **{name: getattr(self, name) for name in ("source", "target", "backbone", "unrelated", "seed")},
            "sizes": asdict(self.sizes),
            "places": [{**one.record(), "word": one.word} for one in self.places],
            "verdict": self.verdict,
            "why": list(self.why),
            "notes": list(self.notes),
            # Records of pictures stay as they were.
            **({} if self.things == "pictures" else {"things": self.things}),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Report:
        """Return the report that a record holds.

        Raises
        ------
        RecordError
            It is no such record, or damaged.
        """
        body = records.opened(record, KIND, SCHEMA, "a report of similarity")
        with records.damage_is_told():
            return cls(
                source=str(body["source"]),
                target=str(body["target"]),
                backbone=str(body["backbone"]),
                unrelated=str(body["unrelated"]),
                seed=int(body["seed"]),
                places=tuple(Place.from_record(one) for one in body["places"]),
                sizes=Sizes(**body["sizes"]),
                notes=tuple(str(one) for one in body.get("notes", ())),
                things=str(body.get("things", "pictures")),
            )

    @property
    def alt(self) -> str:
        """What the picture shows, in words."""
        told = "; ".join(f"{one.label} {verdict.spot(one)}, {one.word}" for one in self.places)
        return (
            f"Places between floor (0 %) and ceiling (100 %) of {self.source} and {self.target}, "
            f"seen by {self.backbone}: {told}."
        )

    def plot(self) -> Drawing:
        """Draw each measure's place between its floor and its ceiling, with its interval."""
        from tlkit.similarity.drawing import bars

        return bars(self)

    @property
    def table(self) -> Table:
        """Every measure in a row: floor, value, ceiling and the place between them."""
        return Table("", tuple(self.head), tuple(tuple(row) for row in self.rows()))

    def __str__(self) -> str:
        return "\n".join([self.verdict, *self.why, *self.notes, "", str(self.table)])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        words = "".join(f"<p>{html.escape(one)}</p>" for one in (*self.why, *self.notes))
        return f"<p><strong>{html.escape(self.verdict)}</strong></p>{words}{self.table._repr_html_()}"
