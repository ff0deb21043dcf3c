"""Measure: train one arm on one draw and evaluate it once on the sealed test set."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tlkit.compare import tuning
from tlkit.compare.arms import Arm
from tlkit.compare.cell import Cell
from tlkit.compare.store import key_of
from tlkit.compare.surroundings import surroundings

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.data import Dataset, Task
    from tlkit.data.sealed import Opening

#: Every cell trains with one thread, wherever it runs: the number of threads changes the last digits of sums.
THREADS = 1
# Multiply-adds of small networks that one core manages in a second, roughly; only to guess durations.
PER_SECOND = 2.5e10
# What the optimizer does at each step to each number of a table of words, whether its word is in the batch or not.
_STEP_OF_A_NUMBER = 30
BY_HAND = "given by hand"


@dataclass(frozen=True, eq=False)
class Order:
    """A cell that is to be measured.

    Parameters
    ----------
    arm
        The way to solve the task.
    task
        The draw; its seed is also that of the training.
    backbone
        Where transfer starts from.
    tune
        Whether the recipe is chosen inside the labels.
    device
        As in `train.fit`.
    """

    arm: Arm
    task: Task
    backbone: Backbone
    tune: bool = False
    device: str = "cpu"

    @cached_property
    def key(self) -> str:
        """Content hash of everything that the cell's numbers depend on."""
        return key_of(
            {
                "start": self.arm.terms or ("backbone" if self.arm.pretrained else "reinitialised"),
                "plan": dict(self.arm.plan_for(self.backbone).modes),
                "recipe": self.arm.recipe_for(self.backbone).record(),
                "tune": self.tune,
                # What the cell starts from: from random numbers, the same whichever source the others have.
                "backbone": self.arm.start(self.backbone, self.task.seed, self.task).fingerprint,
                "transform": repr(self.backbone.transform),
                "task": self.task.fingerprint,
                "seed": self.task.seed,
                "threads": THREADS,
                "device": self.device,
                **surroundings(),
            }
        )

    @cached_property
    def recipe_words(self) -> str:
        """How the recipe came about, in words, if it is not chosen inside the labels."""
        from tlkit.train.recipe import Recipe

        if self.arm.recipe is not None:
            return self.arm.recipe_words or BY_HAND
        if Recipe.head_by_steps().name in self.arm.recipe_for(self.backbone).name:
            return f"fixed: {BY_HAND}, the same for every task"
        which = "this and other" if self.was_chosen_on else "other"
        return f"fixed: chosen on {which} tasks, the same for every task"

    @cached_property
    def was_chosen_on(self) -> bool:
        """Whether a fixed recipe of this arm was chosen on this very data set, among others."""
        from tlkit.train.recipe import CHOSEN_ON, CHOSEN_ON_STORED

        stored = "stored_stats" in self.arm.plan_for(self.backbone).modes.values()
        return self.task.dataset.name in (CHOSEN_ON_STORED if stored else CHOSEN_ON)

    @cached_property
    def expected_seconds(self) -> float:
        """A rough guess of how long it takes, to decide what is worth a process of its own."""
        recipe, plan = self.arm.recipe_for(self.backbone), self.arm.plan_for(self.backbone)
        if self.arm.terms is not None:
            return 0.0
        summary = self.backbone.summary()
        costs = {stage.name: int(stage.multiply_adds) for stage in summary.stages}
        items = len(self.task.train)
        labels = items / max(1, len(self.task.classes))
        passes = len(self.task.test) + items * (1 + recipe.views_for(items))
        work = passes * sum(costs.values())
        if plan.boundary != "head":
            names = list(costs)
            opened = sum(costs[name] for name in names[names.index(plan.boundary) :])
            batch = min(items, recipe.batch_size)
            work += recipe.steps_for(items) * batch * (sum(costs.values()) + 2 * opened)
            if plan.boundary == names[0]:
                work += recipe.steps_for(items) * _STEP_OF_A_NUMBER * looked_up(self.backbone)
        repeats = 1 + 2 * tuning.TRIES if self.tune and labels >= 2 else 1
        return repeats * work / PER_SECOND


