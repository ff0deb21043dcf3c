"""The digits: real handwriting that scikit-learn ships, enlarged to the size of the other sets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tlkit.data.card import DataCard

_SIDE = 32
_BORDER = 4  # so that turning and shifting a digit a little does not push it out of the picture
_FINGERPRINT = "75c69da04e235e1e441af7269c462ff0747c6f26005e69c077c7219dc0f7f4d1"


def read_digits() -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int8], DataCard]:
    """Read scikit-learn's digits.

    Returns
    -------
    pixels
        (1797, 32, 32), uint8, ink is 255.
    labels
        (1797,), int64.
    splits
        (1797,), int8: 0 train, 1 validation, 2 test.
    card
        Without counts.
    """
    from sklearn.datasets import load_digits

    bunch = load_digits()
    small = bunch.images.astype(np.float64) / 16
    enlarge = _interpolation(small.shape[1], _SIDE - 2 * _BORDER)
    large = np.rint(enlarge @ small @ enlarge.T * 255).astype(np.uint8)
    pixels = np.pad(large, ((0, 0), (_BORDER, _BORDER), (_BORDER, _BORDER)))
    labels = bunch.target.astype(np.int64)
    return pixels, labels, _splits(labels), _CARD


def _interpolation(old: int, new: int) -> NDArray[np.float64]:
    """Return the (new, old) matrix of linear interpolation between pixel centres."""
    at = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    left = np.minimum(at.astype(int), old - 2)
    matrix = np.zeros((new, old))
    matrix[np.arange(new), left] = 1 - (at - left)
    matrix[np.arange(new), left + 1] = at - left
    return matrix


def _splits(labels: NDArray[np.int64]) -> NDArray[np.int8]:
    places = np.zeros(len(labels), dtype=np.int8)
    for label in range(10):
        shuffled = np.random.default_rng([0, label]).permutation(np.flatnonzero(labels == label))
        tenth = len(shuffled) // 10
        places[shuffled[:tenth]] = 1
        places[shuffled[tenth : 5 * tenth]] = 2
    return places


_CARD = DataCard(
    name="digits",
    title="Handwritten digits, 0 to 9.",
    origin="Optical Recognition of Handwritten Digits, UCI Machine Learning Repository; the 1,797 images "
    "that scikit-learn ships (sklearn.datasets.load_digits).",
    licence="CC BY 4.0",
    attribution="E. Alpaydin and C. Kaynak (1998). Optical Recognition of Handwritten Digits. UCI Machine "
    "Learning Repository. https://doi.org/10.24432/C50P49",
    classes=tuple("0123456789"),
    how_made="Read from scikit-learn at load time; 8 x 8 pixels enlarged to 24 x 24 by linear interpolation, "
    "with a border of 4 pixels. Within each class the images are shuffled (seed 0): a tenth is validation, "
    "four tenths are test, the rest is training.",
    limits=(
        "The images come without their writers' names: the same person's hand can be in training and test.",
        "The pictures hold 8 x 8 pixels of information and look soft beside the rendered sets.",
    ),
    fingerprint=_FINGERPRINT,
)
