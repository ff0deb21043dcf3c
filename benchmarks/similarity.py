"""What similarity costs, beside the originals and at the same value. Run: ``python benchmarks/similarity.py``.

    python benchmarks/similarity.py --quick          fewer rows and features, no millions: a first look
    python benchmarks/similarity.py --most 100000    table 2 to so many rows

1. Every score on 2,000 rows of 512 features in 10 classes (MMD: 1,000 rows each; OTDD and what trains: 500 rows of 64
   features), and some on 60 rows of 200 features ("wide"), on one thread: the processor's time, median of five calls,
   taken in turns. "Original" is the algorithm of the score's paper and first program, derived anew in
   ``benchmarks/originals``; "parts" puts the same number together from scikit-learn and POT, where these can (for OTDD
   they cannot: POT's distance of Gaussians is not a number for classes of fewer rows than features, such as these).
   Ratios are above 1 where tlkit is faster. The difference is relative, the larger of those to both, and must stay
   below 1e-4; otherwise, and where a score is not as fast as is wanted, the script ends with an error.
2. The processor's time and memory at a thousand to a million rows, each in a process of its own whose writable memory
   is limited; one that fails is an error too. "Moments": H-score, LogME, TransRate, GBC, Fréchet and CORAL of batches
   that are made on the way. "Drawn": MMD, sliced Wasserstein, OTDD, the proxy A-distance, CKA and nearest neighbours of
   files on disk, from which they draw rows. "Trained": N-LEEP and the linear probe, which draw too. "Whole": LEEP and
   NCE of all rows.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from originals import distances, scores
from similarity_growth import CLASSES, growth
from sklearn.linear_model import BayesianRidge
from sklearn.metrics.pairwise import euclidean_distances, rbf_kernel
from sklearn.neighbors import KNeighborsClassifier
from threadpoolctl import threadpool_limits

from tlkit import similarity
from tlkit.similarity.optimal_transport import solvers
from tlkit.similarity.resample import folds as dealt

REPEATS = 5
MOST_APART = 1e-4
WANTED = {"h_score": 3, "logme": 3, "transrate": 3, "frechet": 3}

Call = Callable[[], float]


class Row(NamedTuple):
    """A score's three ways to one value."""

    name: str
    ours: Call
    original: Call
    parts: Call | None = None


