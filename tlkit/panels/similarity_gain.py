"""Measure it: the comparison that says whether transfer pays, and which stages moved while fine-tuning."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tlkit import compare, train
from tlkit.compare import ARMS, Comparison
from tlkit.compare.arms import arms_for
from tlkit.compare.headline import headline_pair
from tlkit.compare.outlook import expected
from tlkit.compare.possible import possible
from tlkit.compare.setup import prepare
from tlkit.compare.verdict import Verdict
from tlkit.panels.worker import Job
from tlkit.similarity import Moved, moved
from tlkit.similarity.ceiling import too_large

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.data import Dataset, Task

_ARMS = ("scratch", "frozen", "fine-tuned")
# For networks that nobody trains while somebody waits: all but the head stays as it is.
_HEADS = ("random-frozen", "frozen")
# Of texts, the baseline that has learned nothing before and has to be beaten.
_TERMS = "tf-idf"
_PIXELS = "pixels"
# How much of the work the comparison is; the rest is one more fine-tuning, for the stages.
_COMPARED = 0.85
_TOO_LARGE = (
    "Training {numbers:,} numbers takes too long here: only heads learn, and the start from random numbers is "
    "frozen too. Which stages fine-tuning would move was not measured."
)
_STAYS = "Nothing of this network can learn here: its features are compared with what needs no network."


@dataclass(frozen=True, repr=False)
class Gain:
    """What transfer gained over a start from random numbers.

    Parameters
    ----------
    comparison
        Every arm on the same draws and the same sealed test set.
    moved
        How far each stage went in the fine-tuned run of the first draw; None where none was trained.
    provenance
        What was measured now and what before.
    guess, reason
        What was committed before; None and "" without a guess.
    note
        What was left out, and why.
    """

    comparison: Comparison
    moved: Moved | None
    provenance: str
    guess: float | None = None
    reason: str = ""
    note: str = ""

    @property
    def pair(self) -> tuple[str, str]:
        """The start from random numbers and the transfer that the verdict is about: chosen by name, not by luck."""
        return headline_pair({one.name: one.pretrained for one in self.comparison.results})

    @property
    def verdict(self) -> Verdict:
        """Whether transfer beat the start from random numbers."""
        return self.comparison.verdict

    @property
    def points(self) -> float:
        """By how many points."""
        return 100 * self.verdict.interval.difference

    def record(self) -> dict[str, Any]:
        """Return all of it as plain JSON values."""
        return {
            "comparison": self.comparison.record(),
            "moved": None if self.moved is None else self.moved.record(),
            **{name: getattr(self, name) for name in ("provenance", "guess", "reason", "note")},
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Gain:
        """Return what a record holds.

        Raises
        ------
        RecordError
            It is damaged.
        """
        guess = record["guess"]
        return cls(
            Comparison.from_record(record["comparison"]),
            None if record["moved"] is None else Moved.from_record(record["moved"]),
            str(record["provenance"]),
            None if guess is None else float(guess),
            str(record["reason"]),
            str(record["note"]),
        )

    def __str__(self) -> str:
        lines = [str(self.comparison), *([str(self.moved)] if self.moved else []), self.note]
        return "\n\n".join(one for one in lines if one)

    def __repr__(self) -> str:
        return str(self)


def arms(network: Backbone) -> tuple[str, ...]:
    """Return the arms that are compared: the same architecture from random numbers, and from the network.

    Of texts TF-IDF is one more: a baseline that has learned nothing before. Where a network cannot start from random
    numbers, pixels are the baseline of pictures.

    Examples
    --------
    >>> from tlkit import backbones
    >>> arms(backbones.load("zoo:resnet-letters"))
    ('scratch', 'frozen', 'fine-tuned')
    """
    names = _HEADS if too_large(network) else _ARMS
    kind = network.transform.takes
    known = arms_for(kind)
    found = tuple(arm.name for arm in possible((known[name] for name in names), network))
    if kind == "texts":
        at = 1 if found[0] == names[0] else 0
        return (*found[:at], _TERMS, *found[at:])
    return found if any(not known[name].pretrained for name in found) else (_PIXELS, *found)


def pair(network: Backbone) -> tuple[str, str]:
    """Return the start from random numbers and the transfer that a guess is about."""
    known = arms_for(network.transform.takes)
    return headline_pair({name: known[name].pretrained for name in arms(network)})


def expected_seconds(target: Dataset, network: Backbone, labels: int, draws: int, seed: int) -> float:
    """Return about how long measuring takes on this computer; what was measured before takes no time."""
    names = arms(network)
    setup = prepare(target.few_shot(labels, seed), network, names, draws, ())
    once_more = [order for order in setup.orders if order.arm.name == "fine-tuned"][:1]
    seconds = expected(setup)
    return seconds + (expected(replace(setup, orders=once_more, store=None, n_jobs=1)) if once_more else 0.0)


def measure(target: Dataset, network: Backbone, labels: int, draws: int, seed: int, job: Job) -> Gain:
    """Compare a start from random numbers with transfer, then see which stages fine-tuning moved.

    Parameters
    ----------
    target, network
        The data of the task and where transfer starts.
    labels, draws, seed
        Labels of each class, draws of them, and the seed of the first draw.
    job
        Told how far it is, asked whether to stop.

    Raises
    ------
    StoppedError
        The job was asked to stop; finished cells are in the store.
    """
    task, names = target.few_shot(labels, seed), arms(network)
    moves = "fine-tuned" in names
    job.say("Starting", 0.0)
    going = compare.running(task, network, names, draws, should_stop=job.should_stop)
    with closing(going):
        while True:
            try:
                cell = next(going)
            except StopIteration as finished:
                found: Comparison = finished.value
                break
            left = f" · {cell.left}" if cell.left else ""
            share = (_COMPARED if moves else 1.0) * cell.done / cell.of
            job.say(f"{cell.done} of {cell.of}: {cell.words}{left}", share, at_once=True)
    if not moves:
        words = _TOO_LARGE.format(numbers=network.summary().parameters) if too_large(network) else _STAYS
        return Gain(found, None, found.provenance, note=words)
    return Gain(found, _moved(target, task, network, seed, job), found.provenance)


def _moved(target: Dataset, task: Task, network: Backbone, seed: int, job: Job) -> Moved:
    """Train the fine-tuned cell of the first draw once more: a comparison keeps answers, not networks."""
    arm = ARMS["fine-tuned"]
    words = "Fine-tuning the first draw once more, to see which stages move"
    job.say(words, _COMPARED, at_once=True)
    running = train.epochs(
        network,
        task,
        arm.plan_for(network),
        task.seed,
        recipe=arm.recipe_for(network),
        should_stop=job.should_stop,
        test=False,
    )
    with closing(running):
        while True:
            try:
                epoch = next(running)
            except StopIteration as finished:
                run: train.Run = finished.value
                break
            job.say(words, _COMPARED + 0.9 * (1 - _COMPARED) * epoch.index / epoch.of)
    return moved(network, run, target, seed, should_stop=job.should_stop)
