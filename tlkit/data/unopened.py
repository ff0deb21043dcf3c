"""The splits of a dataset, the sealed one too, for checks that tell nothing but where something was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlkit.data.places import SPLITS
from tlkit.data.sealed import SealedSplit

if TYPE_CHECKING:
    from tlkit.data.dataset import Dataset
    from tlkit.data.split import Split


def unopened_splits(dataset: Dataset) -> dict[str, Split]:
    """Return all splits by name without opening the test set; its pictures and labels must not be handed out.

    A check that says "test[3] is train[7]" does not help anybody to choose: it is no opening, and none is counted.

    Parameters
    ----------
    dataset
        The dataset.

    Examples
    --------
    >>> from tlkit import data
    >>> digits = data.load("digits")
    >>> list(unopened_splits(digits)), digits.test.openings
    (['train', 'validation', 'test'], 0)
    """
    parts = (dataset.train, dataset.validation, unopened(dataset.test))
    return dict(zip(SPLITS, parts, strict=True))


def unopened(split: Split | SealedSplit) -> Split:
    """Return what is in a split, sealed or not, under the terms of `unopened_splits`.

    Parameters
    ----------
    split
        Any split.
    """
    return split._split if isinstance(split, SealedSplit) else split
