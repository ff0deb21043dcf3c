"""What reading a folder of pictures costs, beside torchvision's. Run: ``python benchmarks/reading.py [COUNT]``.

COUNT (100,000) different JPEG pictures of 96 x 96 pixels are made in a temporary folder and brought to 64 x 64:
by `data.images`, once for the first time and once from its cache, and by torchvision's ImageFolder with a DataLoader
that works in as many processes as there are processors. Nothing is kept in a cache before; the files themselves
were just written, so that all read them from memory.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from tlkit import data
from tlkit.data.image_files import list_classes

CLASSES = 10
SIDE = 64


def make(folder: Path, count: int) -> None:
    """Write so many different pictures, in ten folders."""
    generator = np.random.default_rng(0)
    for place in range(CLASSES):
        (folder / f"class-{place}").mkdir(parents=True)
    for at in range(count):
        coarse = generator.integers(0, 256, (6, 6, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize((96, 96), Image.Resampling.BICUBIC)
        picture.save(folder / f"class-{at % CLASSES}" / f"{at:06}.jpg", quality=85)


def timed(name: str, work: Callable[[], Any], count: int) -> float:
    """Print and return the seconds that some work takes."""
    began = time.perf_counter()
    work()
    seconds = time.perf_counter() - began
    print(f"{name:<58}{seconds:>9.2f} s{count / seconds:>12,.0f} pictures/s", flush=True)
    return seconds


def by_torchvision(folder: Path) -> None:
    """Read every picture once through a DataLoader."""
    steps = v2.Compose(
        [v2.ToImage(), v2.Resize((SIDE, SIDE), antialias=True), v2.ToDtype(torch.float32, scale=True)]
    )
    workers = len(os.sched_getaffinity(0))
    for _ in DataLoader(ImageFolder(folder, transform=steps), batch_size=256, num_workers=workers):
        pass


def main() -> int:
    """Print all figures; fail if listing 100,000 files takes more than ten seconds."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory(prefix="tlkit-reading-") as name:
        folder = Path(name) / "pictures"
        os.environ["TLKIT_CACHE"] = str(Path(name) / "cache")
        make(folder, count)
        # Just written files are not trusted by their times; no one trains in the second after a copy.
        time.sleep(2.5)
        print(f"{count:,} pictures, {len(os.sched_getaffinity(0))} processors")

        def read() -> None:
            data.images(folder, size=SIDE, progress=False)

        listed = timed("tlkit: list", lambda: list_classes(folder, False), count)
        timed("torchvision: list (ImageFolder)", lambda: ImageFolder(folder), count)
        first = timed("tlkit: list, decode, keep, split (data.images)", read, count)
        again = timed("tlkit: the same again, from the cache", read, count)
        found = data.images(folder, size=SIDE, progress=False)
        timed("tlkit: fingerprint", lambda: found.fingerprint, count)
        timed("tlkit: findings (copies, near copies, labels)", lambda: found.findings, count)
        peer = timed(
            "torchvision: decode once (ImageFolder, DataLoader)", lambda: by_torchvision(folder), count
        )
        print(f"torchvision / tlkit, first pass: {peer / first:.2f}; every later pass: {peer / again:.1f}")
    kept = listed * 100_000 / count < 10
    print(f"100,000 files are listed in under ten seconds: {'yes' if kept else 'NO'}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
