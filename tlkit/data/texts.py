"""TextSplit: labelled texts, in the place of labelled images."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar, NoReturn

import numpy as np
from numpy.typing import ArrayLike

from tlkit.data.split import Split, checked_labels
from tlkit.errors import DataError, a_kind


class TextSplit(Split):
    """Labelled texts of one part of a dataset; whatever asks it for images is refused in words.

    Parameters
    ----------
    texts
        n texts.
    labels
        (n,), int64, each the position of a name in ``classes``; kept read-only.
    classes
        Names of all classes, also of those that have no text in this split.

    Raises
    ------
    DataError
        Something that is no text, or labels that do not fit.

    Examples
    --------
    >>> split = TextSplit(["tabby", "poodle", "beagle"], [0, 1, 1], ("cat", "dog"))
    >>> split, split.select([2]).texts
    (TextSplit(3 texts, 2 classes), ('beagle',))
    >>> split.images
    Traceback (most recent call last):
    ...
    tlkit.errors.DataError: These items are texts, not images. ...
    """

    kind: ClassVar[str] = "texts"

    def __init__(self, texts: Sequence[str], labels: ArrayLike, classes: Sequence[str]) -> None:
        if isinstance(texts, str):
            raise DataError(f"The texts are one text, {texts!r}.", "Give a list of them.")
        found = tuple(texts)
        for at, text in enumerate(found):
            if not isinstance(text, str):
                raise DataError(
                    f"Text {at} is {text!r}, {a_kind(text)}." if text is not None else f"Text {at} is None.",
                    "Leave such items out, or give them as texts.",
                )
        names = tuple(classes)
        # A frozen dataclass sets its fields past its own guard.
        object.__setattr__(self, "_texts", found)
        object.__setattr__(self, "labels", checked_labels(labels, len(found), names, "texts"))
        object.__setattr__(self, "classes", names)

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts, in the order of the labels."""
        found: tuple[str, ...] = self.__dict__["_texts"]
        return found

    @property
    def items(self) -> tuple[str, ...]:
        """The texts."""
        return self.texts

    def items_at(self, positions: Sequence[int]) -> tuple[str, ...]:
        """Return the texts at some positions, in that order."""
        return tuple(self.texts[at] for at in positions)

    # In the class, a property hides the field of the base class: no instance ever has images.
    @property
    def images(self) -> NoReturn:
        """Refused: a text has no pixels."""
        raise DataError(
            "These items are texts, not images.",
            "Take a network for texts, words.text_backbone(words.load(...)), or a data set of images.",
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """(n,)."""
        return (len(self),)

    def select(self, indices: ArrayLike) -> TextSplit:
        """Return the texts at some positions, in that order, as a split of the same classes.

        Parameters
        ----------
        indices
            (m,) positions, or (n,) booleans.
        """
        chosen = np.asarray(indices)
        places = np.flatnonzero(chosen) if chosen.dtype == bool else chosen.astype(np.int64)
        return TextSplit([self.texts[at] for at in places.tolist()], self.labels[places], self.classes)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of texts, labels and class names: the same content has the same fingerprint."""
        digest = hashlib.sha256(repr(("texts", self.texts, self.classes)).encode())
        digest.update(np.ascontiguousarray(self.labels, dtype="<i8").data)
        return digest.hexdigest()

    def item_digest(self, at: int) -> bytes:
        """Return a hash of one text, to find those that occur twice."""
        # Texts of other programs may hold halves of characters, which UTF-8 alone refuses.
        return hashlib.sha256(self.texts[at].encode("utf-8", "surrogatepass")).digest()

    def __repr__(self) -> str:
        return f"TextSplit({len(self)} texts, {len(self.classes)} classes)"

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.labels.setflags(write=False)
