"""How the recipes of `tlkit.train` were chosen, on other tasks than the ones that lessons show.

Each arm (head, fine-tune, scratch) gets the same number of tries. A try is judged on the validation split of
three tasks, none of which has Greek letters; no test set is opened. Then each arm's steps are doubled until
more no longer help. Prints every table and the chosen values.

    python benchmarks/recipes.py                  all of it (about an hour on two cores)
    python benchmarks/recipes.py --arm scratch    one arm
    python benchmarks/recipes.py --quick          one task, one draw: does the script still run?
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

# (source, target): near, handwritten after printed, and far.
TASKS = (("letters", "printed-digits"), ("printed-digits", "digits"), ("letters", "shapes"))
LABELS = (1, 2, 5, 20)

BASE = {"head": Recipe.head(), "fine-tune": Recipe.fine_tune(), "scratch": Recipe.scratch()}
# Nine tries for each arm, over the two choices that matter most to it.
TRIES: dict[str, list[dict[str, Any]]] = {
    "head": [
        {"head_strength": strength, "augmented_views": views}
        for strength, views in product((0.1, 1.0, 10.0), (0, 4, 8))
    ],
    "fine-tune": [
        {"learning_rate": rate, "stage_decay": decay}
        for rate, decay in product((5e-4, 2e-3, 8e-3), (0.3, 0.6, 1.0))
    ],
    "scratch": [
        {"learning_rate": rate, "weight_decay": decay}
        for rate, decay in product((3e-3, 1e-2, 3e-2), (0.01, 0.05, 0.2))
    ],
}
STEPS = {"fine-tune": (50, 100, 200, 400), "scratch": (200, 400, 800, 1600)}


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
    net = backbones.load(f"zoo:resnet-{cell.source}")
    if cell.arm == "scratch":
        net = net.reinitialised(cell.seed)
    dataset = data.load(cell.target)
    task = dataset.few_shot(cell.labels_per_class, cell.seed)
    first = "head" if cell.arm == "head" else net.stages[0]
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


def choose(arm: str, options: argparse.Namespace) -> Recipe:
    """Try everything for one arm and print what was chosen."""
    tasks = TASKS[:1] if options.quick else TASKS
    labels = (1,) if options.quick else tuple(options.labels)
    seeds = range(1 if options.quick else options.seeds)
    tries = TRIES[arm][:2] if options.quick else TRIES[arm]
    print(f"\n{arm}: {len(tries)} tries, mean over {len(seeds)} draws")
    means = table(arm, tries, tasks, labels, seeds, options.jobs)
    best = tries[int(np.argmax(means))]
    recipe = BASE[arm].change(**best)
    print(f"  chosen: {best}")
    if arm in STEPS:
        print(f"{arm}: do more steps help?")
        wanted = STEPS[arm][:2] if options.quick else STEPS[arm]
        table(
            arm,
            [{**best, "steps": steps, "steps_growth": 0.0, "most_steps": steps} for steps in wanted],
            tasks,
            labels,
            seeds,
            options.jobs,
        )
    return recipe


def main(arguments: Sequence[str] | None = None) -> None:
    """Choose the recipes and print them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--arm", choices=list(TRIES), action="append")
    parser.add_argument("--labels", type=int, nargs="+", default=list(LABELS))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args(arguments)
    chosen = [choose(arm, options) for arm in options.arm or TRIES]
    print("\nThe recipes:")
    for recipe in chosen:
        print(f"  {recipe}")


if __name__ == "__main__":
    main()
