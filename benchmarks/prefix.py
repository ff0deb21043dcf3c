"""What a pass of the ImageNet network costs: batch sizes, threads, bfloat16. Run: ``python benchmarks/prefix.py``.

tlkit runs the frozen stages in batches of one fixed size (`tlkit.backbones.batching.filled_batch`) and in single
precision. Here are the other batch sizes, as milliseconds per picture, the best of five looks in turn, and the same
pass in bfloat16 with the share of test pictures that its features give another answer for, under a head that was
solved on those of single precision. A batch size chosen by a stopwatch would give other last digits every day, and
bfloat16 other answers on other processors; so neither is done on its own.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tlkit import backbones, data
from tlkit.backbones import Network, pool_features
from tlkit.backbones.batching import filled_batch
from tlkit.backbones.transform import ConversionWarning
from tlkit.train.head import solve_head
from tlkit.train.threads import threads

BATCHES = (8, 16, 32, 64, 128)
LOOKS = 5
LABELS_PER_CLASS = 10


def features(network: Network, x: Tensor, batch: int) -> NDArray[np.float32]:
    """Return the pooled features of transformed pictures."""
    with torch.inference_mode():
        parts = [
            pool_features(network.backbone(part.contiguous(memory_format=torch.channels_last)))
            for part in x.split(batch)
        ]
        return torch.cat(parts).float().numpy()


def milliseconds(network: Network, x: Tensor) -> dict[int, float]:
    """Return the best time per picture for each batch size."""
    found: dict[int, list[float]] = {batch: [] for batch in BATCHES}
    for _ in range(LOOKS):
        for batch, times in found.items():
            began = time.perf_counter()
            features(network, x, batch)
            times.append((time.perf_counter() - began) / len(x) * 1000)
    return {batch: min(times) for batch, times in found.items()}


def bfloat16(network: Network, x: Tensor, heads: tuple[Tensor, NDArray[np.int64], Tensor]) -> str:
    """Return what bfloat16 costs and changes, in words."""
    train, labels, test = heads
    batch = filled_batch(tuple(x.shape[1:]))
    head = solve_head(features(network, train, batch), labels, int(labels.max()) + 1)
    single = head.scores(features(network, test, batch)).argmax(axis=1)
    began = time.perf_counter()
    features(network, x[:batch], batch)
    plain = time.perf_counter() - began
    network.to(torch.bfloat16)
    small = test.to(torch.bfloat16)
    began = time.perf_counter()
    features(network, small[:batch], batch)
    ratio = (time.perf_counter() - began) / plain
    given = head.scores(features(network, small[: len(single)], batch)).argmax(axis=1)
    return (
        f"bfloat16 takes {ratio:.1f} times as long; {(given != single).mean():.1%} of {len(single)} test pictures"
        " get another answer"
    )


def main() -> None:
    """Print a line for each number of threads, and one for bfloat16."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--side", type=int, default=96, help="pixels; 96 unless you say otherwise")
    parser.add_argument("--pictures", type=int, default=128)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConversionWarning)
    net = backbones.load("zoo:efficientnet-lite0", side=arguments.side)
    task = data.load("emoji:twemoji").few_shot(LABELS_PER_CLASS, seed=0)
    train, test = (
        net.transform(np.array(split.images))
        for split in (task.train, task.test.open("a benchmark of speed"))
    )
    x = torch.cat([train, test])[: arguments.pictures]
    network = net.with_head(len(task.classes), seed=0).eval().to(memory_format=torch.channels_last)
    print(
        f"{len(x)} pictures of {arguments.side} px; tlkit takes batches of {filled_batch(net.transform.shape)}"
    )
    print("threads" + "".join(f"{batch:>11}" for batch in BATCHES))
    for count in sorted({1, os.cpu_count() or 1}):
        with threads(count):
            found = milliseconds(network, x)
        print(f"{count:>7}" + "".join(f"{found[batch]:>8.2f} ms" for batch in BATCHES), flush=True)
    with threads(os.cpu_count() or 1):
        print(bfloat16(network, x, (train, task.train.labels, test[:64])), flush=True)


if __name__ == "__main__":
    main()
