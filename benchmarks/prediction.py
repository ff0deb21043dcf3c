"""Do scores of similarity predict what transfer gains? Run: ``python benchmarks/prediction.py --folder DIR``.

On every target and architecture, networks that were pretrained on different sources are ranked by each score and
by what they really gain: right answers on the test set above those of the same architecture with random weights,
frozen (a new head alone) and fine-tuned, with a few labels per class. Printed are Spearman's and Kendall's rank
correlation and the regret of the first (the best gain minus that of the source which the score puts first), each
with an interval from drawing targets anew; then whether a regression from cheap scores does better on a target
that it has not seen.

Networks that are not in the zoo are pretrained first and kept in the folder, as is every finished cell: the same
call goes on where it was stopped.

    python benchmarks/prediction.py --folder DIR                  all of it: hours on one core
    python benchmarks/prediction.py --folder DIR --steps 40 --pretrain-steps 300 --seeds 5 2   as in the stored table
    python benchmarks/prediction.py --folder DIR --table          only the table of what is there
    python benchmarks/prediction.py --folder DIR --store          and keep it in the package
    python benchmarks/prediction.py --folder DIR --quick          a tiny grid: does the script still run?
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import product
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from prediction_table import stored, tables

from tlkit import backbones, data, files, freeze, train
from tlkit.backbones import Backbone
from tlkit.backbones.transform import ConversionWarning
from tlkit.data import Dataset, Split
from tlkit.similarity import ceiling, checks
from tlkit.similarity.evidence import PATH
from tlkit.similarity.looking import Task, sample_rows
from tlkit.similarity.measures import DISTANCES, SCORES, Sample
from tlkit.similarity.resample import halves, stratified
from tlkit.similarity.view import View
from tlkit.train.pretrain import RECIPE

ARCHITECTURES = ("vgg", "resnet", "inception")
TARGETS = ("greek", "digits", "shapes", "photos", "textures", "emoji:twemoji", "printed-digits")
RANDOM_LABELS, RANDOM_WEIGHTS = "random labels", "random weights"
SOURCES = (
    "letters", "printed-digits", "photos", "shapes", "digits", "greek", "textures", "emoji:noto", RANDOM_LABELS,
)  # fmt: skip
ARMS = ("frozen", "fine-tuned")
SCORED = "scores"
LABELS = 5
# As the zoo's networks, but in smaller batches: their sources are smaller.
PRETRAIN = RECIPE.change(batch_size=64)


@dataclass(frozen=True)
class Cell:
    """One number to be measured: what an arm gives on one draw, or all scores at once (the arm ``"scores"``)."""

    arm: str
    target: str
    architecture: str
    source: str
    seed: int

    @property
    def key(self) -> str:
        return f"{self.arm} | {self.target} | {self.architecture} | {self.source} | {self.seed}"


@dataclass(frozen=True)
class Plan:
    """What the grid is made of, and where it is kept."""

    folder: Path
    targets: tuple[str, ...]
    architectures: tuple[str, ...]
    sources: tuple[str, ...]
    frozen_seeds: int
    tuned_seeds: int
    steps: int | None
    pretrain_steps: int
    rows: int
    ARMS: ClassVar[tuple[str, ...]] = ARMS
    BASELINE: ClassVar[str] = RANDOM_WEIGHTS

    @property
    def settings(self) -> dict[str, Any]:
        """What a cell's number depends on besides its key."""
        return {
            "labels_per_class": LABELS,
            "steps": self.steps,
            "pretrain_steps": self.pretrain_steps,
            "rows": self.rows,
        }

    def cells(self) -> Iterator[Cell]:
        """Yield all cells: draw by draw, so that what there is when it is stopped is whole draws."""
        arms = ((ARMS[0], self.frozen_seeds), (ARMS[1], self.tuned_seeds), (SCORED, 1))
        for seed in range(max(self.frozen_seeds, self.tuned_seeds)):
            for architecture, (arm, seeds) in product(self.architectures, arms):
                for target, source in product(self.targets, (*self.sources, RANDOM_WEIGHTS)):
                    if source != target and seed < seeds and (arm, source) != (SCORED, RANDOM_WEIGHTS):
                        yield Cell(arm, target, architecture, source, seed)


