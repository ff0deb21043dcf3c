"""Fine-tuning by equal steps: tlkit beside its peers, with the last two stages open and with all of them.

    python benchmarks/finetune.py                              ten draws, every peer that is installed
    python benchmarks/finetune.py --draws 1 --peers tutorial   a first look
    python benchmarks/finetune.py --rates                      how the peers' learning rates were chosen

The task, the network and the threads are those of ``benchmarks/frozen_head.py``. Everybody takes 60 steps on 30
pictures each, 15 passes over the 120 labelled ones, without augmentation and without validation.

On the clock: tlkit from `train.fit` with emptied caches on, thus with the resizing of the pictures, the copy of the
network, its seals, and the head that it solves for before the first step; the peers from pictures that are ready and a
network that is a copy already. tlkit starts each step at cached activations where the stages before the open ones are
frozen; the peers run the whole network. Nobody's test answers are on the clock. The limit is what cannot be
left out: one pass of the pictures through what is frozen, and plain steps of AdamW through the rest, batch statistics
left out as in tlkit's plan for this network.
"""

from __future__ import annotations

import functools
import tempfile
from collections import OrderedDict

import torch
from peers import Given, Scorer, scorer
from peers.race import Entrant, Timed, race, table
from peers.task import LABELS, Fit, Task, arguments, start, tensors
from torch import nn

from tlkit import freeze, train
from tlkit.freeze import Plan
from tlkit.train import Recipe

BATCH = 30
PASSES = 15
STEPS = 60
AT_ONCE = 20
RATES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)


def plain(task: Task, opened: tuple[str, ...]) -> Entrant:
    """Return the least that the steps cost."""

    def ready(draw: int) -> Timed:
        given = task.given(draw)
        closed = nn.Sequential(*(stage for name, stage in given.stages.items() if name not in opened))
        rest = nn.Sequential(
            OrderedDict((name, given.stages[name]) for name in opened),
        )
        rest.extend([nn.AdaptiveAvgPool2d(1), nn.Flatten(1), nn.Linear(given.features, given.classes)])
        rest.eval()

        def timed() -> None:
            images = given.train.images.to(memory_format=torch.channels_last)
            with torch.no_grad():
                x = torch.cat([closed(part) for part in images.split(AT_ONCE)])
            optimizer = torch.optim.AdamW(rest.parameters(), lr=1e-3, fused=True)
            loss_of = nn.CrossEntropyLoss()
            for _ in range(PASSES):
                for at in torch.randperm(len(x)).split(BATCH):
                    optimizer.zero_grad()
                    loss_of(rest(x[at]), given.train.labels[at]).backward()
                    optimizer.step()

        return timed

    return ready


def main() -> None:
    """Print a table for each choice of open stages."""
    asked = arguments(__doc__.splitlines()[0])
    net, dataset, there = start(asked)
    task = Task(net, dataset, BATCH, held=0)
    test = None if asked.rates else tensors(net, dataset.test.open("benchmark of fine-tuning"))
    for opened in (net.stages[-2:], net.stages):
        fits: dict[str, Fit] = {
            name: functools.partial(tuned, module.fine_tune, opened) for name, module in there.items()
        }
        plan = freeze.plan(net, until=opened[0])
        recipe = Recipe.for_plan(plan).change(augmentation=0, steps=STEPS, steps_growth=0, batch_size=BATCH)
        print(f"Open: {', '.join(opened)}")
        if test is None:
            fits["tlkit"] = functools.partial(ours, task, plan, recipe, asked.threads)
            task.print_rates(fits, RATES, asked.draws)
            continue
        with tempfile.TemporaryDirectory() as folder:
            entrants = {
                "limit": plain(task, opened),
                "tlkit": task.tlkit(plan, recipe, test, asked.threads, folder),
                **{name: task.peer(fit, test) for name, fit in fits.items()},
            }
            found = race(entrants, asked.draws)
        print(
            f"{dataset.name}, {LABELS} labels per class, draws: {asked.draws}, test items: {len(test)}; {net.name};"
            f" threads: {asked.threads}; {STEPS} steps of {BATCH}; tlkit begins each"
            f" {'at activations before ' + plan.boundary if plan.cacheable else 'at the pictures'}"
        )
        print(table(found, "limit", "tlkit") + "\n")


def tuned(fine_tune: Fit, opened: tuple[str, ...], given: Given, *rate: float) -> Scorer:
    """Let a peer tune some stages, at its own rate or at another one."""
    return fine_tune(given, opened, PASSES, *rate)


def ours(task: Task, plan: Plan, recipe: Recipe, threads: int, given: Given, rate: float) -> Scorer:
    """Let tlkit tune what a plan leaves open, at another rate."""
    few = task.dataset.few_shot(LABELS, given.seed)
    changed = recipe.change(learning_rate=rate)
    run = train.fit(
        task.net, few, plan, given.seed, recipe=changed, threads=threads, test=False, progress=False
    )
    return scorer(run.model)


if __name__ == "__main__":
    main()
