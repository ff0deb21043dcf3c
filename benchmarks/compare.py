"""How long a comparison takes against the loop that one would write by hand, at equal accuracy.

Both train the same four arms on the same draws of Greek letters, one label per class, and take the same test.
The loop is plain PyTorch, one run after the other: each epoch sends all pictures, freshly distorted, through the
whole network, also where only the head learns, and takes a step of AdamW. It gets as many epochs as it needs to be
about as accurate. `compare.run` runs what is frozen once, solves for the head, and trains several cells at a time,
each with one thread. Prints seconds, accuracy and the ratio of both.

    python benchmarks/compare.py                  ten draws (about ten minutes on two cores)
    python benchmarks/compare.py --draws 3        a first look
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from tlkit import backbones, compare, data
from tlkit.backbones import Backbone
from tlkit.data import Task
from tlkit.train.augment import augment


@dataclass(frozen=True)
class Loop:
    """What the loop by hand does for one arm."""

    pretrained: bool
    head_epochs: int
    head_rate: float
    epochs: int
    rate: float


# Epochs and rates: the fewest, of a few that were tried, that are about as accurate as the comparison. With one
# label per class an epoch is one step, and from scratch the loop takes as many as the recipe. Without training the
# head first, fine-tuning stays six points behind, however long it goes on.
LOOPS = {
    "scratch": Loop(pretrained=False, head_epochs=0, head_rate=0, epochs=800, rate=1e-2),
    "random-frozen": Loop(pretrained=False, head_epochs=400, head_rate=3e-2, epochs=0, rate=0),
    "frozen": Loop(pretrained=True, head_epochs=100, head_rate=1e-2, epochs=0, rate=0),
    "fine-tuned": Loop(pretrained=True, head_epochs=150, head_rate=1e-2, epochs=100, rate=1e-3),
}


def train(start: Backbone, body: nn.Module, head: nn.Module, task: Task, epochs: int, rate: float, all_of_it: bool,
          distort: torch.Generator) -> None:  # fmt: skip
    """Train the head, or all of it, for some epochs."""
    for parameter in body.parameters():
        parameter.requires_grad = all_of_it
    learning = [*(body.parameters() if all_of_it else ()), *head.parameters()]
    optimizer = torch.optim.AdamW(learning, lr=rate, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=epochs)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.05)
    images, labels = torch.tensor(task.train.images), torch.tensor(task.train.labels)
    for _ in range(epochs):
        body.train(all_of_it)
        # The same distortions as the comparison uses, a whole batch at a time: no difference comes from here.
        x = start.transform(augment(images, distort))
        loss = loss_of(head(body(x).mean(dim=(2, 3))), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()


def by_hand(backbone: Backbone, task: Task, loop: Loop, seed: int) -> float:
    """Train one arm on one draw as a tutorial would, and return its accuracy on the test set."""
    torch.manual_seed(seed)
    start = backbone if loop.pretrained else backbone.reinitialised(seed)
    body = start.clone().module
    head = nn.Linear(start.feature_count, len(task.classes))
    distort = torch.Generator().manual_seed(seed)
    if loop.head_epochs:
        train(start, body, head, task, loop.head_epochs, loop.head_rate, False, distort)
    if loop.epochs:
        train(start, body, head, task, loop.epochs, loop.rate, True, distort)
    body.eval()
    test = task.test.open("benchmark, the loop by hand")
    with torch.inference_mode():
        given = [
            head(body(start.transform(part)).mean(dim=(2, 3))).argmax(dim=1)
            for part in torch.tensor(test.images).split(256)
        ]
    return float((torch.cat(given).numpy() == test.labels).mean())


def main() -> None:
    """Time both and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=10)
    seeds = parser.parse_args().draws
    backbone, greek = backbones.load("zoo:resnet-letters"), data.load("greek")
    # Both read the pictures and touch the network once before the clock runs.
    by_hand(backbone, greek.few_shot(1, 0), Loop(True, 4, 1e-2, 0, 0), 0)

    began = time.perf_counter()
    card = compare.run(greek, backbone, list(LOOPS), seeds=seeds, store=False, progress=False)
    ours = time.perf_counter() - began

    theirs: dict[str, list[float]] = {}
    seconds: dict[str, float] = {}
    for name, loop in LOOPS.items():
        began = time.perf_counter()
        theirs[name] = [by_hand(backbone, greek.few_shot(1, seed), loop, seed) for seed in range(seeds)]
        seconds[name] = time.perf_counter() - began
    hand = sum(seconds.values())

    print(
        f"Four arms, {seeds} draws, {os.cpu_count()} processors, {torch.get_num_threads()} threads in the loop."
    )
    print(
        f"{'arm':<14} {'by hand':>9} {'tlkit':>9}  right; seconds by hand; in tlkit, all cells of the arm added up"
    )
    for one in card.results:
        print(
            f"{one.name:<14} {100 * np.mean(theirs[one.name]):>7.1f} % {100 * one.mean:>7.1f} %"
            f"  {seconds[one.name]:>6.1f} s {one.seconds * seeds:>6.1f} s"
        )
    print(
        f"by hand {hand:.1f} s, tlkit {ours:.1f} s: {hand / ours:.1f} times as fast, start of the processes included"
    )


if __name__ == "__main__":
    main()
