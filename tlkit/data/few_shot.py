"""Task: the labels that a learner may use, beside a test set that stays sealed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tlkit.data.sealed import SealedSplit
from tlkit.data.split import Split
from tlkit.errors import DataError

if TYPE_CHECKING:
    from tlkit.data.dataset import Dataset


@dataclass(frozen=True, eq=False, repr=False)
class Task:
    """A few labels of a dataset to learn from, and its sealed test set.

    Parameters
    ----------
    dataset
        Where the task comes from. Its validation split is not part of the task: whatever is tuned is tuned
        inside ``train``.
    train
        The labelled images that may be used.
    labels_per_class
        How many labels each class has, or None for all training labels.
    seed
        Seed of the draw.

    Examples
    --------
    >>> from tlkit import data
    >>> data.load("digits").few_shot(2, seed=0)
    Task(digits, 2 labels per class, draw 0)
    """

    dataset: Dataset
    train: Split
    labels_per_class: int | None
    seed: int

    @property
    def test(self) -> SealedSplit:
        """The dataset's sealed test set."""
        return self.dataset.test

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.dataset.classes

    @property
    def name(self) -> str:
        """What the task is, in words."""
        if self.labels_per_class is None:
            return f"{self.dataset.name}, all {len(self.train)} training labels"
        plural = "" if self.labels_per_class == 1 else "s"
        return f"{self.dataset.name}, {self.labels_per_class} label{plural} per class, draw {self.seed}"

    @cached_property
    def fingerprint(self) -> str:
        """Content hash of the dataset and of the labels drawn from it."""
        return hashlib.sha256(f"{self.dataset.fingerprint} {self.train.fingerprint}".encode()).hexdigest()

    def __repr__(self) -> str:
        return f"Task({self.name})"


def draw(split: Split, labels_per_class: int, seed: int, name: str) -> NDArray[np.int64]:
    """Draw the same number of items of every class.

    Each class is shuffled once per seed and its first items are taken, round by round: the draw with one
    label per class is the beginning of every larger draw with the same seed.

    Parameters
    ----------
    split
        What is drawn from.
    labels_per_class
        How many of each class, at least 1.
    seed
        Not negative.
    name
        Name of the dataset, for messages.

    Returns
    -------
    ndarray
        (labels_per_class * classes,) positions in the split.

    Raises
    ------
    DataError
        Fewer items of a class exist than were asked for, or the number or seed is not possible.

    Examples
    --------
    >>> split = Split(np.zeros((4, 1, 1, 1)), [0, 1, 0, 1], ("cat", "dog"))
    >>> split.labels[draw(split, 2, 0, "pets")]
    array([0, 1, 0, 1])
    """
    wanted = _whole_number(labels_per_class, "labels_per_class", 1)
    seed = _whole_number(seed, "seed", 0)
    counts = split.counts()
    if counts.min() < wanted:
        scarce = int(counts.argmin())
        raise DataError(
            f"{wanted} labels per class were asked for, but {name!r} has only {counts[scarce]} training"
            f" labels of class {split.classes[scarce]!r}.",
            f"Ask for at most {counts[scarce]}." if counts[scarce] else "Leave that class out.",
        )
    rounds = [
        np.random.default_rng([seed, label]).permutation(np.flatnonzero(split.labels == label))[:wanted]
        for label in range(len(split.classes))
    ]
    return np.stack(rounds, axis=1).reshape(-1)


def _whole_number(value: object, what: str, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise DataError(
            f"{what} is {value!r}, expected a whole number of at least {least}.",
            f"Give {what}={least}, for example.",
        )
    return int(value)
