"""Attempt: the whole of tlkit in one command, `tlkit try`, with progress, a table, a verdict and a report."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tlkit
from tlkit.compare.arms import Arm
from tlkit.compare.choosing import chosen
from tlkit.compare.comparison import Comparison
from tlkit.compare.curves import Curve, curve_running
from tlkit.compare.html_report import Section
from tlkit.compare.meant import source_network, suiting_target
from tlkit.compare.outlook import (
    Pulse,
    affordable,
    affordable_draws,
    expected,
    fewer_draws,
    left_out,
    so_long,
)
from tlkit.compare.own_pictures import Pictures, labels_for, read
from tlkit.compare.pictures_section import pictures_section
from tlkit.compare.progress import Progress
from tlkit.compare.report_place import place_for, write_to
from tlkit.compare.reporting import write_report
from tlkit.compare.setup import prepare
from tlkit.compare.texts_section import texts_section
from tlkit.compare.typed import Typed
from tlkit.compare.wording import draws
from tlkit.compare.wording import labels as label_words
from tlkit.errors import DataError, StoreError

if TYPE_CHECKING:
    from tlkit.backbones import Backbone

KIND = "tlkit.compare.attempt"
SCHEMA = 1
USUAL_DRAWS = 5


@dataclass(frozen=True, eq=False, repr=False)
class Attempt:
    """What `tlkit try` found.

    Parameters
    ----------
    curve
        One comparison, or one per number of labels.
    report
        Where the report was written; None if it could not be.
    seconds
        From the first to the last line.
    pictures
        What was learned, with what was found in a learner's own.
    notes
        How it came to what was compared, in sentences.
    """

    curve: Curve
    report: Path | None
    seconds: float
    pictures: Pictures
    notes: tuple[str, ...] = ()

    @property
    def first(self) -> Comparison:
        """The comparison with the fewest labels."""
        return self.curve.comparisons[0]

    def json(self) -> str:
        """Return one JSON object: for each arm mean, low and high as shares from 0 to 1, and the verdicts."""
        first = self.first
        body: dict[str, Any] = {
            "kind": KIND,
            "schema": SCHEMA,
            "tlkit": tlkit.__version__,
            "dataset": first.dataset,
            "backbone": first.backbone,
            "seeds": list(first.seeds),
            "test_items": first.items,
            "level": first.level,
            **_numbers(first),
            "seal": first.seals,
            "notes": [*self.notes, *first.notes],
            "pictures": self._pictures(),
            "found_in_the_data": list(self.pictures.found),
            "provenance": self.curve.provenance,
            "report": None if self.report is None else str(self.report),
            "seconds": round(self.seconds, 1),
        }
        if len(self.curve.comparisons) > 1:
            body["curve"] = [_numbers(one) for one in self.curve.comparisons]
        return json.dumps(body, indent=1, ensure_ascii=False, allow_nan=False)

    def _pictures(self) -> dict[str, Any]:
        """Return how many there are of each class, and what the network got of each."""
        seen, dataset = self.pictures.seen, self.pictures.dataset
        found = {
            "train": seen.train.counts(),
            "validation": seen.validation.counts(),
            "test": seen.test.counts(),
        }
        counts = {name: column.tolist() for name, column in found.items()}
        return {
            "classes": list(seen.classes),
            **counts,
            "read_as": list(seen.train.shape[1:]),
            "given_to_the_network_as": list(dataset.train.shape[1:]),
        }

    def __str__(self) -> str:
        whole = self.curve if len(self.curve.comparisons) > 1 else self.first
        lines = [
            str(whole),
            *self.notes,
            "",
            f"Seal. {self.first.seals}",
            self.curve.provenance,
            f"Report, with every word explained: {self.report or 'none, it could not be written'}",
            f"{self.seconds:.0f} seconds",
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)


def attempt(
    typed: Typed, report: Path | None, say: Callable[[str], None], *, overwrite: bool = False
) -> Attempt:
    """Compare learning from scratch with transfer on a data set, and write a report.

    Parameters
    ----------
    typed
        What is asked.
    report
        Where the report goes: one HTML file. None is ``tlkit-report.html`` here, or with the first number that is free.
    say
        Takes each line of progress.
    overwrite
        Whether a file that is there is replaced.

    Raises
    ------
    UnknownNameError
        There is no such network, source, data set or arm.
    DataError
        The folder cannot be used as it is.
    StoreError
        The report is to be where no file can be, or where one is. If it fails later, the numbers are returned without
        it.
    """
    began = time.perf_counter()
    # A wrong name is told at once, before the seconds that loading torch takes.
    path = place_for(report, overwrite)
    from tlkit import data

    own = bool(typed.target) and data.is_path(typed.target)
    if not own and typed.folder.words():
        raise DataError(
            f"{' '.join(typed.folder.words())} is for folders of your own, and {typed.target!r} is none.",
            "Leave it out, or give --target the path of a folder of pictures.",
        )
    embedded = data.load(typed.target) if typed.target and not own else None
    if typed.target or ":" not in typed.source:
        chosen(typed.arms, "images" if embedded is None else embedded.train.kind)
    backbone = source_network(typed)
    if not typed.target:
        typed = replace(typed, target=suiting_target(backbone))
        embedded = data.load(typed.target)
    pictures = read(typed, backbone, say) if embedded is None else Pictures(embedded, embedded)
    dataset = pictures.dataset
    labels, note = labels_for(typed, dataset, own)
    notes = [note] if note else []
    say(f"{backbone.name} is to learn {dataset.name} …")
    setup = prepare(dataset, backbone, typed.arms, typed.seeds or USUAL_DRAWS, labels)
    picked = affordable(setup) if typed.arms is None else setup.arms
    if len(picked) < len(setup.arms):
        notes.append(left_out(setup, picked))
        setup = prepare(dataset, backbone, picked, setup.seeds, labels)
    fewer = len(setup.seeds) if typed.seeds else affordable_draws(setup)
    if fewer < len(setup.seeds):
        notes.append(fewer_draws(setup, fewer))
        setup = prepare(dataset, backbone, picked, fewer, labels)
    typed = replace(typed, seeds=len(setup.seeds))
    for one in notes:
        say(one)
    work = f"{len(picked)} arms on {draws(typed.seeds)} of {_labels_words(labels)}"
    say(f"{work}, {so_long(expected(setup))} on this computer …")
    pulse = Pulse(say, began)
    going = curve_running(dataset, backbone, picked, typed.seeds, labels_per_class=labels, should_stop=pulse)
    curve = _told(going, say, began, pulse)
    seconds = time.perf_counter() - began
    written: Path | None = path
    try:
        again = replace(
            typed, labels_per_class=labels, arms=None if typed.arms is None else tuple(typed.arms)
        )
        section = _about(pictures, backbone, picked)

        def write(to: Path) -> None:
            write_report(to, curve, seconds, again.command(), pictures, section, notes, overwrite=overwrite)

        written = write_to(write, path, numbered=report is None and not overwrite)
    except StoreError as error:
        # The numbers are there all the same: they are worth more than the report.
        say(str(error))
        written = None
    return Attempt(curve, written, seconds, pictures, tuple(notes))


def _about(pictures: Pictures, backbone: Backbone, picked: Sequence[Arm]) -> Section:
    """Return the section of the report about what was learned."""
    from tlkit.backbones.intake import image_transform

    if pictures.dataset.train.kind == "texts":
        return texts_section(pictures.dataset)
    distorted = any(arm.recipe_for(backbone).augmentation for arm in picked)
    return pictures_section(
        pictures, image_transform(backbone, "Folders and tables of one's own are"), distorted=distorted
    )


def _labels_words(counts: Sequence[int]) -> str:
    if len(counts) == 1:
        return label_words(counts[0])
    return f"{', '.join(map(str, counts[:-1]))} and {counts[-1]} labels per class"


def _told(
    going: Generator[Progress, None, Curve], say: Callable[[str], None], began: float, pulse: Pulse
) -> Curve:
    problem = ""
    try:
        while True:
            try:
                one = next(going)
            except StopIteration as finished:
                curve: Curve = finished.value
                return curve
            pulse.beat()
            width = len(str(one.of))
            left = f" ({one.left})" if one.left else ""
            say(f"{one.done:>{width}}/{one.of}  {time.perf_counter() - began:5.1f} s  {one}{left}")
            if one.problem != problem:
                problem = one.problem
                say(problem)
    finally:
        going.close()


def _numbers(one: Comparison) -> dict[str, Any]:
    return {
        "labels_per_class": one.labels_per_class,
        "arms": {
            result.name: {
                "label": result.label,
                "mean": result.mean,
                "low": result.low,
                "high": result.high,
                "trainable_parameters": result.trainable_parameters,
                "steps": result.steps,
                "multiply_adds": result.multiply_adds,
                "seconds": result.seconds,
                "recipe": result.recipe_words,
            }
            for result in one.results
        },
        "verdict": one.verdict.record(),
        "best": None if one.best is None else one.best.record(),
        "test_openings": one.origin["openings"],
    }