@cache
def dataset(name: str) -> Dataset:
    """Return an embedded data set; the random labels are those of letters, shuffled."""
    if name != RANDOM_LABELS:
        return data.load(name)
    letters = data.load("letters")
    labels = np.random.default_rng(0).permutation(letters.train.labels)
    return replace(letters, name=name, train=Split(letters.train.images, labels, letters.classes))


@lru_cache(maxsize=64)
def network(architecture: str, source: str, seed: int, plan: Plan) -> Backbone:
    """Return a pretrained network: of the zoo, from the folder, or pretrained now."""
    first = backbones.load(f"zoo:{architecture}-letters")
    if source == RANDOM_WEIGHTS:
        return first.reinitialised(seed)
    if f"zoo:{architecture}-{source}" in backbones.names():
        return backbones.load(f"zoo:{architecture}-{source}")
    learned = dataset(source)
    how = PRETRAIN.change(steps=plan.pretrain_steps)
    start = time.perf_counter()
    made = ceiling.trained(first, learned, learned.train, how=how, folder=plan.folder / "networks")
    print(f"  {architecture} on {source}: {time.perf_counter() - start:.0f} s", flush=True)
    return replace(made, name=f"{architecture}-{source}")


def measure(cell: Cell, plan: Plan) -> dict[str, Any]:
    """Return what one cell gives, with its seconds."""
    net = network(cell.architecture, cell.source, cell.seed if cell.source == RANDOM_WEIGHTS else 0, plan)
    target = dataset(cell.target)
    start = time.perf_counter()
    if cell.arm == SCORED:
        values, costs = scores(dataset(cell.source), target, net, plan.rows)
        return {"values": values, "costs": costs, "seconds": time.perf_counter() - start}
    if cell.arm == "frozen":
        until, recipe = "head", train.Recipe.head().change(augmented_views=0)
    else:
        until, recipe = net.stages[0], train.Recipe.fine_tune()
        if plan.steps is not None:
            recipe = recipe.change(steps=plan.steps, steps_growth=0.0)
    draw = target.few_shot(LABELS, cell.seed)
    run = train.fit(net, draw, freeze.plan(net, until=until), cell.seed, recipe=recipe, progress=False)
    return {"accuracy": run.accuracy, "seconds": time.perf_counter() - start}


def scores(
    source: Dataset, target: Dataset, net: Backbone, rows: int
) -> tuple[dict[str, float], dict[str, float]]:
    """Return every score and distance, and the seconds of each, without those of the features.

    What is looked at is of the size that a report looks at: a sample of the target's training items, for distances one
    half of them against as many items of the source. It is the same sample of the target for every source.
    """
    task = Task(lambda: False, lambda words, share: None)
    rng = np.random.default_rng(0)
    codes = checks.labels(target.train.labels, len(target.train), "target labels")
    chosen = sample_rows(codes, rows, rng)
    kept, half = codes[chosen], halves(codes[chosen], rng)[0]
    view = task.view(net, np.asarray(target.train.images)[chosen])
    theirs = checks.labels(source.train.labels, len(source.train), "source labels")
    taken = rng.permutation(stratified(theirs, 2 * len(half), rng))[: len(half)]
    far = Sample(task.features(net, np.asarray(source.train.images)[taken]), theirs[taken])
    near = Sample(view.features[half], kept[half])
    values, seconds = {}, {}
    for name, one in SCORES.items():
        start = time.perf_counter()
        values[name] = one.call(View(view.features, view.probabilities), kept, 0)
        seconds[name] = time.perf_counter() - start
    for name, distance in DISTANCES.items():
        start = time.perf_counter()
        values[name] = distance.call(near, far, 0)
        seconds[name] = time.perf_counter() - start
    return values, seconds


