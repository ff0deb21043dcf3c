"""What is no network, plan or optimizer is refused in words, whatever it is instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.freeze.networks import network
from tlkit import backbones, freeze
from tlkit.errors import TlkitError

WRONG = (None, 3, -1, 2.5, float("nan"), "", "x", True, [], (1, 2), np.zeros(3), object(), lambda: 0)


def _optimizer() -> torch.optim.Optimizer:
    return torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=0.1)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize(
    "call",
    [
        lambda wrong: freeze.plan(wrong, until="head"),
        lambda wrong: freeze.plan(network(), [] if wrong is None else wrong),
        lambda wrong: freeze.plan(network(), {"s0": wrong}),
        lambda wrong: freeze.plan(network(), until=wrong),
        lambda wrong: freeze.plan(network(), until="s1", mode=wrong),
        lambda wrong: freeze.plan(network(), until="s1").apply(wrong),
        lambda wrong: freeze.plan(network(), until="s1").parameters(wrong),
        lambda wrong: freeze.Plan(wrong, "head"),
        lambda wrong: freeze.Plan({"head": "trainable"}, wrong),
        lambda wrong: freeze.Plan.from_dict(wrong),
        lambda wrong: freeze.remove(wrong),
        lambda wrong: freeze.check_optimizer(wrong, network()),
        lambda wrong: freeze.check_optimizer(_optimizer(), wrong),
        lambda wrong: freeze.seal(wrong),
        lambda wrong: freeze.seal(network()).check(wrong),
        lambda wrong: freeze.seal(network()).check(network())[wrong],
        lambda wrong: freeze.SealReport.from_record(wrong),
        lambda wrong: freeze.old_head_test(wrong, network()),
        lambda wrong: freeze.old_head_test(backbones.load("zoo:resnet-letters"), wrong),
    ],
)
def test_is_refused_with_a_cure(call: Callable[[Any], object], wrong: object) -> None:
    with pytest.raises(TlkitError) as told:
        call(wrong)
    assert told.value.what
    assert told.value.cure


@pytest.mark.parametrize("wrong", [None, "x", -1, 0, float("nan"), float("inf"), [], np.zeros(3)])
@pytest.mark.parametrize("name", ["lr", "decay"])
def test_rates_are_positive_numbers(name: str, wrong: Any) -> None:
    net = network()
    plan = freeze.plan(net, until="s1")
    plan.apply(net)
    with pytest.raises(TlkitError, match="two positive numbers"):
        plan.parameters(**{name: wrong})


def test_the_optimizer_may_be_in_a_wrapper_and_the_network_compiled() -> None:
    class Wrapper:
        def __init__(self, optimizer: torch.optim.Optimizer) -> None:
            self.param_groups = optimizer.param_groups

    net = backbones.load("zoo:resnet-letters").with_head(3, seed=0)
    freeze.plan(net, until="head").apply(net)
    wrapper: Any = Wrapper(torch.optim.SGD(net.head.parameters(), lr=0.1))
    assert freeze.check_optimizer(wrapper, net) == []
    found = freeze.old_head_test(backbones.load("zoo:resnet-letters"), torch.compile(net))
    assert found is not None
    assert found.before == found.after
