"""How the recipes of `tlkit.train` were chosen, on other tasks than the ones that lessons show.

Each arm (head, fine-tune, scratch, and fine-tuning of the ImageNet network with stored statistics) gets nine
tries, around the values that it has now and one beyond them. A try is judged on the validation split of four
tasks (three for the ImageNet network), none of which a lesson shows; no test set is opened. The present values
stay unless a try gains a point (of a hundred) or more. Then the steps are chosen: the fewest from which twice as
many gain less than a point. Whatever is chosen at the edge of what was tried is called so: beyond it may be
better. Prints every table and the chosen recipes; the presets `gradually` and `head_by_steps` are not among them.

    python benchmarks/recipes.py                  all of it (hours on two cores, most for scratch)
    python benchmarks/recipes.py --arm scratch    one arm
    python benchmarks/recipes.py --labels 1       fewer labels per class
    python benchmarks/recipes.py --arm scratch --labels 5 --steps 800 2400    only how many steps are enough
    python benchmarks/recipes.py --quick          one task, one draw, few steps: does the script still run?
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import torch
from joblib import Parallel, delayed

from tlkit import backbones, data, freeze, train
from tlkit.train import Recipe
from tlkit.train.recipe import CHOSEN_ON

# (source, target): near, handwritten after printed, far, and one of many classes.
TASKS = tuple(zip(("letters", "printed-digits", "letters", "printed-digits"), CHOSEN_ON, strict=True))
LABELS = (1, 5)
# What has to be gained, in points of a hundred, before anything changes.
WORTH = 1.0

# For the ImageNet network, whose stages learn with stored statistics: no emoji, which lessons show.
STORED_TASKS = tuple(("efficientnet-lite0", target) for target in ("photos", "shapes", "digits"))
STORED_SIDE, STORED_UNTIL = 64, "block6"

BASE = {
    "head": Recipe.head(),
    "fine-tune": Recipe.fine_tune(),
    "fine-tune-stored": Recipe.fine_tune(stored_stats=True),
    "scratch": Recipe.scratch(),
}
# Nine tries for each arm: three values of the two choices that matter most to it, the present one in the middle.
GRIDS: dict[str, dict[str, tuple[Any, ...]]] = {
    "head": {"head_strength": (0.01, 0.1, 1.0), "augmented_views": (4, 8, 16)},
    "fine-tune": {"learning_rate": (2e-3, 8e-3, 3.2e-2), "stage_decay": (0.1, 0.3, 0.6)},
    "fine-tune-stored": {"learning_rate": (3e-4, 1e-3, 8e-3), "stage_decay": (0.1, 0.3, 0.6)},
    "scratch": {"batch_size": (8, 16, 32), "weight_decay": (0.05, 0.3, 1.0)},
}
# With ten labelled items, each twice the one before it; with more they grow as the recipe says, and nothing caps
# them.
STEPS = {"fine-tune": (100, 200, 400), "fine-tune-stored": (100, 200), "scratch": (400, 800, 1600, 3200)}


@dataclass(frozen=True)
class Cell:
    """One training run of one try."""

    arm: str
    recipe: Recipe
    source: str
    target: str
    labels_per_class: int
    seed: int


def validation_accuracy(cell: Cell) -> tuple[float, float]:
    """Train one cell and return its accuracy on the validation split, and the seconds of training."""
    stored = cell.arm == "fine-tune-stored"
    net = (
        backbones.load(f"zoo:{cell.source}", side=STORED_SIDE)
        if stored
        else backbones.load(f"zoo:resnet-{cell.source}")
    )
    if cell.arm == "scratch":
        net = net.reinitialised(cell.seed)
    dataset = data.load(cell.target)
    task = dataset.few_shot(cell.labels_per_class, cell.seed)
    first = "head" if cell.arm == "head" else STORED_UNTIL if stored else net.stages[0]
    plan = freeze.plan(net, until=first)
    run = train.fit(net, task, plan, cell.seed, recipe=cell.recipe, progress=False, test=False)
    images = net.transform(np.array(dataset.validation.images))
    with torch.inference_mode():
        given = torch.cat([run.model(part) for part in images.split(256)]).argmax(dim=1).numpy()
    return float((given == dataset.validation.labels).mean()), run.seconds


def measure(cells: Sequence[Cell], jobs: int) -> list[tuple[float, float]]:
    """Run the cells, each with one thread."""
    started = time.perf_counter()
    results = Parallel(n_jobs=jobs)(delayed(validation_accuracy)(cell) for cell in cells)
    print(f"  {len(cells)} runs in {time.perf_counter() - started:.0f} s")
    return list(results)


def table(
    arm: str,
    tries: Sequence[dict[str, Any]],
    tasks: Sequence[tuple[str, str]],
    labels: Sequence[int],
    seeds: Iterable[int],
    jobs: int,
) -> list[float]:
    """Measure and print tries of one arm; return the mean accuracy of each."""
    seeds = list(seeds)
    cells = [
        Cell(arm, BASE[arm].change(**one), source, target, count, seed)
        for one in tries
        for source, target in tasks
        for count in labels
        for seed in seeds
    ]
    results = np.array(measure(cells, jobs)).reshape(len(tries), len(tasks), len(labels), len(seeds), 2)
    heads = [f"{target}@{count}" for _, target in tasks for count in labels]
    print("  " + " ".join(f"{head:>17}" for head in heads) + "     mean  seconds  try")
    means = []
    for one, result in zip(tries, results, strict=True):
        accuracies = result[..., 0].mean(axis=2).reshape(-1) * 100
        means.append(float(accuracies.mean()))
        row = " ".join(f"{value:17.1f}" for value in accuracies)
        print(f"  {row} {means[-1]:8.2f} {result[..., 1].mean():8.2f}  {one}")
    return means


def edges(grid: dict[str, tuple[Any, ...]], chosen: dict[str, Any]) -> list[str]:
    """Say which chosen values are the first or the last that was tried."""
    return [
        f"{name} {chosen[name]} is at the edge of what was tried ({values[0]} to {values[-1]})"
        for name, values in grid.items()
        if chosen[name] in (values[0], values[-1])
    ]


def better(
    tries: Sequence[dict[str, Any]], means: Sequence[float], present: dict[str, Any]
) -> dict[str, Any]:
    """Return the best try, or the present values if it gains less than what is worth a change."""
    best = int(np.argmax(means))
    now = means[list(tries).index(present)]
    print(f"  best: {tries[best]}, {means[best] - now:.2f} points above the present values")
    return tries[best] if means[best] - now >= WORTH else present


def enough(steps: Sequence[int], means: Sequence[float]) -> int:
    """Return the fewest steps from which twice as many gain less than what is worth a change.

    >>> enough((100, 200, 400), (70.0, 73.0, 73.5)), enough((100, 200, 400), (70.0, 73.0, 75.0))
    (200, 400)
    """
    for few, mean, twice in zip(steps, means, means[1:], strict=False):
        if twice - mean < WORTH:
            return few
    return steps[-1]


def choose(arm: str, options: argparse.Namespace) -> Recipe:
    """Try everything for one arm and print what was chosen."""
    tasks = STORED_TASKS if arm == "fine-tune-stored" else TASKS
    tasks = tasks[:1] if options.quick else tasks
    labels = (1,) if options.quick else tuple(options.labels)
    seeds = range(1 if options.quick else options.seeds)
    grid = GRIDS[arm]
    present = {name: getattr(BASE[arm], name) for name in grid}
    tries = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
    if options.quick:
        tries = [present, tries[0]]
    if options.steps:
        print(f"\n{arm}: the present values, mean over {len(seeds)} draws")
        chosen = present
    else:
        print(f"\n{arm}: {len(tries)} tries, mean over {len(seeds)} draws")
        chosen = better(tries, table(arm, tries, tasks, labels, seeds, options.jobs), present)
    recipe = BASE[arm].change(**chosen)
    print(f"  chosen: {chosen}")
    for words in edges(grid, chosen):
        print(f"  {words}")
    if arm not in STEPS:
        return recipe
    print(f"{arm}: how many steps are enough?")
    steps = options.steps or ((10, 20) if options.quick else STEPS[arm])
    tries = [{**chosen, "steps": one, "most_steps": 1_000_000} for one in steps]
    means = table(arm, tries, tasks, labels, seeds, options.jobs)
    wanted = enough(steps, means)
    last = wanted == steps[-1]
    print(f"  chosen: {wanted} steps" + (", the most that were tried: more may help" if last else ""))
    items = max(labels) * max(len(data.load(target).classes) for _, target in tasks)
    if recipe.most_steps < recipe.change(steps=wanted, most_steps=1_000_000).steps_for(items):
        print(f"  but the recipe stops at {recipe.most_steps}, for the sake of patience")
    return recipe.change(steps=wanted)


def main(arguments: Sequence[str] | None = None) -> None:
    """Choose the recipes and print them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--arm", choices=list(GRIDS), action="append")
    parser.add_argument("--labels", type=int, nargs="+", default=list(LABELS))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument(
        "--steps", type=int, nargs="+", help="with ten labelled items; all else stays as it is"
    )
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args(arguments)
    chosen = [choose(arm, options) for arm in options.arm or GRIDS]
    print("\nThe recipes:")
    for recipe in chosen:
        print(f"  {recipe}")


if __name__ == "__main__":
    main()