def read(plan: Plan) -> dict[str, dict[str, Any]]:
    """Return the finished cells of these settings; a line that was cut short counts as none."""
    found = {}
    path = plan.folder / "cells.jsonl"
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            body = json.loads(line)
            # A measure that came later has every score taken again: they cost little.
            known = body["found"].get("values")
            if body["settings"] == plan.settings and (known is None or known.keys() >= {*SCORES, *DISTANCES}):
                found[body["key"]] = body["found"]
        except (ValueError, KeyError, TypeError):
            continue
    return found


def run(plan: Plan, arms: Sequence[str]) -> None:
    """Measure what is not there yet, one line of JSON for each cell."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    done, wanted = read(plan), [one for one in plan.cells() if one.arm in arms]
    todo = [cell for cell in wanted if cell.key not in done]
    print(f"{len(wanted)} cells, {len(wanted) - len(todo)} of them are there", flush=True)
    spent: dict[str, list[float]] = {}
    with (plan.folder / "cells.jsonl").open("a", encoding="utf-8") as file:
        file.write("\n")  # a line that was cut short ends here
        for at, cell in enumerate(todo):
            found = measure(cell, plan)
            file.write(json.dumps({"key": cell.key, "settings": plan.settings, "found": found}) + "\n")
            file.flush()
            spent.setdefault(cell.arm, []).append(found["seconds"])
            if at % 25 == 24 or at + 1 == len(todo):
                told = ", ".join(f"{arm} {np.mean(one):.2f} s" for arm, one in spent.items())
                print(f"{at + 1} of {len(todo)}; a cell takes: {told}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the grid, print the tables, keep them if asked to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True, help="for networks and finished cells")
    parser.add_argument("--targets", nargs="+", default=list(TARGETS), choices=TARGETS)
    parser.add_argument("--sources", nargs="+", default=list(SOURCES), choices=SOURCES)
    parser.add_argument("--architectures", nargs="+", default=list(ARCHITECTURES), choices=ARCHITECTURES)
    parser.add_argument("--seeds", type=int, nargs=2, default=[5, 5], metavar=("FROZEN", "TUNED"))
    parser.add_argument("--steps", type=int, help="of fine-tuning; otherwise as many as its recipe says")
    parser.add_argument("--pretrain-steps", type=int, default=RECIPE.steps, help="of networks not in the zoo")
    parser.add_argument(
        "--table", action="store_true", help="measure nothing, print the table of what is there"
    )
    parser.add_argument("--only", nargs="+", choices=(*ARMS, SCORED), help="measure nothing else")
    parser.add_argument("--store", action="store_true", help=f"write the table to {PATH.name} in the package")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args(arguments)
    plan = Plan(
        options.folder,
        tuple(options.targets),
        tuple(options.architectures),
        tuple(options.sources),
        options.seeds[0],
        options.seeds[1],
        options.steps,
        options.pretrain_steps,
        620,
    )
    if options.quick:
        few = ("letters", "photos", "shapes", "digits")
        plan = replace(
            plan, targets=("greek", "digits"), architectures=("vgg",), sources=few, frozen_seeds=1,
            tuned_seeds=1, steps=2, pretrain_steps=2, rows=100,
        )  # fmt: skip
    # Colour turned into grey and pictures made smaller are part of the grid.
    warnings.simplefilter("ignore", ConversionWarning)
    if not options.table:
        run(plan, options.only or (*ARMS, SCORED))
    record = stored(plan, read(plan))
    print(tables(record))
    if RANDOM_LABELS in plan.sources and not options.quick:
        rest = tuple(one for one in plan.sources if one != RANDOM_LABELS)
        print(
            f"\nThe same without {RANDOM_LABELS}, whose pictures are letters and whose network knows nothing:"
        )
        print(tables(stored(replace(plan, sources=rest), read(plan))))
    if options.store:
        files.write_json(PATH, record)
        print(f"Kept in {PATH}")


if __name__ == "__main__":
    main()
