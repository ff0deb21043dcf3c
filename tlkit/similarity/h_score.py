"""H-score: which part of the features' spread lies between classes?"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from tlkit.similarity import checks
from tlkit.similarity.checks import Codes
from tlkit.similarity.moments import Moments
from tlkit.similarity.spectrum import Spectrum, one_hot
from tlkit.similarity.units import without_unit

# Of a sum of squares, as a share of it.
_ROUNDING = 1e-14


def h_score(features: Any | Moments, labels: Any = None, *, shrinkage: bool = False) -> float:
    r"""Spread between classes in units of the whole spread; higher is better.

    .. math:: H = \operatorname{tr}\left(\operatorname{cov}(f)^+ \operatorname{cov}(E[f \mid y])\right)

    with n - 1 in both covariances. With `shrinkage`, the shrunk covariance of Ledoit and Wolf,
    :math:`(1 - s) \Sigma + s \frac{\operatorname{tr} \Sigma}{d} I`, takes the place of the first and
    :math:`1 - s` times the second that of the second.

    Parameters
    ----------
    features
        (n, d), any float type; computed in float64. Or `Moments` that have seen features and labels.
    labels
        (n,) hashable.
    shrinkage
        Shrink; needed where there are not many more items than features.

    Returns
    -------
    float
        0 to the number of classes less one (or of features, if fewer).

    Raises
    ------
    SimilarityError
        NaN, one class, or shapes that do not fit.

    Notes
    -----
    Without shrinkage it fails where there are no more items than features: it is then the number of classes
    less one whatever the features are. It sees only the means of classes, it grows with their number, and
    it does not change under any invertible linear map of the features (the shrunk one changes), so that a
    direction that hardly varies counts as much as any other.

    References
    ----------
    Bao, Li, Huang, Zhang, Zheng, Zamir, Guibas: An information-theoretic approach to transferability in task
    transfer learning. ICIP 2019. Ibrahim, Ponomareva, Mazumder: Newer is not always better: rethinking
    transferability metrics, their peculiarities, stability and performance. ECML PKDD 2022.

    Examples
    --------
    >>> round(h_score([[0.0], [1.0], [4.0], [5.0]], ["a", "a", "b", "b"]), 4)
    0.9412
    >>> rng = np.random.default_rng(0)
    >>> noise, labels = rng.normal(size=(20, 50)), np.arange(20) % 2
    >>> round(h_score(noise, labels), 4), h_score(noise, labels, shrinkage=True) < 0.5
    (1.0, True)
    """
    if isinstance(features, Moments):
        spectrum, codes = Spectrum(features.for_score(labels)), None
    else:
        matrix = without_unit(checks.features(features))
        spectrum, codes = Spectrum(matrix), checks.labels(labels, len(matrix))
    return shrunk(spectrum, codes) if shrinkage else captured(spectrum, codes)


def captured(spectrum: Spectrum, codes: Codes | None) -> float:
    """Return the H-score of features that are decomposed once for any number of labellings.

    Parameters
    ----------
    spectrum
        Of features or of moments.
    codes
        (n,) classes; None for moments, which know them.
    """
    groups = spectrum.groups(codes)
    return float(len(groups) - 1) if spectrum.independent else spectrum.captured(groups)


def shrunk(spectrum: Spectrum, codes: Codes | None) -> float:
    """Return the H-score with shrinkage; parameters as for `captured`."""
    rows, square = spectrum.rows, spectrum.centred_square
    share, size = ledoit_wolf(spectrum)
    if share in (0.0, 1.0) or size == 0:
        return 0.0 if share else captured(spectrum, codes) * rows / (rows - 1)
    # Both covariances times n: the class part has n - 1 in its denominator, the whole has n.
    whole = (1 - share) * square
    whole[np.diag_indices_from(whole)] += share * size * rows
    if spectrum.tall:
        groups = spectrum.groups(codes)
        half = scipy.linalg.solve_triangular(
            scipy.linalg.cholesky(whole, lower=True, check_finite=False), groups.T, lower=True
        )
        trace = float((half**2).sum())
    else:
        assert codes is not None
        # F (cI + a F'F)⁻¹ F' = FF' (cI + a FF')⁻¹: the n x n square is the smaller one.
        members = one_hot(codes)
        members = members[:, members.any(axis=0)]
        members /= np.sqrt(members.sum(axis=0))
        solved = scipy.linalg.solve(whole, members, assume_a="pos", check_finite=False)
        trace = float(((square @ members) * solved).sum())
    return float((1 - share) * trace * rows / (rows - 1))


def ledoit_wolf(spectrum: Spectrum) -> tuple[float, float]:
    """Return how far the covariance is to be shrunk, 0 to 1, and the mean variance to which.

    References
    ----------
    Ledoit, Wolf: A well-conditioned estimator for large-dimensional covariance matrices. Journal of
    Multivariate Analysis 88, 2004.
    """
    rows, width, square = spectrum.rows, spectrum.width, spectrum.centred_square
    size = float(np.trace(square)) / rows / width
    if width == 1:
        return 0.0, size
    length = float((square**2).sum()) / rows**2
    apart = length - width * size**2
    noise = (spectrum.fourth / rows - length) / rows
    noise = min(noise, apart)
    # Of two rows, and of rows on one sphere, what is left is rounding.
    return (noise / apart if noise > _ROUNDING * length else 0.0), size
