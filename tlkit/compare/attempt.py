"""Attempt: the whole of tlkit in one command, `tlkit try`, with progress, a table, a verdict and a report."""

from __future__ import annotations

import json
import os
import shlex
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tlkit
from tlkit.compare.arms import chosen
from tlkit.compare.comparison import Comparison
from tlkit.compare.curves import Curve, curve_running
from tlkit.compare.progress import Progress
from tlkit.compare.reporting import write_report
from tlkit.compare.wording import draws
from tlkit.errors import StoreError, unknown_name

KIND = "tlkit.compare.attempt"
SCHEMA = 1


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
    """

    curve: Curve
    report: Path | None
    seconds: float

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
            "notes": list(first.notes),
            "provenance": self.curve.provenance,
            "report": None if self.report is None else str(self.report),
            "seconds": round(self.seconds, 1),
        }
        if len(self.curve.comparisons) > 1:
            body["curve"] = [_numbers(one) for one in self.curve.comparisons]
        return json.dumps(body, indent=1, ensure_ascii=False, allow_nan=False)

    def __str__(self) -> str:
        whole = self.curve if len(self.curve.comparisons) > 1 else self.first
        lines = [
            str(whole),
            "",
            f"Seal. {self.first.seals}",
            self.curve.provenance,
            f"Report: {self.report or 'none, it could not be written'}",
            f"{self.seconds:.0f} seconds",
        ]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return str(self)


def attempt(
    source: str,
    target: str,
    network: str,
    labels_per_class: Sequence[int],
    seeds: int,
    arms: Sequence[str] | None,
    report: Path,
    say: Callable[[str], None],
) -> Attempt:
    """Compare learning from scratch with transfer on an embedded data set, and write a report.

    Parameters
    ----------
    source
        What the network learned before.
    target
        The data set to learn now.
    network
        ``"resnet"``, ``"vgg"`` or ``"inception"``.
    labels_per_class
        One number, or several for a curve.
    seeds
        How many draws.
    arms
        None for scratch, random-frozen, frozen and fine-tuned.
    report
        Where the report goes: one HTML file.
    say
        Takes each line of progress.

    Raises
    ------
    UnknownNameError
        There is no such network, source, data set or arm.
    StoreError
        The report is to be where no file can be. If it fails later, the numbers are returned without it.
    """
    began = time.perf_counter()
    # A wrong name is told at once, before the seconds that loading torch takes.
    path = _checked(report)
    picked = chosen(arms)
    from tlkit import data

    dataset = data.load(target)
    from tlkit import backbones

    embedded = [tuple(name.removeprefix("zoo:").split("-", 1)) for name in backbones.names()]
    networks = dict.fromkeys(kind for kind, _ in embedded)
    if network not in networks:
        raise unknown_name("network", network, networks)
    sources = [learned for kind, learned in embedded if kind == network]
    if source not in sources:
        raise unknown_name(f"source for a {network}", source, sources)
    name = f"zoo:{network}-{source}"
    say(f"Loading a {network} that learned {source}; it is to learn {target} …")
    going = curve_running(dataset, backbones.load(name), picked, seeds, labels_per_class=labels_per_class)
    say(f"{len(picked)} arms on {draws(seeds)} of labels each …")
    curve = _told(going, say, began)
    seconds = time.perf_counter() - began
    try:
        typed = command(source, target, network, labels_per_class, seeds, arms)
        write_report(path, curve, seconds, typed)
    except StoreError as error:
        # The numbers are there all the same: they are worth more than the report.
        say(str(error))
        return Attempt(curve, None, seconds)
    return Attempt(curve, path, seconds)


def command(
    source: str,
    target: str,
    network: str,
    labels_per_class: Sequence[int],
    seeds: int,
    arms: Sequence[str] | None,
) -> str:
    """Return what to type to get the same comparison again; the arguments are those of `attempt`.

    Examples
    --------
    >>> command("letters", "greek", "resnet", (1,), 5, None)
    'tlkit try --source letters --target greek --network resnet --labels 1 --seeds 5'
    """
    counts = ",".join(map(str, labels_per_class))
    words = ["tlkit", "try", "--source", source, "--target", target, "--network", network]
    words += ["--curve" if len(labels_per_class) > 1 else "--labels", counts, "--seeds", str(seeds)]
    return shlex.join([*words, *(["--arms", ",".join(arms)] if arms is not None else [])])


def _checked(report: Path) -> Path:
    """Refuse a place where a report cannot be, before anything is trained."""
    path = report.expanduser().absolute()
    if path.is_dir():
        raise StoreError(f"The report cannot be written to {path}: that is a folder.", "Name a file in it.")
    folder = next(one for one in path.parents if one.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise StoreError(f"The report cannot be written to {path}.", "Name a file in a folder of yours.")
    return path


def _told(going: Generator[Progress, None, Curve], say: Callable[[str], None], began: float) -> Curve:
    problem = ""
    try:
        while True:
            try:
                one = next(going)
            except StopIteration as finished:
                curve: Curve = finished.value
                return curve
            width = len(str(one.of))
            say(f"{one.done:>{width}}/{one.of}  {time.perf_counter() - began:5.1f} s  {one}")
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
