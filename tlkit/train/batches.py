"""Batches: where a step's inputs come from, and in which order."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tlkit.train.augment import augment
from tlkit.train.prefix import to_device

if TYPE_CHECKING:
    from tlkit.backbones import Transform
    from tlkit.data import Split
    from tlkit.train.features import Activations


class Source(Protocol):
    """Items to train on: pictures or texts that enter at the first stage, or activations that enter at a later one."""

    start: str | None

    def __len__(self) -> int: ...

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Return inputs (b, ...) and labels (b,) on the device."""
        ...


class Pictures:
    """Raw images, augmented afresh at each step.

    Parameters
    ----------
    split
        Images and labels.
    transform
        Of the backbone; it comes after the augmentation.
    strength
        Of the augmentation; 0 for none.
    generator
        Of the augmentation.
    device
        Where the network is.
    """

    def __init__(
        self,
        split: Split,
        transform: Transform,
        strength: float,
        generator: torch.Generator,
        device: torch.device,
    ) -> None:
        self.start: str | None = None
        self._images = torch.from_numpy(np.array(split.images, dtype=np.float32))
        self._labels = torch.from_numpy(np.array(split.labels, dtype=np.int64))
        self._transform = transform
        self._strength = strength
        self._generator = generator
        self._device = device

    def __len__(self) -> int:
        return len(self._labels)

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        images = self._images[indices]
        if self._strength:
            images = augment(images, self._generator, self._strength)
        x = to_device(self._transform(images), self._device)
        return x, self._labels[indices].to(self._device)


class Texts:
    """Texts, turned into numbers of words once: they are the same at each step.

    Parameters
    ----------
    split
        Texts and labels.
    transform
        Of the backbone.
    device
        Where the network is.
    """

    def __init__(self, split: Split, transform: Transform, device: torch.device) -> None:
        self.start: str | None = None
        self._ids = transform(split.items)
        self._labels = torch.from_numpy(np.array(split.labels, dtype=np.int64))
        self._device = device

    def __len__(self) -> int:
        return len(self._labels)

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        return self._ids[indices].to(self._device), self._labels[indices].to(self._device)


def raw_items(
    split: Split, transform: Transform, strength: float, generator: torch.Generator, device: torch.device
) -> Source:
    """Return items that enter at the first stage: `Pictures`, or `Texts`, which are never augmented.

    Parameters
    ----------
    split, transform, strength, generator, device
        As in `Pictures`.
    """
    if split.kind == "texts":
        return Texts(split, transform, device)
    return Pictures(split, transform, strength, generator, device)


class CachedRows:
    """Activations at the boundary, as they were cached.

    Parameters
    ----------
    activations
        Rows and the items they show.
    labels
        (items,) of the split.
    boundary
        The stage they enter.
    device
        Where the network is.
    """

    def __init__(
        self, activations: Activations, labels: NDArray[np.int64], boundary: str, device: torch.device
    ) -> None:
        self.start: str | None = boundary
        self._values = activations.values
        self._labels = torch.from_numpy(labels[activations.items])
        self._device = device

    def __len__(self) -> int:
        return len(self._labels)

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        # Fancy indexing copies, out of the mapped file where there is one.
        x = torch.from_numpy(self._values[indices.numpy()])
        return to_device(x, self._device), self._labels[indices].to(self._device)


def shuffled_batches(count: int, batch_size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Yield batches of indices without end, each item once per pass, in a new order every pass.

    A pass has as few batches as there have to be, all of nearly one size: statistics of a batch of one do not
    exist, and those of two or three say little.

    Parameters
    ----------
    count
        Number of items.
    batch_size
        Items per batch, at least 2; one more where a batch of one would be left.
    generator
        Makes the order.

    Examples
    --------
    >>> batches = shuffled_batches(10, 8, torch.Generator().manual_seed(0))
    >>> [len(next(batches)) for _ in range(4)]
    [5, 5, 5, 5]
    """
    parts = batches_per_pass(count, batch_size)
    while True:
        yield from torch.randperm(count, generator=generator).tensor_split(parts)


def batches_per_pass(count: int, batch_size: int) -> int:
    """Return how many batches a pass over the items has.

    Examples
    --------
    >>> batches_per_pass(31, 16), batches_per_pass(5, 2), batches_per_pass(1, 8)
    (2, 2, 1)
    """
    return max(1, min(math.ceil(count / batch_size), count // 2))
