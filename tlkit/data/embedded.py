"""The embedded datasets: read from the package, checked against the hash on their card."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tlkit.data.card import DataCard
from tlkit.data.dataset import Dataset
from tlkit.data.digits import read_digits
from tlkit.data.sealed import SealedSplit
from tlkit.data.split import Split
from tlkit.errors import DataError, unknown_name
from tlkit.files import packaged, read_json

SPLITS = ("train", "validation", "test")
_NAMES = ("digits", "letters", "greek", "printed-digits", "shapes", "textures", "photos")


def names() -> list[str]:
    """Return the names of the embedded datasets.

    Examples
    --------
    >>> "greek" in names()
    True
    """
    return list(_NAMES)


def load(name: str) -> Dataset:
    """Load an embedded dataset.

    Parameters
    ----------
    name
        One of ``names()``.

    Returns
    -------
    Dataset
        Images of 1 x 32 x 32. Its test set is sealed, and its count of openings starts at 0.

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
        raise unknown_name("dataset", name, _NAMES)
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
        (n, 32, 32), 0 to 255.
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
    if name != "digits":
        return assemble(*_read_file(name))
    digits = assemble(*read_digits())
    if digits.fingerprint != digits.card.fingerprint:
        raise DataError(
            f"scikit-learn's digits have changed: their fingerprint is {digits.fingerprint}, the card says"
            f" {digits.card.fingerprint}.",
            "Install scikit-learn again.",
        )
    return digits


def _read_file(name: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.int8], DataCard]:
    path = packaged("data", "sets", f"{name}.npz")
    card = DataCard.from_dict(read_json(path.with_suffix(".json")))
    cure = "Install tlkit again."
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"The embedded dataset {name!r} cannot be read: {error}.", cure) from error
    found = hashlib.sha256(content).hexdigest()
    if found != card.sha256:
        raise DataError(
            f"The embedded dataset {name!r} was changed or cut short: {path} has SHA-256 {found}, its card"
            f" says {card.sha256}.",
            cure,
        )
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return arrays["images"], arrays["labels"], arrays["splits"], card
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(
            f"The embedded dataset {name!r} does not hold what it should: {error}.", cure
        ) from error
