"""LEEP: can the source's classes, as the network sees them, predict the target's?"""

from __future__ import annotations

from typing import Any

import numpy as np

from tlkit.errors import SimilarityError
from tlkit.similarity import checks
from tlkit.similarity.spectrum import class_sums

# How far the sum of a row may be from 1, and how far where each number has eight binary digits.
_APART, _BRIEF = 1e-3, 2**-7


def leep(source_probabilities: Any, labels: Any) -> float:
    r"""Mean log of the expected empirical prediction; higher is better, 0 is the most.

    With the network's probabilities :math:`\theta_i` of the source classes z for item i,

    .. math:: \frac1n \sum_i \log \sum_z \hat P(y_i \mid z) \, \theta_{iz}, \quad
        \hat P(y \mid z) = \frac{\sum_{i: y_i = y} \theta_{iz}}{\sum_i \theta_{iz}}.

    A source class to which no item gives any probability is left out.

    Parameters
    ----------
    source_probabilities
        (n, source classes); rows sum to 1 but for rounding, of which bfloat16 has the most.
    labels
        (n,) hashable labels of the target.

    Returns
    -------
    float
        Natural logarithm, at most 0.

    Raises
    ------
    SimilarityError
        Rows that are no probabilities (logits, for example), NaN, one class, or shapes that do not fit.

    Notes
    -----
    It fails where the last layer of the source lost what the target needs though the layers before it kept
    it, and it rises with the number of source classes.

    References
    ----------
    Nguyen, Hassner, Seeger, Archambeau: LEEP: A new measure to evaluate transferability of learned
    representations. ICML 2020.

    Examples
    --------
    >>> leep([[1.0, 0.0], [0.0, 1.0]], ["a", "b"])
    0.0
    >>> round(leep([[0.5, 0.5], [0.5, 0.5]], ["a", "b"]), 4)
    -0.6931
    """
    theta = checks.features(source_probabilities, "source probabilities")
    codes = checks.labels(labels, len(theta))
    sums = theta.sum(axis=1)
    brief = "bfloat16" in str(getattr(source_probabilities, "dtype", ""))
    if theta.min() < 0 or np.abs(sums - 1).max() > (_BRIEF if brief else _APART):
        row = int(np.abs(sums - 1).argmax()) if theta.min() >= 0 else int(theta.min(axis=1).argmin())
        raise SimilarityError(
            f"Row {row} of the source probabilities sums to {sums[row]:.4g}, its smallest value is "
            f"{theta[row].min():.4g}: these are no probabilities.",
            "Logits become probabilities by softmax over each row.",
        )
    theta = theta / sums[:, None]
    together = class_sums(codes, theta)
    mass = together.sum(axis=0)
    given = together[:, mass > 0] / mass[mass > 0]
    expected = (given[codes] * theta[:, mass > 0]).sum(axis=1)
    return float(min(0.0, np.log(expected).mean()))
