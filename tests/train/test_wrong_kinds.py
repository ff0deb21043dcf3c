"""What a run is given: everything of another kind or out of range is refused in words before anything starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tlkit import backbones, data, train
from tlkit.errors import TlkitError
from tlkit.train import LearningRates, Recipe

HUGE = 10**30
WRONG = (-1, 2.5, float("nan"), "", "x", [], {}, (1, 2), np.zeros(3), object(), HUGE)
NET = backbones.load("zoo:resnet-letters")
TASK = data.load("greek").few_shot(1, seed=0)
RATES = LearningRates(np.array([1e-3, 1e-2]), np.ones((1, 2)), np.array([1e-2]))

ARGUMENTS = ["backbone", "task", "plan", "recipe", "device", "threads", "should_stop"]


def run(call: Callable[..., object], name: str, wrong: object) -> object:
    return call(**{"backbone": NET, "task": TASK, name: wrong})


@pytest.mark.parametrize("wrong", WRONG, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize(
    ("call", "names"),
    [
        (train.fit, [*ARGUMENTS, "progress", "test"]),
        (train.epochs, [*ARGUMENTS, "test"]),
        (train.find_learning_rate, [*ARGUMENTS, "seeds", "steps"]),
    ],
)
def test_is_refused_with_a_cure(call: Callable[..., object], names: list[str], wrong: object) -> None:
    # Any seed that is not negative is one.
    for name in [*names, *([] if wrong is HUGE else ["seed"])]:
        with pytest.raises(TlkitError) as told:
            run(call, name, wrong)
        assert told.value.what, name
        assert told.value.cure, name


@pytest.mark.parametrize("call", [train.fit, train.epochs, train.find_learning_rate])
def test_none_stands_for_no_backbone_and_no_number(call: Callable[..., object]) -> None:
    for name in ("backbone", "task", "seed", "threads", "device"):
        with pytest.raises(TlkitError):
            run(call, name, None)


@pytest.mark.parametrize("wrong", [*WRONG, None])
def test_rates_recipes_and_tables(wrong: Any) -> None:
    for call in (
        Recipe.for_plan,
        RATES.table,
        lambda one: train.find_learning_rate(NET, TASK, lowest=one),
        lambda one: Recipe.fine_tune().change(label_smoothing=one),
        lambda one: Recipe.fine_tune().change(steps=one),
    ):
        with pytest.raises(TlkitError) as told:
            call(wrong)
        assert told.value.cure
