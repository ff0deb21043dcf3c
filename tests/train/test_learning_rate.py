"""find_learning_rate: a band over seeds, a sensible rate, nothing changed."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tlkit import train
from tlkit.backbones import Backbone
from tlkit.data import Task
from tlkit.errors import StoppedError, TrainingError
from tlkit.train import LearningRates, Recipe


def test_shows_a_band_and_leaves_everything_as_it_was(net: Backbone, task: Task) -> None:
    before, state, opened = net.fingerprint, torch.get_rng_state(), task.test.openings
    found = train.find_learning_rate(net, task, seeds=3, steps=25)
    assert found.losses.shape == (3, 25)
    low, high = found.band
    assert 1e-5 < low <= found.suggestion <= high < 1
    assert net.fingerprint == before
    assert task.test.openings == opened
    assert torch.equal(torch.get_rng_state(), state)


def test_the_suggested_rate_learns_and_a_tiny_one_does_not(net: Backbone, task: Task) -> None:
    found = train.find_learning_rate(net, task, steps=40, recipe=Recipe.scratch())
    short = Recipe.scratch().change(steps=100, steps_growth=0.0)
    from tlkit import freeze

    plan = freeze.plan(net, until=net.stages[0])
    losses = [
        train.fit(net, task, plan, recipe=short.change(learning_rate=rate), test=False).history[-1].loss
        for rate in (found.suggestion, 1e-6)
    ]
    assert losses[0] < 0.7 * losses[1]


def test_same_seed_same_curve(net_with_dropout: Backbone, task: Task) -> None:
    first, second = (train.find_learning_rate(net_with_dropout, task, steps=12, seeds=2) for _ in range(2))
    np.testing.assert_array_equal(first.losses, second.losses)
    assert not np.array_equal(first.losses[0], first.losses[1])


def test_twins_and_plot_hold_the_suggestion() -> None:
    rates = np.geomspace(1e-4, 1, 12)
    losses = np.stack([3 - np.arange(12) * 0.2, 3 - np.arange(12) * 0.1])
    losses[:, -1] = np.inf
    found = LearningRates(rates, losses, np.array([1e-3, 1e-1]))
    assert found.suggestion == pytest.approx(1e-2)
    for twin in (repr(found), found._repr_html_()):
        assert "0.01" in twin
        assert "0.001 to 0.1" in twin
        assert "exploded" in twin
    axes = found.plot().axes[0]
    assert axes.get_xscale() == "log"
    assert axes.get_xlabel() == "learning rate"


@pytest.mark.parametrize(
    "bad",
    [
        {"lowest": 0.0},
        {"lowest": 1.0, "highest": 0.1},
        {"seeds": 0},
        {"seeds": 2.5},
        {"steps": 3},
        {"steps": "many"},
        {"lowest": "slow"},
        {"highest": float("inf")},
    ],
)
def test_refuses_sweeps_that_cannot_be(net: Backbone, task: Task, bad: dict[str, object]) -> None:
    with pytest.raises(TrainingError, match=r"Cannot sweep|expected a whole number"):
        train.find_learning_rate(net, task, **bad)  # type: ignore[arg-type]


def test_refuses_what_is_of_another_kind(net: Backbone, task: Task) -> None:
    with pytest.raises(TrainingError, match="whole data set"):
        train.find_learning_rate(net, task.dataset)  # type: ignore[arg-type]
    with pytest.raises(TrainingError, match="recipe is a dict"):
        train.find_learning_rate(net, task, recipe={})  # type: ignore[arg-type]


def test_can_be_stopped(net: Backbone, task: Task) -> None:
    with pytest.raises(StoppedError):
        train.find_learning_rate(net, task, should_stop=lambda: True)
