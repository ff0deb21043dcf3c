"""Proxy A-distance: can a classifier tell two samples apart?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from tlkit.similarity import checks, sampling
from tlkit.similarity.checks import Matrix
from tlkit.similarity.units import moderate

_FOLDS = 5


@overload
def proxy_a_distance(
    a: Any,
    b: Any,
    seed: int = 0,
    *,
    raw: bool = False,
    standard_error: Literal[False] = False,
    rows: int = 5000,
) -> float: ...
@overload
def proxy_a_distance(
    a: Any, b: Any, seed: int = 0, *, raw: bool = False, standard_error: Literal[True], rows: int = 5000
) -> tuple[float, float]: ...


def proxy_a_distance(
    a: Any,
    b: Any,
    seed: int = 0,
    *,
    raw: bool = False,
    standard_error: bool = False,
    rows: int = 5000,
) -> float | tuple[float, float]:
    r"""Distance :math:`2 (1 - 2 \varepsilon)` from the error of a classifier that tells a from b; 0 is equal.

    :math:`\varepsilon` is the five-fold cross-validated error of a logistic regression on standardised
    features, averaged over both samples with equal weight, so that unequal sizes do not matter.

    Parameters
    ----------
    a, b
        (n, d) and (m, d), at least 5 rows each; computed in float64.
    seed
        Of the folds, and of the rows drawn.
    raw
        Keep values below 0, which chance gives for equal samples; otherwise they are 0.
    standard_error
        Also return the standard error (over items; the choice of folds is not in it).
    rows
        Of a larger sample so many rows are drawn at random, and only they are read.

    Returns
    -------
    float
        0 (cannot be told apart) to 2 (always told apart); with `standard_error`, a pair.

    Raises
    ------
    SimilarityError
        NaN, fewer than five rows, or different widths.

    Notes
    -----
    It fails at the top: two samples that differ in one irrelevant way, such as brightness, are as far apart
    as two that have nothing in common. With more features than rows the classifier may miss a difference.

    References
    ----------
    Ben-David, Blitzer, Crammer, Pereira: Analysis of representations for domain adaptation. NIPS 2006.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> a, b = rng.normal(size=(60, 2)), rng.normal(size=(60, 2))
    >>> proxy_a_distance(a, b + 9), proxy_a_distance(a, b) < 0.5
    (2.0, True)
    """
    first, second = checks.pair(sampling.at_most(a, rows, seed), sampling.at_most(b, rows, seed), _FOLDS)
    told = told_apart(first, second, seed)
    value = distance_of(told)
    value = value if raw else max(0.0, value)
    if not standard_error:
        return value
    spread = sum(float(one.mean() * (1 - one.mean())) / (len(one) - 1) for one in told)
    return value, 2 * spread**0.5


def told_apart(
    a: Matrix, b: Matrix, seed: int, check: Callable[[], None] = lambda: None
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return for every row of a and of b whether a classifier that never saw it names its sample.

    Parameters
    ----------
    a, b
        (n, d) and (m, d), at least two rows each; fewer than five give fewer folds.
    seed
        Of the folds.
    check
        Called before every fit; may raise to stop.
    """
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(sampling.whole(seed, "seed", 0))
    a, b, _ = moderate(a, b)
    count = min(_FOLDS, len(a), len(b))
    folds = np.concatenate([rng.permutation(len(one)) % count for one in (a, b)])
    both = np.concatenate([a, b])
    side = np.repeat([0, 1], [len(a), len(b)])
    correct = np.empty(len(both), dtype=bool)
    for fold in range(count):
        check()
        seen, held = folds != fold, folds == fold
        centre, spread = both[seen].mean(axis=0), both[seen].std(axis=0)
        spread[spread == 0] = 1
        fitted = LogisticRegression(max_iter=1000, class_weight="balanced", tol=1e-3)
        fitted.fit((both[seen] - centre) / spread, side[seen])
        correct[held] = fitted.predict((both[held] - centre) / spread) == side[held]
    return correct[: len(a)], correct[len(a) :]


def distance_of(told: tuple[NDArray[np.bool_], NDArray[np.bool_]]) -> float:
    """Return the raw distance of what `told_apart` found."""
    error = 1 - (float(told[0].mean()) + float(told[1].mean())) / 2
    return 2 * (1 - 2 * error)
