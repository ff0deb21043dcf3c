"""Scores of how well features fit the target's labels, each with its floor, ceiling and interval."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlkit.similarity.checks import Codes, Matrix
from tlkit.similarity.knn import squared_distances
from tlkit.similarity.leep import leep
from tlkit.similarity.logme import evidence
from tlkit.similarity.place import Place, place
from tlkit.similarity.resample import Rows, halves

LABELS = {"logme": "LogME", "knn": "nearest neighbour", "leep": "LEEP"}
_SHUFFLES = 20


class View:
    """The target's rows as one network sees them.

    Parameters
    ----------
    features
        (n, d).
    probabilities
        (n, classes of the source), or None.
    """

    def __init__(self, features: Matrix, probabilities: NDArray[Any] | None) -> None:
        self.features, self.probabilities = features, probabilities
        self._distances = squared_distances(features, features)

    def logme(self, codes: Codes, rows: Rows) -> float:
        targets = np.eye(int(codes.max()) + 1)[codes]
        used = targets[:, targets.any(axis=0)]
        return float(evidence(self.features[rows], used).mean())

    def knn(self, codes: Codes, rows: Rows) -> float:
        distances = self._distances[np.ix_(rows, rows)]
        np.fill_diagonal(distances, np.inf)
        return float((codes[distances.argmin(axis=1)] == codes).mean())

    def leep(self, codes: Codes, rows: Rows) -> float:
        assert self.probabilities is not None
        return leep(self.probabilities[rows], codes)


def calibrated(
    seen: View,
    best: View | None,
    codes: Codes,
    rng: np.random.Generator,
    draws: int,
    check: Callable[[str, float], None],
) -> list[Place]:
    """Measure every score on the network's view, on shuffled labels, and on the best network's view.

    Parameters
    ----------
    seen
        The view of the network in question.
    best
        The view of the network that was trained for the target; None for no ceiling.
    codes
        (n,) the target's classes.
    rng
        Shuffles and draws.
    draws
        Half-samples for the intervals.
    check
        Told what is done and how far it is; may raise to stop.
    """
    names = ["logme", "knn", *(["leep"] if seen.probabilities is not None else [])]
    everything = np.arange(len(codes))
    topped = [
        name for name in names if best is not None and (name != "leep" or best.probabilities is not None)
    ]
    values: dict[str, tuple[float, float, float | None]] = {}
    for name in names:
        floors = []
        for _ in range(_SHUFFLES):
            check(f"Measuring {LABELS[name]}", 0.0)
            floors.append(getattr(seen, name)(rng.permutation(codes), everything))
        top = getattr(best, name)(codes, everything) if name in topped else None
        values[name] = (getattr(seen, name)(codes, everything), float(np.mean(floors)), top)
    drawn: dict[str, list[list[float]]] = {name: [[], [], []] for name in names}
    for number in range(draws):
        rows = halves(codes, rng)[0]
        shuffled = rng.permutation(codes[rows])
        for name in names:
            check(f"How sure? Draw {number + 1} of {draws}", number / draws)
            score = getattr(seen, name)
            drawn[name][0].append(score(codes[rows], rows))
            drawn[name][1].append(score(shuffled, rows))
            if name in topped:
                drawn[name][2].append(getattr(best, name)(codes[rows], rows))
    return [
        place(
            name,
            LABELS[name],
            "score",
            values[name],
            (drawn[name][0], drawn[name][1], drawn[name][2] if name in topped else None),
        )
        for name in names
    ]
