"""Comparison: arms side by side on the same draws and the same test set, with intervals and a verdict.

Nothing here needs torch: a record can be opened, read and drawn where only numpy and matplotlib are installed.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlkit import records
from tlkit.compare import stats
from tlkit.compare.cell import Cell
from tlkit.compare.headline import headline_pair
from tlkit.compare.result import ArmResult
from tlkit.compare.rows import write_csv
from tlkit.compare.wording import before, came_from, draws, in_second_place, labels, percent
from tlkit.errors import unknown_name
from tlkit.table import Table

if TYPE_CHECKING:
    from tlkit.drawing import Drawing

KIND = "tlkit.compare.comparison"
SCHEMA = 1


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Arms on the same draws and the same test set. Made by `compare.run`.

    Parameters
    ----------
    dataset, backbone
        Their names.
    labels_per_class
        None for all training labels.
    classes, items
        How many classes and test items there are.
    seeds
        Of the draws.
    results
        What each arm gave.
    level
        Of every interval.
    notes
        What a reader has to know besides the numbers; the same on every run.
    origin
        Fingerprints, versions, openings of the test set and what came from the store, as plain JSON values.

    Examples
    --------
    >>> from tlkit import backbones, compare, data
    >>> net = backbones.load("zoo:resnet-letters")
    >>> card = compare.run(data.load("greek"), net, ["random-frozen", "frozen"], seeds=2, progress=False)
    >>> card.verdict.word, card["frozen"].mean > card["random-frozen"].mean
    ('better', True)
    """

    dataset: str
    backbone: str
    labels_per_class: int | None
    classes: int
    items: int
    seeds: tuple[int, ...]
    results: tuple[ArmResult, ...]
    level: float = 0.95
    notes: tuple[str, ...] = ()
    origin: Mapping[str, Any] = field(default_factory=dict)

    @property
    def arms(self) -> tuple[str, ...]:
        """Names of the arms, in order."""
        return tuple(one.name for one in self.results)

    def __getitem__(self, arm: str) -> ArmResult:
        for one in self.results:
            if one.name == arm:
                return one
        raise unknown_name("arm in this comparison", arm, self.arms)

    @property
    def chance(self) -> float:
        """Share that blind guessing gets right."""
        return 1 / self.classes

    @property
    def title(self) -> str:
        """What was compared, in words."""
        count = labels(self.labels_per_class)
        return f"{count[0].upper()}{count[1:]} of {self.dataset}, {self.backbone}, {draws(len(self.seeds))}"

    @cached_property
    def verdicts(self) -> stats.Verdicts:
        """A verdict for every pair of arms, corrected for their number (Holm)."""
        return stats.verdicts({one.name: one.correct for one in self.results}, level=self.level)

    @property
    def verdict(self) -> stats.Verdict:
        """The start from nothing against transfer, by name: scratch and frozen where they are.

        Which pair it is does not depend on what came out. Corrected (Holm) if there are more than two arms.
        """
        return self.verdicts[headline_pair({one.name: one.pretrained for one in self.results})]

    @property
    def best(self) -> stats.Verdict | None:
        """The same start against the best of the other arms; None if that is the verdict already."""
        first, second = self.verdict.names
        start = next((name for name in (first, second) if not self[name].pretrained), first)
        others = [one for one in self.results if one.name != start]
        best = max([one for one in others if one.pretrained] or others, key=lambda one: one.mean).name
        return None if best in (first, second) else self._judged(start, best)

    @property
    def findings(self) -> tuple[str, ...]:
        """The verdict in words, and that on the best of the others where it is another."""
        return (str(self.verdict), *([in_second_place(self.best)] if self.best is not None else []))

    def _judged(self, *pair: str) -> stats.Verdict:
        first, second = (name for name in self.arms if name in pair)
        return self.verdicts[first, second]

    def between(self, first: str, second: str) -> stats.Verdict:
        """Judge one arm against another, as if no others had been looked at.

        Parameters
        ----------
        first, second
            Names of arms; the difference is second minus first.
        """
        return stats.verdict(
            self[first].correct, self[second].correct, names=(first, second), level=self.level
        )

    @property
    def table(self) -> Table:
        """Accuracy, interval and size of each arm; without times, so that it prints the same again."""
        level = f"{100 * self.level:g} % interval"
        head = ("arm", "what it is", "right", level, "trainable numbers", "steps")
        rows = tuple(
            (
                one.name,
                one.label,
                percent(one.mean),
                f"{100 * one.low:.1f} to {100 * one.high:.1f}",
                f"{one.trainable_parameters:,}",
                f"{one.steps:,.0f}",
            )
            for one in self.results
        )
        return Table(f"{self.title}, {self.items:,} test items", head, rows)

    @property
    def costs(self) -> Table:
        """What each arm took: steps, multiply-adds and seconds, which vary from run to run."""
        head = ("arm", "recipe", "steps", "billion multiply-adds", "seconds")
        rows = tuple(
            (
                one.name,
                f"{one.recipe.get('name', '')}; {one.recipe_words}",
                f"{one.steps:,.0f}",
                f"{one.multiply_adds / 1e9:,.2f}",
                before(f"{one.seconds:.2f}", one.cells),
            )
            for one in self.results
        )
        return Table("Cost of training, mean per draw", head, rows)

    @property
    def seals(self) -> str:
        """What the seals of all draws said, arms with the same finding together."""
        said: dict[str, list[str]] = {}
        for one in self.results:
            said.setdefault(one.seal, []).append(one.name)
        each = draws(len(self.seeds))
        return " ".join(f"{', '.join(names)} ({each} each): {seal}" for seal, names in said.items())

    @property
    def provenance(self) -> str:
        """What was measured now, what came from the store, and how often the test set was opened."""
        total = len(self.results) * len(self.seeds)
        return came_from(total, int(self.origin.get("from_store", 0)), str(self.origin.get("problem", "")))

    @property
    def alt(self) -> str:
        """What the picture shows, in words."""
        told = "; ".join(
            f"{one.name} {percent(one.mean)} ({100 * one.low:.0f} to {100 * one.high:.0f})"
            for one in self.results
        )
        return f"Share of test items that is right, {self.title}: {told}."

    def plot(self) -> Drawing:
        """Draw a dot and an interval for each arm, with a small mark for each draw."""
        from tlkit.compare.drawing import dots

        return dots(self)

    def to_csv(self, path: str | Path) -> None:
        """Write one row per cell to a CSV file, whole or not at all.

        Raises
        ------
        StoreError
            The file cannot be written.
        """
        write_csv(path, [self])

    def record(self) -> dict[str, Any]:
        """Return all of it as plain JSON values, enough to draw it again and to run it again."""
        return {
            "kind": KIND,
            "schema": SCHEMA,
            "dataset": self.dataset,
            "backbone": self.backbone,
            "labels_per_class": self.labels_per_class,
            "classes": self.classes,
            "items": self.items,
            "seeds": list(self.seeds),
            "level": self.level,
            "notes": list(self.notes),
            "origin": dict(self.origin),
            "arms": [
                {
                    "name": one.name,
                    "label": one.label,
                    "pretrained": one.pretrained,
                    "plan": dict(one.plan),
                    "mean": one.mean,
                    "low": one.low,
                    "high": one.high,
                    "cells": [cell.record() for cell in one.cells],
                }
                for one in self.results
            ],
            "verdict": self.verdict.record(),
            "verdicts": self.verdicts.record(),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Comparison:
        """Open a record again; needs no torch, no data and no network.

        Intervals and verdicts are computed anew from the right and wrong answers in the record.

        Raises
        ------
        RecordError
            The record is of another kind, from a newer version, or damaged.
        """
        body = records.opened(record, KIND, SCHEMA, "a comparison")
        with records.damage_is_told():
            level = float(body["level"])
            results = tuple(
                ArmResult(
                    str(arm["name"]),
                    str(arm["label"]),
                    bool(arm["pretrained"]),
                    dict(arm["plan"]),
                    tuple(Cell.from_record(cell) for cell in arm["cells"]),
                    level,
                )
                for arm in body["arms"]
            )
            found = cls(
                dataset=str(body["dataset"]),
                backbone=str(body["backbone"]),
                labels_per_class=body["labels_per_class"],
                classes=int(body["classes"]),
                items=int(body["items"]),
                seeds=tuple(int(seed) for seed in body["seeds"]),
                results=results,
                level=level,
                notes=tuple(str(note) for note in body["notes"]),
                origin=dict(body["origin"]),
            )
            if len(found.results) < 2 or not found.seeds or found.classes < 2:
                raise ValueError("arms, seeds or classes are missing")
            for one in found.results:
                if tuple(cell.seed for cell in one.cells) != found.seeds:
                    raise ValueError(f"the draws of {one.name} are not those of the comparison")
                if one.correct.shape[1] != found.items:
                    raise ValueError(f"the test items of {one.name} are not those of the comparison")
        return found

    def __str__(self) -> str:
        lines = [str(self.table), "", *self.findings, *self.notes]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        first, *others = (html.escape(words) for words in self.findings)
        more = "".join(f"<p>{words}</p>" for words in others)
        return f"{self.table._repr_html_()}<p><strong>{first}</strong></p>{more}{notes}"
