"""Putting plans on and taking them off: removal restores a module exactly, in every order."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from tests.freeze.networks import LAYERS, batches, learn, network, same, snapshot
from tests.freeze.test_modes import frozen
from tlkit import freeze
from tlkit.backbones import Network, StagedModule
from tlkit.errors import PlanError
from tlkit.freeze.apply import in_force

HOOKS = ("_forward_pre_hooks", "_forward_hooks", "_forward_hooks_always_called", "_backward_hooks")
HOOKS = (*HOOKS, "_forward_pre_hooks_with_kwargs", "_forward_hooks_with_kwargs")


def flags(net: nn.Module) -> dict[str, Any]:
    """Return everything but the numbers: what a plan could have changed."""
    found: dict[str, Any] = {}
    for path, part in net.named_modules():
        found[path] = (
            part.training,
            getattr(part, "track_running_stats", None),
            sorted(part.__dict__),
            {name: list(getattr(part, name).values()) for name in HOOKS},
            [
                (name, id(tensor), tensor.requires_grad)
                for name, tensor in part._parameters.items()
                if tensor is not None
            ],
            [(name, id(tensor)) for name, tensor in part._buffers.items()],
        )
    return found


def values(net: nn.Module) -> dict[str, tuple[bool, object, list[bool]]]:
    """Return the flags by name, so that those of a copy can be compared."""
    return {
        path: (
            part.training,
            getattr(part, "track_running_stats", None),
            [parameter.requires_grad for parameter in part.parameters()],
        )
        for path, part in net.named_modules()
    }


def odd(layers: str) -> Network:
    """Return a network on which a learner has already set some flags."""
    net = network(layers)
    net.backbone.stages["s0"].eval()
    next(net.backbone.stages["s1"].parameters()).requires_grad_(False)
    for part in net.backbone.stages["s1"].modules():
        if isinstance(part, nn.BatchNorm2d):
            part.track_running_stats = False
    net.backbone.stages["s1"].register_forward_pre_hook(lambda module, args: None)
    return net


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("mode", freeze.MODES)
def test_removal_restores_exactly(mode: str, layers: str) -> None:
    net = odd(layers)
    before, numbers = flags(net), snapshot(net)
    chosen = freeze.plan(net, {"s0": mode, "s1": mode})
    chosen.apply(net)
    net(batches(1)[0][0])
    chosen.remove()
    assert flags(net) == before
    if mode in ("strict", "batch_stats"):
        kept = {name: tensor for name, tensor in snapshot(net).items() if ".s2." not in name}
        assert same(kept, {name: tensor for name, tensor in numbers.items() if ".s2." not in name})
    assert in_force(net) == {}
    chosen.remove()
    assert flags(net) == before


@pytest.mark.parametrize("mode", freeze.MODES)
@pytest.mark.parametrize("how", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_removal_restores_copies(mode: str, how: Any) -> None:
    net = network("everything")
    net.backbone.stages["s0"].eval()
    before = values(net)
    freeze.plan(net, frozen(mode)).apply(net)
    twin = freeze.remove(how(net))
    assert values(twin) == before
    assert in_force(twin) == {}
    assert in_force(net) == {**frozen(mode), "head": "trainable"}


@pytest.mark.parametrize("training", [True, False])
def test_removal_follows_a_switch_of_the_whole(training: bool) -> None:
    net = network("everything").train(not training)
    chosen = freeze.plan(net, until="head")
    chosen.apply(net)
    net.train(training)
    net(batches(1)[0][0])
    chosen.remove()
    assert all(part.training == training for part in net.modules())


def test_trains_like_new_after_removal() -> None:
    net, plain = network("everything"), network("everything")
    chosen = freeze.plan(net, {"s0": "strict", "s1": "batch_stats"})
    chosen.apply(net)
    chosen.remove()
    learn(net)
    learn(plain)
    assert same(snapshot(net), snapshot(plain))


modes = st.fixed_dictionaries({name: st.sampled_from(freeze.MODES) for name in ("s0", "s1", "s2")})


@given(st.lists(modes, min_size=1, max_size=4), st.data())
def test_only_the_last_plan_is_in_force_and_all_come_off(
    plans: list[dict[str, str]], data: st.DataObject
) -> None:
    net = network("everything")
    before = flags(net)
    made = [freeze.plan(net, one) for one in plans]
    for one in made:
        one.apply(net)
    assert in_force(net) == {**plans[-1], "head": "trainable"}
    # Removing an earlier plan does not disturb the last one, even if they say the same.
    first = data.draw(st.integers(0, len(made) - 1))
    made[first].remove()
    if first == len(made) - 1:
        assert flags(net) == before
    else:
        assert in_force(net) == {**plans[-1], "head": "trainable"}
    made[-1].remove()
    assert flags(net) == before


def test_one_plan_on_two_networks() -> None:
    one, other = network("everything", seed=0), network("everything", seed=1)
    chosen = freeze.plan(one, until="s2")
    chosen.apply(one)
    chosen.apply(other)
    assert chosen.applied_to() is other
    assert in_force(one) == in_force(other) == chosen.modes
    chosen.remove()
    assert in_force(one) == in_force(other) == {}
    with pytest.raises(PlanError, match="in force on no module"):
        chosen.applied_to()


def test_a_plan_keeps_no_network_alive() -> None:
    net = network("batch norm")
    chosen = freeze.plan(net, until="s2")
    chosen.apply(net)
    del net
    with pytest.raises(PlanError, match="in force on no module"):
        chosen.applied_to()
    assert pickle.loads(pickle.dumps(chosen)) == chosen


def test_applies_to_the_stages_alone_and_to_what_is_around_them() -> None:
    net = network("everything")
    chosen = freeze.plan(net, until="s2")
    assert chosen.apply(net.backbone) is net.backbone
    learn(net)
    assert in_force(net) == {name: mode for name, mode in chosen.modes.items() if name != "head"}
    assert not any(parameter.requires_grad for parameter in net.backbone.stages["s0"].parameters())
    # Applied to the network, it replaces what was applied to its stages.
    before = values(freeze.remove(copy.deepcopy(net)))
    chosen.apply(net)
    freeze.remove(net)
    assert values(net) == before


@pytest.mark.parametrize(
    "stages",
    [
        {"s0": nn.Identity()},
        {"s1": nn.Identity(), "s0": nn.Identity(), "s2": nn.Identity()},
        {"a": nn.Identity()},
    ],
)
def test_a_plan_for_another_backbone_is_refused(stages: Mapping[str, nn.Module]) -> None:
    chosen = freeze.plan(network("batch norm"), until="s2")
    other = Network(StagedModule(stages), nn.Linear(1, 2))
    before = flags(other)
    with pytest.raises(
        PlanError, match=r"for the stages s0, s1, s2, head, but the module has .*Make the plan"
    ):
        chosen.apply(other)
    assert flags(other) == before
    with pytest.raises(PlanError, match="in force on no module"):
        chosen.parameters()


@pytest.mark.parametrize("wrong", [nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 2)), None, "resnet"])
def test_what_has_no_stages_is_refused(wrong: Any) -> None:
    with pytest.raises(PlanError, match=r"stages|module"):
        freeze.plan(network("batch norm"), until="s2").apply(wrong)
    with pytest.raises(PlanError, match="no stages"):
        freeze.plan(wrong, until="s2")


# What stages share


def shared() -> Network:
    """Return a network whose first and last stage share one block, and tie one more weight."""
    block = nn.Sequential(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4))
    parts = {
        "s0": nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), block, nn.Tanh()),
        "s1": nn.Sequential(nn.Conv2d(4, 4, 1), nn.Tanh()),
        "s2": nn.Sequential(block, nn.Conv2d(4, 4, 1), nn.Tanh()),
    }
    parts["s2"][1].weight = parts["s1"][0].weight
    with torch.no_grad():
        net = Network(StagedModule(parts), nn.Linear(4, 3))
        net(batches(1)[0][0])
    return net


@pytest.mark.parametrize("strict", ["s0", "s2"])
def test_what_is_frozen_in_one_stage_is_frozen_in_all(strict: str) -> None:
    net = shared()
    chosen = freeze.plan(net, {strict: "strict", "s1": "weights_only"})
    assert [words.partition(", and not all")[0] for words in chosen.warnings if "share" in words] == [
        "s0 and s2 share 1.0.weight, 1.0.bias, 1.1.weight and 1.1.bias",
        # Under the other plan both of these hold it, and agree.
        *(["s1 and s2 share 0.weight"] if strict == "s0" else []),
    ]
    before_flags = flags(net)
    chosen.apply(net)
    before = snapshot(net)
    learn(net)
    after = snapshot(net)
    held = [
        name
        for name in before
        if ".s0.1." in name or ".s2.0." in name or name.endswith(("s1.0.weight", "s2.1.weight"))
    ]
    assert len(held) >= 12
    assert same({name: before[name] for name in held}, {name: after[name] for name in held})
    free = "s2" if strict == "s0" else "s0"
    bias = f"backbone.stages.{free}.{1 if free == 's2' else 0}.bias"
    assert not torch.equal(before[bias], after[bias])
    chosen.remove()
    assert flags(net) == before_flags
