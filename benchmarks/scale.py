"""How time and memory grow. Run: ``python benchmarks/scale.py [--most 100000] [--limit-gb 2] [--cells 4 20 60 200]``.

Two questions, each with the slope of a straight line through the logarithms: 1 means twice as much for twice as many.

1. A head on 1280 features of 10² to 10⁵ labelled pictures. The pictures and the backbone (one random layer) are
   synthetic, so that the features are what costs: 10⁵ of them take 0.5 GB, 2 x 10⁵ 1 GB. Each size runs in a process
   of its own whose writable memory is limited; mapped files do not count, since the system may drop their pages.
2. A comparison of 4 to 200 cells, random-frozen against frozen over so many draws, Greek letters, nothing in the store.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

CLASSES = 10
SIDE = 8
FEATURES = 1280
SMALLEST = 100


def head_on(pictures: int, limit_gb: float) -> None:
    """Train a head on so many pictures in this process, and print seconds and peak memory."""
    import torch
    from torch import nn

    from tlkit import backbones, data, train

    random = np.random.default_rng(0)
    count = int(pictures / 0.8)
    labels = (np.arange(count) % CLASSES).astype(np.int64)
    centres = random.random((CLASSES, 1, SIDE, SIDE), dtype=np.float32)
    images = random.random((count, 1, SIDE, SIDE), dtype=np.float32)
    images += centres[labels]
    images /= 2
    dataset = data.arrays(images, labels, validation=0.1, test=0.1)
    layer = nn.Conv2d(1, FEATURES, SIDE)
    with torch.no_grad():
        layer.weight.normal_(0, 1 / SIDE, generator=torch.Generator().manual_seed(0))
    form = backbones.InputTransform(1, SIDE, SIDE, (0.5,), (0.3,))
    net = backbones.wrap(nn.Sequential(layer, nn.ReLU()), {"body": ["0", "1"]}, transform=form)
    watch = Watch()
    before = watch.now_mb()
    watch.start()
    if limit_gb:
        resource.setrlimit(resource.RLIMIT_DATA, (int(limit_gb * 2**30),) * 2)
    began = time.perf_counter()
    recipe = train.Recipe.head().change(augmented_views=0)
    run = train.fit(net, dataset.task(), recipe=recipe, threads=os.cpu_count() or 1, progress=False)
    seconds = time.perf_counter() - began
    print(f"{seconds} {run.accuracy} {before} {watch.end()}")


class Watch(threading.Thread):
    """Looks 50 times a second how much memory this process has of its own, without the pages of mapped files."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most_mb = self.now_mb()
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(0.02):
            self.most_mb = max(self.most_mb, self.now_mb())

    def end(self) -> float:
        self._over.set()
        self.join()
        return self.most_mb

    @staticmethod
    def now_mb() -> float:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        found = dict(line.split(":", 1) for line in status.splitlines())
        return int(found["RssAnon"].split()[0]) / 1024


def slope(sizes: Sequence[float], values: Sequence[float]) -> float:
    """Return the slope of a line through the logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])


def heads(most: int, limit_gb: float) -> None:
    """Print what a head costs on ten times as many pictures each, up to the most."""
    sizes = [SMALLEST]
    while sizes[-1] < most:
        sizes.append(min(most, sizes[-1] * 10))
    print(
        f"A head on {FEATURES} features; at most {limit_gb:g} GB of writable memory; threads: {os.cpu_count()}"
    )
    print(f"{'labelled':>10}{'features':>12}{'seconds':>10}{'right':>9}{'memory before, most':>24}")
    seconds = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, __file__, "--one", str(size), "--limit-gb", str(limit_gb)],
                env={**os.environ, "TLKIT_CACHE": folder},
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode:
            print(f"{size:>10,}  failed: {done.stderr.strip().splitlines()[-1]}")
            continue
        took, right, before, after = map(float, done.stdout.split())
        seconds.append((size, took))
        told = f"{before:,.0f}, {after:,.0f} MB"
        large = f"{size * FEATURES * 4 / 2**20:,.0f} MB"
        print(f"{size:>10,}{large:>12}{took:>10.2f}{100 * right:>8.1f}%{told:>24}", flush=True)
    many = [one for one in seconds if one[0] >= 1000]
    if len(many) > 1:
        print(f"slope of the seconds from {many[0][0]:,} on: {slope(*zip(*many, strict=True)):.2f}\n")


def comparisons(cells: Sequence[int]) -> None:
    """Print what a comparison of so many cells costs."""
    from tlkit import backbones, compare, data

    net, greek = backbones.load("zoo:resnet-letters"), data.load("greek")
    print("A comparison of random-frozen and frozen, Greek letters, one label each")
    print(f"{'cells':>10}{'seconds':>10}{'a cell':>10}")
    seconds = []
    for count in cells:
        began = time.perf_counter()
        compare.run(greek, net, ["random-frozen", "frozen"], seeds=count // 2, store=False, progress=False)
        seconds.append(time.perf_counter() - began)
        print(f"{count:>10}{seconds[-1]:>10.2f}{seconds[-1] / count:>10.3f}", flush=True)
    if len(cells) > 1:
        print(f"slope: {slope(cells, seconds):.2f}")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description="How time and memory grow.")
    parser.add_argument("--most", type=int, default=100_000, help="labelled pictures at most")
    parser.add_argument(
        "--limit-gb", type=float, default=2.0, help="writable memory of a process; 0: no limit"
    )
    parser.add_argument("--cells", type=int, nargs="*", default=[4, 20, 60, 200])
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        head_on(given.one, given.limit_gb)
        return
    heads(given.most, given.limit_gb)
    if given.cells:
        comparisons(given.cells)


if __name__ == "__main__":
    main()