def labelled(rows: int, width: int, seed: int, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Return features whose spread falls from direction to direction, as a network's does, and their classes."""
    random = np.random.default_rng(seed)
    labels = np.arange(rows) % CLASSES
    scales = np.arange(1, width + 1) ** -0.5
    mixed = np.linalg.qr(np.random.default_rng(7).normal(size=(width, width)))[0]
    centres = random.normal(size=(CLASSES, width))
    return ((centres[labels] + 2 * random.normal(size=(rows, width))) * scales) @ mixed + shift, labels


def rows_of_table(rows: int, width: int) -> list[Row]:
    """Return every score on one pair of samples."""
    x, y = labelled(rows, width, 0)
    b, _ = labelled(rows, width, 1, 0.1)
    logits = x[:, : 4 * CLASSES]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    half_a, half_b = x[: rows // 2], b[: rows // 2]
    few, few_y = labelled(rows // 4, width // 8, 2)
    fewer, fewer_y = labelled(rows // 4, width // 8, 3, 0.1)
    lines = np.random.default_rng(0).normal(size=(200, width))
    lines /= np.linalg.norm(lines, axis=1, keepdims=True)
    source = probabilities.argmax(axis=1)
    folds = dealt(few_y, 5, np.random.default_rng(0))
    rng = np.random.default_rng(0)
    sides = np.concatenate([rng.permutation(len(one)) % 5 for one in (few, fewer)])
    return [
        Row("leep", lambda: similarity.leep(probabilities, y), lambda: scores.leep(probabilities, y)),
        Row("nce", lambda: similarity.nce(source, y), lambda: scores.nce(source, y)),
        Row(
            "nleep",
            lambda: similarity.nleep(few, few_y, components=CLASSES),
            lambda: scores.nleep(few, few_y, CLASSES, 0),
        ),
        Row(
            "linear_probe",
            lambda: similarity.linear_probe(few, few_y),
            lambda: scores.linear_probe(few, few_y, folds),
        ),
        Row("h_score", lambda: similarity.h_score(x, y), lambda: scores.h_score(x, y)),
        Row(
            "h_score, shrunk",
            lambda: similarity.h_score(x, y, shrinkage=True),
            lambda: scores.shrunk_h_score(x, y),
        ),
        Row(
            "logme", lambda: similarity.logme(x, y), lambda: scores.logme(x, y), lambda: bayesian_ridge(x, y)
        ),
        Row("transrate", lambda: similarity.transrate(x, y), lambda: scores.transrate(x, y)),
        Row("gbc", lambda: similarity.gbc(x, y), lambda: scores.gbc(x, y)),
        Row("knn", lambda: similarity.knn(x, y), lambda: scores.knn(x, y), lambda: neighbours(x, y)),
        Row("cka", lambda: similarity.cka(x, b), lambda: distances.cka(x, b)),
        Row(
            "cka, debiased",
            lambda: similarity.cka(x, b, debiased=True),
            lambda: distances.debiased_cka(x, b),
        ),
        Row(
            "frechet",
            lambda: similarity.frechet(x, b),
            lambda: distances.frechet(x, b),
            lambda: gaussians(x, b),
        ),
        Row(
            "proxy_a_distance",
            lambda: similarity.proxy_a_distance(few, fewer),
            lambda: distances.proxy_a_distance(few, fewer, sides),
        ),
        Row("coral", lambda: similarity.coral(x, b), lambda: distances.coral(x, b)),
        Row(
            "mmd",
            lambda: similarity.mmd(half_a, half_b),
            lambda: distances.mmd(half_a, half_b),
            lambda: kernels(half_a, half_b),
        ),
        Row(
            "wasserstein",
            lambda: similarity.wasserstein(x, b, lines),
            lambda: distances.wasserstein(x, b, lines),
            lambda: float(solvers().sliced_wasserstein_distance(x, b, projections=lines.T)),
        ),
        Row(
            "otdd",
            lambda: similarity.otdd(few, few_y, fewer, fewer_y),
            lambda: distances.otdd(few, few_y, fewer, fewer_y),
        ),
    ]


def wide_rows() -> list[Row]:
    """Return some scores where there are more features than rows; LogME's steps go on until they rest."""
    x, y = labelled(60, 200, 4)
    b, _ = labelled(60, 200, 5, 0.1)
    return [
        Row(
            "logme, wide",
            lambda: similarity.logme(x, y),
            lambda: scores.logme(x, y, stop=1e-12, most=100_000),
        ),
        Row(
            "h_score, shrunk, wide",
            lambda: similarity.h_score(x, y, shrinkage=True),
            lambda: scores.shrunk_h_score(x, y),
        ),
        Row("transrate, wide", lambda: similarity.transrate(x, y), lambda: scores.transrate(x, y)),
        Row("knn, wide", lambda: similarity.knn(x, y), lambda: scores.knn(x, y)),
        Row("cka, wide", lambda: similarity.cka(x, b), lambda: distances.cka(x, b)),
        Row("frechet, wide", lambda: similarity.frechet(x, b), lambda: distances.frechet(x, b)),
    ]


def bayesian_ridge(x: np.ndarray, y: np.ndarray) -> float:
    """LogME as the evidence of scikit-learn's Bayesian ridge regression, without its priors."""
    flat = {"alpha_1": 0, "alpha_2": 0, "lambda_1": 0, "lambda_2": 0}
    found = []
    for one in range(CLASSES):
        fitted = BayesianRidge(fit_intercept=False, compute_score=True, tol=1e-6, max_iter=1000, **flat)
        found.append(fitted.fit(x, (y == one).astype(float)).scores_[-1] / len(x))
    return float(np.mean(found))


def neighbours(x: np.ndarray, y: np.ndarray) -> float:
    """Leave-one-out by scikit-learn: the second of two neighbours, since the first is the row itself."""
    near = KNeighborsClassifier(2).fit(x, y).kneighbors(x, return_distance=False)[:, 1]
    return float((y[near] == y).mean())


def kernels(a: np.ndarray, b: np.ndarray) -> float:
    """MMD by scikit-learn's kernels."""
    both = np.concatenate([a, b])
    pairs = euclidean_distances(both, squared=True)[np.triu_indices(len(both), 1)]
    gamma = 0.5 / np.median(pairs)
    within = sum(
        (rbf_kernel(one, gamma=gamma).sum() - len(one)) / (len(one) * (len(one) - 1)) for one in (a, b)
    )
    return float(within - 2 * rbf_kernel(a, b, gamma=gamma).mean())


def gaussians(a: np.ndarray, b: np.ndarray) -> float:
    """Fréchet distance by POT's distance of Gaussians."""
    spreads = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    return float(solvers().gaussian.bures_wasserstein_distance(a.mean(axis=0), b.mean(axis=0), *spreads) ** 2)


def compare(table: Sequence[Row], quick: bool) -> list[str]:
    """Print times and differences; return what falls short."""
    print(
        f"{'milliseconds':<24}{'tlkit':>9}{'original':>11}{'ratio':>8}{'parts':>10}{'ratio':>8}{'difference':>14}"
    )
    short = []
    for row in table:
        calls = [row.ours, row.original, *([row.parts] if row.parts else [])]
        values = [call() for call in calls]
        taken: list[list[float]] = [[] for _ in calls]
        for _ in range(REPEATS):
            for call, times in zip(calls, taken, strict=True):
                began = time.process_time()
                call()
                times.append(1000 * (time.process_time() - began))
        ours, original, *parts = map(statistics.median, taken)
        apart = max(abs(values[0] - other) / abs(other) for other in values[1:])
        built = f"{parts[0]:>10.1f}{parts[0] / ours:>7.1f}x" if parts else f"{'-':>10}{'-':>8}"
        print(
            f"{row.name:<24}{ours:>9.1f}{original:>11.1f}{original / ours:>7.1f}x{built}{apart:>14.1e}",
            flush=True,
        )
        if apart > MOST_APART:
            short.append(f"{row.name}: not the same value, {values}")
        if not quick and original / ours < WANTED.get(row.name, 0):
            print(f"{'':<24}wanted: {WANTED[row.name]}x")
            short.append(f"{row.name}: {original / ours:.1f}x as fast, wanted {WANTED[row.name]}x")
    return short


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description="What similarity costs, beside the originals.")
    parser.add_argument("--quick", action="store_true", help="a first look")
    parser.add_argument("--most", type=int, help="rows of table 2 at most; 0: no second table")
    parser.add_argument(
        "--limit-gb", type=float, default=2.0, help="writable memory of a process; 0: no limit"
    )
    given = parser.parse_args()
    rows, width = (400, 64) if given.quick else (2000, 512)
    print(f"{rows:,} rows of {width} features, {CLASSES} classes, one thread; load {os.getloadavg()[0]:.1f}")
    with threadpool_limits(1):
        short = compare([*rows_of_table(rows, width), *wide_rows()], given.quick)
    most = given.most if given.most is not None else 10_000 if given.quick else 1_000_000
    if most:
        short += growth(most, given.limit_gb)
    if short:
        raise SystemExit("Falls short: " + "; ".join(short))


if __name__ == "__main__":
    main()
