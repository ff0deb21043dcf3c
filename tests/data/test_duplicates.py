from __future__ import annotations

import numpy as np
import pytest

from tlkit import data


def test_the_same_picture_in_two_splits_is_found_without_opening_the_test() -> None:
    images = np.random.default_rng(0).uniform(size=(40, 3, 3))
    images[20:] = images[:20]
    labels = np.array([0, 1] * 10)
    dataset = data.arrays(images, np.concatenate([labels, labels]))
    found = dataset.duplicates()
    assert dataset.test.openings == 0
    assert len(found.across) + len(found.within) == 20
    assert not found.contradicting
    assert found
    splits = {"train": dataset.train, "validation": dataset.validation, "test": dataset.test.open("check")}
    for group in found.across:
        assert len({splits[where].images[at].tobytes() for where, at in group}) == 1
        assert len({where for where, _ in group}) > 1
    assert set(found.positions("train")) == {
        at for group in found.across for where, at in group if where == "train"
    }
    assert f"{len(found)} images are in more than one split" in str(found)


def test_the_same_picture_with_two_labels_is_named() -> None:
    images = np.random.default_rng(0).uniform(size=(20, 3, 3))
    images[1] = images[0]
    found = data.arrays(images, [0, 1] * 10).duplicates()
    assert len(found.contradicting) == 1
    assert "more than one label" in str(found)


@pytest.mark.parametrize("name", data.names())
def test_embedded_sets_have_none(name: str) -> None:
    found = data.load(name).duplicates()
    assert found.across == ()
    assert found.within == ()
