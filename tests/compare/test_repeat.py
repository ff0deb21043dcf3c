"""Rerun: says whether the same answers come out, and refuses what is not the same task."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest

from tlkit import compare, data, words
from tlkit.backbones import Backbone
from tlkit.compare import Arm, Comparison
from tlkit.compare.cell import pack, unpack
from tlkit.data import Dataset
from tlkit.errors import ComparisonError, RecordError
from tlkit.train import Recipe


@pytest.fixture
def card(net: Backbone, dataset: Dataset, arms: Sequence[Arm]) -> Comparison:
    return compare.run(dataset, net, arms, seeds=2, n_jobs=1, progress=False)


def test_the_same_answers_come_out(card: Comparison, net: Backbone, dataset: Dataset) -> None:
    record = json.loads(json.dumps(card.record()))
    opened = dataset.test.openings
    found = compare.rerun(record, task=dataset, backbone=net, n_jobs=1, progress=False)
    assert found.same
    assert str(found).startswith("It reproduces: all 6 cells")
    assert found.now.origin["from_store"] == 0, "a rerun measures, whatever is stored"
    assert dataset.test.openings == opened + 6


def test_a_comparison_with_all_labels_is_repeated_with_all_labels(
    net: Backbone, dataset: Dataset, arms: Sequence[Arm]
) -> None:
    card = compare.run(dataset.task(seed=4), net, arms[:2], seeds=2, n_jobs=1, progress=False)
    found = compare.rerun(card.record(), task=dataset, backbone=net, n_jobs=1, progress=False)
    assert found.now.labels_per_class is None
    assert found.now.seeds == card.seeds == (4, 5)
    assert found.same


def test_how_the_recipes_came_about_is_said_as_before(net: Backbone, dataset: Dataset) -> None:
    card = compare.run(dataset, net, ["random-frozen", "frozen"], seeds=1, n_jobs=1, progress=False)
    now = compare.rerun(card.record(), task=dataset, backbone=net, n_jobs=1, progress=False).now
    assert now.notes == card.notes
    for before, again in zip(card.results, now.results, strict=True):
        assert again.recipe_words == before.recipe_words
        assert "given by hand" not in again.recipe_words
    own = Arm("mine", opens="head", recipe=Recipe.head().change(augmented_views=0))
    card = compare.run(dataset, net, ["frozen", own], seeds=1, n_jobs=1, progress=False)
    now = compare.rerun(card.record(), task=dataset, backbone=net, n_jobs=1, progress=False).now
    assert now["mine"].recipe_words == card["mine"].recipe_words == "given by hand"
    assert now.notes == card.notes


def test_other_answers_are_told(card: Comparison, net: Backbone, dataset: Dataset) -> None:
    record = json.loads(json.dumps(card.record()))
    cell = record["arms"][1]["cells"][0]
    answers = unpack(cell["correct"])
    answers[:3] = ~answers[:3]
    cell["correct"] = pack(answers)
    record["origin"]["versions"]["torch"] = "1.0"
    found = compare.rerun(record, task=dataset, backbone=net, n_jobs=1, progress=False)
    assert not found.same
    assert found.differing == (("frozen", 0, 3),)
    assert "1 of 6 cells differ, in at most 3 of" in str(found)
    assert "torch was 1.0 then" in str(found)


def test_another_data_set_or_backbone_is_refused(card: Comparison, net: Backbone, dataset: Dataset) -> None:
    other = data.arrays(np.random.default_rng(0).uniform(size=(60, 32, 32)), [0, 1, 2] * 20)
    with pytest.raises(ComparisonError, match="data set 'own' is not the one of the record"):
        compare.rerun(card.record(), task=other, backbone=net, progress=False)
    with pytest.raises(ComparisonError, match=r"backbone .* is not the one of the record"):
        compare.rerun(card.record(), task=dataset, backbone=net.reinitialised(1), progress=False)
    with pytest.raises(ComparisonError, match=r"task=\.\.\."):
        compare.rerun(card.record(), backbone=net, progress=False)
    with pytest.raises(ComparisonError, match=r"backbone=\.\.\."):
        compare.rerun(card.record(), task=dataset, progress=False)


def test_a_record_without_what_a_rerun_needs_is_refused(
    card: Comparison, net: Backbone, dataset: Dataset
) -> None:
    record = card.record()
    del record["origin"]["arms"]
    with pytest.raises(RecordError, match="'arms' is missing"):
        compare.rerun(record, task=dataset, backbone=net, progress=False)


def test_networks_of_word_vectors_are_loaded_by_the_name_in_the_record() -> None:
    net = words.text_backbone(words.load("words:english"))
    card = compare.run(
        data.load("emoji:names"), net, ["tf-idf", "frozen"], seeds=2, labels_per_class=1, progress=False
    )
    assert card.record()["backbone"] == "words:english, mean"
    assert compare.rerun(card.record(), progress=False).same
