"""Packed: a data set without what a finished draw does not need, so that little is sent to other processes."""

from __future__ import annotations

from tlkit.data.dataset import Dataset


def sealed_only(dataset: Dataset, *, pack: bool = False) -> Dataset:
    """Return a data set with the same sealed test set and no item to learn from; it keeps its fingerprint.

    Together with the labels that were drawn, it is all that training and evaluating look at.

    Parameters
    ----------
    dataset
        Which one.
    pack
        Whether the test set holds its own bytes, for other machines, which know no mapped file of this one.

    Examples
    --------
    >>> from tlkit import data
    >>> digits = data.load("digits")
    >>> alone = sealed_only(digits)
    >>> len(alone.train), len(alone.test), alone.fingerprint == digits.fingerprint
    (0, 704, True)
    """
    none: list[int] = []
    alone = Dataset(
        dataset.name,
        train=dataset.train.select(none),
        validation=dataset.validation.select(none),
        test=dataset.test.packed() if pack else dataset.test,
        card=dataset.card,
    )
    # Where the cached property looks: the content that was drawn from is still that of the whole.
    vars(alone)["fingerprint"] = dataset.fingerprint
    return alone
