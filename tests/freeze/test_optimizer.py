"""Parameter groups of a plan, and the check of a learner's own optimizer."""

from __future__ import annotations

import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from tests.freeze.networks import batches, learn, network, same, snapshot, step
from tests.freeze.test_apply import shared
from tlkit import freeze
from tlkit.errors import PlanError

STAGES = ("s0", "s1", "s2")
modes = st.fixed_dictionaries({name: st.sampled_from(freeze.MODES) for name in STAGES})


@given(modes, st.sampled_from(["everything", "tied weights", "layer norm"]))
def test_groups_hold_exactly_what_may_change_once_each(chosen: dict[str, str], layers: str) -> None:
    net = network(layers)
    plan = freeze.plan(net, chosen)
    plan.apply(net)
    held = [parameter for group in plan.parameters() for parameter in group["params"]]
    assert len({id(parameter) for parameter in held}) == len(held)
    assert {id(one) for one in held} == {id(one) for one in net.parameters() if one.requires_grad}
    names = [group["name"] for group in plan.parameters()]
    assert names == [name for name in ("head", "s2", "s1", "s0") if name in names]
    assert freeze.check_optimizer(torch.optim.SGD(plan.parameters(), lr=0.1), net) == []
    assert freeze.check_optimizer(torch.optim.AdamW(plan.parameters()), plan) == []


@given(st.floats(1e-5, 1), st.floats(0.1, 2))
def test_learning_rates_fall_with_the_distance_from_the_head(lr: float, decay: float) -> None:
    net = network("everything")
    plan = freeze.plan(net, {"s1": "strict"})
    plan.apply(net)
    found = {group["name"]: group["lr"] for group in plan.parameters(lr=lr, decay=decay)}
    # The frozen stage between them counts.
    assert found == pytest.approx({"head": lr, "s2": lr * decay, "s0": lr * decay**3})


def test_a_learners_own_loop_moves_what_the_plan_says() -> None:
    by_groups, by_all = network("everything"), network("everything")
    for net in (by_groups, by_all):
        freeze.plan(net, until="s1", mode="train_bn").apply(net)
    plan = freeze.plan(by_groups, until="s1", mode="train_bn")
    plan.apply(by_groups)
    optimizer = torch.optim.SGD(plan.parameters(lr=0.05, decay=1), lr=0.05, momentum=0.9, weight_decay=0.01)
    for number, (x, y) in enumerate(batches(2, seed=5)):
        step(by_groups.train(), optimizer, x, y, number)
    learn(by_all)
    assert same(snapshot(by_groups), snapshot(by_all))


def test_what_stages_share_is_in_one_group() -> None:
    net = shared()
    plan = freeze.plan(net, {"s1": "weights_only"})
    plan.apply(net)
    held = [id(parameter) for group in plan.parameters() for parameter in group["params"]]
    assert len(set(held)) == len(held)
    assert id(net.backbone.stages["s1"][0].weight) not in held


def test_groups_of_a_copy() -> None:
    net = network("everything")
    plan = freeze.plan(net, until="s2")
    plan.apply(net)
    twin = copy.deepcopy(net)
    held = {id(parameter) for group in plan.parameters(twin) for parameter in group["params"]}
    assert held == {id(parameter) for parameter in twin.parameters() if parameter.requires_grad}


@pytest.mark.parametrize(
    "arguments", [{"lr": 0}, {"lr": -1}, {"lr": float("nan")}, {"decay": 0}, {"decay": float("inf")}]
)
def test_impossible_rates_are_refused(arguments: dict[str, float]) -> None:
    net = network("everything")
    plan = freeze.plan(net, until="s2")
    plan.apply(net)
    with pytest.raises(PlanError, match=r"lr is .*positive"):
        plan.parameters(**arguments)


def test_groups_without_a_plan_in_force_are_refused() -> None:
    net = network("everything")
    plan = freeze.plan(net, until="s2")
    with pytest.raises(PlanError, match=r"in force on no module.*plan\.apply"):
        plan.parameters()
    with pytest.raises(PlanError, match="No plan is in force on this module"):
        plan.parameters(net)
    with pytest.raises(PlanError, match="in force on no module"):
        freeze.check_optimizer(torch.optim.SGD(net.parameters(), lr=0.1), plan)
    stages = network("everything").backbone
    everything = freeze.plan(stages, until="head")
    everything.apply(stages)
    with pytest.raises(PlanError, match="Nothing is trainable in this module"):
        everything.parameters(stages)


# A learner's own optimizer


def said(parameters: list[Tensor]) -> list[str]:
    return freeze.check_optimizer(torch.optim.SGD(parameters, lr=0.1), NET)


NET = network("everything")
freeze.plan(NET, until="s2", mode="train_bn").apply(NET)
FREE = [parameter for parameter in NET.parameters() if parameter.requires_grad]


def test_all_parameters_are_too_many() -> None:
    found = said(list(NET.parameters()))
    # Each of s0 and s1: the convolution's weight and bias.
    assert len(found) == 2
    for stage, words in zip(("s0", "s1"), found, strict=True):
        assert words.startswith(f"The optimizer holds 2 tensors of {stage} that may not change (train_bn)")
        assert words.endswith("Give it plan.parameters() instead.")


def test_the_head_alone_is_too_few() -> None:
    found = said(list(NET.head.parameters()))
    assert [words.partition(",")[0] for words in found] == [
        "The optimizer misses 2 tensors of s0",
        "The optimizer misses 2 tensors of s1",
        "The optimizer misses 4 tensors of s2",
    ]


def test_one_missing_and_one_too_many() -> None:
    first = NET.backbone.stages["s0"][0].bias
    found = said([first, *FREE[1:]])
    assert len(found) == 2
    assert "holds 1 tensor of s0" in found[0]
    assert "misses 1 tensor of s0, which may change: it would not" in found[1]


def test_another_copys_parameters_are_found() -> None:
    twin = copy.deepcopy(NET)
    found = said(list(twin.head.parameters()))
    assert "holds 2 tensors that this network does not have" in found[-1]
    assert "make it after copying" in found[-1]
    assert any("misses 2 tensors of head" in words for words in found)


def test_without_a_plan_flags_set_by_hand_count() -> None:
    net = network("layer norm")
    net.backbone.requires_grad_(False)
    assert freeze.check_optimizer(torch.optim.SGD(net.head.parameters(), lr=0.1), net) == []
    found = freeze.check_optimizer(torch.optim.SGD(net.parameters(), lr=0.1), net)
    assert [words.split(" of ")[1].split()[0] for words in found] == list(STAGES)


def test_tied_tensors_are_spoken_of_once() -> None:
    net = network("tied weights")
    freeze.plan(net, until="head").apply(net)
    found = freeze.check_optimizer(torch.optim.SGD(net.backbone.stages["s0"].parameters(), lr=0.1), net)
    tensors = len(list(net.backbone.stages["s0"].parameters()))
    assert f"holds {tensors} tensors of s0" in found[0]


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(PlanError, match="no stages"):
        freeze.check_optimizer(torch.optim.SGD(FREE, lr=0.1), nn.Linear(2, 2))
