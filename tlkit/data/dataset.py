"""Dataset: train, validation and a sealed test set of labelled images, with their card."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from tlkit.data.asked import Asked
from tlkit.data.card import DataCard
from tlkit.data.duplicates import Duplicates, find_duplicates
from tlkit.data.few_shot import Task, draw
from tlkit.data.findings import Finding, Findings
from tlkit.data.places import SPLITS
from tlkit.data.preview import Preview, TextPreview, preview
from tlkit.data.sealed import SealedSplit
from tlkit.data.split import Split
from tlkit.errors import unknown_name


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Labelled images in three splits.

    Parameters
    ----------
    name
        Short name, as in ``data.load(name)``.
    train, validation
        Open splits.
    test
        Sealed: opened only for a final evaluation, and every opening is counted.
    card
        Origin, licence, counts and limits.
    reading
        What was found while the items were read, such as damaged files.
    item_names
        For each split what its items are called, such as files; empty if they have no names.
    asked
        The call it came from, for code that reads it again; None where nobody knows.

    Examples
    --------
    >>> from tlkit import data
    >>> digits = data.load("digits")
    >>> digits.few_shot(1, seed=0).train
    Split(10 images of 1 x 32 x 32, 10 classes)
    """

    name: str
    train: Split
    validation: Split
    test: SealedSplit
    card: DataCard
    reading: tuple[Finding, ...] = ()
    item_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    asked: Asked | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes; a label is a position here."""
        return self.train.classes

    @cached_property
    def fingerprint(self) -> str:
        """Content hash of all three splits; computing it opens nothing."""
        parts = (self.train.fingerprint, self.validation.fingerprint, self.test.fingerprint)
        return hashlib.sha256(" ".join(parts).encode()).hexdigest()

    def few_shot(self, labels_per_class: int, seed: int) -> Task:
        """Draw a task with a few labels per class from the training split.

        Draws of one seed are nested: what is drawn with one label per class is in every larger draw.

        Parameters
        ----------
        labels_per_class
            How many labels of each class, at least 1.
        seed
            Which draw, not negative.

        Raises
        ------
        DataError
            A class has fewer training labels than were asked for.
        """
        chosen = draw(self.train, labels_per_class, seed, self.name)
        return Task(self, self.train.select(chosen), int(labels_per_class), int(seed))

    def task(self, seed: int = 0) -> Task:
        """Return the task that uses all training labels."""
        return Task(self, self.train, None, int(seed))

    def duplicates(self) -> Duplicates:
        """Find images that occur more than once, also across splits; opens nothing."""
        return find_duplicates(self)

    @cached_property
    def findings(self) -> Findings:
        """What is wrong or doubtful about the data, in words; looking for it opens nothing.

        Damaged files, tiny classes, imbalance, copies and near copies within and across splits, class names
        that differ only by case, pictures of one colour, labels that look shuffled.

        Examples
        --------
        >>> import numpy as np
        >>> from tlkit import data
        >>> images = np.random.default_rng(0).uniform(size=(60, 8, 8))
        >>> images[30:] = images[:30]
        >>> [one.rule for one in data.arrays(images, ["cat", "dog"] * 30).findings]
        ['copies-across-splits', 'copies-within-a-split']
        """
        from tlkit.data.quality import look

        return look(self)

    def check(
        self,
        should_stop: Callable[[], bool] = lambda: False,
        progress: Callable[[str, float], None] = lambda words, share: None,
    ) -> Findings:
        """Look for findings anew, telling how far it is; ``findings`` then returns them.

        Parameters
        ----------
        should_stop
            Asked again and again; where it returns True, the look ends.
        progress
            Called with what is done and the share of the whole that is done.

        Raises
        ------
        StoppedError
            ``should_stop`` returned True.

        Examples
        --------
        >>> from tlkit import data
        >>> told = []
        >>> found = data.load("digits").check(progress=lambda words, share: told.append(words))
        >>> told[0], told[-1]
        ('Looking for equal items', 'Asking whether labels follow the pictures')
        """
        from tlkit.data.quality import look

        found = look(self, should_stop, progress)
        vars(self)["findings"] = found  # where the cached property looks
        return found

    def item_name(self, split: str, at: int) -> str:
        """Return what an item is called: its file, or its split and position.

        Parameters
        ----------
        split
            ``"train"``, ``"validation"`` or ``"test"``.
        at
            Position in the split.

        Raises
        ------
        UnknownNameError
            There is no such split.
        """
        if split not in SPLITS:
            raise unknown_name("split", split, SPLITS)
        names = self.item_names.get(split)
        return names[at] if names else f"{split}[{at}]"

    def preview(self, images_per_class: int = 4) -> Preview | TextPreview:
        """Return a picture of some training images of every class, with a text twin; of texts, a table.

        Parameters
        ----------
        images_per_class
            At most so many of each class.
        """
        return preview(self, images_per_class)

    def __repr__(self) -> str:
        problems = sum(one.level == "problem" for one in self.reading)
        told = (
            f", {problems} problem{'' if problems == 1 else 's'} while reading: see .findings"
            if problems
            else ""
        )
        return (
            f"Dataset({self.name!r}, {len(self.classes)} classes, {len(self.train)} train,"
            f" {len(self.validation)} validation, {len(self.test)} test {self.card.modality}s,"
            f" test {self.test.seal}{told})"
        )
