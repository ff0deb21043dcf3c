"""Lesson 3's exercises: every correct solution is accepted, a wrong one gets its author's hint."""

from __future__ import annotations

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
    task = data.load("photos").few_shot(2, seed=0)
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


def steps(
    network: nn.Module, parameters: Any, batch: tuple[torch.Tensor, torch.Tensor], *, train: bool = True
) -> None:
    optimizer = torch.optim.SGD(parameters, lr=0.1)
    for _ in range(2):
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
    for _ in range(2):
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
    optimizer = torch.optim.LBFGS(network.head.parameters(), max_iter=5)

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
