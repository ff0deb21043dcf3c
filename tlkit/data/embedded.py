"""The embedded datasets: read from the package, checked against the hash on their card."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tlkit.data import emoji
from tlkit.data.card import DataCard
from tlkit.data.checked_file import CURE, read_checked
from tlkit.data.dataset import Dataset
from tlkit.data.digits import read_digits
from tlkit.data.sealed import SealedSplit
from tlkit.data.split import Split
from tlkit.errors import DataError, unknown_name
from tlkit.files import packaged, read_json

SPLITS = ("train", "validation", "test")
_GREY = ("digits", "letters", "greek", "printed-digits", "shapes", "textures", "photos")
_NAMES = (*_GREY, *emoji.NAMES)


def names(modality: str | None = None) -> list[str]:
    """Return the names of the embedded datasets.

    Parameters
    ----------
    modality
        ``"image"`` or ``"text"``: only those whose items are that; None for all.

    Raises
    ------
    UnknownNameError
        There is no such kind of item.

    Examples
    --------
    >>> "greek" in names(), names("text")
    (True, ['emoji:names'])
    """
    texts = [name for name in _NAMES if name == emoji.PREFIX + emoji.THINGS]
    if modality is None:
        return list(_NAMES)
    if modality not in ("image", "text"):
        raise unknown_name("kind of item", modality, ("image", "text"))
    return [name for name in _NAMES if (name in texts) == (modality == "text")]


def load(name: str) -> Dataset:
    """Load an embedded dataset.

    Parameters
    ----------
    name
        One of ``names()``.

    Returns
    -------
    Dataset
        Grey images of 1 x 32 x 32; of ``emoji:`` coloured ones of 3 x 64 x 64, or their names, which are texts.
        Its test set is sealed, and its count of openings starts at 0.

    Raises
    ------
    UnknownNameError
        There is no such dataset; the error names the nearest one.
    DataError
        The embedded file is missing, was changed, or is cut short.

    Examples
    --------
    >>> load("digits")
    Dataset('digits', 10 classes, ... train, ... validation, ... test images, test sealed)
    """
    if name not in _NAMES:
        raise unknown_name("dataset or folder", name, _NAMES)
    whole = _read(name)
    # The images are shared, the count of openings is not.
    return replace(whole, test=SealedSplit(whole.test._split, name))


def assemble(
    pixels: NDArray[np.uint8], labels: NDArray[np.integer], places: NDArray[np.int8], card: DataCard
) -> Dataset:
    """Make a dataset of stored bytes.

    Parameters
    ----------
    pixels
        (n, height, width), or (n, height, width, 3) in colour; 0 to 255.
    labels
        (n,), positions in ``card.classes``.
    places
        (n,), positions in ``SPLITS``.
    card
        Its counts and size are filled in.
    """
    train, validation, test = (
        Split.from_bytes(pixels[places == place], labels[places == place], card.classes)
        for place in range(len(SPLITS))
    )
    counts = dict(zip(SPLITS, (len(train), len(validation), len(test)), strict=True))
    card = replace(card, counts=counts, size=train.images.shape[1:])
    return Dataset(card.name, train, validation, SealedSplit(test, card.name), card)


@lru_cache(maxsize=len(_NAMES))
def _read(name: str) -> Dataset:
    if name in emoji.NAMES:
        whole = _read_emoji(name)
    elif name == "digits":
        whole = assemble(*read_digits())
    else:
        return assemble(*_read_file(name))
    # These depend on another library, which stores or decodes the pictures.
    if whole.fingerprint != whole.card.fingerprint:
        raise DataError(
            f"The dataset {name!r} has changed: its fingerprint is {whole.fingerprint}, the card says"
            f" {whole.card.fingerprint}.",
            "Install scikit-learn again." if name == "digits" else "Install Pillow again.",
        )
    return whole


def _read_emoji(name: str) -> Dataset:
    folder = packaged("data", "sets")
    things = emoji.read_things(folder)
    parts = things.parts()
    if name == emoji.PREFIX + emoji.THINGS:
        train, validation, test = parts
        return Dataset(name, train, validation, SealedSplit(test, name), things.card)
    pixels, card = emoji.read_style(name, folder)
    if len(pixels) != len(things.labels):
        raise DataError(f"{name!r} holds {len(pixels)} drawings of {len(things.labels)} things.", CURE)
    called = dict(zip(SPLITS, (part.texts for part in parts), strict=True))
    return replace(assemble(pixels, things.labels, things.splits, card), item_names=called)


def _read_file(name: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.int8], DataCard]:
    path = packaged("data", "sets", f"{name}.npz")
    card = DataCard.from_dict(read_json(path.with_suffix(".json")))
    content = read_checked(path, name, card.sha256)
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return arrays["images"], arrays["labels"], arrays["splits"], card
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(
            f"The embedded dataset {name!r} does not hold what it should: {error}.", CURE
        ) from error
