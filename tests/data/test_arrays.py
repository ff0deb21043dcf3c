from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tlkit import data
from tlkit.data import Dataset
from tlkit.errors import DataError


def _images(count: int) -> np.ndarray:
    """Return pictures of which each is different: its number is written in its pixels."""
    return (np.arange(count * 4).reshape(count, 2, 2) / max(1, count * 4)).astype(np.float32)


def _all_images(dataset: Dataset) -> list[np.ndarray]:
    return [dataset.train.images, dataset.validation.images, dataset.test.open("test of the split").images]


@given(
    counts=st.lists(st.integers(4, 40), min_size=2, max_size=5),
    seed=st.integers(0, 10**6),
    validation=st.floats(0.05, 0.3),
    test=st.floats(0.05, 0.3),
)
def test_the_split_is_stratified_disjoint_and_complete(
    counts: list[int], seed: int, validation: float, test: float
) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    dataset = data.arrays(_images(len(labels)), labels, seed=seed, validation=validation, test=test)
    parts = [{image.tobytes() for image in images} for images in _all_images(dataset)]
    assert sum(map(len, parts)) == len(set.union(*parts)) == len(labels)
    sealed = dataset.test.open("test of the split")
    for share, split in ((validation, dataset.validation), (test, sealed)):
        for found, count in zip(split.counts(), counts, strict=True):
            assert found >= 1
            assert abs(found - share * count) <= 1
    assert dataset.train.counts().min() >= 1
    assert (
        dataset.fingerprint
        == data.arrays(_images(len(labels)), labels, seed=seed, validation=validation, test=test).fingerprint
    )


def test_the_seed_decides_the_split() -> None:
    labels = [0, 1] * 20
    one, other = (data.arrays(_images(40), labels, seed=seed) for seed in (0, 1))
    assert one.fingerprint != other.fingerprint


@pytest.mark.parametrize(
    "images",
    [
        np.full((12, 4, 5), 51, dtype=np.uint8),
        np.full((12, 4, 5, 1), 51, dtype=np.uint8),
        np.full((12, 1, 4, 5), 0.2),
        [np.full((4, 5), 0.2, dtype=np.float16)] * 12,
    ],
)
def test_layouts_and_kinds_of_numbers_give_the_same_images(images: Any) -> None:
    dataset = data.arrays(images, [0, 1] * 6)
    assert dataset.train.images.shape[1:] == (1, 4, 5)
    np.testing.assert_allclose(dataset.train.images, 0.2, atol=1e-4)


def test_colour_may_come_first_or_last() -> None:
    last = np.random.default_rng(0).uniform(size=(12, 6, 5, 3))
    labels = [0, 1] * 6
    assert (
        data.arrays(last, labels).fingerprint == data.arrays(last.transpose(0, 3, 1, 2), labels).fingerprint
    )


def test_an_ambiguous_layout_has_to_be_told() -> None:
    images = np.random.default_rng(0).uniform(size=(12, 3, 5, 3))
    with pytest.raises(DataError, match="channels='first'"):
        data.arrays(images, [0, 1] * 6)
    assert data.arrays(images, [0, 1] * 6, channels="last").train.images.shape[1:] == (3, 3, 5)
    assert data.arrays(images, [0, 1] * 6, channels="first").train.images.shape[1:] == (3, 5, 3)


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (["dog", "cat"] * 6, ("cat", "dog")),
        ([1, 0] * 6, ("0", "1")),
        ([[1], [0]] * 6, ("0", "1")),
        (np.array([1.0, 0.0] * 6), ("0", "1")),
        (np.array([[1], [0]] * 6), ("0", "1")),
        (np.array(["dog", "cat"] * 6), ("cat", "dog")),
        ([(1, "b"), (1, "a")] * 6, ("(1, 'a')", "(1, 'b')")),
        ([None.__class__, 3] * 6, ("3", "<class 'NoneType'>")),
    ],
)
def test_any_hashable_label_is_welcome(labels: Any, classes: tuple[str, ...]) -> None:
    dataset = data.arrays(_images(12), labels)
    assert dataset.classes == classes


def test_classes_give_order_and_names_to_labels_and_positions() -> None:
    images = _images(12)
    by_name = data.arrays(images, ["dog", "cat"] * 6, classes=["dog", "cat"])
    by_position = data.arrays(images, [0, 1] * 6, classes=["dog", "cat"])
    assert by_name.classes == ("dog", "cat")
    assert by_name.fingerprint == by_position.fingerprint


nan = _images(12)
nan[3, 0, 1] = np.nan
nan[7] = np.inf


