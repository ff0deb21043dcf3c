"""SealReport: what moved and what did not, stage by stage, in marks and words."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tlkit import records
from tlkit.errors import unknown_name
from tlkit.freeze.marks import Movement, StageReport
from tlkit.freeze.modes import KIND_WORDS, KINDS, LEARNING, TABLE
from tlkit.freeze.rows import RowsMoved, sentence_of
from tlkit.freeze.wording import listed

SCHEMA = 1


@dataclass(frozen=True, repr=False)
class SealReport:
    """What moved and what did not. Made by ``Seal.check``.

    Parameters
    ----------
    stages
        A report per stage, from the input on.

    Examples
    --------
    >>> from tlkit import backbones, freeze
    >>> net = backbones.load("zoo:resnet-letters").with_head(10, seed=0)
    >>> net = freeze.plan(net, until="head").apply(net)
    >>> report = freeze.seal(net).check(net)
    >>> report.sentence
    'Nothing frozen moved.'
    >>> report["layer1"].kinds["weights"].unchanged
    True
    """

    stages: tuple[StageReport, ...]

    def __getitem__(self, stage: str) -> StageReport:
        for one in self.stages:
            if isinstance(stage, str) and one.name == stage:
                return one
        raise unknown_name("stage", stage, [one.name for one in self.stages])

    def unchanged(self, stage: str | None = None) -> bool:
        """Say whether every bit is the same: of one stage, or of all.

        Raises
        ------
        UnknownNameError
            There is no such stage.
        """
        if stage is not None:
            return self[stage].unchanged
        return all(one.unchanged for one in self.stages)

    @property
    def moved(self) -> dict[str, tuple[str, ...]]:
        """Stage to the kinds that moved, for the stages where something did."""
        return {one.name: one.moved for one in self.stages if one.moved}

    @property
    def kept(self) -> bool:
        """Whether nothing moved that the plan holds fixed."""
        return not any(one.broken for one in self.stages)

    @property
    def sentence(self) -> str:
        """The finding in words."""
        broken = [one.breach for one in self.stages if one.broken]
        if broken:
            return f"The seal is broken: {listed(broken)}."
        looked_up = {one.name: one.rows for one in self.stages if one.rows is not None}
        return f"{self._held} {sentence_of(looked_up)}".strip()

    @property
    def _held(self) -> str:
        if not self.moved:
            return (
                "Nothing moved." if all(one.mode is None for one in self.stages) else "Nothing frozen moved."
            )
        drifted: dict[tuple[str, ...], list[str]] = {}
        for one in self.stages:
            if one.drifted:
                drifted.setdefault(one.drifted, []).append(one.name)
        if drifted:
            said = []
            for kinds, names in drifted.items():
                whose = listed([f"{name}'s" for name in names])
                what = listed([KIND_WORDS[kind] for kind in kinds])
                their = "its" if len(names) == 1 else "their"
                said.append(f"{whose} {what} drifted though {their} weights did not move")
            return f"{'; '.join(said)}."
        modes = [one.mode for one in self.stages if one.name != "head"]
        if any(mode is not None for mode in modes):
            frozen = any(mode is not None and mode not in LEARNING for mode in modes)
            return "Nothing frozen moved." if frozen else "Nothing was frozen."
        still = [one.name for one in self.stages if one.unchanged]
        return (
            f"{listed(list(self.moved))} moved; {listed(still) if still else 'nothing'} stayed bit for bit."
        )

    def rows(self) -> list[tuple[str, ...]]:
        """Return stage, mode, a mark for each kind that any stage has, and dropout, as text."""
        return [
            (
                one.name,
                one.mode or "no plan",
                *(one.mark(kind) for kind in self.shown),
                one.dropout,
            )
            for one in self.stages
        ]

    @property
    def shown(self) -> tuple[str, ...]:
        """The kinds that a table has a column for; other buffers only where there are some."""
        return tuple(
            kind for kind in KINDS if kind != "buffers" or any(one.kinds[kind] for one in self.stages)
        )

    def _head(self) -> tuple[str, ...]:
        return ("stage", "mode", *(KIND_WORDS[kind] for kind in self.shown), "dropout")

    def __repr__(self) -> str:
        table = [self._head(), *self.rows()]
        widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
        lines = [
            "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in table
        ]
        return "\n".join([f"Seal: {self.sentence}", *lines])

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col" style="text-align:left">{name}</th>' for name in self._head())
        body = "".join(
            f'<tr><th scope="row" style="text-align:left">{html.escape(row[0])}</th>'
            + "".join(f'<td style="text-align:left">{html.escape(cell)}</td>' for cell in row[1:])
            + "</tr>"
            for row in self.rows()
        )
        caption = f"<caption>Seal: {html.escape(self.sentence)}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def record(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return {
            "kind": "seal",
            "schema": SCHEMA,
            "sentence": self.sentence,
            "stages": [
                {
                    "name": one.name,
                    "mode": one.mode,
                    "dropout": one.dropout,
                    "fingerprint": one.fingerprint,
                    "kinds": {
                        kind: None
                        if found is None
                        else {
                            "unchanged": found.unchanged,
                            "numbers": found.numbers,
                            "moved": list(found.moved),
                            "l2": found.l2,
                            "relative": found.relative,
                            "largest": found.largest,
                            "not_finite": found.not_finite,
                            **({} if found.rows is None else {"rows": found.rows.record()}),
                        }
                        for kind, found in one.kinds.items()
                    },
                }
                for one in self.stages
            ],
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> SealReport:
        """Return the report that :meth:`record` wrote down.

        Raises
        ------
        RecordError
            It is of another kind, from a newer version, or damaged.
        """
        record = records.opened(record, "seal", SCHEMA, "a seal")
        with records.damage_is_told():
            return cls(tuple(_stage(values) for values in record["stages"]))


def _stage(values: Mapping[str, Any]) -> StageReport:
    if values["mode"] is not None and values["mode"] not in TABLE:
        raise KeyError(values["mode"])
    return StageReport(
        values["name"],
        values["mode"],
        {kind: _movement(values["kinds"][kind]) for kind in KINDS},
        values["dropout"],
        values.get("fingerprint"),
    )


def _movement(values: Mapping[str, Any] | None) -> Movement | None:
    if values is None:
        return None
    return Movement(
        values["numbers"],
        tuple(values["moved"]),
        values["l2"],
        values["relative"],
        values["largest"],
        values["not_finite"],
        None if values.get("rows") is None else RowsMoved(**values["rows"]),
    )
