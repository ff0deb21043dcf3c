"""N-LEEP: LEEP with clusters of the features in place of the source's classes."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from tlkit.errors import SimilarityError
from tlkit.similarity import checks, labelled, sampling
from tlkit.similarity.leep import leep

_ENERGY = 0.8
_PER_CLASS = 5


def nleep(
    features: Any, labels: Any, *, components: int | None = None, seed: int = 0, rows: int = 20_000
) -> float:
    r"""Mean log of the expected empirical prediction from clusters; higher is better, 0 is the most.

    Features are projected on the principal components that hold 80 % of their variance; a mixture of
    Gaussians with full covariances is fitted; its posteriors :math:`P(v \mid x)` take the place of the
    source's probabilities in `leep`:

    .. math:: \frac1n \sum_i \log \sum_v \hat P(y_i \mid v) \, P(v \mid x_i)

    Parameters
    ----------
    features
        (n, d), any float type; computed in float64.
    labels
        (n,) hashable.
    components
        Gaussians, 1 to n. None: five per class as in the paper, but no more than a fifth of the rows.
    seed
        Of the start of the mixture, and of the rows drawn.
    rows
        Of a larger set about so many rows are drawn, stratified, and only they are read.

    Returns
    -------
    float
        Natural logarithm, at most 0.

    Raises
    ------
    SimilarityError
        NaN, one class, shapes that do not fit, or components or a seed that cannot be.

    Notes
    -----
    It fails with few items: nearly as many Gaussians as items explain any labels. It depends on the seed,
    since the mixture is only a local optimum, and on the scale of single features. It does not need a source
    head, but takes thousands of times as long as LEEP.

    References
    ----------
    Li, Jia, Sang, Zhu, Green, Wang, Gong: Ranking neural checkpoints. CVPR 2021.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> labels = np.arange(60) % 2
    >>> helpful, useless = rng.normal(9 * labels[:, None], size=(60, 2)), rng.normal(size=(60, 2))
    >>> nleep(helpful, labels) > nleep(useless, labels)
    True
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    matrix, codes = labelled.at_most(features, labels, rows, seed)
    if components is None:
        components = max(1, min(_PER_CLASS * (int(codes.max()) + 1), len(matrix) // 5))
    elif sampling.whole(components, "components", 1) > len(matrix):
        raise SimilarityError(
            f"There are {components} components but {len(matrix)} rows.", "Give at most as many as rows."
        )
    reduced = _principal(matrix)
    if reduced is None:
        components, reduced = 1, np.zeros((len(matrix), 1))
    mixture = GaussianMixture(int(components), random_state=int(seed))
    with warnings.catch_warnings():
        # A mixture that still moves a little is good enough, and repeated rows make clusters empty.
        warnings.simplefilter("ignore", ConvergenceWarning)
        mixture.fit(reduced)
    return leep(mixture.predict_proba(reduced), codes)


def _principal(matrix: checks.Matrix) -> checks.Matrix | None:
    """Return scores on the first principal components that hold the energy; None for constant features."""
    centred = matrix - matrix.mean(axis=0)
    left, values, _ = np.linalg.svd(centred, full_matrices=False)
    if values[0] <= 1e-14 * np.abs(matrix).max() * np.sqrt(matrix.size):
        return None
    energy = np.cumsum(values**2) / (values**2).sum()
    kept = int(np.searchsorted(energy, _ENERGY - 1e-12) + 1)
    # The largest number of each direction is positive, so that a start from the same seed is the same start.
    # In units of the first one's spread: scikit-learn adds a constant to the variances of the mixture.
    chosen: checks.Matrix = left[:, :kept] * (values[:kept] / values[0] * np.sqrt(len(matrix)))
    signs = np.sign(chosen[np.abs(chosen).argmax(axis=0), np.arange(kept)])
    return np.asarray(chosen * signs)