@pytest.mark.parametrize(
    ("images", "labels", "classes", "message"),
    [
        (nan, [0, 1] * 6, None, "5 pixels in 2 of 12 images are NaN or infinite, the first in image 3"),
        (_images(12) * 255, [0, 1] * 6, None, "from 0 to 249.*images / 255"),
        (_images(12) * 16, [0, 1] * 6, None, "from 0 to 15.6.*expected 0 to 1"),
        (_images(12) - 0.5, [0, 1] * 6, None, "from -0.5 to .*expected 0 to 1"),
        (np.arange(48).reshape(12, 2, 2), [0, 1] * 6, None, "int64 with values from 0 to 47"),
        (np.full((12, 2, 2), "x"), [0, 1] * 6, None, "not numbers"),
        (np.zeros((12, 16)), [0, 1] * 6, None, "reshape"),
        (np.zeros((12, 4, 5, 4)), [0, 1] * 6, None, "transparency"),
        (np.zeros((12, 4, 5, 2)), [0, 1] * 6, None, "neither one nor three channels"),
        (np.zeros((0, 4, 5)), [], None, "nothing in them"),
        ([np.zeros((2, 2)), np.zeros((3, 3))] * 6, [0, 1] * 6, None, "different sizes"),
        (_images(12), [0, 1] * 5, None, "12 images but 10 labels"),
        (_images(12), np.zeros((12, 2)), None, "argmax"),
        (_images(12), [[0, 1]] * 12, None, "cannot name a class"),
        (_images(12), [0] * 12, None, "only one class, '0'"),
        (_images(12), [0, None] * 6, None, "Label 1 is missing"),
        (_images(12), [0, float("nan")] * 6, None, "Label 1 is missing"),
        (_images(12), [0, 2] * 6, ["a", "b"], "0 to 2, but there are 2 classes"),
        (_images(12), [0, -1] * 6, ["a", "b"], "-1 to 0"),
        (_images(12), ["a", "z"] * 6, ["a", "b"], "Label 1 is 'z'"),
        (_images(12), ["a", "b"] * 6, ["a", "b", "c", "d"], "No image has the class 'c', 'd'"),
        (_images(12), ["a", "b"] * 6, ["a", "b", "a"], "same name 'a'"),
        (_images(12), [1, "1"] * 6, None, "same name '1'"),
        (_images(12), "ab" * 6, None, "one text"),
        (_images(12), [0] * 10 + [1] * 2, None, "Class '1' has 2 images: too few"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(
    images: Any, labels: Any, classes: Any, message: str
) -> None:
    with pytest.raises(DataError, match=message) as caught:
        data.arrays(images, labels, classes=classes)
    assert not re.search(r"Traceback|ndarray", str(caught.value))


@pytest.mark.parametrize(
    "shares", [{"test": 0}, {"validation": 0}, {"test": 0.6, "validation": 0.4}, {"test": 2}]
)
def test_impossible_shares_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(DataError, match="shares"):
        data.arrays(_images(12), [0, 1] * 6, **shares)


def test_rounding_just_outside_the_range_is_forgiven() -> None:
    images = _images(12)
    images[0, 0, 0], images[0, 0, 1] = -1e-7, 1 + 1e-6
    found = np.concatenate(_all_images(data.arrays(images, [0, 1] * 6)))
    assert found.min() >= 0
    assert found.max() <= 1


def test_the_learners_arrays_are_neither_changed_nor_shared() -> None:
    images = _images(12)
    before = images.copy()
    dataset = data.arrays(images, [0, 1] * 6)
    fingerprint = dataset.train.images.tobytes()
    assert np.array_equal(images, before)
    images[:] = 0
    assert dataset.train.images.tobytes() == fingerprint


def test_tensors_and_columns_work() -> None:
    images = torch.rand(12, 1, 4, 4)
    labels = torch.tensor([0, 1] * 6)
    assert data.arrays(images, labels).fingerprint == data.arrays(images.numpy(), labels.numpy()).fingerprint


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"labels": 5}, "The labels are 5, a int"),
        ({"test": "a"}, "test is 'a', expected a share"),
        ({"validation": None}, "validation is None, expected a share"),
        ({"seed": -1}, "Give seed=0"),
    ],
)
def test_slips_are_answered_with_a_cure(arguments: dict[str, Any], words: str) -> None:
    given = {"images": np.random.default_rng(0).uniform(size=(20, 8, 8)), "labels": ["cat", "dog"] * 10}
    with pytest.raises(DataError) as said:
        data.arrays(**{**given, **arguments})
    assert words in str(said.value)


def test_copies_across_training_and_test_stand_on_the_card() -> None:
    images = np.random.default_rng(0).uniform(size=(40, 8, 8))
    labels = ["cat", "dog"] * 20
    assert not any("more than one split" in limit for limit in data.arrays(images, labels).card.limits)
    images[:30] = images[0]
    limits = data.arrays(images, labels).card.limits
    found = next(limit for limit in limits if "more than one split" in limit)
    assert "27 more" in found
    assert len(found) < 250
