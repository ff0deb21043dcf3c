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
    found
        What was found in a learner's own data, in words.
    """

    curve: Curve
    report: Path | None
    seconds: float
    found: tuple[str, ...] = ()

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
            "found_in_the_data": list(self.found),
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
            f"Report, with every word explained: {self.report or 'none, it could not be written'}",
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
    """Compare learning from scratch with transfer on a data set, and write a report.

    Parameters
    ----------
    source
        What the network learned before, or the whole name of an embedded network: ``"zoo:…"``.
    target
        The data set to learn now: an embedded one, or a folder of pictures.
    network
        ``"resnet"``, ``"vgg"`` or ``"inception"``; plays no part if ``source`` names the network.
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
    DataError
        The folder cannot be used as it is.
    StoreError
        The report is to be where no file can be. If it fails later, the numbers are returned without it.
    """
    began = time.perf_counter()
    # A wrong name is told at once, before the seconds that loading torch takes.
    path = _checked(report)
    picked = chosen(arms)
    from tlkit import data

    own = data.is_path(target)
    dataset = None if own else data.load(target)
    from tlkit import backbones

    name = _network(source, network, backbones.names())
    backbone = backbones.load(name)
    if dataset is None:
        # Decoded at the size and in the channels that the network takes, nothing is resized twice.
        form = backbone.transform
        dataset = data.load(target, size=form.height, channels=form.channels, progress=_Reading(say))
    found = tuple(str(one) for one in dataset.findings) if own else ()
    for one in found:
        say(f"Found in the data. {one}")
    say(f"Loading {name}; it is to learn {dataset.name} …")
    going = curve_running(dataset, backbone, picked, seeds, labels_per_class=labels_per_class)
    say(f"{len(picked)} arms on {draws(seeds)} of labels each …")
    curve = _told(going, say, began)
    seconds = time.perf_counter() - began
    try:
        typed = command(source, target, network, labels_per_class, seeds, arms)
        write_report(path, curve, seconds, typed, found)
    except StoreError as error:
        # The numbers are there all the same: they are worth more than the report.
        say(str(error))
        return Attempt(curve, None, seconds, found)
    return Attempt(curve, path, seconds, found)


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
    words = ["tlkit", "try", "--source", source, "--target", target]
    words += ["--network", network] if not source.startswith("zoo:") else []
    words += ["--curve" if len(labels_per_class) > 1 else "--labels", counts, "--seeds", str(seeds)]
    return shlex.join([*words, *(["--arms", ",".join(arms)] if arms is not None else [])])


def _network(source: str, network: str, names: Sequence[str]) -> str:
    """Return the name of the embedded network that is meant."""
    if source.startswith("zoo:"):
        # What follows an @ is the side of its pictures, which load checks.
        if source.partition("@")[0] not in names:
            raise unknown_name("embedded network", source, names)
        return source
    embedded = [tuple(name.removeprefix("zoo:").split("-", 1)) for name in names]
    networks = dict.fromkeys(kind for kind, _ in embedded)
    if network not in networks:
        raise unknown_name("network", network, networks)
    sources = [learned for kind, learned in embedded if kind == network]
    if source not in sources:
        raise unknown_name(f"source for a {network}", source, sources)
    return f"zoo:{network}-{source}"


class _Reading:
    """Says every few seconds how far the reading of a folder is."""

    _SECONDS = 3.0

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._last = time.perf_counter()

    def __call__(self, what: str, done: int, of: int | None) -> None:
        if time.perf_counter() - self._last >= self._SECONDS:
            self._last = time.perf_counter()
            self._say(f"{what} pictures: {done:,}" + ("" if of is None else f" of {of:,}"))


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
