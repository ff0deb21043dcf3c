"""SealedSplit: a test set that opens only for a final evaluation, and counts how often."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from tlkit.data.split import Split
from tlkit.data.texts import TextSplit
from tlkit.errors import SealedError


@dataclass(frozen=True)
class Opening:
    """One opening of a test set: why, and a mark that tells it from every other opening."""

    why: str
    mark: str = field(default_factory=lambda: uuid.uuid4().hex, repr=False)


class SealedSplit:
    """A test split that has to be opened with a reason; every opening is counted.

    What is looked at again and again while choosing is no test any more. Copies share one count. A copy that
    was pickled into another process counts on its own from there; ``absorb`` adds its openings back, each
    once.

    Parameters
    ----------
    split
        The test images.
    name
        Name of the dataset, for messages.

    Examples
    --------
    >>> sealed = SealedSplit(Split(np.zeros((3, 1, 2, 2)), [0, 1, 1], ("cat", "dog")), "pets")
    >>> len(sealed.open("final evaluation of the example"))
    3
    >>> sealed.openings, sealed.log[0].why
    (1, 'final evaluation of the example')
    >>> sealed.images
    Traceback (most recent call last):
    ...
    tlkit.errors.SealedError: The test set of 'pets' is sealed: its images cannot be read directly. ...
    """

    def __init__(self, split: Split, name: str) -> None:
        self._split = split
        self._name = name
        self._log: dict[str, Opening] = {}

    def open(self, why: str) -> Split:
        """Open the test set and write the reason into the log.

        Parameters
        ----------
        why
            What it is opened for, in words; must not be empty.

        Returns
        -------
        Split
            The test images and labels.

        Raises
        ------
        SealedError
            No reason was given.
        """
        if not isinstance(why, str) or not why.strip():
            raise SealedError(
                f"The test set of {self._name!r} opens only with a reason, not with {why!r}.",
                "Say what it is opened for: open('final evaluation').",
            )
        self.absorb([Opening(why.strip())])
        return self._split

    def absorb(self, log: Iterable[Opening]) -> None:
        """Add openings that happened in another process; those already known are not counted twice."""
        for opening in log:
            self._log.setdefault(opening.mark, opening)

    def packed(self) -> SealedSplit:
        """Return it for sending elsewhere, see `Split.packed`; from there on it counts on its own, as a pickle does."""
        split = self._split.packed()
        if split is self._split:
            return self
        other = SealedSplit(split, self._name)
        other.absorb(self.log)
        return other

    @property
    def seal(self) -> str:
        """Whether it is still sealed, in words: ``"sealed"``, ``"opened once"``, ``"opened 3 times"``."""
        count = self.openings
        return "sealed" if not count else "opened once" if count == 1 else f"opened {count} times"

    @property
    def openings(self) -> int:
        """How often the test set was opened."""
        return len(self._log)

    @property
    def log(self) -> tuple[Opening, ...]:
        """Every opening with its reason, oldest first."""
        return tuple(self._log.values())

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self._split.classes

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the images, (n, channels, height, width), or (n,) for texts; knowing it opens nothing."""
        return self._split.shape

    @property
    def fingerprint(self) -> str:
        """Content hash of the sealed images and labels; knowing it opens nothing."""
        return self._split.fingerprint

    def counts(self) -> NDArray[np.int64]:
        """Return the number of items of each class, (classes,); knowing it opens nothing."""
        return self._split.counts()

    @property
    def images(self) -> NDArray[np.float32]:
        """Refused: the test set is sealed."""
        self._refuse("images")

    @property
    def texts(self) -> tuple[str, ...]:
        """Refused: the test set is sealed."""
        self._refuse("texts")

    @property
    def labels(self) -> NDArray[np.int64]:
        """Refused: the test set is sealed."""
        self._refuse("labels")

    def select(self, indices: object) -> Split:
        """Refused: the test set is sealed."""
        self._refuse(self._items)

    def __len__(self) -> int:
        return len(self._split)

    def __getitem__(self, index: object) -> Split:
        self._refuse(self._items)

    def __repr__(self) -> str:
        return f"SealedSplit({len(self)} {self._items} of {self._name!r}, {self.seal})"

    @property
    def _items(self) -> str:
        return "texts" if isinstance(self._split, TextSplit) else "images"

    def __copy__(self) -> SealedSplit:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> SealedSplit:
        # A copy must not be a way to look without being counted.
        return self

    def __getstate__(self) -> dict[str, Any]:
        # A comparison hands out the next cells in one thread while another one adds the openings of finished ones.
        return {**self.__dict__, "_log": self._log.copy()}

    def _refuse(self, what: str) -> NoReturn:
        raise SealedError(
            f"The test set of {self._name!r} is sealed: its {what} cannot be read directly.",
            "Choose with .train and .validation; final evaluations use .test.open('why'), which is counted.",
        )
