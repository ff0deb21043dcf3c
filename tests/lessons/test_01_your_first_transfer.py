"""Lesson 1's exercises: every correct solution is accepted, a wrong one gets its author's hint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tlkit import backbones, compare, data, freeze, train
from tlkit.course import check

STAGES = ("stem", "layer1", "layer2", "layer3")


def one_line(printed: Any, task: Any) -> train.Run:
    return train.fit(printed, task, freeze.plan(printed, until="head"), seed=0, progress=False)


def without_a_plan(printed: Any, task: Any) -> train.Run:
    return train.fit(printed, task, seed=3, progress=False)


def with_a_mapping(printed: Any, task: Any) -> train.Run:
    plan = freeze.plan(printed, dict.fromkeys(STAGES, "strict"))
    return train.fit(printed, task, plan, progress=False)


def an_epoch_at_a_time(printed: Any, task: Any) -> train.Run:
    running = train.epochs(printed, task, freeze.plan(printed, until="head"))
    while True:
        try:
            next(running)
        except StopIteration as finished:
            run: train.Run = finished.value
            return run


@pytest.fixture(scope="module")
def printed() -> backbones.Backbone:
    return backbones.load("zoo:resnet-printed-digits")


@pytest.mark.parametrize("solve", [one_line, without_a_plan, with_a_mapping, an_epoch_at_a_time])
@pytest.mark.parametrize("draw", [0, 7])
def test_a_right_run_is_accepted_however_it_was_made(
    printed: backbones.Backbone, solve: Callable[..., train.Run], draw: int
) -> None:
    found = check("01-own-task", solve(printed, data.load("greek").few_shot(2, seed=draw)))
    assert found.right, found.text


def test_wrong_runs_get_the_hint_for_their_belief(printed: backbones.Backbone) -> None:
    greek, letters = data.load("greek"), backbones.load("zoo:resnet-letters")
    digits = data.load("digits").few_shot(2, seed=0)
    drifting = freeze.plan(printed, until="head", mode="weights_only")
    few = train.Recipe.fine_tune().change(steps=2, steps_growth=0.0)
    wrong = [
        (train.fit(printed, digits, progress=False), "Greek", ""),
        (train.fit(letters, greek.few_shot(2, seed=0), progress=False), "printed digits", "only recognise"),
        (train.fit(printed, greek.few_shot(1, seed=0), progress=False), "1 label per class. Use two", ""),
        (
            train.fit(printed, greek.few_shot(2, seed=0), drifting, recipe=few, progress=False),
            "freezes the weights only",
            "",
        ),
        (
            train.fit(
                printed,
                greek.few_shot(2, seed=0),
                freeze.plan(printed, until="layer3"),
                recipe=few,
                progress=False,
            ),
            "layer3",
            "the more is trained",
        ),
    ]
    for run, said, belief in wrong:
        found = check("01-own-task", run)
        assert found.right is False
        assert said in found.text
        assert belief in found.belief
        assert bool(belief) == bool(found.belief)


QUICK = train.Recipe.scratch().change(steps=5, steps_growth=0.0)


def compared(target: str, source: str, *arms: str, seeds: int = 3) -> compare.Comparison:
    """Compare as a learner would, with a start from nothing that takes a moment."""
    chosen = [
        compare.Arm(arm, pretrained=False, recipe=QUICK) if arm == "scratch" else arm
        for arm in arms or ("scratch", "frozen")
    ]
    return compare.run(
        data.load(target),
        backbones.load(source),
        chosen,
        seeds,
        labels_per_class=1,
        n_jobs=1,
        progress=False,
    )


def test_a_comparison_without_any_difference_is_accepted() -> None:
    made = compared("digits", "zoo:resnet-shapes")
    # The answers of the one arm for both: nothing can be told.
    cells = tuple(replace(cell, arm="frozen") for cell in made["scratch"].cells)
    equal = replace(made, results=(made["scratch"], replace(made["frozen"], cells=cells)))
    found = check("01-no-help", equal)
    assert found.right, found.text
    assert "Cannot tell" in found.text


def test_a_comparison_in_which_transfer_is_worse_is_accepted() -> None:
    # For fifty digits 300 steps are enough, and photographs are of no use. Lesson 4 measures the same: where it was run
    # before, as in a run of all tests, its cells are read again.
    recipe = train.Recipe.scratch().change(most_steps=300)
    short = compare.Arm("scratch", "random numbers, 300 steps", pretrained=False, recipe=recipe)
    digits, photos = data.load("digits"), backbones.load("zoo:resnet-photos")
    made = compare.run(digits, photos, [short, "frozen"], 3, labels_per_class=5, n_jobs=1, progress=False)
    found = check("01-no-help", made)
    assert found.right, found.text
    assert "negative transfer" in found.text


def test_wrong_comparisons_get_the_hint_for_their_belief() -> None:
    letters = "zoo:resnet-letters"
    wrong = [
        (compared("digits", letters), "transfer did help", "transfer always helps"),
        (compared("digits", letters, "random-frozen", "frozen"), "no arm `scratch`", "a high accuracy alone"),
        (compared("digits", letters, "scratch", "random-frozen"), "no arm `frozen`", "a high accuracy alone"),
        (compared("digits", letters, seeds=2), "has 2 draws", "one draw is enough"),
        (compared("greek", "zoo:resnet-photos"), "the case from the lesson", ""),
    ]
    for comparison, said, belief in wrong:
        found = check("01-no-help", comparison)
        assert found.right is False
        assert said in found.text
        assert belief in found.belief
        assert bool(belief) == bool(found.belief)
