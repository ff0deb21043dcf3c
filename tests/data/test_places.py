from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlkit.data import table
from tlkit.data.places import cut
from tlkit.errors import DataError

NAMES = ("a", "b", "c", "d", "e")


@given(
    sizes=st.lists(st.lists(st.integers(1, 6), min_size=3, max_size=25), min_size=2, max_size=5),
    seed=st.integers(0, 1000),
)
@settings(max_examples=60)
def test_groups_stay_whole_and_every_class_is_everywhere(sizes: list[list[int]], seed: int) -> None:
    labels = np.repeat(np.arange(len(sizes)), [sum(one) for one in sizes])
    groups = np.repeat(np.arange(sum(map(len, sizes))), [size for one in sizes for size in one])
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    labels, groups = labels[shuffled], groups[shuffled]
    places = cut(labels, NAMES[: len(sizes)], 0.15, 0.25, seed, groups=groups)
    for group in np.unique(groups):
        assert len(set(places[groups == group])) == 1
    for label, mine in enumerate(sizes):
        for place, share in enumerate((0.6, 0.15, 0.25)):
            found = (places[labels == label] == place).sum()
            assert found >= 1
            assert abs(found - share * sum(mine)) <= 2 * max(mine), "off by more than whole groups explain"


def test_a_group_may_hold_several_classes() -> None:
    labels = np.tile([0, 1], 30)
    groups = np.repeat(np.arange(30), 2)
    places = cut(labels, NAMES[:2], 0.2, 0.2, 0, groups=groups)
    assert np.array_equal(places[::2], places[1::2])
    assert np.bincount(places).tolist() == [36, 12, 12]


def test_too_few_groups_are_said() -> None:
    labels = np.repeat([0, 1], 12)
    groups = np.r_[np.arange(12), 100 + np.arange(12) % 2]
    with pytest.raises(DataError, match="Class 'b' has 2 groups"):
        cut(labels, NAMES[:2], 0.2, 0.2, 0, groups=groups)


def test_splits_that_are_given_stay_and_missing_ones_are_cut_from_training() -> None:
    labels = np.tile([0, 1], 50)
    given = np.where(np.arange(100) < 20, 2, 0).astype(np.int8)
    places = cut(labels, NAMES[:2], 0.25, 0.25, 0, given=given)
    assert np.array_equal(places == 2, given == 2)
    assert (places == 1).sum() == 20
    with pytest.raises(DataError, match="test split has no image of class 'b'"):
        cut(labels, NAMES[:2], 0.25, 0.25, 0, given=np.where(labels == 0, given, 0).astype(np.int8))


def test_all_classes_that_are_too_small_are_counted() -> None:
    labels = np.repeat([0, 1, 2], [10, 2, 1])
    with pytest.raises(DataError, match=r"'b' has 2 images.*1 more such classes"):
        cut(labels, NAMES[:3], 0.2, 0.2, 0)


def test_texts_are_called_texts() -> None:
    few = {"text": ["good", "fine", "nice", "bad", "poor"], "label": [1, 1, 1, 0, 0]}
    with pytest.raises(DataError, match=r"has 2 texts: .*add texts") as raised:
        table(few, text="text")
    assert "image" not in str(raised.value)
    grouped = {"text": list("abcdefgh"), "label": [0, 1] * 4, "author": [1, 2, 1, 3, 1, 4, 2, 5]}
    with pytest.raises(DataError, match="groups of texts that belong together"):
        table(grouped, text="text", group="author")
    split = {**grouped, "split": ["train"] * 6 + ["test"] * 2}
    split["label"] = [0, 1, 0, 1, 0, 1, 0, 0]
    with pytest.raises(DataError, match="test split has no text of class '1'"):
        table(split, text="text", split="split")
