"""A new head on a frozen network: tlkit beside its peers, and beside one look at the pictures, which none can go below.

    python benchmarks/frozen_head.py                              ten draws, every peer that is installed
    python benchmarks/frozen_head.py --draws 1 --peers tutorial   a first look
    python benchmarks/frozen_head.py --rates                      how the peers' learning rates were chosen

The task: 12 classes of emoji in the style of Twemoji, ten labels of each. The network: EfficientNet-Lite0, trained on
ImageNet, with pictures of 96 x 96. Nothing is augmented. All use the same number of torch threads; that is as
many as there are processors, which only a machine with nothing else to do can give.

On the clock: tlkit from `train.fit` with emptied caches on, thus with the resizing of the pictures, the copy of the
network and its seals; the peers from pictures that are ready and a network that is a copy already. "cross-validated" is
tlkit choosing the strength of its head inside the labels; otherwise the recipe's is used, which was chosen on other
data, as the peers' rates were chosen beforehand. The peers train on four fifths of the labels and look at the others
after every pass. Nobody's test answers are on the clock. The limit is one pass of the labelled pictures through the
network, in the batch size that is fastest.

Draws are paired: the interval is about tlkit's share of right answers on the sealed test set minus the peer's.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
import warnings

import numpy as np
import peers
import torch
from numpy.typing import NDArray
from peers import Given, Labelled
from peers.race import Entrant, Examined, Timed, race, table
from sklearn.model_selection import train_test_split
from torch import Tensor

from tlkit import backbones, data, train
from tlkit.backbones import Backbone
from tlkit.backbones.transform import ConversionWarning
from tlkit.data import Dataset, Split
from tlkit.train import features

DATA = "emoji:twemoji"
NETWORK = "zoo:efficientnet-lite0"
LABELS = 10
BATCH = 16
RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
WHY = "benchmark of a new head"


def tensors(net: Backbone, split: Split) -> Labelled:
    """Return a split as the network takes it."""
    images = net.transform(torch.from_numpy(np.array(split.images)))
    return Labelled(images, torch.from_numpy(np.array(split.labels)))


def given_for(net: Backbone, dataset: Dataset, draw: int, batch_size: int = BATCH) -> Given:
    """Return what a peer gets for a draw: a fifth of each class's labels is for validation."""
    task = dataset.few_shot(LABELS, draw)
    drawn = tensors(net, task.train)
    kept, held = train_test_split(
        np.arange(len(drawn)), test_size=0.2, random_state=draw, stratify=task.train.labels
    )
    parts = [Labelled(drawn.images[at], drawn.labels[at]) for at in (kept, held)]
    stages = dict(net.clone().module.stages.items())
    return Given(stages, net.feature_count, len(task.classes), *parts, batch_size=batch_size, seed=draw)


def examine(score: peers.Scorer, part: Labelled) -> NDArray[np.bool_]:
    """Return whether each item was right."""
    return np.asarray((score(part.images).argmax(dim=1) == part.labels).numpy())


def peer(module: object, net: Backbone, dataset: Dataset, test: Labelled) -> Entrant:
    """Return a peer's part in the race."""

    def ready(draw: int) -> Timed:
        given = given_for(net, dataset, draw)

        def timed() -> Examined:
            score = module.frozen_head(given)
            return lambda: examine(score, test)

        return timed

    return ready


def tlkit(
    net: Backbone, dataset: Dataset, test: Labelled, threads: int, strength: object = "recipe"
) -> Entrant:
    """Return tlkit's part in the race."""
    recipe = train.Recipe.head().change(augmented_views=0)
    if strength != "recipe":
        recipe = recipe.change(head_strength=strength)

    def ready(draw: int) -> Timed:
        task = dataset.few_shot(LABELS, draw)
        features.forget()

        def timed() -> Examined:
            run = train.fit(net, task, recipe=recipe, seed=draw, threads=threads, test=False, progress=False)
            return lambda: examine(peers.scorer(run.model), test)

        return timed

    return ready


def look(net: Backbone, dataset: Dataset) -> tuple[Entrant, int]:
    """Return one pass of the labelled pictures through the network, and its best batch size."""
    module = net.clone().module.eval()

    def passed(images: Tensor, size: int) -> None:
        with torch.inference_mode():
            for part in images.split(size):
                module(part)

    def ready(draw: int) -> Timed:
        images = tensors(net, dataset.few_shot(LABELS, draw).train).images
        images = images.to(memory_format=torch.channels_last)
        return lambda: passed(images, best)

    images = tensors(net, dataset.few_shot(LABELS, 0).train).images.to(memory_format=torch.channels_last)
    sizes = sorted({len(images) // parts for parts in (1, 2, 3, 4, 6, 8)})
    took: dict[int, list[float]] = {size: [] for size in sizes}
    for _ in range(6):
        for size in sizes:
            began = time.perf_counter()
            passed(images, size)
            took[size].append(time.perf_counter() - began)
    best = min(sizes, key=lambda size: float(np.median(took[size][1:])))
    return ready, best


def rates(chosen: list[str], net: Backbone, dataset: Dataset, draws: int) -> None:
    """Print each peer's accuracy on the validation split of the data set for several rates."""
    held = tensors(net, dataset.validation)
    print(f"Right on the {len(held)} pictures of the validation split, mean of {draws} draws")
    print(f"{'':<12}" + "".join(f"{rate:>9g}" for rate in RATES))
    for name in chosen:
        module = peers.load(name)
        if module is None:
            continue
        shares = [
            np.mean(
                [
                    examine(module.frozen_head(given_for(net, dataset, draw), rate), held).mean()
                    for draw in range(draws)
                ]
            )
            for rate in RATES
        ]
        print(f"{name:<12}" + "".join(f"{100 * share:>7.1f} %" for share in shares), flush=True)


def arguments(text: str) -> argparse.Namespace:
    """Read the command line that both benchmarks against peers have."""
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
    return asked


def installed(names: list[str]) -> dict[str, object]:
    """Return the peers that are there, and say which are not."""
    found = {name: peers.load(name) for name in names}
    for name in [name for name, module in found.items() if module is None]:
        print(f"{name}: not installed: pip install 'tlkit[bench]'")
    return {name: module for name, module in found.items() if module is not None}


def main() -> None:
    """Print a line for each."""
    asked = arguments(__doc__.splitlines()[0])
    threads = asked.threads
    torch.set_num_threads(threads)
    warnings.simplefilter("ignore", ConversionWarning)
    net, dataset = backbones.load(NETWORK, side=asked.size), data.load(DATA)
    if asked.rates:
        rates(asked.peers, net, dataset, asked.draws)
        return
    test = tensors(net, dataset.test.open(WHY))
    limit, best = look(net, dataset)
    entrants = {
        "limit": limit,
        "tlkit": tlkit(net, dataset, test, threads),
        "tlkit, cross-validated": tlkit(net, dataset, test, threads, None),
        **{name: peer(module, net, dataset, test) for name, module in installed(asked.peers).items()},
    }
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TLKIT_CACHE"] = folder
        found = race(entrants, asked.draws)
    print(
        f"{dataset.name}, {LABELS} labels per class, {asked.draws} draws, {len(test)} test items;"
        f" {NETWORK}@{asked.size}; {threads} threads; the limit takes {best} pictures at once"
    )
    print(table(found, "limit", "tlkit"))


if __name__ == "__main__":
    main()
