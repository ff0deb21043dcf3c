"""Tuning: inside the labels, equally many tries for each arm, and never on the test set."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pytest

from tlkit import compare, data, freeze
from tlkit.backbones import Backbone
from tlkit.compare import ARMS, Arm, tuning
from tlkit.data import Dataset
from tlkit.errors import StoppedError
from tlkit.train import Recipe


@pytest.mark.parametrize("name", ARMS)
def test_every_arm_gets_equally_many_tries_and_its_own_recipe_first(name: str, net: Backbone) -> None:
    recipe = ARMS[name].recipe_for(net)
    tries = tuning.tries(recipe)
    assert len(tries) == len(set(tries)) == tuning.TRIES
    assert tries[0] == recipe


def test_nothing_but_the_labels_is_looked_at(net: Backbone, dataset: Dataset) -> None:
    task = dataset.few_shot(4, seed=0)
    recipe, words = tuning.choose(net, task, freeze.plan(net, until="head"), 0, Recipe.head())
    assert recipe in tuning.tries(Recipe.head())
    assert "of 12 right in 3-fold cross-validation inside the labels" in words
    assert dataset.test.openings == 0


def test_with_one_label_per_class_the_recipe_stays(net: Backbone, dataset: Dataset) -> None:
    given = Recipe.head()
    recipe, words = tuning.choose(net, dataset.few_shot(1, 0), freeze.plan(net, until="head"), 0, given)
    assert recipe == given
    assert "two labels per class" in words


def test_each_item_is_held_out_once_and_every_fold_has_every_class() -> None:
    labels = np.repeat([0, 1, 2], [3, 5, 7])
    folds = tuning._folds(labels, 3)
    for fold in range(3):
        assert set(labels[folds == fold]) == {0, 1, 2}
        assert set(labels[folds != fold]) == {0, 1, 2}


def test_a_hopeless_recipe_is_left_for_a_better_try(net: Backbone, dataset: Dataset) -> None:
    timid = Recipe.scratch().change(steps=30, learning_rate=3e-4)
    task = dataset.few_shot(10, seed=0)
    recipe, _ = tuning.choose(net, task, freeze.plan(net, until="stem"), 0, timid)
    assert recipe.learning_rate * recipe.steps > timid.learning_rate * timid.steps


def test_the_notes_say_that_images_were_resized_and_not_every_try(net: Backbone) -> None:
    images = np.random.default_rng(0).uniform(size=(60, 1, 24, 24))
    dataset = data.arrays(images, [0, 1] * 30, channels="first")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        card = compare.run(
            dataset,
            net,
            ["random-frozen", "frozen"],
            1,
            labels_per_class=4,
            tune=True,
            n_jobs=1,
            progress=False,
        )
    assert any("resized to" in note for note in card.notes)


def test_a_tuned_comparison_says_so_and_reproduces(
    net: Backbone, dataset: Dataset, arms: Sequence[Arm]
) -> None:
    card = compare.run(dataset, net, arms, seeds=1, labels_per_class=2, tune=True, n_jobs=1, progress=False)
    assert "5 tries each" in " ".join(card.notes)
    assert all("tr" in cell.chosen and "cross-validation" in cell.chosen for cell in card["frozen"].cells)
    assert dataset.test.openings == 3
    fixed = compare.run(dataset, net, arms, seeds=1, labels_per_class=2, n_jobs=1, progress=False)
    assert fixed.origin["from_store"] == 0, "tuned and fixed cells are not mixed up"
    again = compare.rerun(card.record(), task=dataset, backbone=net, n_jobs=1, progress=False)
    assert again.same


def test_tuning_stops_when_asked(net: Backbone, dataset: Dataset) -> None:
    with pytest.raises(StoppedError):
        tuning.choose(
            net,
            dataset.few_shot(4, 0),
            freeze.plan(net, until="head"),
            0,
            Recipe.head(),
            should_stop=lambda: True,
        )
