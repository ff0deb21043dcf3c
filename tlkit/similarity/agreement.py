"""Agreement: did the scores, taken beforehand, put sources into the order of what they gained?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import kendalltau, spearmanr

from tlkit.errors import SimilarityError


@dataclass(frozen=True)
class Agreement:
    """How well an order that was told beforehand fits the gains.

    Parameters
    ----------
    spearman, kendall
        Rank correlations, -1 to 1; 0 where all scores or all gains are equal.
    regret
        The best gain minus that of the source which was put first.
    picked
        Whether the source that was put first gained most.
    """

    spearman: float
    kendall: float
    regret: float
    picked: bool


def agreement(scores: Sequence[float], gains: Sequence[float]) -> Agreement:
    """Compare scores with gains; a higher score should mean a higher gain.

    Parameters
    ----------
    scores, gains
        One of each per source, in one order; at least two. Distances are given with a minus.

    Returns
    -------
    Agreement
        Where several are first with equal scores, the regret is their mean.

    Raises
    ------
    SimilarityError
        Different lengths, fewer than two, or values that are not numbers.

    Examples
    --------
    >>> agreement([3.0, 2.0, 1.0], [0.3, 0.2, 0.1])
    Agreement(spearman=1.0, kendall=1.0, regret=0.0, picked=True)
    >>> round(agreement([1.0, 2.0, 3.0], [0.3, 0.2, 0.1]).regret, 6)
    0.2
    """
    told, got = np.asarray(scores, dtype=float), np.asarray(gains, dtype=float)
    if told.shape != got.shape or told.ndim != 1 or len(told) < 2:
        raise SimilarityError(
            f"There are {told.size} scores and {got.size} gains.",
            "Give one of each per source, at least two.",
        )
    if np.isnan(told).any() or not np.isfinite(got).all():
        raise SimilarityError("A score or a gain is not a number.", "Leave this source out.")
    first = np.flatnonzero(told == told.max())
    best = got.max()
    regret = float(best - got[first].mean())
    picked = len(first) == 1 and bool(got[first[0]] == best)
    if len(np.unique(told)) == 1 or len(np.unique(got)) == 1:
        return Agreement(0.0, 0.0, regret, picked)
    return Agreement(
        _clean(float(spearmanr(told, got).statistic)),
        _clean(float(kendalltau(told, got).statistic)),
        regret,
        picked,
    )


def _clean(value: float) -> float:
    """Round away what is not a digit of a rank correlation."""
    return 0.0 if math.isnan(value) else round(value, 12)
