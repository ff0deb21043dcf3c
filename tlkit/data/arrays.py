"""A dataset from a learner's own arrays."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlkit.data.card import DataCard
from tlkit.data.dataset import Dataset
from tlkit.data.labels import read_labels
from tlkit.data.pixels import Channels, read_pixels
from tlkit.data.sealed import SealedSplit
from tlkit.data.split import Split
from tlkit.errors import DataError


def arrays(
    images: Any,
    labels: Any,
    classes: Sequence[Hashable] | None = None,
    name: str = "own",
    seed: int = 0,
    *,
    validation: float = 0.15,
    test: float = 0.25,
    channels: Channels | None = None,
    origin: str = "Given as arrays.",
    licence: str = "",
) -> Dataset:
    """Make a dataset from arrays, with a seeded split that keeps the share of every class.

    Parameters
    ----------
    images
        (n, height, width), (n, height, width, channels) or (n, channels, height, width) with one or three
        channels; uint8, bool, or floats in 0..1.
    labels
        n hashable labels, also of shape (n, 1); or positions in ``classes``.
    classes
        The classes in the order wanted; by default the labels that occur, sorted.
    name
        Short name.
    seed
        Decides which images are training, validation and test.
    validation, test
        Share of each class in these splits; every class has at least one image in each split.
    channels
        ``"first"`` or ``"last"``, where the shape of the images leaves it open.
    origin, licence
        For the card.

    Returns
    -------
    Dataset
        With a sealed test split.

    Raises
    ------
    DataError
        Images or labels that cannot be used as they are; the error says what was found.

    Examples
    --------
    >>> images = np.random.default_rng(0).uniform(size=(40, 8, 8))
    >>> arrays(images, ["cat", "dog"] * 20, name="pets")
    Dataset('pets', 2 classes, 24 train, 6 validation, 10 test images, test sealed)
    """
    for share_name, share in (("validation", validation), ("test", test)):
        if isinstance(share, bool) or not isinstance(share, int | float | np.number):
            raise DataError(f"{share_name} is {share!r}, expected a share such as 0.2.")
    if not (0 < validation < 1 and 0 < test < 1 and validation + test < 1):
        raise DataError(
            f"The shares are validation={validation!r} and test={test!r}.",
            "Both lie between 0 and 1, and their sum below 1, so that training images are left.",
        )
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise DataError(
            f"seed is {seed!r}, expected a whole number of at least 0.", "Give seed=0, for example."
        )
    pixels = read_pixels(images, channels)
    positions, names = read_labels(labels, len(pixels), classes)
    places = _places(positions, names, validation, test, int(seed))
    whole = Split(pixels, positions, names)
    train, held, sealed = (whole.select(np.flatnonzero(places == place)) for place in range(3))
    card = DataCard(
        name=name,
        title="A learner's own images.",
        origin=origin,
        licence=licence,
        classes=names,
        counts={"train": len(train), "validation": len(held), "test": len(sealed)},
        how_made=f"Split by class with seed {seed}: {validation:.0%} validation, {test:.0%} test.",
        limits=(
            "Images are split one by one: if several show the same thing, it can be in training and test.",
        ),
        size=whole.images.shape[1:],
    )
    dataset = Dataset(name, train, held, SealedSplit(sealed, name), card)
    found = dataset.duplicates()
    if found:
        limits = (*card.limits, f"{found} What is in training and test is no test: remove copies first.")
        return replace(dataset, card=replace(card, limits=limits))
    return dataset


def _places(
    labels: NDArray[np.int64], names: tuple[str, ...], validation: float, test: float, seed: int
) -> NDArray[np.int8]:
    """Return for each image 0 (train), 1 (validation) or 2 (test)."""
    places = np.zeros(len(labels), dtype=np.int8)
    for label, name in enumerate(names):
        mine = np.random.default_rng([seed, label]).permutation(np.flatnonzero(labels == label))
        held, sealed = (max(1, round(len(mine) * share)) for share in (validation, test))
        if len(mine) <= held + sealed:
            plural = "image" if len(mine) == 1 else "images"
            raise DataError(
                f"Class {name!r} has {len(mine)} {plural}: too few for training, validation and test.",
                "Every class needs at least 3; add images, leave the class out, or make the shares smaller.",
            )
        places[mine[:held]] = 1
        places[mine[held : held + sealed]] = 2
    return places
