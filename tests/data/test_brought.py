from __future__ import annotations

import numpy as np
import pytest

from tlkit import data
from tlkit.data import Dataset
from tlkit.data.brought import brought_to
from tlkit.errors import DataError


@pytest.fixture(scope="module")
def emoji() -> Dataset:
    return data.load("emoji:twemoji")


@pytest.mark.parametrize(("size", "channels"), [(32, 1), (48, 3), (96, 3)])
def test_the_form_changes_and_nothing_else(emoji: Dataset, size: int, channels: int) -> None:
    found = brought_to(emoji, size, channels)
    assert found.train.shape == (len(emoji.train), channels, size, size)
    assert found.card.size == (channels, size, size)
    assert (found.name, found.classes) == (emoji.name, emoji.classes)
    for mine, theirs in ((found.train, emoji.train), (found.validation, emoji.validation)):
        assert np.array_equal(mine.labels, theirs.labels)
    assert (len(found.test), found.test.openings, emoji.test.openings) == (len(emoji.test), 0, 0)
    assert found.fingerprint == brought_to(emoji, size, channels).fingerprint


def test_grey_is_luminance_and_means_stay(emoji: Dataset) -> None:
    found = brought_to(emoji, 32, 1).train.images
    grey = np.tensordot(np.asarray(emoji.train.images), [0.299, 0.587, 0.114], axes=(1, 0))
    # Each small pixel stands for four large ones, and for a part of their neighbours.
    means = grey.reshape(len(grey), 32, 2, 32, 2).mean(axis=(2, 4))
    assert abs(np.asarray(found)[:, 0] - means).mean() < 0.02


def test_what_has_the_form_is_handed_back(emoji: Dataset) -> None:
    assert brought_to(emoji, 64, 3) is emoji
    with pytest.raises(DataError, match="8 to 1024"):
        brought_to(emoji, 4, 3)
    with pytest.raises(DataError, match="1 \\(grey\\) or 3"):
        brought_to(emoji, 32, 2)
