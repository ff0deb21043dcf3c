"""NCE: how sure are the target's labels once the source's labels are known?"""

from __future__ import annotations

from typing import Any

import numpy as np

from tlkit.similarity import checks
from tlkit.similarity.label_list import one_per_row


def nce(source_labels: Any, labels: Any) -> float:
    r"""Negative conditional entropy of the labels given the source's; higher is better, 0 is the most.

    .. math:: -H(Y \mid Z) = \sum_{y, z} \hat P(y, z) \log \frac{\hat P(y, z)}{\hat P(z)}

    Parameters
    ----------
    source_labels
        (n,) hashable labels of the source for the same items: given ones, or the class of which the
        source network is surest. One class is enough.
    labels
        (n,) hashable labels of the target.

    Returns
    -------
    float
        Natural logarithm, between minus the entropy of the labels and 0.

    Raises
    ------
    SimilarityError
        One class, a missing label, or different lengths.

    Notes
    -----
    It fails with many source classes and few items: where each source class has one item, it is 0 whatever
    the labels are. It looks at labels only, never at how a network arrives at them.

    References
    ----------
    Tran, Nguyen, Hassner: Transferability and hardness of supervised classification tasks. ICCV 2019.

    Examples
    --------
    >>> nce(["cat", "cat", "car", "car"], ["animal", "animal", "thing", "thing"])
    0.0
    >>> round(nce(["cat", "car", "cat", "car"], ["animal", "animal", "thing", "thing"]), 4)
    -0.6931
    """
    labels = one_per_row(labels)
    size = len(labels)
    codes = checks.labels(labels, size)
    source = checks.labels(source_labels, size, "source labels", least_classes=1)
    counts = np.zeros((int(codes.max()) + 1, int(source.max()) + 1))
    np.add.at(counts, (codes, source), 1.0)
    here = counts > 0
    shares = (counts / counts.sum(axis=0))[here]
    return float(min(0.0, (counts[here] * np.log(shares)).sum() / size))
