"""Tuning: choose a recipe by cross-validation inside the labels of a task, with equally many tries for each arm."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import StoppedError, TrainingError

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.data import Task
    from tlkit.freeze import Plan
    from tlkit.train import Recipe

TRIES = 5
_STRENGTHS = (1.0, 0.01, 0.1, 10.0, 100.0)
# Learning rate and steps, each times the recipe's.
_FACTORS = ((1.0, 1), (1 / 3, 1), (3.0, 1), (1.0, 2), (1 / 3, 2))
_FOLDS = 3


def tries(recipe: Recipe) -> list[Recipe]:
    """Return the recipes that are tried, the given one first.

    Where only a head is solved for, five strengths of its regularisation; else learning rate and steps.

    Examples
    --------
    >>> from tlkit.train import Recipe
    >>> [one.head_strength for one in tries(Recipe.head().change(head_strength=1.0))]
    [1.0, 0.01, 0.1, 10.0, 100.0]
    >>> [one.steps for one in tries(Recipe.scratch().change(steps=400))]
    [400, 400, 400, 800, 800]
    """
    if not recipe.steps:
        base = recipe.head_strength or 1.0
        return [recipe.change(head_strength=base * factor) for factor in _STRENGTHS]
    return [
        recipe.change(
            learning_rate=recipe.learning_rate * rate,
            steps=recipe.steps * steps,
            most_steps=recipe.most_steps * steps,
        )
        for rate, steps in _FACTORS
    ]


def choose(
    backbone: Backbone,
    task: Task,
    plan: Plan,
    seed: int,
    recipe: Recipe,
    *,
    device: str = "cpu",
    threads: int = 1,
    should_stop: Callable[[], bool] | None = None,
) -> tuple[Recipe, str]:
    """Choose the try that is right most often on the labels it did not learn from.

    Ties go to the recipe as it was given. The test set stays closed.

    Parameters
    ----------
    backbone, task, plan, seed, device, threads, should_stop
        As in `train.fit`.
    recipe
        Where the tries begin.

    Returns
    -------
    tuple
        The recipe, and how it was chosen, in words.
    """
    labels = task.train.labels
    counts = np.bincount(labels)
    fewest = int(counts[counts > 0].min())
    if fewest < 2:
        return recipe, "fixed: to choose it inside the labels takes two labels per class, and there is one"
    folds = min(_FOLDS, fewest)
    fold_of = _folds(labels, folds)
    candidates = tries(recipe)
    right = np.zeros(len(candidates), dtype=np.int64)
    for fold in range(folds):
        for at, candidate in enumerate(candidates):
            right[at] += _right(
                backbone, task, plan, seed, candidate, fold_of == fold, device, threads, should_stop
            )
    best = int(right.argmax())
    words = (
        f"try {best + 1} of {TRIES}, {right[best]} of {len(labels)} right in {folds}-fold cross-validation inside"
        " the labels"
    )
    return candidates[best], words


def _folds(labels: NDArray[np.int64], folds: int) -> NDArray[np.int64]:
    found = np.empty(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        mine = np.flatnonzero(labels == label)
        found[mine] = np.arange(len(mine)) % folds
    return found


def _right(
    backbone: Backbone,
    task: Task,
    plan: Plan,
    seed: int,
    recipe: Recipe,
    held: NDArray[np.bool_],
    device: str,
    threads: int,
    should_stop: Callable[[], bool] | None,
) -> int:
    import torch

    from tlkit import train
    from tlkit.data import Task
    from tlkit.train.answers import predict
    from tlkit.train.batches import raw_items
    from tlkit.train.threads import threads as thread_count

    part = Task(task.dataset, task.train.select(~held), None, task.seed)
    try:
        run = train.fit(
            backbone,
            part,
            plan,
            seed,
            recipe=recipe,
            device=device,
            threads=threads,
            progress=False,
            should_stop=should_stop,
            test=False,
        )
    except TrainingError:  # too fast a rate: this try gets nothing right
        return 0

    def check() -> None:
        if should_stop is not None and should_stop():
            raise StoppedError("The comparison was stopped on request.", "Finished cells are kept.")

    kept = task.train.select(held)
    source = raw_items(kept, backbone.transform, 0.0, torch.Generator(), torch.device(run.device))
    with thread_count(threads):
        return int((predict(run.model, source, check) == kept.labels).sum())
