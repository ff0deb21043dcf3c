"""How long a run will probably take: every stage is timed once on this machine, the rest is arithmetic."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import torch

from tlkit.train.threads import threads

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.data import Task
    from tlkit.freeze import Plan
    from tlkit.train import Recipe

_ROWS = 32
# Per step beside the network itself: optimizer, augmentation, bookkeeping. Seen on one laptop core; after the
# first run the measured time corrects it.
_STEP_SECONDS = 0.004
_HEAD_PASSES = 300


class Expected:
    """Estimates the seconds from pressing Train to the result.

    Parameters
    ----------
    backbone, task
        What is trained on what.
    """

    def __init__(self, backbone: Backbone, task: Task) -> None:
        self._backbone, self._task = backbone, task
        self._row_seconds: dict[str, float] | None = None
        self._correction = 1.0
        self._last: tuple[dict[str, str], Recipe] | None = None

    def seconds(self, plan: Plan, recipe: Recipe) -> float:
        """Estimate a run with a plan and a recipe."""
        return self._estimate(plan, recipe) * self._correction

    def source(self, plan: Plan, recipe: Recipe) -> str:
        """Say where the estimate for a plan and a recipe comes from."""
        if self._last is None:
            return "estimated on this machine"
        return (
            "as long as the last run"
            if self._last == (dict(plan.modes), recipe)
            else "estimated from the last run"
        )

    def learn(self, plan: Plan, recipe: Recipe, measured_seconds: float) -> None:
        """Correct later estimates by what a run really took."""
        self._correction = measured_seconds / max(1e-3, self._estimate(plan, recipe))
        self._last = (dict(plan.modes), recipe)

    def _estimate(self, plan: Plan, recipe: Recipe) -> float:
        costs = self._timed()
        names = list(costs)
        items = len(self._task.train)
        views = 1 + recipe.views_for(items)
        features, classes = self._backbone.feature_count, len(self._task.classes)
        steps = recipe.steps_for(items)
        whole = sum(costs.values())
        remembered = is_remembered(plan, recipe, items)
        start = plan.boundary if remembered else names[0]
        first = names.index(start) if start in names else len(names)
        prefix, rest = sum(costs[name] for name in names[:first]), sum(costs[name] for name in names[first:])
        trained = [name for name in names if plan.modes[name] != "strict"]
        backward = 2 * sum(costs[name] for name in names[names.index(trained[0]) :]) if trained else 0.0
        rows = views * items if remembered else items
        batch = min(recipe.batch_size, rows)
        fast = 2e9  # multiply-adds a second of one core in small matrix products
        total = rows * (prefix + rest)
        if recipe.head_solver == "convex":
            total += _HEAD_PASSES * rows * features * classes / fast
        if trained:
            total += steps * (batch * (rest + backward) + _STEP_SECONDS)
        sample = self._backbone.source_sample
        return total + whole * (len(self._task.test) + (2 * len(sample.images) if sample is not None else 0))

    def _timed(self) -> dict[str, float]:
        """Return the seconds per row and stage, the fastest of three passes."""
        if self._row_seconds is None:
            items = self._task.train.items[:_ROWS]
            module = self._backbone.clone().module.eval()
            best: dict[str, float] = {}
            with threads(1), torch.inference_mode():
                for _ in range(3):
                    values = self._backbone.transform(items)
                    for name, following in zip(
                        self._backbone.stages, (*self._backbone.stages[1:], None), strict=True
                    ):
                        since = time.perf_counter()
                        values = module(values, start=name, stop=following)
                        seconds = (time.perf_counter() - since) / len(items)
                        best[name] = min(seconds, best.get(name, seconds))
            self._row_seconds = best
        return self._row_seconds


def is_remembered(plan: Plan, recipe: Recipe, items: int) -> bool:
    """Say whether a run starts from activations that were computed once.

    With random pictures at every step there is nothing to remember; a fixed number of augmented views can be.
    """
    learns_by_steps = any(mode != "strict" for name, mode in plan.modes.items() if name != "head")
    fresh = learns_by_steps and recipe.augmentation > 0 and recipe.views_for(items) == 0
    return bool(plan.cacheable) and recipe.cache != "never" and not fresh
