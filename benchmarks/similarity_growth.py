"""Table 2 of ``benchmarks/similarity.py``: time and memory of the scores as rows grow, each in a process of its own."""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from scale import Watch
from threadpoolctl import threadpool_limits

from tlkit import similarity

CLASSES = 10
WIDTH = 128
BATCH = 2000


def batches(rows: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield features and labels, never more than a batch in memory."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(CLASSES, WIDTH)).astype(np.float32)
    for start in range(0, rows, BATCH):
        labels = np.arange(start, min(rows, start + BATCH)) % CLASSES
        yield centres[labels] + random.standard_normal((len(labels), WIDTH), dtype=np.float32), labels


def by_moments(rows: int) -> None:
    """Read two samples of so many rows once, and take every score that moments can give."""
    a, b = (similarity.Moments.of(batches(rows, seed), classwise=True) for seed in (0, 1))
    for score in (similarity.h_score, similarity.logme, similarity.transrate, similarity.gbc):
        score(a)
    similarity.frechet(a, b), similarity.coral(a, b)


def by_draws(rows: int, folder: str) -> None:
    """Map two files of so many rows, and take every distance that draws rows."""
    a, b = (np.load(Path(folder) / f"{rows}-{seed}.npy", mmap_mode="r") for seed in (0, 1))
    labels = np.arange(rows) % CLASSES
    similarity.mmd(a, b), similarity.wasserstein(a, b), similarity.proxy_a_distance(a, b)
    similarity.otdd(a, labels, b, labels)
    similarity.cka(a, b), similarity.knn(a, labels)


def by_training(rows: int, folder: str) -> None:
    """Map a file of so many rows, and take the scores that train on rows they draw."""
    a, labels = np.load(Path(folder) / f"{rows}-0.npy", mmap_mode="r"), np.arange(rows) % CLASSES
    similarity.nleep(a, labels), similarity.linear_probe(a, labels)


def by_all(rows: int, folder: str) -> None:
    """Make probabilities of a file of so many rows, and take the scores that read them all."""
    a, labels = np.load(Path(folder) / f"{rows}-0.npy", mmap_mode="r"), np.arange(rows) % CLASSES
    probabilities = np.exp(a[:, :CLASSES])
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    similarity.leep(probabilities, labels), similarity.nce(probabilities.argmax(axis=1), labels)


def one(kind: str, rows: int, folder: str, limit_gb: float) -> None:
    """Measure one cell of table 2 in this process, after a small one that loads what is needed."""
    by_file = {"drawn": by_draws, "trained": by_training, "whole": by_all}
    work = by_moments if kind == "moments" else partial(by_file[kind], folder=folder)
    work(100)
    watch = Watch()
    before = watch.now_mb()
    watch.start()
    if limit_gb:
        resource.setrlimit(resource.RLIMIT_DATA, (int(limit_gb * 2**30),) * 2)
    began = time.process_time()
    work(rows)
    print(f"{time.process_time() - began} {before} {watch.end()}")


def write(rows: int, folder: str) -> None:
    """Put two samples on disk, batch by batch."""
    for seed in (0, 1):
        shape = (rows, WIDTH)
        kept = np.lib.format.open_memmap(Path(folder) / f"{rows}-{seed}.npy", "w+", np.float32, shape)
        for place, (some, _) in enumerate(batches(rows, seed)):
            kept[place * BATCH : place * BATCH + len(some)] = some
        kept.flush()


def growth(most: int, limit_gb: float) -> list[str]:
    """Print time and memory at ten times as many rows each, up to the most; return what failed."""
    print(f"\nRows of {WIDTH} features in float32; at most {limit_gb:g} GB of writable memory; one thread")
    print(f"{'rows':>10}{'on disk':>12}  {'':<8}{'time':>12}{'MB before, most':>18}")
    rows, short = 1000, []
    with tempfile.TemporaryDirectory() as folder:
        write(100, folder)
        while rows <= most:
            write(rows, folder)
            for kind in ("moments", "drawn", "trained", "whole"):
                asked = ["--one", kind, "--rows", str(rows), "--folder", folder, "--limit-gb", str(limit_gb)]
                done = subprocess.run(
                    [sys.executable, __file__, *asked], capture_output=True, text=True, check=False
                )
                if done.returncode:
                    last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
                    told = f"  failed: {last}"
                    short.append(f"{kind} of {rows:,} rows: {last}")
                else:
                    seconds, before, after = map(float, done.stdout.split())
                    told = f"{seconds:>10.2f} s{before:>10,.0f}, {after:>6,.0f}"
                print(f"{rows:>10,}{2 * rows * WIDTH * 4 / 2**20:>9,.0f} MB  {kind:<8}{told}", flush=True)
            for seed in (0, 1):
                (Path(folder) / f"{rows}-{seed}.npy").unlink()
            rows *= 10
    return short


def main() -> None:
    """Measure one cell."""
    parser = argparse.ArgumentParser(description="One cell of the table: called by growth.")
    parser.add_argument("--one", choices=["moments", "drawn", "trained", "whole"], required=True)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--limit-gb", type=float, default=2.0, help="0: no limit")
    given = parser.parse_args()
    with threadpool_limits(1):
        one(given.one, given.rows, given.folder, given.limit_gb)


if __name__ == "__main__":
    main()
