"""SourceSample: a small part of the source's own test set that travels with a backbone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import DataError, expect_kind


@dataclass(frozen=True, eq=False, repr=False)
class SourceSample:
    """Images of the source's test set, to measure what a network still knows of its old task.

    Parameters
    ----------
    images
        (n, c, h, w), float32 in 0..1.
    labels
        (n,), int64, positions in ``classes``.
    classes
        Names of the source's classes.

    Examples
    --------
    >>> SourceSample(np.zeros((2, 1, 4, 4), np.float32), np.array([0, 1]), ("a", "b"))
    SourceSample(2 images of 1 x 4 x 4, 2 classes)
    """

    images: NDArray[np.float32]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        expect_kind("What names the classes", self.classes, Sequence, DataError, "Give a tuple of names.")
        # Copies: the caller's own arrays stay writable.
        try:
            object.__setattr__(self, "images", np.array(self.images, dtype=np.float32))
            object.__setattr__(self, "labels", np.array(self.labels, dtype=np.int64))
        except (TypeError, ValueError, OverflowError) as error:
            raise DataError(
                f"The sample's images and labels are no arrays of numbers: {error}.",
                "Give images (n, c, h, w) and one label for each.",
            ) from error
        if self.images.ndim != 4 or self.labels.shape != (len(self.images),):
            raise DataError(
                f"A sample has images of shape {self.images.shape} and labels of shape {self.labels.shape}.",
                "Give images (n, c, h, w) and one label for each.",
            )
        if len(self.labels) and not 0 <= self.labels.min() <= self.labels.max() < len(self.classes):
            raise DataError(
                f"Labels run from {self.labels.min()} to {self.labels.max()}, but there are"
                f" {len(self.classes)} classes.",
                "Labels are positions in `classes`.",
            )
        for array in (self.images, self.labels):
            array.setflags(write=False)

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        size = " x ".join(str(one) for one in self.images.shape[1:])
        return f"SourceSample({len(self)} images of {size}, {len(self.classes)} classes)"
