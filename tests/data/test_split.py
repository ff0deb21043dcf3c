from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlkit import data
from tlkit.data import Split
from tlkit.errors import DataError


def _split(seed: int = 0, count: int = 6) -> Split:
    generator = np.random.default_rng(seed)
    return Split(generator.uniform(size=(count, 1, 3, 4)), np.arange(count) % 2, ("a", "b"))


def test_images_and_labels_are_read_only_also_after_pickling() -> None:
    for split in (_split(), pickle.loads(pickle.dumps(_split())), _split().select([0, 2])):
        assert split.images.dtype == np.float32
        assert split.labels.dtype == np.int64
        with pytest.raises(ValueError, match="read-only"):
            split.images[0] = 0
        with pytest.raises(ValueError, match="read-only"):
            split.labels[0] = 0


def test_a_later_change_of_the_given_array_does_not_reach_the_split() -> None:
    images = np.zeros((2, 1, 3, 3), dtype=np.float32)
    split = Split(images, [0, 1], ("a", "b"))
    images[:] = 1
    assert split.images.max() == 0


def test_select_keeps_order_and_classes() -> None:
    split = _split()
    chosen = split.select([4, 1])
    assert np.array_equal(chosen.images, split.images[[4, 1]])
    assert chosen.labels.tolist() == [0, 1]
    assert chosen.classes == split.classes
    assert len(split.select(split.labels == 1)) == 3
    assert len(split.select([])) == 0


@given(place=st.integers(0, 6 * 12 - 1))
def test_the_fingerprint_changes_with_any_pixel(place: int) -> None:
    split = _split()
    images = split.images.copy()
    images.reshape(-1)[place] = np.nextafter(images.reshape(-1)[place], np.float32(2))
    assert Split(images, split.labels, split.classes).fingerprint != split.fingerprint


def test_the_fingerprint_changes_with_labels_names_and_order() -> None:
    split = _split()
    others = [
        Split(split.images, 1 - split.labels, split.classes),
        Split(split.images, split.labels, ("a", "c")),
        Split(split.images.reshape(6, 1, 4, 3), split.labels, split.classes),
        split.select(np.arange(6)[::-1]),
    ]
    assert len({one.fingerprint for one in [split, *others]}) == 5
    assert split.select(np.arange(6)).fingerprint == split.fingerprint


def test_the_fingerprint_is_the_same_in_another_process() -> None:
    code = "from tlkit import data; print(data.load('greek').fingerprint)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == data.load("greek").fingerprint


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((2, 3, 3)), [0, 1], r"shape \(2, 3, 3\)"),
        (np.zeros((2, 1, 3, 3)), [0], "2 images"),
        (np.zeros((2, 1, 3, 3)), [0, 2], "0 to 2"),
        (np.zeros((2, 1, 3, 3)), [-1, 1], "-1 to 1"),
    ],
)
def test_what_does_not_fit_is_refused(images: np.ndarray, labels: list[int], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Split(images, labels, ("a", "b"))


def test_labels_that_are_no_whole_numbers_are_refused() -> None:
    with pytest.raises(DataError, match="float64, expected whole numbers"):
        Split(np.zeros((2, 1, 2, 2)), [0.7, 1.2], ("a", "b"))
