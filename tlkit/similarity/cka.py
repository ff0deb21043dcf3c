"""CKA: do two networks, or two layers, see the same items alike?"""

from __future__ import annotations

from typing import Any

import numpy as np

from tlkit.errors import SimilarityError
from tlkit.similarity import checks, sampling
from tlkit.similarity.checks import Matrix
from tlkit.similarity.units import without_unit


def cka(a: Any, b: Any, debiased: bool = False, *, rows: int = 50_000, seed: int = 0) -> float:
    r"""Linear centred kernel alignment of two views of the same items; 1 is equal but for rotation, scale.

    .. math:: \frac{\|B^T A\|_F^2}{\|A^T A\|_F \, \|B^T B\|_F} \quad\text{with centred columns.}

    Parameters
    ----------
    a, b
        (n, d) and (n, e): the same rows, in the same order.
    debiased
        Use the unbiased estimate of Song et al., which does not grow with the number of features; it can be
        below 0 and needs at least four rows.
    rows
        Of larger views so many rows are drawn at random, the same of both, and only they are read. Memory is
        for both views in float64, twice, and for a square as large as the rows are many or as both views
        are wide, whichever is smaller.
    seed
        Of the rows drawn.

    Returns
    -------
    float
        0 to 1 (debiased: at most 1).

    Raises
    ------
    SimilarityError
        NaN, different numbers of rows, rows or a seed that cannot be, or a view in which all rows are the same.

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
    try:
        paired = len(a) == len(b)
    except TypeError:
        paired = True  # no rows at all: for the checks to refuse
    if paired:  # one draw for both: it depends on their number and the seed alone
        a, b = (sampling.at_most(view, rows, seed) for view in (a, b))
    first, second = checks.features(a, "features of a", least), checks.features(b, "features of b", least)
    if len(first) != len(second):
        raise SimilarityError(
            f"a has {len(first)} rows and b has {len(second)}.",
            "Give two views of the same items, in one order.",
        )
    first, second = _centred(first, "a"), _centred(second, "b")
    sizes = _alignment(first, first), _alignment(second, second)
    value = _alignment(first, second)
    if debiased:
        plain, value = sizes, value - _bias(first, second)
        sizes = sizes[0] - _bias(first, first), sizes[1] - _bias(second, second)
        for name, size, whole in zip("ab", sizes, plain, strict=True):
            if size <= 1e-12 * whole:
                raise SimilarityError(
                    f"The {len(first)} rows of {name} lie no nearer to some of each other than to others, so the "
                    "debiased alignment has no value.",
                    "Give more rows, or leave debiased out.",
                )
    return float(value / np.sqrt(sizes[0] * sizes[1]))


def _centred(view: Matrix, name: str) -> Matrix:
    """Return a view with columns of mean 0, in a unit whose fourth powers are numbers: CKA does not change with it."""
    view = without_unit(view)
    # Before centring: rounding of the mean is no difference between rows.
    if (view[0] == view[-1]).all() and (view == view[0]).all():
        raise SimilarityError(f"All rows of {name} are the same.", "Constant features have no alignment.")
    centred: Matrix = view - view.mean(axis=0)
    return centred


def _alignment(a: Matrix, b: Matrix) -> float:
    """Return the sum of the products of all entries of AA' and BB'."""
    if len(a) ** 2 < a.shape[1] * b.shape[1]:
        return float(np.vdot(a @ a.T, b @ b.T))
    products = b.T @ a
    return float(np.vdot(products, products))


def _bias(a: Matrix, b: Matrix) -> float:
    """Return by how much the alignment exceeds the unbiased HSIC, up to a factor that cancels.

    The unbiased estimate sets the diagonals of AA' and BB' to 0. Rows of centred views sum to 0, so that the sum of
    a row without its diagonal is minus the diagonal, and no matrix of rows by rows is needed.
    """
    rows = len(a)
    one, two = np.einsum("ij,ij->i", a, a), np.einsum("ij,ij->i", b, b)
    return float((1 + 2 / (rows - 2)) * (one @ two) - one.sum() * two.sum() / ((rows - 1) * (rows - 2)))
