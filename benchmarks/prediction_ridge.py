"""A ridge regression from cheap scores to gains, for ``benchmarks/prediction.py``; each target is left out in turn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlkit.similarity.measures import DISTANCES, SCORES

COMBINED = "combined"
STRENGTHS = (0.1, 1.0, 10.0, 100.0)
LEVEL = 0.9


def combined(trials: Sequence[dict[str, Any]], arm: str) -> dict[str, Any]:
    """Predict the gains of each trial from the trials on other targets.

    Inputs are the cheap measures, standardised within a trial; what is predicted is the gain above the mean of the
    trial's sources. The strength is chosen by leaving out each of the remaining targets in turn.

    Parameters
    ----------
    trials
        With ``scores`` and ``gains``.
    arm
        Whose gains.

    Returns
    -------
    dict
        ``predictions`` (a list per trial), and the ``coverage`` and mean ``half_width`` of the prediction interval,
        which is taken from errors on left-out targets among those that are learned from.
    """
    names = [
        name
        for name, one in {**SCORES, **DISTANCES}.items()
        if not one.costly and all(name in trial["scores"] for trial in trials)
    ]
    inputs = [np.stack([_standard(trial["scores"][name]) for name in names], axis=1) for trial in trials]
    gains = [np.array(trial["gains"][arm]) - np.mean(trial["gains"][arm]) for trial in trials]
    targets = [trial["target"] for trial in trials]
    predictions: list[list[float]] = [[] for _ in trials]
    inside, widths = [], []
    for left in dict.fromkeys(targets):
        rest = [at for at, one in enumerate(targets) if one != left]
        errors = {one: _errors(inputs, gains, targets, rest, one) for one in STRENGTHS}
        strength = min(errors, key=lambda one: float((errors[one] ** 2).mean()))
        half = float(np.quantile(np.abs(errors[strength]), LEVEL))
        weights = _solve(inputs, gains, rest, strength)
        for at in (at for at, one in enumerate(targets) if one == left):
            told = inputs[at] @ weights
            predictions[at] = told.tolist()
            inside += (np.abs(told - gains[at]) <= half).tolist()
            widths.append(half)
    return {
        "predictions": predictions,
        "coverage": round(float(np.mean(inside)), 6),
        "half_width": round(float(np.mean(widths)), 6),
    }


def _errors(
    inputs: list[NDArray[Any]],
    gains: list[NDArray[Any]],
    targets: list[str],
    rest: list[int],
    strength: float,
) -> NDArray[np.float64]:
    found = []
    for left in dict.fromkeys(targets[at] for at in rest):
        others = [at for at in rest if targets[at] != left]
        # With two targets nothing remains to choose by.
        weights = _solve(inputs, gains, others or rest, strength)
        found += [inputs[at] @ weights - gains[at] for at in rest if targets[at] == left]
    return np.concatenate(found)


def _solve(
    inputs: list[NDArray[Any]], gains: list[NDArray[Any]], rows: list[int], strength: float
) -> NDArray[np.float64]:
    x, y = np.concatenate([inputs[at] for at in rows]), np.concatenate([gains[at] for at in rows])
    square = x.T @ x + strength * np.eye(x.shape[1])
    return np.asarray(np.linalg.solve(square, x.T @ y))


def _standard(values: Sequence[float]) -> NDArray[np.float64]:
    x = np.array(values)
    spread = x.std()
    return np.zeros(len(x)) if spread == 0 else (x - x.mean()) / spread
