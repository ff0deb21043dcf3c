"""report and rank on texts: the same measures between a floor and a ceiling, where the truth is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tlkit import backbones, data, similarity
from tlkit.backbones import Backbone
from tlkit.data import Dataset
from tlkit.errors import SimilarityError
from tlkit.similarity.unrelated import unrelated_items
from tlkit.words import WordVectors, text_backbone

ANIMALS, FRUIT, COLOURS = ("cat", "dog", "owl", "hen"), ("fig", "kiwi", "lime", "plum"), ("red", "big", "old")
OTHERS = tuple(f"word{at}" for at in range(60))
WORDS = (*ANIMALS, *FRUIT, *COLOURS, *OTHERS)


def net(name: str, signal: float, seed: int = 0) -> Backbone:
    """Word vectors in which animals and fruit lie apart, or do not; other words lie elsewhere."""
    vectors = np.random.default_rng(seed).normal(size=(len(WORDS), 6)) * 0.5
    vectors[:4, 0] += signal
    vectors[4:8, 0] -= signal
    vectors[11:, 1] += 4
    return text_backbone(WordVectors(WORDS, vectors, name=name), name=name)


def things(name: str, colours: tuple[str, ...] = COLOURS, *, more: str = "") -> Dataset:
    texts = [f"{one} {two}{more}" for one in colours for two in (*ANIMALS, *FRUIT) for _ in range(2)]
    labels = (["animal"] * 8 + ["fruit"] * 8) * len(colours)
    return data.table({"text": texts, "label": labels}, text="text", name=name)


@pytest.fixture(scope="module")
def sees() -> Backbone:
    return net("sees", 3.0)


@pytest.fixture(scope="module")
def found(sees: Backbone) -> similarity.Report:
    return similarity.report(things("theirs"), things("ours"), sees, draws=20)


def test_what_sorts_the_texts_stands_at_the_ceiling_and_the_same_kind_at_that_of_distances(
    found: similarity.Report,
) -> None:
    assert found["knn"].value == 1.0
    assert (found["knn"].ceiling or 0) > 0.9
    assert found["logme"].floor < found["logme"].value
    assert found.unrelated == "random words"
    assert found["frechet"].word == found["mmd"].word == "near the ceiling"
    assert found["proxy_a_distance"].floor > 1.5
    said = str(found)
    assert f"knows by heart the {found.sizes.ceiling} texts of ours that the scores look at" in said
    assert "of 100 texts" in said
    assert "with texts was not measured" in said
    assert found.sizes.ceiling == found.sizes.target


def test_what_knows_nothing_of_them_stands_near_the_floor(found: similarity.Report) -> None:
    blind = similarity.report(things("theirs"), things("ours"), net("blind", 0.0), draws=20)
    for name in ("logme", "h_score"):
        position, sure = blind[name].position, found[name].position
        assert position is not None
        assert sure is not None
        assert position < sure
    ranked = similarity.rank([net("blind", 0.0), net("sees", 3.0)], things("ours"), draws=20)
    assert ranked.first.name == "sees"
    assert "with texts was not measured" in str(ranked)
    assert similarity.Ranking.from_record(ranked.record()) == ranked


def test_other_words_are_far_and_a_set_that_was_given_is_the_floor(sees: Backbone) -> None:
    far = things("far", OTHERS[:3], more=" word9 word8 word7")
    found = similarity.report(far, things("ours"), sees, measures=["frechet"], unrelated=far, draws=20)
    assert found.unrelated == "far"
    assert found["frechet"].word == "near the floor"


def test_the_record_opens_again_and_that_of_pictures_says_nothing_new(found: similarity.Report) -> None:
    record = found.record()
    assert record["things"] == "texts"
    assert similarity.Report.from_record(record) == found
    del record["things"]
    assert similarity.Report.from_record(record).things == "pictures"


def test_unrelated_texts_are_as_long_and_of_known_words(sees: Backbone) -> None:
    made, name = unrelated_items(("a cat", "an old red dog"), sees, np.random.default_rng(0))
    assert name == "random words"
    assert [len(text.split()) for text in made] == [2, 4]
    assert all(word in WORDS for text in made for word in text.split())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda one, net: similarity.report(data.load("digits"), one, net),
            "source are pictures, those of the target",
        ),
        (
            lambda one, net: similarity.report(one, data.load("digits"), net),
            "source are texts, those of the target",
        ),
        (
            lambda one, net: similarity.report(one, one, net, unrelated=data.load("digits")),
            "those of the unrelated data are pictures",
        ),
        (
            lambda one, net: similarity.report(one, one, backbones.load("zoo:resnet-letters")),
            "takes pictures, and the items of the source are texts",
        ),
        (
            lambda one, net: similarity.rank([net, backbones.load("zoo:resnet-letters")], one),
            "zoo:resnet-letters takes pictures, and the items of the target are texts",
        ),
    ],
)
def test_pictures_beside_texts_are_refused_in_words(
    call: Callable[[Dataset, Backbone], Any], words: str, sees: Backbone
) -> None:
    with pytest.raises(SimilarityError, match=words):
        call(things("ours"), sees)
