"""A new head on a frozen network: tlkit beside its peers, and beside one look at the pictures, which none can go below.

    python benchmarks/frozen_head.py                              ten draws, every peer that is installed
    python benchmarks/frozen_head.py --draws 1 --peers tutorial   a first look
    python benchmarks/frozen_head.py --rates                      how the peers' learning rates were chosen

The task: 12 classes of emoji in the style of Twemoji, ten labels of each. The network: EfficientNet-Lite0, trained on
ImageNet, with pictures of 96 x 96. Nothing is augmented. All use the same number of torch threads: as many as
there are processors, which only a machine with nothing else to do can give.

On the clock: tlkit from `train.fit` with emptied caches on, thus with the resizing of the pictures, the copy of the
network and its seals; the peers from pictures that are ready and a network that is a copy already. "cross-validated" is
tlkit choosing the strength of its head inside the labels; otherwise the recipe's is used, which was chosen on other
data, as the peers' rates were chosen beforehand. The peers train on four fifths of the labels and look at the others
after every pass. Nobody's test answers are on the clock. The limit is one pass of the labelled pictures through the
network, in the batch size that is fastest.

Draws are paired: the interval is about tlkit's share of right answers on the sealed test set minus the peer's.
"""

from __future__ import annotations

import tempfile
import time

import numpy as np
import torch
from peers.race import Entrant, Timed, race, table
from peers.task import LABELS, Task, arguments, start, tensors
from torch import Tensor

from tlkit.backbones import Backbone
from tlkit.data import Dataset
from tlkit.train import Recipe

BATCH = 16
HELD = 0.2
RATES = (1e-3, 3e-3, 1e-2, 3e-2, 1e-1)


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


def main() -> None:
    """Print a line for each."""
    asked = arguments(__doc__.splitlines()[0])
    net, dataset, there = start(asked)
    task = Task(net, dataset, BATCH, HELD)
    fits = {name: module.frozen_head for name, module in there.items()}
    if asked.rates:
        task.print_rates(fits, RATES, asked.draws)
        return
    test = tensors(net, dataset.test.open("benchmark of a new head"))
    limit, best = look(net, dataset)
    recipe = Recipe.head().change(augmented_views=0)
    crossed = recipe.change(head_strength=None)
    with tempfile.TemporaryDirectory() as folder:
        entrants = {
            "limit": limit,
            "tlkit": task.tlkit(None, recipe, test, asked.threads, folder),
            "tlkit, cross-validated": task.tlkit(None, crossed, test, asked.threads, folder),
            **{name: task.peer(fit, test) for name, fit in fits.items()},
        }
        found = race(entrants, asked.draws)
    print(
        f"{dataset.name}, {LABELS} labels per class, draws: {asked.draws}, test items: {len(test)}; {net.name};"
        f" threads: {asked.threads}; the limit takes {best} pictures at once"
    )
    print(table(found, "limit", "tlkit"))


if __name__ == "__main__":
    main()
