"""CKA: do two networks, or two layers, see the same items alike?"""

from __future__ import annotations

from typing import Any

import numpy as np

from tlkit.errors import SimilarityError
from tlkit.similarity import checks
from tlkit.similarity.checks import Matrix


def cka(a: Any, b: Any, debiased: bool = False) -> float:
    r"""Linear centred kernel alignment of two views of the same items; 1 is equal but for rotation, scale.

    .. math:: \frac{\|B^T A\|_F^2}{\|A^T A\|_F \, \|B^T B\|_F} \quad\text{with centred columns.}

    Parameters
    ----------
    a, b
        (n, d) and (n, e): the same rows, in the same order.
    debiased
        Use the unbiased estimate of Song et al., which does not grow with the number of features; it can be
        below 0 and needs at least four rows.

    Returns
    -------
    float
        0 to 1 (debiased: at most 1).

    Raises
    ------
    SimilarityError
        NaN, different numbers of rows, or a view in which all rows are the same.

    Notes
    -----
    It fails with fewer rows than features: it is then near 1 for unrelated views, unless debiased. It is
    led by the directions of largest variance; a small part that matters may go unseen.

    References
    ----------
    Kornblith, Norouzi, Lee, Hinton: Similarity of neural network representations revisited. ICML 2019.
    Song, Smola, Gretton, Bedo, Borgwardt: Feature selection via dependence maximization. JMLR 13, 2012.

    Examples
    --------
    >>> a = np.random.default_rng(0).normal(size=(20, 3))
    >>> round(cka(a, -2 * a[:, ::-1] + 5), 6)
    1.0
    """
    least = 4 if debiased else 2
    first, second = checks.features(a, "features of a", least), checks.features(b, "features of b", least)
    if len(first) != len(second):
        raise SimilarityError(
            f"a has {len(first)} rows and b has {len(second)}.",
            "Give two views of the same items, in one order.",
        )
    first, second = first - first.mean(axis=0), second - second.mean(axis=0)
    for name, view in (("a", first), ("b", second)):
        if np.abs(view).max() == 0:
            raise SimilarityError(f"All rows of {name} are the same.", "Constant features have no alignment.")
    # CKA does not change with scale, and squares of squares must not overflow.
    first, second = first / np.abs(first).max(), second / np.abs(second).max()
    alignment = _debiased if debiased else _plain
    return float(alignment(first, second) / np.sqrt(alignment(first, first) * alignment(second, second)))


def _plain(a: Matrix, b: Matrix) -> float:
    return float(((b.T @ a) ** 2).sum())


def _debiased(a: Matrix, b: Matrix) -> float:
    """Return the unbiased HSIC of two linear kernels, up to a factor that cancels."""
    rows = len(a)
    one, two = a @ a.T, b @ b.T
    np.fill_diagonal(one, 0)
    np.fill_diagonal(two, 0)
    total = one.sum() * two.sum() / ((rows - 1) * (rows - 2))
    return float((one * two).sum() + total - 2 / (rows - 2) * (one.sum(axis=0) @ two.sum(axis=0)))
