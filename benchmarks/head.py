"""What solving for a head costs, beside scikit-learn's logistic regression. Run: ``python benchmarks/head.py``.

The same loss is minimised on the same features to the same size of its gradient: 12 classes, 1280 features, as many
rows as ten labels per class give, as the same with eight views each give, and 8000. tlkit gets all processors;
scikit-learn one or all, whichever is faster. "Two pools" is tlkit with as many threads for numpy and scipy as for
torch, which `tlkit.train.threads` keeps from happening. Each time is the median of five.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable

import numpy as np
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from tlkit.train.head import solve_head
from tlkit.train.threads import threads

CLASSES = 12
FEATURES = 1280
ROWS = (120, 1080, 8000)
REPEATS = 5
# Of the gradient of the summed loss, as in tlkit; scikit-learn's is that of the mean.
TOLERANCE = 1e-5


def seconds(call: Callable[[], object]) -> float:
    """Return the median seconds of a call, after one that is not counted."""
    found = []
    for _ in range(REPEATS + 1):
        began = time.perf_counter()
        call()
        found.append(time.perf_counter() - began)
    return statistics.median(found[1:])


def fitted(peer: Pipeline, x: np.ndarray, labels: np.ndarray, limit: int) -> float:
    """Return the seconds that scikit-learn takes with so many threads."""
    with threadpool_limits(limit):
        return seconds(lambda: peer.fit(x, labels))


def main() -> None:
    """Print a line for each number of rows."""
    count = os.cpu_count() or 1
    random = np.random.default_rng(0)
    print(f"{FEATURES} features, {CLASSES} classes, {count} threads")
    print(f"{'rows':>6}{'tlkit':>10}{'two pools':>14}{'scikit-learn':>20}{'largest difference':>22}")
    for rows in ROWS:
        labels = np.arange(rows) % CLASSES
        centres = 0.3 * random.normal(size=(CLASSES, FEATURES))
        x = (centres[labels] + random.normal(size=(rows, FEATURES))).astype(np.float32)
        double = x.astype(np.float64)
        peer = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, tol=TOLERANCE / rows, max_iter=1000))

        def ours(x: np.ndarray = x, labels: np.ndarray = labels) -> object:
            return solve_head(x, labels, CLASSES, strength=1.0)

        with threads(count):
            once = seconds(ours)
            with threadpool_limits(count, user_api="blas"):
                twice = seconds(ours)
            probabilities = softmax(solve_head(x, labels, CLASSES, strength=1.0).scores(x), axis=1)
        theirs = min(fitted(peer, double, labels, limit) for limit in {1, count})
        apart = np.abs(probabilities - peer.predict_proba(double)).max()
        print(
            f"{rows:>6}{once:>8.3f} s{twice:>8.3f} s{twice / once:>3.0f}x{theirs:>11.3f} s{theirs / once:>6.1f}x"
            f"{apart:>22.1e}",
            flush=True,
        )


if __name__ == "__main__":
    main()
