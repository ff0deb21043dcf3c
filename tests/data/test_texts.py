"""Texts in the place of images: the same splits, draws and seals, and a refusal wherever pixels are needed."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from tlkit import data
from tlkit.data.sealed import SealedSplit
from tlkit.data.texts import TextSplit
from tlkit.errors import DataError, SealedError

TEXTS = ("tabby", "poodle", "lynx", "beagle")


@pytest.fixture
def split() -> TextSplit:
    return TextSplit(TEXTS, [0, 1, 0, 1], ("cat", "dog"))


def test_texts_are_selected_like_images(split: TextSplit) -> None:
    assert split.select([3, 0]).texts == ("beagle", "tabby")
    assert split.select(np.array([True, False, True, False])).texts == ("tabby", "lynx")
    assert split.select([]).texts == ()
    assert split.counts().tolist() == [2, 2]
    assert (len(split), split.shape) == (4, (4,))
    with pytest.raises(ValueError, match="read-only"):
        split.labels[0] = 1


def test_the_fingerprint_tells_texts_labels_and_classes_apart(split: TextSplit) -> None:
    same = TextSplit(list(TEXTS), np.array([0, 1, 0, 1]), ["cat", "dog"])
    others = [
        TextSplit(TEXTS[::-1], [0, 1, 0, 1], ("cat", "dog")),
        TextSplit(TEXTS, [1, 0, 1, 0], ("cat", "dog")),
        TextSplit(TEXTS, [0, 1, 0, 1], ("cats", "dog")),
        TextSplit(("tabbypoodle", "", "lynx", "beagle"), [0, 1, 0, 1], ("cat", "dog")),
    ]
    assert same.fingerprint == split.fingerprint
    assert len({split.fingerprint, *(one.fingerprint for one in others)}) == 5


def test_a_copy_in_another_process_is_the_same_and_stays_read_only(split: TextSplit) -> None:
    copy = pickle.loads(pickle.dumps(split))
    assert (copy.texts, copy.fingerprint) == (split.texts, split.fingerprint)
    assert not copy.labels.flags.writeable


def test_pixels_are_refused_in_words(split: TextSplit) -> None:
    with pytest.raises(DataError, match="texts, not images"):
        _ = split.images
    with pytest.raises(DataError, match="images, not texts"):
        _ = data.load("digits").train.texts


def test_a_sealed_text_is_not_read_without_a_reason(split: TextSplit) -> None:
    sealed = SealedSplit(split, "pets")
    for ask in (lambda: sealed.texts, lambda: sealed.images, lambda: sealed[0], lambda: sealed.select([0])):
        with pytest.raises(SealedError):
            ask()
    assert (sealed.openings, sealed.shape, repr(sealed)) == (
        0,
        (4,),
        "SealedSplit(4 texts of 'pets', sealed)",
    )
    assert sealed.open("test").texts == TEXTS
    assert sealed.openings == 1


@pytest.mark.parametrize(
    ("texts", "labels", "words"),
    [
        ("tabby", [0], "one text"),
        (["tabby", None], [0, 1], "Text 1 is None"),
        (["tabby"], [0, 1], "1 texts but labels of shape"),
        (["tabby"], [2], "Labels run from 2 to 2"),
        (["tabby"], [0.5], "float64, expected whole numbers"),
    ],
)
def test_what_is_no_list_of_texts_with_labels_is_refused(texts: object, labels: object, words: str) -> None:
    with pytest.raises(DataError, match=words):
        TextSplit(texts, labels, ("cat", "dog"))  # type: ignore[arg-type]
