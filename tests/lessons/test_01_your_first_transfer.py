"""Lesson 1's exercises: every correct solution is accepted, a wrong one gets its author's hint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tlkit import backbones, data, freeze, train
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
        (train.fit(printed, greek.few_shot(1, seed=0), progress=False), "two of each", "label"),
        (
            train.fit(printed, greek.few_shot(2, seed=0), drifting, recipe=few, progress=False),
            "Only the head",
            "the more is trained",
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
