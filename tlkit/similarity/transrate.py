"""TransRate: how many more bits do the features take than the features of each class alone?"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import lapack

from tlkit.errors import SimilarityError
from tlkit.similarity import checks
from tlkit.similarity.checks import Codes, Matrix
from tlkit.similarity.moments import Moments
from tlkit.similarity.spectrum import Spectrum

_EPSILON = 1e-4
_MOST_LOST = 1e-7


def transrate(features: Any | Moments, labels: Any = None) -> float:
    r"""Coding rate of the features less the mean coding rate of the classes; higher is better.

    .. math:: R(Z) - \frac1C \sum_c R(Z_c), \quad
        R(Z) = \frac12 \log\det\left(I + \frac1{n \varepsilon} Z^T Z\right), \quad \varepsilon = 10^{-4}

    where the rows of Z are centred around the mean of all, those of a class too, and each class counts the
    same, whatever its size.

    Parameters
    ----------
    features
        (n, d), any float type; computed in float64. Or `Moments`, made with ``classwise=True``, that have
        seen features and labels.
    labels
        (n,) hashable.

    Returns
    -------
    float
        Natural logarithm.

    Raises
    ------
    SimilarityError
        NaN, one class, shapes that do not fit, or moments without second moments of classes or without enough digits.

    Notes
    -----
    It fails where classes are small beside the number of features: a class of few rows takes few bits
    whatever they are, which raises the score. It sees directions, not places: classes on opposite sides of
    the mean are not apart for it. It changes with the scale of the features, so that networks
    whose features are larger score higher: compare networks of one kind, or bring features to one scale.

    References
    ----------
    Huang, Huang, Rong, Yang, Wei: Frustratingly easy transferability estimation. ICML 2022.

    Examples
    --------
    >>> crossed = [[3.0, 0.0], [-3.0, 0.0], [0.0, 3.0], [0.0, -3.0]]
    >>> transrate(crossed, ["a", "a", "b", "b"]) > transrate(crossed, ["a", "b", "a", "b"])
    True
    """
    if isinstance(features, Moments):
        return rate(Spectrum(features.for_score(labels)), None)
    matrix = checks.sized(checks.features(features))
    return rate(Spectrum(matrix), checks.labels(labels, len(matrix)))


def rate(spectrum: Spectrum, codes: Codes | None) -> float:
    """Return the TransRate of features that are decomposed once for any number of labellings.

    Parameters
    ----------
    spectrum
        Of features or of moments.
    codes
        (n,) classes; None for moments, which know them.
    """
    moments = spectrum.moments
    if moments is not None:
        gaps = moments.class_means - spectrum.mean
        classes = [
            _of_square(scatter + count * np.outer(gap, gap), int(count))
            for scatter, count, gap in zip(moments.class_scatters, moments.counts, gaps, strict=True)
        ]
        found = _of_square(spectrum.centred_square, spectrum.rows) - float(np.mean(classes))
        if np.isnan(found):
            raise SimilarityError(
                "The second moments have lost the digits on which the coding rate hangs: some features are"
                " much larger than others.",
                "Bring features to one scale, or give features and labels in place of moments.",
            )
        return found
    assert codes is not None
    classes = [_of_rows(spectrum.centred[codes == one]) for one in np.unique(codes)]
    whole = _of_rows(spectrum.centred, spectrum.centred_square)
    return whole - float(np.mean(classes))


def _of_rows(rows: Matrix, square: Matrix | None = None) -> float:
    """Return R of (n, d) rows; `square` is the smaller of Z'Z and ZZ', whose determinants are the same."""
    if square is None:
        square = rows.T @ rows if len(rows) > rows.shape[1] else rows @ rows.T
    found = _of_square(square, len(rows))
    if np.isnan(found):
        values = np.linalg.svd(rows, compute_uv=False)
        found = float(0.5 * np.log1p(values**2 / (len(rows) * _EPSILON)).sum())
    return found


def _of_square(square: Matrix, rows: int) -> float:
    """Return R by the square, NaN where the 1 beside large numbers has lost the digits that matter."""
    whole = square / (rows * _EPSILON)
    whole[np.diag_indices_from(whole)] += 1
    factor, failed = lapack.dpotrf(whole.T, lower=1, clean=0)
    if failed:
        return float("nan")
    roots = np.diag(factor)
    found = float(np.log(roots).sum())
    lost = 4 * float(np.finfo(np.float64).eps) * float((np.diag(whole) / roots**2).sum())
    return found if lost < _MOST_LOST * (1 + found) else float("nan")
