"""The task of the benchmarks against peers: few emoji, a network of ImageNet, and the command line they share."""

from __future__ import annotations

import argparse
import os
import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

import peers
from peers import Given, Labelled, Scorer
from peers.race import Entrant, Examined, Timed
from tlkit import backbones, data, train
from tlkit.backbones import Backbone
from tlkit.backbones.transform import ConversionWarning
from tlkit.data import Dataset, Split
from tlkit.freeze import Plan
from tlkit.train import Recipe, features

DATA = "emoji:twemoji"
NETWORK = "zoo:efficientnet-lite0"
LABELS = 10
#: The peers' rates are chosen on draws from this one on, which no race sees.
FIRST_TRIAL = 1000

#: Trains a peer's network, at its own rate or at the one that comes second.
Fit = Callable[..., Scorer]


def tensors(net: Backbone, split: Split) -> Labelled:
    """Return a split as the network takes it."""
    images = net.transform(torch.from_numpy(np.array(split.images)))
    return Labelled(images, torch.from_numpy(np.array(split.labels)))


def examine(score: Scorer, part: Labelled) -> NDArray[np.bool_]:
    """Return whether each item was right."""
    return np.asarray((score(part.images).argmax(dim=1) == part.labels).numpy())


@dataclass(frozen=True)
class Task:
    """What all start from: a network, a data set, and how a peer's labels are dealt out.

    Parameters
    ----------
    net, dataset
        Of tlkit.
    batch_size
        Of the peers.
    held
        Share of a peer's labels that is for validation; 0 for none.
    """

    net: Backbone
    dataset: Dataset
    batch_size: int
    held: float

    def given(self, draw: int) -> Given:
        """Return what a peer gets for a draw."""
        task = self.dataset.few_shot(LABELS, draw)
        drawn = tensors(self.net, task.train)
        parts = [np.arange(len(drawn)), np.arange(0)]
        if self.held:
            parts = train_test_split(
                parts[0], test_size=self.held, random_state=draw, stratify=task.train.labels
            )
        learned, validation = (Labelled(drawn.images[at], drawn.labels[at]) for at in parts)
        stages = dict(self.net.clone().module.stages.items())
        return Given(
            stages, self.net.feature_count, len(task.classes), learned, validation, self.batch_size, draw
        )

    def peer(self, fit: Fit, test: Labelled) -> Entrant:
        """Return a peer's part in the race."""

        def ready(draw: int) -> Timed:
            given = self.given(draw)

            def timed() -> Examined:
                score = fit(given)
                return lambda: examine(score, test)

            return timed

        return ready

    def tlkit(self, plan: Plan | None, recipe: Recipe, test: Labelled, threads: int, folder: str) -> Entrant:
        """Return tlkit's part in the race; it knows nothing from earlier runs."""

        def ready(draw: int) -> Timed:
            task = self.dataset.few_shot(LABELS, draw)
            os.environ["TLKIT_CACHE"] = tempfile.mkdtemp(dir=folder)
            features.forget()

            def timed() -> Examined:
                run = train.fit(
                    self.net, task, plan, draw, recipe=recipe, threads=threads, test=False, progress=False
                )
                return lambda: examine(peers.scorer(run.model), test)

            return timed

        return ready

    def print_rates(self, fits: dict[str, Fit], rates: Sequence[float], draws: int) -> None:
        """Print accuracies on the validation split of the data set, for several rates."""
        held = tensors(self.net, self.dataset.validation)
        width = max(map(len, fits), default=0) + 2
        print(f"Right on the {len(held)} pictures of the validation split, mean of {draws} draws, by rate")
        print(" " * width + "".join(f"{rate:>9g}" for rate in rates))
        for name, fit in fits.items():
            print(f"{name:<{width}}", end="", flush=True)
            for rate in rates:
                right = [
                    examine(fit(self.given(FIRST_TRIAL + draw), rate), held).mean() for draw in range(draws)
                ]
                print(f"{100 * np.mean(right):>7.1f} %", end="", flush=True)
            print()


def arguments(text: str) -> argparse.Namespace:
    """Read the command line, and set torch's threads."""
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--peers", default=",".join(peers.PEERS), help="separated by commas")
    parser.add_argument("--size", type=int, default=96, help="side of the pictures in pixels")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="of everybody's torch")
    parser.add_argument("--rates", action="store_true", help="try the peers' learning rates instead")
    asked = parser.parse_args()
    asked.peers = [name for name in asked.peers.split(",") if name]
    unknown = [name for name in asked.peers if name not in peers.PEERS]
    if unknown:
        parser.error(f"no such peer: {unknown[0]}; there are {', '.join(peers.PEERS)}")
    torch.set_num_threads(asked.threads)
    warnings.simplefilter("ignore", ConversionWarning)
    return asked


def start(asked: argparse.Namespace) -> tuple[Backbone, Dataset, dict[str, ModuleType]]:
    """Return the network, the data set and the peers that are there; say which are not."""
    found = {name: peers.load(name) for name in asked.peers}
    for name in [name for name, module in found.items() if module is None]:
        print(f"{name}: not installed: pip install 'tlkit[bench]'")
    there = {name: module for name, module in found.items() if module is not None}
    return backbones.load(NETWORK, side=asked.size), data.load(DATA), there
