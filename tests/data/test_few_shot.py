from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlkit import data
from tlkit.data import Split
from tlkit.data.few_shot import draw
from tlkit.errors import DataError

seeds = st.integers(0, 2**40)


@st.composite
def splits(make: st.DrawFn) -> Split:
    counts = make(st.lists(st.integers(1, 9), min_size=2, max_size=6))
    labels = np.repeat(np.arange(len(counts)), counts)
    labels = np.random.default_rng(make(seeds)).permutation(labels)
    return Split(np.zeros((len(labels), 1, 1, 1)), labels, tuple(f"c{at}" for at in range(len(counts))))


@given(split=splits(), seed=seeds)
def test_draws_are_stratified_without_repeats_and_nested(split: Split, seed: int) -> None:
    most = int(split.counts().min())
    largest = draw(split, most, seed, "x")
    assert len(set(largest.tolist())) == len(largest)
    for wanted in range(1, most + 1):
        chosen = draw(split, wanted, seed, "x")
        assert (np.bincount(split.labels[chosen]) == wanted).all()
        assert np.array_equal(chosen, largest[: len(chosen)])


@given(split=splits(), seed=seeds)
def test_asking_for_more_than_exist_names_the_class_and_how_many(split: Split, seed: int) -> None:
    counts = split.counts()
    scarce = split.classes[int(counts.argmin())]
    with pytest.raises(DataError, match=f"only {counts.min()} training labels of class '{scarce}'"):
        draw(split, int(counts.min()) + 1, seed, "x")


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000))
def test_a_task_holds_training_images_only_and_opens_nothing(seed: int) -> None:
    greek = data.load("greek")
    task = greek.few_shot(2, seed)
    training = {image.tobytes() for image in greek.train.images}
    assert all(image.tobytes() in training for image in task.train.images)
    assert greek.test.openings == 0
    assert task.fingerprint == greek.few_shot(2, seed).fingerprint


def test_other_seeds_draw_other_images_and_the_task_says_what_it_is() -> None:
    greek = data.load("greek")
    one, other = greek.few_shot(1, seed=0), greek.few_shot(1, seed=1)
    assert one.fingerprint != other.fingerprint
    assert one.name == "greek, 1 label per class, draw 0"
    assert (one.classes, one.labels_per_class, one.seed) == (greek.classes, 1, 0)
    assert one.test is greek.test


def test_the_whole_task_uses_all_training_labels() -> None:
    greek = data.load("greek")
    task = greek.task()
    assert task.labels_per_class is None
    assert task.train is greek.train
    assert "all 1550 training labels" in repr(task)


def test_a_task_survives_pickling() -> None:
    task = data.load("greek").few_shot(3, seed=4)
    again = pickle.loads(pickle.dumps(task))
    assert (again.fingerprint, again.name) == (task.fingerprint, task.name)


@pytest.mark.parametrize(
    ("labels", "seed"), [(0, 0), (-1, 0), (1.5, 0), (True, 0), ("2", 0), (1, -1), (1, None)]
)
def test_impossible_numbers_are_refused(labels: int, seed: int) -> None:
    with pytest.raises(DataError, match="expected a whole number"):
        data.load("greek").few_shot(labels, seed)


def test_numpy_whole_numbers_are_welcome() -> None:
    greek = data.load("greek")
    assert greek.few_shot(np.int64(2), np.int32(1)).fingerprint == greek.few_shot(2, 1).fingerprint


def test_the_global_random_state_is_left_alone() -> None:
    np.random.seed(3)  # noqa: NPY002 (the point is the global state)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    data.load("greek").few_shot(2, 0)
    data.arrays(np.zeros((8, 2, 2)), [0, 1] * 4)
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002
