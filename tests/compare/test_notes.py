"""Notes: what is said about recipes, augmentation, steps and duplicates, and what is left unsaid."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from tlkit import data, freeze
from tlkit.backbones import Backbone
from tlkit.compare import Arm
from tlkit.compare.measure import Order
from tlkit.compare.setup import prepare
from tlkit.data import Dataset
from tlkit.train import Recipe
from tlkit.train.recipe import CHOSEN_ON

HEADS = ["random-frozen", "frozen"]


def notes(task: Dataset | data.Task, net: Backbone, *arms: str | Arm, labels: int | None = 1) -> str:
    counts = () if labels is None else (labels,)
    return " ".join(prepare(task, net, arms or HEADS, 2, counts).notes)


@pytest.mark.parametrize("name", ["greek", *CHOSEN_ON])
def test_a_task_that_the_recipes_were_chosen_on_is_told(name: str, net: Backbone) -> None:
    which = "this and other tasks" if name in CHOSEN_ON else "other tasks"
    dataset = data.load(name)
    assert f"Recipes: fixed, chosen on {which}; the same augmentation for all." in notes(dataset, net)
    words = Order(Arm("frozen", opens="head"), dataset.few_shot(1, 0), net).recipe_words
    assert words == f"fixed: chosen on {which}, the same for every task"


def test_the_benchmark_chooses_on_the_tasks_that_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "benchmarks")
    monkeypatch.delitem(sys.modules, "recipes", raising=False)
    import recipes

    assert tuple(target for _, target in recipes.TASKS) == CHOSEN_ON


def test_what_was_not_chosen_by_measuring_is_called_given_by_hand(net: Backbone, dataset: Dataset) -> None:
    own = Arm("mine", recipe=Recipe.fine_tune().change(steps=6))
    drifting = Arm("drifting", plan=freeze.plan(net, until="head", mode="weights_only"))
    assert "but given by hand for mine, drifting." in notes(dataset, net, "frozen", own, drifting)
    assert "given by hand" not in notes(dataset, net)
    assert "Recipes: given by hand." in notes(dataset, net, own, drifting)


def test_fewer_views_are_told_with_their_number(net: Backbone) -> None:
    digits = data.load("digits")
    assert "the same augmentation for all." in notes(digits, net)
    few = notes(digits, net, "frozen", "fine-tuned", labels=50)
    assert Recipe.head().views_for(500) == 3
    assert "With 50 labels per class the augmentation is less for frozen: 3 distorted copies" in few
    assert "as far as it goes" in few
    greek = data.load("greek")
    assert len(greek.train) > 1000
    none = notes(greek.task(), net, labels=None)
    assert "With all labels the augmentation is less for random-frozen, frozen: no distorted copies" in none


def test_a_scratch_arm_asks_for_a_check_of_its_steps(net: Backbone, dataset: Dataset) -> None:
    assert "scratch-long" in notes(dataset, net, "scratch", "frozen")
    assert "scratch-long" in notes(dataset, net, "scratch", "frozen", labels=5)
    assert "scratch-long" not in notes(dataset, net, "scratch", "scratch-long", "frozen", labels=5)
    assert "scratch-long" not in notes(dataset, net, labels=5)


def test_test_images_among_the_training_images_are_told_without_an_opening(net: Backbone) -> None:
    images = np.random.default_rng(0).uniform(size=(60, 32, 32)).astype(np.float32)
    labels = np.arange(60) % 3
    assert "pixel for pixel" not in notes(data.arrays(images, labels), net)
    images[30:] = images[:30]
    twice = data.arrays(images, labels, name="twice")
    found = twice.duplicates()
    shared = [group for group in found.across if {"train", "test"} <= {where for where, _ in group}]
    count = sum(where == "test" for group in shared for where, _ in group)
    assert count > 1
    assert f"{count} of {len(twice.test)} test images are among the training images too" in notes(twice, net)
    assert twice.test.openings == 0
