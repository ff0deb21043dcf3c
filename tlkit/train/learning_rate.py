"""find_learning_rate: how fast a network may learn, tried from slow to too fast over several seeds."""

from __future__ import annotations

import html
import math
import numbers
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tlkit import freeze
from tlkit.errors import TrainingError, expect_whole
from tlkit.train.arguments import check_parts
from tlkit.train.batches import raw_items, shuffled_batches
from tlkit.train.finetune import dropout_generator
from tlkit.train.job import Job
from tlkit.train.optimizer import make_optimizer
from tlkit.train.randomness import own_randomness
from tlkit.train.recipe import Recipe
from tlkit.train.threads import threads as thread_count

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tlkit.backbones import Backbone
    from tlkit.data import Task
    from tlkit.freeze import Plan

_SMOOTHING = 0.8
# Once the loss is this many times its best, faster is pointless.
_EXPLODED = 4.0


@dataclass(frozen=True, eq=False, repr=False)
class LearningRates:
    """Training loss against learning rate, over several seeds.

    Parameters
    ----------
    rates
        (steps,) learning rates that were tried, rising.
    losses
        (seeds, steps) smoothed training loss; infinite from where it exploded.
    suggestions
        (seeds,) the rate at which each seed's loss fell fastest.

    Examples
    --------
    >>> rates = np.array([1e-3, 1e-2, 1e-1])
    >>> found = LearningRates(rates, np.array([[3.0, 1.0, 2.0], [3.0, 1.2, 2.0]]), np.array([1e-3, 1e-2]))
    >>> print(f"{found.suggestion:.2g}")
    0.0032
    """

    rates: NDArray[np.float64]
    losses: NDArray[np.float64]
    suggestions: NDArray[np.float64]

    @property
    def suggestion(self) -> float:
        """The geometric mean of the seeds' suggestions."""
        return float(np.exp(np.log(self.suggestions).mean()))

    @property
    def band(self) -> tuple[float, float]:
        """The lowest and the highest suggestion: how much one try can mislead."""
        return float(self.suggestions.min()), float(self.suggestions.max())

    def table(self, rows: int = 9) -> list[tuple[float, float, float, float]]:
        """Return (rate, median, lowest, highest loss) at so many of the rates, at most."""
        rows = expect_whole("rows", rows, 1, TrainingError, len(self.rates))
        chosen = np.unique(np.linspace(0, len(self.rates) - 1, rows).round().astype(int))
        with np.errstate(invalid="ignore"):
            return [
                (
                    float(self.rates[i]),
                    float(np.median(self.losses[:, i])),
                    float(self.losses[:, i].min()),
                    float(self.losses[:, i].max()),
                )
                for i in chosen
            ]

    def plot(self) -> Figure:
        """Draw the median loss with the band of all seeds, and the suggestion."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(6, 3.5), layout="constrained")
        axes = figure.subplots()
        shown = np.where(np.isfinite(self.losses), self.losses, np.nan)
        usable = np.isfinite(self.losses).all(axis=0)
        rates, shown = self.rates[usable], shown[:, usable]
        axes.fill_between(rates, shown.min(axis=0), shown.max(axis=0), alpha=0.25, label="all seeds")
        axes.plot(rates, np.median(shown, axis=0), label="median")
        axes.axvline(self.suggestion, color="black", linestyle="--", label=f"suggested {self.suggestion:.2g}")
        axes.axvspan(*self.band, color="black", alpha=0.08)
        axes.set(xscale="log", xlabel="learning rate", ylabel="training loss")
        axes.legend()
        return figure

    def __repr__(self) -> str:
        low, high = self.band
        spread = f"{len(self.suggestions)} seeds suggest {low:.2g} to {high:.2g}"
        lines = [
            f"Suggested learning rate {self.suggestion:.2g} ({spread})",
            f"{'rate':>10} {'median loss':>12} {'lowest':>8} {'highest':>8}",
        ]
        lines += [
            f"{a:>10.2g} {_number(b):>12} {_number(c):>8} {_number(d):>8}" for a, b, c, d in self.table()
        ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        first, _, *_ = repr(self).splitlines()
        head = "".join(
            f'<th scope="col">{name}</th>' for name in ("rate", "median loss", "lowest", "highest")
        )
        body = "".join(
            f"<tr><td>{a:.2g}</td><td>{_number(b)}</td><td>{_number(c)}</td><td>{_number(d)}</td></tr>"
            for a, b, c, d in self.table()
        )
        caption = f"<caption>{html.escape(first)}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def find_learning_rate(
    backbone: Backbone,
    task: Task,
    plan: Plan | None = None,
    seed: int = 0,
    *,
    seeds: int = 3,
    steps: int = 60,
    lowest: float = 1e-5,
    highest: float = 1.0,
    recipe: Recipe | None = None,
    device: str = "cpu",
    threads: int = 1,
    should_stop: Callable[[], bool] | None = None,
) -> LearningRates:
    """Try learning rates from slow to too fast on copies of a network, once per seed.

    The rate rises by the same factor at each step; the suggestion is where the smoothed loss falls fastest.
    One sweep is noisy, so that several are made and their spread is shown. The head starts at zero. The
    backbone is left as it was, and the test set stays closed.

    Parameters
    ----------
    backbone, task, plan, seed, recipe, device, threads, should_stop
        As in `fit`; the plan None leaves every stage trainable.
    seeds
        How many sweeps, with seeds ``seed``, ``seed + 1``, ...
    steps
        Of each sweep, at least 10.
    lowest, highest
        The rates at the ends.

    Raises
    ------
    TrainingError
        The range or the number of seeds or steps makes no sense, or no rate lowered the loss.

    References
    ----------
    L. N. Smith, Cyclical learning rates for training neural networks, WACV 2017.

    Examples
    --------
    >>> from tlkit import backbones, data
    >>> net, task = backbones.load("zoo:resnet-letters"), data.load("greek").few_shot(1, seed=0)
    >>> found = find_learning_rate(net, task, seeds=2, steps=20)
    >>> 1e-5 < found.suggestion < 1
    True
    """
    check_parts(backbone, task, recipe)
    first = expect_whole("seed", seed, 0, TrainingError)
    seeds, steps = (
        expect_whole(name, value, least, TrainingError, most)
        for name, value, least, most in (("seeds", seeds, 1, 1000), ("steps", steps, 10, 100_000))
    )
    real = all(isinstance(one, numbers.Real) for one in (lowest, highest))
    if not (real and 0 < lowest < highest < math.inf):
        raise TrainingError(
            f"Cannot sweep from {lowest!r} to {highest!r}.",
            "Give two rates with 0 < lowest < highest, such as lowest=1e-5, highest=1.",
        )
    if plan is None:
        plan = freeze.plan(backbone, dict.fromkeys(backbone.stages, "trainable"))
    recipe = (recipe or Recipe.fine_tune()).change(learning_rate=lowest).for_items(task.train.kind)
    if not recipe.steps:
        recipe = recipe.change(steps=steps)
    rates = lowest * (highest / lowest) ** (np.arange(steps) / (steps - 1))
    losses = np.full((seeds, steps), np.inf)
    for row in range(seeds):
        job = Job(backbone, task, plan, first + row, recipe, device, threads, should_stop, False)
        with thread_count(job.threads), torch.inference_mode(False), torch.enable_grad():
            _sweep(job, rates, losses[row])
    return LearningRates(rates, losses, np.array([_steepest(rates, row) for row in losses]))


def _sweep(job: Job, rates: NDArray[np.float64], losses: NDArray[np.float64]) -> None:
    _, _, step_seed, augment_seed = job.seeds
    recipe = job.recipe
    network = job.backbone.with_head(len(job.task.classes), seed=None)
    network.to(job.device)
    job.plan.apply(network)
    generator = torch.Generator().manual_seed(step_seed)
    augmenting = torch.Generator().manual_seed(augment_seed)
    source = raw_items(job.task.train, job.backbone.transform, recipe.augmentation, augmenting, job.device)
    optimizer, _ = make_optimizer(network, recipe, steps=0)
    ratios = [group["lr"] / recipe.learning_rate for group in optimizer.param_groups]
    loss_of = nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)
    network.train()
    dropout = dropout_generator(network, source, generator)
    batches = shuffled_batches(len(source), recipe.batch_size, generator)
    smooth, best = 0.0, math.inf
    for step, rate in enumerate(rates):
        job.check()
        for group, ratio in zip(optimizer.param_groups, ratios, strict=True):
            group["lr"] = float(rate) * ratio
        x, labels = source.batch(next(batches))
        with own_randomness(dropout):
            loss = loss_of(network(x, start=source.start), labels)
        value = float(loss.detach())
        smooth = _SMOOTHING * smooth + (1 - _SMOOTHING) * value
        losses[step] = smooth / (1 - _SMOOTHING ** (step + 1))
        best = min(best, losses[step])
        if not math.isfinite(value) or losses[step] > _EXPLODED * best:
            losses[step:] = np.inf
            return
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()


def _steepest(rates: NDArray[np.float64], losses: NDArray[np.float64]) -> float:
    usable = np.isfinite(losses)
    if usable.sum() < 3:
        raise TrainingError(
            "The loss exploded at the lowest learning rate that was tried.", "Start from a lower one."
        )
    slopes = np.gradient(losses[usable], np.log(rates[usable]))
    if slopes.min() >= 0:
        raise TrainingError("No learning rate lowered the loss.", "Try a wider range, or more steps.")
    return float(rates[usable][slopes.argmin()])


def _number(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "exploded"
