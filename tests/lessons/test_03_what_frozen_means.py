"""Lesson 3's exercises: every correct solution is accepted, a wrong one gets its author's hint."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from tlkit import backbones, data, freeze
from tlkit.course import check


@pytest.fixture(scope="module")
def net() -> backbones.Backbone:
    return backbones.load("zoo:resnet-letters")


@pytest.fixture(scope="module")
def inputs(net: backbones.Backbone) -> tuple[torch.Tensor, torch.Tensor]:
    task = data.load("photos").few_shot(5, seed=0)
    return net.transform(task.train.images), torch.tensor(task.train.labels)


RIGHT_PLANS: dict[str, Callable[[Any], Any]] = {
    "mapping": lambda net: freeze.plan(net, {"stem": "strict", "layer1": "strict", "layer2": "weights_only"}),
    "every stage named": lambda net: freeze.plan(
        net, {"stem": "strict", "layer1": "strict", "layer2": "weights_only", "layer3": "trainable"}
    ),
    "changed from another plan": lambda net: freeze.plan(
        net,
        {
            **{k: v for k, v in freeze.plan(net, until="layer2").modes.items() if k != "head"},
            "layer2": "weights_only",
        },
    ),
    "through a record": lambda net: freeze.Plan.from_dict(
        freeze.plan(net, {"stem": "strict", "layer1": "strict", "layer2": "weights_only"}).to_dict()
    ),
}
WRONG_PLANS = [
    ({"stem": "strict", "layer1": "weights_only", "layer2": "weights_only"}, "moved"),
    ({"stem": "strict", "layer1": "train_bn", "layer2": "weights_only"}, "moved"),
    ({"stem": "strict", "layer1": "batch_stats", "layer2": "weights_only"}, "depends on the other pictures"),
    ({"stem": "strict", "layer1": "strict", "layer2": "strict"}, "Nothing in layer2 moved"),
    ({"stem": "strict", "layer1": "strict", "layer2": "batch_stats"}, "Nothing in layer2 moved"),
    ({"stem": "strict", "layer1": "strict", "layer2": "train_bn"}, "scale and shift"),
    ({"stem": "strict", "layer1": "strict", "layer2": "trainable"}, "weights of layer2"),
    ({"stem": "strict", "layer1": "strict", "layer2": "weights_only", "layer3": "strict"}, "layer3"),
]


@pytest.mark.parametrize("style", RIGHT_PLANS)
def test_a_right_plan_is_accepted_however_it_was_made(net: backbones.Backbone, style: str) -> None:
    found = check("03-own-plan", RIGHT_PLANS[style](net))
    assert found.right, found.text


@pytest.mark.parametrize(("modes", "said"), WRONG_PLANS)
def test_a_wrong_plan_gets_its_hint(net: backbones.Backbone, modes: dict[str, str], said: str) -> None:
    found = check("03-own-plan", freeze.plan(net, modes))
    assert found.right is False
    assert said in found.text
    assert found.belief or "layer3" in said
    assert ("Behind it may be the belief that" in str(found)) == bool(found.belief)


def steps(
    network: nn.Module, parameters: Any, batch: tuple[torch.Tensor, torch.Tensor], *, train: bool = True
) -> None:
    optimizer = torch.optim.AdamW(parameters, lr=0.01)
    for _ in range(30):
        network.train(train)
        loss = nn.functional.cross_entropy(network(batch[0]), batch[1])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def with_a_plan(net: Any, network: Any, batch: Any) -> None:
    freeze.plan(net, until="head").apply(network)
    steps(network, network.head.parameters(), batch)


def with_eval_in_the_loop(net: Any, network: Any, batch: Any) -> None:
    for one in network.backbone.parameters():
        one.requires_grad = False
    optimizer = torch.optim.AdamW(network.head.parameters(), lr=0.01)
    for _ in range(30):
        network.train()
        network.backbone.eval()
        loss = nn.functional.cross_entropy(network(batch[0]), batch[1])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def with_features_made_once(net: Any, network: Any, batch: Any) -> None:
    network.eval()
    with torch.no_grad():
        described = backbones.pool_features(network.backbone(batch[0]))
    optimizer = torch.optim.LBFGS(network.head.parameters(), max_iter=20)

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        value = nn.functional.cross_entropy(network.head(described), batch[1])
        value.backward()
        return value

    optimizer.step(loss)


def with_batch_statistics_that_are_not_kept(net: Any, network: Any, batch: Any) -> None:
    freeze.plan(net, until="head", mode="batch_stats").apply(network)
    steps(network, [one for one in network.parameters() if one.requires_grad], batch)


RIGHT_LOOPS = [
    with_a_plan,
    with_eval_in_the_loop,
    with_features_made_once,
    with_batch_statistics_that_are_not_kept,
]


@pytest.mark.parametrize("loop", RIGHT_LOOPS)
def test_a_right_loop_is_accepted_however_it_is_written(
    net: backbones.Backbone, inputs: tuple[torch.Tensor, torch.Tensor], loop: Callable[..., None]
) -> None:
    network = net.with_head(10, seed=0)
    seal = freeze.seal(network)
    loop(net, network, inputs)
    found = check("03-own-loop", seal, network)
    assert found.right, found.text


def test_the_tutorials_loop_is_told_that_statistics_drifted(
    net: backbones.Backbone, inputs: tuple[torch.Tensor, torch.Tensor]
) -> None:
    network = net.with_head(10, seed=0)
    seal = freeze.seal(network)
    for one in network.backbone.parameters():
        one.requires_grad = False
    steps(network, network.head.parameters(), inputs)
    found = check("03-own-loop", seal, network)
    assert found.right is False
    assert "running statistics of" in found.text
    assert found.belief == "requires_grad = False freezes everything"


def test_eval_once_is_told_the_same(
    net: backbones.Backbone, inputs: tuple[torch.Tensor, torch.Tensor]
) -> None:
    network = net.with_head(10, seed=0)
    seal = freeze.seal(network)
    network.backbone.eval()
    steps(network, network.head.parameters(), inputs)
    assert "running statistics of" in check("03-own-loop", seal, network).text


def test_training_everything_is_told_that_weights_moved(
    net: backbones.Backbone, inputs: tuple[torch.Tensor, torch.Tensor]
) -> None:
    network = net.with_head(10, seed=0)
    seal = freeze.seal(network)
    steps(network, network.parameters(), inputs, train=False)
    assert "Weights moved in" in check("03-own-loop", seal, network).text


def test_a_loop_that_never_ran_or_a_late_seal_is_told_so(net: backbones.Backbone) -> None:
    network = net.with_head(10, seed=0)
    found = check("03-own-loop", freeze.seal(network), network)
    assert found.right is False
    assert "the head included" in found.text


def own_network(net: backbones.Backbone, *, named: bool = False) -> nn.Module:
    """Return a network without a part called head, in one of two usual ways of writing it."""
    if named:
        return nn.Sequential(
            OrderedDict(
                body=net.clone().module, pool=nn.AdaptiveAvgPool2d(1), flat=nn.Flatten(), fc=nn.Linear(64, 10)
            )
        )
    return nn.Sequential(net.clone().module, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def in_eval(network: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> None:
    network.eval()
    optimizer = torch.optim.AdamW(list(network.children())[-1].parameters(), lr=0.01)
    for _ in range(30):
        loss = nn.functional.cross_entropy(network(batch[0]), batch[1])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@pytest.mark.parametrize("named", [False, True])
def test_a_network_of_the_learners_own_needs_no_part_called_head(
    net: backbones.Backbone, inputs: tuple[torch.Tensor, torch.Tensor], named: bool
) -> None:
    network = own_network(net, named=named)
    seal = freeze.seal(network)
    in_eval(network, inputs)
    found = check("03-own-loop", seal, network)
    assert found.right, found.text


def test_a_network_of_the_learners_own_that_drifts_is_told_so(
    net: backbones.Backbone, inputs: tuple[torch.Tensor, torch.Tensor]
) -> None:
    network = own_network(net)
    seal = freeze.seal(network)
    steps(network, list(network.children())[-1].parameters(), inputs)
    assert "running statistics of 0" in check("03-own-loop", seal, network).text


@pytest.mark.parametrize("seed", range(5))
def test_a_head_that_was_only_drawn_anew_has_not_learned(net: backbones.Backbone, seed: int) -> None:
    network = net.with_head(10, seed=0)
    seal = freeze.seal(network)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        network.head.weight.copy_(torch.randn(network.head.weight.shape, generator=generator))
    found = check("03-own-loop", seal, network)
    assert found.right is False
    assert "who guesses gets 10 %" in found.text


def test_a_check_leaves_the_learners_network_as_it_is(
    net: backbones.Backbone, inputs: tuple[torch.Tensor, torch.Tensor]
) -> None:
    network = own_network(net)
    seal = freeze.seal(network)
    in_eval(network, inputs)
    after = freeze.seal(network)
    modes = [part.training for part in network.modules()]
    check("03-own-loop", seal, network)
    assert not after.check(network).moved
    assert [part.training for part in network.modules()] == modes


def test_a_backbone_alone_is_told_that_it_has_no_head(net: backbones.Backbone) -> None:
    network = net.clone().module
    found = check("03-own-loop", freeze.seal(network), network)
    assert found.right is False
    assert "no head" in found.text
