"""A dataset from a learner's own arrays."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tlkit.data.alike import groups_alike
from tlkit.data.asked import Asked
from tlkit.data.card import DataCard
from tlkit.data.dataset import Dataset
from tlkit.data.labels import read_labels
from tlkit.data.own import ALIKE, group_numbers, how_split
from tlkit.data.pixels import Channels, read_pixels
from tlkit.data.places import check_shares, cut
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
    group: Sequence[Hashable] | Literal["alike"] | None = None,
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
    group
        What belongs together and must not be in two splits: n values, equal for what does; or ``"alike"`` for
        images that look the same.
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
    asked = Asked.of("data.arrays", arrays, locals())
    check_shares(validation, test, seed)
    pixels = read_pixels(images, channels)
    positions, names = read_labels(labels, len(pixels), classes)
    whole = Split(pixels, positions, names)
    places = cut(positions, names, validation, test, int(seed), groups=_groups(group, whole))
    train, held, sealed = (whole.select(np.flatnonzero(places == place)) for place in range(3))
    card = DataCard(
        name=name,
        title="A learner's own images.",
        origin=origin,
        licence=licence,
        classes=names,
        counts={"train": len(train), "validation": len(held), "test": len(sealed)},
        how_made=how_split(validation, test, seed),
        limits=(
            "Images are split one by one: if several show the same thing, it can be in training and test."
            if group is None
            else "What belongs together is in one split.",
        ),
        size=whole.images.shape[1:],
    )
    dataset = Dataset(name, train, held, SealedSplit(sealed, name), card, asked=asked)
    found = dataset.duplicates()
    if found:
        limits = (*card.limits, f"{found} What is in training and test is no test: remove copies first.")
        return replace(dataset, card=replace(card, limits=limits))
    return dataset


def _groups(group: Sequence[Hashable] | Literal["alike"] | None, whole: Split) -> NDArray[np.int64] | None:
    if group is None:
        return None
    if isinstance(group, str):
        if group != ALIKE:
            raise DataError(f"group is {group!r}, expected 'alike' or one value per image.")
        return groups_alike(whole)
    try:
        groups = list(group)
    except TypeError:
        raise DataError(
            f"group is of the kind {type(group).__name__}, expected 'alike' or one value per image."
        ) from None
    if len(groups) != len(whole):
        raise DataError(
            f"There are {len(whole)} images but {len(groups)} groups.", "Give one group per image."
        )
    return group_numbers(groups)
