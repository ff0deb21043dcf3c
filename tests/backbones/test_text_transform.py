"""Texts on their way into a network: which words are known, what is told, and what is refused."""

from __future__ import annotations

import pickle

import pytest
import torch

from tlkit import backbones, data
from tlkit.backbones import WordTransform, pool_features
from tlkit.backbones.intake import expect_items
from tlkit.data import TextSplit
from tlkit.errors import DataError

WORDS = WordTransform(("red", "car", "New", "woman", "t-shirt", "hat"), length=4)


@pytest.mark.parametrize(
    ("text", "ids", "unknown"),
    [
        ("Red, CAR!", (1, 2), ()),
        ("New new", (3,), ("new",)),  # known as it is written alone
        ("a t-shirt", (5,), ("a",)),
        ("red-hat hat’s", (1, 6, 6), ("s",)),
        ("", (), ()),
        ("—…", (), ()),
    ],
)
def test_words_are_found_as_they_are_written_or_in_small_letters(
    text: str, ids: tuple[int, ...], unknown: tuple[str, ...]
) -> None:
    found = WORDS.encode(text)
    assert (found.ids, found.unknown) == (ids, unknown)


def test_rows_are_cut_and_padded() -> None:
    assert WORDS(["red car red car hat", "nothing here"]).tolist() == [[1, 2, 1, 2], [0, 0, 0, 0]]


def test_what_was_left_out_is_told_with_its_share() -> None:
    split = TextSplit(["red zebra", "gnu", "red car red car hat"], [0, 1, 1], ("a", "b"))
    assert WORDS.notes_of(split) == [
        "2 of 8 words (25 %) are not known and were left out, such as 'zebra', 'gnu'.",
        "1 text has no known word: its features are zeros.",
        "1 text was cut to the first 4 words.",
    ]
    assert WORDS.notes_of(split.select([2]).select([])) == []
    assert WORDS.rows_seen(split).tolist() == [1, 2]


def test_the_name_tells_words_and_length_and_nothing_else() -> None:
    again = pickle.loads(pickle.dumps(WORDS))
    assert repr(again) == repr(WORDS)
    assert repr(WordTransform(WORDS.words[::-1], 4)) != repr(WORDS)
    assert repr(WordTransform(WORDS.words, 5)) != repr(WORDS)
    assert [len(WORDS.encode(text).ids) > 0 for text in WORDS.probe(())] == [True, True]


@pytest.mark.parametrize("wrong", ["red car", None, 3, [1], [None], torch.zeros(2, 3)])
def test_what_is_no_list_of_texts_is_refused(wrong: object) -> None:
    with pytest.raises(DataError, match=r"Give a list|Give texts"):
        WORDS(wrong)


@pytest.mark.parametrize("words", [(), "red", ("red", "red"), (1,)])
def test_a_list_of_words_that_is_none_is_refused(words: object) -> None:
    with pytest.raises(DataError):
        WordTransform(words)  # type: ignore[arg-type]  # what it refuses


def test_texts_are_pooled_over_their_words_whatever_the_padding() -> None:
    rows = torch.randn(3, 5, 2, generator=torch.Generator().manual_seed(0))
    rows[1, 2:] = 0
    rows[2] = 0
    wide = torch.cat([rows, torch.zeros(3, 4, 2)], dim=1)
    assert torch.allclose(pool_features(wide), pool_features(rows))
    assert torch.allclose(pool_features(rows)[1], rows[1, :2].mean(dim=0))
    assert pool_features(rows)[2].tolist() == [0, 0]


def test_texts_for_a_network_of_images_are_refused_with_what_to_use() -> None:
    net, names = backbones.load("zoo:resnet-letters"), data.load("emoji:names")
    with pytest.raises(
        DataError, match=r"takes images, and the items of emoji:names are texts.*text_backbone"
    ):
        expect_items(net, names.train, names.name)
