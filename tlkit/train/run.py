"""Run: everything one training run gave, with its proof and its record."""

from __future__ import annotations

import html
import platform
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

import tlkit
from tlkit import freeze
from tlkit.errors import SealedError
from tlkit.train.answered import Answered, answered_by, mistakes_of
from tlkit.train.confusion import Confusion

if TYPE_CHECKING:
    from tlkit.backbones import Backbone, Network
    from tlkit.data import Split, Task
    from tlkit.freeze import OldHead, Plan, SealReport
    from tlkit.train.recipe import Recipe
    from tlkit.train.report import Epoch

SCHEMA = 1
_WHAT = {"images": "pictures", "texts": "texts"}


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """A finished training run.

    Parameters
    ----------
    backbone
        Where it started from; not changed by the run.
    task
        What it learned.
    plan
        The freeze plan that was in force.
    recipe
        Every choice that was made.
    seed, threads, device
        Repeat these and the numbers repeat, on the CPU bit for bit.
    model
        The trained network, in evaluation mode.
    history
        Every epoch.
    seal
        What moved and what did not, stage by stage.
    predictions
        (n,) predicted classes on the sealed test set; None if it stayed closed.
    test_labels
        (n,) true classes; None if it stayed closed.
    openings
        How often this task's test set had been opened when the run was evaluated.
    steps
        Optimizer steps; the convex head takes none.
    trainable_parameters
        Numbers that training could change.
    multiply_adds
        Estimate of the work of training: the forward multiply-adds of each stage, once for items that only
        pass through it and three times for items that train it or pass a gradient back through it. The
        convex solver and the evaluation are not counted.
    seconds
        Wall-clock time of the training, without the evaluation.
    cached
        Whether the steps began at cached activations, and why, in words.
    head_strength
        How the convex head's strength came about, in words.
    scores
        (n, classes) float32, what came out of the head for the sealed test set; None if it stayed closed.
    test_items
        The test set as it was opened for the evaluation; None if it stayed closed.
    at_once
        How many items went through at a time at least, where the device's memory did not suffice for a whole batch:
        the numbers are then not those of other runs. None if it always did.

    Examples
    --------
    >>> from tlkit import backbones, data, train
    >>> run = train.fit(backbones.load("zoo:resnet-letters"), data.load("greek").few_shot(1, seed=0))
    >>> run.steps, run.trainable_parameters, run.seal.kept
    (0, 2015, True)
    """

    backbone: Backbone
    task: Task
    plan: Plan
    recipe: Recipe
    seed: int
    threads: int
    device: str
    model: Network
    history: tuple[Epoch, ...]
    seal: SealReport
    predictions: NDArray[np.int64] | None
    test_labels: NDArray[np.int64] | None = field(repr=False)
    openings: int
    steps: int
    trainable_parameters: int
    multiply_adds: int
    seconds: float
    cached: str
    head_strength: str
    scores: NDArray[np.float32] | None = field(default=None, repr=False)
    test_items: Split | None = field(default=None, repr=False)
    at_once: int | None = None

    @property
    def correct(self) -> NDArray[np.bool_]:
        """(n,) whether each test item was right.

        Raises
        ------
        SealedError
            The run was made with ``test=False``.
        """
        if self.predictions is None or self.test_labels is None:
            raise SealedError(
                "This run was not evaluated: it was made with test=False.", "Fit with test=True."
            )
        return np.asarray(self.predictions == self.test_labels)

    @property
    def accuracy(self) -> float:
        """Share of the sealed test set that is right, 0 to 1."""
        return float(self.correct.mean())

    @property
    def per_class(self) -> dict[str, float]:
        """Share of each class's test items that is right; classes without test items are left out."""
        correct = self.correct
        of_class = [np.flatnonzero(self.test_labels == label) for label in range(len(self.task.classes))]
        return {
            name: float(correct[items].mean())
            for name, items in zip(self.task.classes, of_class, strict=True)
            if len(items)
        }

    @property
    def answers(self) -> Answered:
        """All test items with what was said of them and how sure the run was; nothing is opened again.

        Raises
        ------
        SealedError
            The run was made with ``test=False``.
        """
        names = self.task.dataset.item_names.get("test", ())
        return answered_by(self.test_items, self.predictions, self.scores, names)

    def confusion(self) -> Confusion:
        """Return which classes were taken for which on the test set.

        Raises
        ------
        SealedError
            The run was made with ``test=False``.

        Examples
        --------
        >>> from tlkit import backbones, data, train
        >>> run = train.fit(backbones.load("zoo:resnet-letters"), data.load("greek").few_shot(1, seed=0))
        >>> found = run.confusion()
        >>> true, given, count = found.confusions[0]
        >>> len(found.items(true, given)) == count
        True
        """
        answers = self.answers
        return Confusion(self.task.classes, answers.truth, answers.given, answers)

    def mistakes(self, count: int = 12) -> Answered:
        """Return the wrong answers on the test set of which the run was surest, with their pictures.

        Parameters
        ----------
        count
            At most so many.

        Raises
        ------
        SealedError
            The run was made with ``test=False``.
        """
        return mistakes_of(self.answers, count)

    @cached_property
    def old_head(self) -> OldHead | None:
        """The source task with the source head put back, before and after; None without a source head.

        Measured when it is first asked for.
        """
        return freeze.old_head_test(self.backbone, self.model)

    def record(self) -> dict[str, Any]:
        """Return all of it as plain JSON values, without weights and pictures."""
        evaluated = self.predictions is not None
        old_head = self.__dict__.get("old_head")
        return {
            "kind": "run",
            "schema": SCHEMA,
            "versions": {
                "tlkit": tlkit.__version__,
                "torch": str(torch.__version__),
                "numpy": np.__version__,
                "python": platform.python_version(),
            },
            "task": {
                "name": self.task.name,
                "dataset": self.task.dataset.name,
                "labels_per_class": self.task.labels_per_class,
                "seed": self.task.seed,
                "fingerprint": self.task.fingerprint,
                "classes": list(self.task.classes),
                "test_openings": self.openings,
            },
            "backbone": {"name": self.backbone.name, "fingerprint": self.backbone.fingerprint},
            "plan": self.plan.to_dict(),
            "recipe": self.recipe.record(),
            "seed": self.seed,
            "threads": self.threads,
            "device": self.device,
            "cached": self.cached,
            "input_notes": list(self.input_notes),
            "head_strength": self.head_strength,
            "accuracy": self.accuracy if evaluated else None,
            "per_class": self.per_class if evaluated else None,
            "predictions": self.predictions.tolist() if self.predictions is not None else None,
            "test_labels": self.test_labels.tolist() if self.test_labels is not None else None,
            "steps": self.steps,
            "trainable_parameters": self.trainable_parameters,
            "multiply_adds": self.multiply_adds,
            "seconds": self.seconds,
            "history": [epoch.record() for epoch in self.history],
            "seal": self.seal.record(),
            "old_head": None if old_head is None else old_head.record(),
        }

    @property
    def input_notes(self) -> tuple[str, ...]:
        """What was converted or left out so that the network could take the items, in words; empty if nothing was."""
        return tuple(self.backbone.transform.notes_of(self.task.train))

    def _rows(self) -> list[tuple[str, str]]:
        if self.predictions is None:
            accuracy = "not measured (test=False)"
        else:
            accuracy = (
                f"{self.accuracy * 100:.1f} % ({int(self.correct.sum())} of {len(self.correct)} test items)"
            )
        return [
            ("task", self.task.name),
            ("backbone", self.backbone.name),
            *(
                [(_WHAT[self.backbone.transform.takes], " ".join(self.input_notes))]
                if self.input_notes
                else []
            ),
            ("accuracy", accuracy),
            ("recipe", f"{self.recipe.name}, seed {self.seed}"),
            ("trainable parameters", f"{self.trainable_parameters:,}"),
            ("steps", f"{self.steps:,}"),
            ("work of training", f"{self.multiply_adds / 1e9:,.2f} billion multiply-adds"),
            ("start of each step", self.cached),
            ("seal", self.seal.sentence),
        ]

    def __repr__(self) -> str:
        rows = self._rows()
        width = max(len(name) for name, _ in rows)
        return "\n".join(["Run", *(f"  {name:<{width}}  {value}" for name, value in rows)])

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left">{html.escape(name)}</th>'
            f'<td style="text-align:left">{html.escape(value)}</td></tr>'
            for name, value in self._rows()
        )
        return f"<table><caption>Run</caption><tbody>{rows}</tbody></table>"
