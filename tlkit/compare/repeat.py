"""Rerun: measure a recorded comparison again and say whether it gives the same answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from tlkit import records
from tlkit.compare.arms import Arm
from tlkit.compare.comparing import running
from tlkit.compare.comparison import Comparison
from tlkit.compare.progress import drained
from tlkit.errors import ComparisonError, UnknownNameError

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.data import Dataset, Task


@dataclass(frozen=True, eq=False, repr=False)
class Reproduction:
    """Whether a comparison that was measured again gave the same answers.

    Parameters
    ----------
    before, now
        The two comparisons.
    differing
        (arm, seed, how many test items were answered otherwise) of the cells that differ.
    reasons
        What is not as it was, in words: versions, processor.

    Examples
    --------
    >>> from tlkit import backbones, compare, data
    >>> net = backbones.load("zoo:resnet-letters")
    >>> card = compare.run(data.load("greek"), net, ["random-frozen", "frozen"], seeds=2, progress=False)
    >>> Reproduction(card, card, (), ()).same
    True
    """

    before: Comparison
    now: Comparison
    differing: tuple[tuple[str, int, int], ...]
    reasons: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every test item of every cell is right or wrong as before."""
        return not self.differing

    def __str__(self) -> str:
        total = len(self.before.results) * len(self.before.seeds)
        if self.same:
            said = f"It reproduces: all {total} cells give the same answers, item by item."
        else:
            largest = max(count for *_, count in self.differing)
            verdict = "the same" if self.now.verdict.word == self.before.verdict.word else "another one"
            said = (
                f"It does not reproduce exactly: {len(self.differing)} of {total} cells differ, in at most"
                f" {largest} of {self.before.items} test items. The verdict is {verdict}."
            )
        why = " ".join(self.reasons)
        return f"{said} {why}".strip()

    def __repr__(self) -> str:
        return str(self)


def rerun(
    record: Mapping[str, Any],
    *,
    task: Task | Dataset | None = None,
    backbone: Backbone | None = None,
    n_jobs: int | None = None,
    progress: bool = True,
) -> Reproduction:
    """Measure a recorded comparison again, without the store, and compare every answer.

    Parameters
    ----------
    record
        From ``comparison.record()``.
    task
        The data set; None loads the one with the recorded name.
    backbone
        None loads the one with the recorded name.
    n_jobs, progress
        As in `compare.run`.

    Raises
    ------
    RecordError
        The record is of another kind, from a newer version, or damaged.
    ComparisonError
        Data set or backbone are not those of the record, or cannot be loaded by name.

    Examples
    --------
    >>> from tlkit import backbones, compare, data
    >>> net = backbones.load("zoo:resnet-letters")
    >>> card = compare.run(data.load("greek"), net, ["random-frozen", "frozen"], seeds=2, progress=False)
    >>> print(rerun(card.record(), progress=False))
    It reproduces: all 4 cells give the same answers, item by item.
    """
    from tlkit import backbones, data, freeze
    from tlkit.train import Recipe

    before = Comparison.from_record(record)
    dataset = _loaded("data set", before.dataset, task, data.load, "task")
    dataset = dataset.dataset if isinstance(dataset, data.Task) else dataset
    side = before.origin.get("side")
    load = _network if side is None else partial(backbones.load, side=side)
    network = _loaded("backbone", before.backbone, backbone, load, "backbone")
    with records.damage_is_told():
        origin = before.origin
        for kind, found, wanted in (
            ("data set", dataset, origin["dataset"]),
            ("backbone", network, origin["backbone"]),
        ):
            if found.fingerprint != wanted:
                raise ComparisonError(
                    f"The {kind} {found.name!r} is not the one of the record: its content has changed.",
                    "Give the one that was used then, or compare anew.",
                )
        arms = [
            Arm(
                arm["name"],
                arm["label"],
                arm["pretrained"],
                "head" if arm.get("terms") else "everything",
                plan=None if arm.get("terms") else freeze.plan(network, arm["plan"]["modes"]),
                recipe=Recipe.from_record(arm["recipe"]),
                recipe_words=before[arm["name"]].recipe_words,
                terms=arm.get("terms"),
            )
            for arm in origin["arms"]
        ]
        tune, device = bool(origin["tune"]), str(origin["device"])
    # A data set alone would mean one label per class.
    whole = before.labels_per_class is None
    going = running(
        dataset.task(before.seeds[0]) if whole else dataset,
        network,
        arms,
        before.seeds,
        labels_per_class=before.labels_per_class,
        tune=tune,
        level=before.level,
        store=False,
        n_jobs=n_jobs,
        device=device,
    )
    now: Comparison = drained(going, progress)
    differing = tuple(
        (one.name, seed, int(count))
        for one in before.results
        for seed, count in zip(before.seeds, (one.correct != now[one.name].correct).sum(axis=1), strict=True)
        if count
    )
    return Reproduction(before, now, differing, _reasons(before, now))


def _network(name: str) -> Backbone:
    """Return a backbone by name; of word vectors, the mean of a text's words has one, too."""
    from tlkit import backbones, words
    from tlkit.words.loading import is_of_words

    of_words = name.removesuffix(", mean")
    if of_words != name and is_of_words(of_words):
        return words.text_backbone(words.load(of_words))
    return backbones.load(name)


def _loaded(kind: str, name: str, given: Any, load: Any, argument: str) -> Any:
    if given is not None:
        return given
    try:
        return load(name)
    except UnknownNameError as error:
        raise ComparisonError(
            f"The record's {kind} {name!r} is not one that tlkit can load.",
            f"Give it: rerun(record, {argument}=...).",
        ) from error


def _reasons(before: Comparison, now: Comparison) -> tuple[str, ...]:
    told = []
    then, today = dict(before.origin.get("versions", {})), dict(now.origin["versions"])
    for name in sorted(then.keys() | today.keys()):
        if then.get(name) != today.get(name):
            told.append(f"{name} was {then.get(name)} then, it is {today.get(name)} now.")
    if before.origin.get("tlkit") != now.origin["tlkit"]:
        told.append(f"tlkit was {before.origin.get('tlkit')} then, it is {now.origin['tlkit']} now.")
    if before.origin.get("machine") != now.origin["machine"]:
        told.append(
            f"The processor was {before.origin.get('machine')} then, it is {now.origin['machine']} now."
        )
    return tuple(told)