def looked_up(backbone: Backbone) -> int:
    """Return how many numbers a network looks up by word, which a count of multiply-adds does not see."""
    from torch import nn

    tables = (part for part in backbone.module.modules() if isinstance(part, nn.Embedding))
    return sum(table.weight.numel() for table in tables)


def light(orders: Sequence[Order], *, pack: bool = False) -> list[Order]:
    """Return the same orders for sending elsewhere: without data that measuring them does not look at.

    Parameters
    ----------
    orders
        Their cells come out the same; their keys, of which nobody asks there, are not sent.
    pack
        Whether they go to other machines, which know no mapped file of this one.
    """
    from tlkit.data import Split, Task
    from tlkit.data.packed import sealed_only

    datasets: dict[int, Dataset] = {}
    drawn: dict[int, Split] = {}
    tasks: dict[int, Task] = {}
    for task in (order.task for order in orders):
        # Each once, so that a pickle of all of them has each once, too.
        if id(task.dataset) not in datasets:
            datasets[id(task.dataset)] = sealed_only(task.dataset, pack=pack)
        if id(task.train) not in drawn:
            drawn[id(task.train)] = task.train.packed() if pack else task.train
        if id(task) not in tasks:
            parts = datasets[id(task.dataset)], drawn[id(task.train)]
            tasks[id(task)] = Task(*parts, task.labels_per_class, task.seed)
    return [replace(order, task=tasks[id(order.task)]) for order in orders]


@dataclass(frozen=True)
class Measured:
    """A finished cell, the openings of the test set that it took, and whether it may stand for others like it.

    It may not where memory made batches smaller: elsewhere the same cell has other numbers.
    """

    cell: Cell
    openings: tuple[Opening, ...]
    storable: bool = True


def measure(order: Order, should_stop: Callable[[], bool] | None = None) -> Measured:
    """Measure one cell.

    Parameters
    ----------
    order
        Which one.
    should_stop
        Asked before each step and batch.

    Raises
    ------
    StoppedError
        ``should_stop`` returned True.
    TrainingError
        The training went wrong.
    """
    from tlkit import train
    from tlkit.backbones.transform import ConversionWarning

    arm, task, seed = order.arm, order.task, order.task.seed
    known = {opening.mark for opening in task.test.log}
    backbone = arm.start(order.backbone, seed, task)
    plan, recipe, words = arm.plan_for(backbone), arm.recipe_for(backbone), order.recipe_words
    with warnings.catch_warnings():
        # The comparison's notes say it once, instead of every process.
        warnings.simplefilter("ignore", ConversionWarning)
        if order.tune:
            recipe, words = tuning.choose(
                backbone,
                task,
                plan,
                seed,
                recipe,
                device=order.device,
                threads=THREADS,
                should_stop=should_stop,
            )
        run = train.fit(
            backbone,
            task,
            plan,
            seed,
            recipe=recipe,
            device=order.device,
            threads=THREADS,
            progress=False,
            should_stop=should_stop,
        )
    cell = Cell(
        arm=arm.name,
        seed=seed,
        labels_per_class=task.labels_per_class,
        correct=run.correct,
        recipe=run.recipe.record(),
        chosen=words,
        steps=run.steps,
        trainable_parameters=run.trainable_parameters,
        multiply_adds=run.multiply_adds,
        seconds=run.seconds,
        cached=run.cached,
        head_strength=run.head_strength,
        seal=run.seal.sentence,
        kept=run.seal.kept,
        task=task.fingerprint,
        threads=run.threads,
        device=run.device,
    )
    return Measured(cell, _new(task.test.log, known), storable=run.at_once is None)


def _new(log: Iterable[Opening], known: set[str]) -> tuple[Opening, ...]:
    return tuple(opening for opening in log if opening.mark not in known)


def described(order: Order) -> dict[str, Any]:
    """Return the arm of an order as plain JSON values, enough to build it again."""
    return {
        "name": order.arm.name,
        "label": order.arm.label,
        "pretrained": order.arm.pretrained,
        "plan": order.arm.plan_for(order.backbone).to_dict(),
        "recipe": order.arm.recipe_for(order.backbone).record(),
        **({} if order.arm.terms is None else {"terms": order.arm.terms}),
    }
