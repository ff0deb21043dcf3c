"""Arms for texts: terms beside word vectors, on the same draws, and refused where there are no texts."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from tlkit import backbones, compare, data
from tlkit.backbones import Backbone
from tlkit.compare import Arm, Comparison
from tlkit.compare.arms import TEXT_ARMS, arm_names
from tlkit.compare.choosing import chosen
from tlkit.compare.text_arms import KINDS, TermTransform
from tlkit.data import Dataset
from tlkit.errors import ComparisonError, DataError, UnknownNameError
from tlkit.words import WordVectors, text_backbone

THINGS = {"animal": ("cat", "dog", "owl", "cow", "hen"), "fruit": ("fig", "kiwi", "lime", "pear", "plum")}


@pytest.fixture(scope="module")
def things() -> Dataset:
    """Every animal and every fruit with every colour: texts share words, and the vectors know what is what."""
    rows = [
        (f"{colour} {thing}", kind)
        for kind, names in THINGS.items()
        for thing, colour in product(names, ("red", "big", "old", "wet"))
    ]
    return data.table(
        {"text": [one for one, _ in rows], "label": [kind for _, kind in rows]}, text="text", name="things"
    )


@pytest.fixture(scope="module")
def net() -> Backbone:
    words = [word for names in THINGS.values() for word in names] + ["red", "big", "old", "wet"]
    vectors = np.random.default_rng(0).normal(size=(len(words), 6))
    vectors[:5, 0] += 4
    vectors[5:10, 0] -= 4
    return text_backbone(WordVectors(words, vectors, name="made"))


@pytest.fixture(scope="module")
def card(things: Dataset, net: Backbone) -> Comparison:
    arms = ["tf-idf", "character-ngrams", "random-frozen", "frozen"]
    return compare.run(things.few_shot(2, seed=0), net, arms, seeds=3, n_jobs=1, progress=False, store=False)


def test_the_baselines_stand_beside_the_others_with_intervals_and_a_verdict(card: Comparison) -> None:
    assert card.arms == ("tf-idf", "character-ngrams", "random-frozen", "frozen")
    assert card.verdict.names == ("tf-idf", "frozen")
    assert card["frozen"].mean > card["tf-idf"].mean
    assert len(card.verdicts) == 6
    assert "no augmentation" in str(card)
    assert all(cell.kept for one in card.results for cell in one.cells)


def test_each_baseline_learns_a_head_on_the_terms_of_its_own_draw(card: Comparison, things: Dataset) -> None:
    for name, settings in KINDS.items():
        for cell in card[name].cells:
            texts = things.few_shot(2, cell.seed).train.texts
            terms = len(TfidfVectorizer(**settings).fit(texts).vocabulary_)
            assert cell.trainable_parameters == 2 * (terms + 1)


def test_features_are_those_of_scikit_learn() -> None:
    texts = ("red cat", "red car", "ÖLD car")
    for kind, settings in KINDS.items():
        wanted = TfidfVectorizer(**settings).fit_transform(texts).toarray()
        assert np.allclose(TermTransform(kind, texts)(list(texts)).numpy(), wanted)
    assert repr(TermTransform("tf-idf", texts)) != repr(TermTransform("tf-idf", texts[:2]))
    assert repr(TermTransform("tf-idf", texts)) == repr(TermTransform("tf-idf", texts[::-1]))


def test_texts_without_a_term_are_refused_in_words() -> None:
    with pytest.raises(DataError, match="hold no terms that tf-idf could count, such as 'a'"):
        TermTransform("tf-idf", ("a", "", "?"))(["a"])


def test_it_is_measured_again_from_its_record(card: Comparison, things: Dataset, net: Backbone) -> None:
    record = Comparison.from_record(card.record()).record()
    assert compare.rerun(record, task=things, backbone=net, n_jobs=1, progress=False).same


def test_tuning_tries_as_much_for_the_baseline(things: Dataset, net: Backbone) -> None:
    found = compare.run(
        things.few_shot(2, seed=0),
        net,
        ["tf-idf", "frozen"],
        seeds=1,
        tune=True,
        n_jobs=1,
        progress=False,
        store=False,
    )
    assert {one.recipe_words[:4] for one in found.results} == {"try "}


def test_without_names_texts_are_compared_with_the_honest_baseline_first() -> None:
    assert next(arm.name for arm in chosen(None, "texts")) == "tf-idf"
    assert set(arm_names("texts")) - set(arm_names()) == set(TEXT_ARMS)


@pytest.mark.parametrize("name", TEXT_ARMS)
def test_they_are_refused_for_images_in_words(name: str) -> None:
    greek, letters = data.load("greek"), backbones.load("zoo:resnet-letters")
    with pytest.raises(ComparisonError, match=f"The arm '{name}' is for texts.*these items are images"):
        compare.run(greek, letters, [name, "frozen"], seeds=2)
    with pytest.raises(UnknownNameError, match="nearest is 'tf-idf'"):
        chosen(["tfidf", "frozen"], "texts")


def test_texts_and_images_do_not_mix(things: Dataset, net: Backbone) -> None:
    with pytest.raises(DataError, match="made, mean takes texts, and the items of greek are images"):
        compare.run(data.load("greek"), net, ["random-frozen", "frozen"], seeds=2)
    with pytest.raises(DataError, match="takes images, and the items of things are texts"):
        compare.run(things, backbones.load("zoo:resnet-letters"), ["random-frozen", "frozen"], seeds=2)


@pytest.mark.parametrize(
    "wrong", [{"terms": "bigrams"}, {"terms": "tf-idf"}, {"terms": "tf-idf", "pretrained": False}]
)
def test_an_arm_of_terms_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises((ComparisonError, UnknownNameError)):
        Arm("own", **wrong)  # type: ignore[arg-type]  # what it refuses
    with pytest.raises(ComparisonError, match="Give the task"):
        TEXT_ARMS["tf-idf"].start(backbones.load("zoo:resnet-letters"), 0)
