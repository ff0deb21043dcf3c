"""Lesson 2's exercises: every correct solution is accepted, a wrong one gets its author's hint."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from tlkit import backbones, data, freeze, train
from tlkit.backbones.transform import ConversionWarning
from tlkit.course import check

Labelled = tuple[Tensor, Tensor]


@pytest.fixture(scope="module")
def net() -> backbones.Backbone:
    return backbones.load("zoo:efficientnet-lite0", side=64)


def drawings(net: backbones.Backbone) -> Labelled:
    noto = data.load("emoji:noto").train
    return net.transform(noto.images), torch.tensor(noto.labels)


def learn(head: nn.Module, described: Tensor, labels: Tensor, steps: int = 100) -> None:
    optimizer = torch.optim.AdamW(head.parameters(), lr=0.003)
    for _ in range(steps):
        loss = nn.functional.cross_entropy(head(described), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def by_hand(net: backbones.Backbone) -> nn.Module:
    """Go through the lesson's own steps 1 to 3."""
    pictures, labels = drawings(net)
    network = nn.Sequential(OrderedDict(net.clone().module.stages.items()))
    network.append(nn.AdaptiveAvgPool2d(1)).append(nn.Flatten())
    network.eval()
    with torch.no_grad():
        described = network(pictures)
    head = nn.Linear(described.shape[1], 12)
    learn(head, described, labels)
    return network.append(head)


def with_fit(net: backbones.Backbone) -> nn.Module:
    return train.fit(net, data.load("emoji:noto").task(), progress=False).model


def with_scikit_learn(net: backbones.Backbone) -> nn.Module:
    noto = data.load("emoji:noto").train
    found = LogisticRegression(max_iter=500).fit(net.features(noto.images), noto.labels)
    network = net.with_head(12, seed=0)
    with torch.no_grad():
        network.head.weight.copy_(torch.tensor(found.coef_))  # type: ignore[operator, union-attr]
        network.head.bias.copy_(torch.tensor(found.intercept_))  # type: ignore[operator, union-attr]
    return network


class Own(nn.Module):
    """A network that a learner wrote, with names of its own."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.trunk, self.classifier = body, nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, 12))

    def forward(self, pictures: Tensor) -> Tensor:
        self.trunk.eval()
        with torch.no_grad():
            described = self.trunk(pictures).mean(dim=(2, 3))
        scores: Tensor = self.classifier(described)
        return scores


def with_a_class_of_ones_own(net: backbones.Backbone) -> nn.Module:
    pictures, labels = drawings(net)
    network = Own(net.clone().module)
    network.train()
    optimizer = torch.optim.AdamW(network.classifier.parameters(), lr=0.003)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for _ in range(3):
            for batch in torch.randperm(len(pictures)).split(32):
                loss = nn.functional.cross_entropy(network(pictures[batch]), labels[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    return network


@pytest.mark.parametrize("solve", [by_hand, with_fit, with_scikit_learn, with_a_class_of_ones_own])
def test_a_right_network_is_accepted_however_it_was_made(
    net: backbones.Backbone, solve: Callable[[backbones.Backbone], nn.Module]
) -> None:
    network = solve(net)
    before = freeze.seal(network)
    modes = [part.training for part in network.modules()]
    found = check("02-own-steps", network)
    assert found.right, found.text
    assert not before.check(network).moved
    assert [part.training for part in network.modules()] == modes


def as_the_tutorial_does(net: backbones.Backbone) -> nn.Module:
    pictures, _ = drawings(net)
    network = net.with_head(12, seed=0)
    network.backbone.requires_grad_(False)
    network.train()
    network(pictures)
    return network


def with_everything_learning(net: backbones.Backbone) -> nn.Module:
    pictures, labels = (found[:12] for found in drawings(net))
    network = net.with_head(12, seed=0).eval()
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-3)
    nn.functional.cross_entropy(network(pictures), labels).backward()
    optimizer.step()
    return network


def with_a_head_for_another_style(net: backbones.Backbone) -> nn.Module:
    return train.fit(net, data.load("emoji:twemoji").task(), test=False, progress=False).model


def with_few_labels(net: backbones.Backbone) -> nn.Module:
    return train.fit(net, data.load("emoji:noto").few_shot(10, seed=0), test=False, progress=False).model


def with_the_old_head(net: backbones.Backbone) -> nn.Module:
    return nn.Sequential(net.clone().module, nn.AdaptiveAvgPool2d(1), nn.Flatten(), net.clone().source_head)


WRONG_NETWORKS: list[tuple[Callable[[backbones.Backbone], nn.Module], str, str]] = [
    (as_the_tutorial_does, "running statistics are not", "makes a fixed feature extractor"),
    (with_everything_learning, "weight tensors are not", "the more is unfrozen"),
    (with_a_head_for_another_style, "the goal is 80 %", ""),
    (with_few_labels, "how many of each class", ""),
    (lambda net: net.with_head(12, seed=0), "the goal is 80 %", ""),
    (with_the_old_head, "gives 1,000 numbers per picture", ""),
    (lambda net: net.clone().module, "descriptions, and no scores", ""),
]


@pytest.mark.parametrize(("make", "said", "belief"), WRONG_NETWORKS)
def test_a_wrong_network_gets_its_hint(
    net: backbones.Backbone, make: Callable[[backbones.Backbone], nn.Module], said: str, belief: str
) -> None:
    found = check("02-own-steps", make(net))
    assert found.right is False
    assert said in found.text
    assert belief in found.belief
    assert bool(belief) == bool(found.belief)


BRIEF = train.Recipe.fine_tune().change(steps=2, steps_growth=0.0, augmented_views=1)


def run(net: backbones.Backbone, plan: freeze.Plan, *, style: str = "twemoji", **how: Any) -> train.Run:
    task = data.load(f"emoji:{style}").few_shot(1, seed=0)
    return train.fit(net, task, plan, **{"recipe": BRIEF, "progress": False, **how})


EARLY = ("stem", "block1", "block2", "block3", "block4", "block5", "block6")


@pytest.mark.parametrize(
    "how", [{}, {"seed": 3}, {"test": False}, {"recipe": BRIEF.change(augmented_views=0)}]
)
def test_a_right_run_is_accepted(net: backbones.Backbone, how: dict[str, Any]) -> None:
    found = check("02-own-boundary", run(net, freeze.plan(net, until="block7"), **how))
    assert found.right, found.text


def test_a_right_plan_may_name_every_stage(net: backbones.Backbone) -> None:
    modes = {**dict.fromkeys(EARLY, "strict"), "block7": "stored_stats", "conv_head": "stored_stats"}
    found = check("02-own-boundary", run(net, freeze.plan(net, modes)))
    assert found.right, found.text


WRONG_PLANS: list[tuple[dict[str, str], str, str]] = [
    ({"until": "block6"}, "Weights moved in block6, too", "the more is unfrozen"),
    ({"until": "conv_head"}, "In block7 no weight has moved", ""),
    ({"until": "block7", "then": "trainable"}, "normalised by each batch", "training mode"),
    ({"until": "block7", "mode": "weights_only"}, "the running statistics did", "fixed feature extractor"),
    ({"until": "block7", "mode": "batch_stats"}, "only what lies before stem can be remembered", ""),
]


@pytest.mark.parametrize(("plan", "said", "belief"), WRONG_PLANS)
def test_a_wrong_plan_gets_its_hint(
    net: backbones.Backbone, plan: dict[str, str], said: str, belief: str
) -> None:
    found = check("02-own-boundary", run(net, freeze.plan(net, **plan), test=False))
    assert found.right is False
    assert said in found.text
    assert belief in found.belief
    assert bool(belief) == bool(found.belief)


def test_a_head_alone_or_another_task_or_network_is_told_so(net: backbones.Backbone) -> None:
    alone = run(net, freeze.plan(net, until="head"), recipe=None, test=False)
    assert "In block7 and conv_head no weight has moved" in check("02-own-boundary", alone).text
    noto = run(net, freeze.plan(net, until="block7"), style="noto", test=False)
    assert "learned emoji:noto" in check("02-own-boundary", noto).text
    letters = backbones.load("zoo:resnet-letters")
    with pytest.warns(ConversionWarning):
        other = run(letters, freeze.plan(letters, until="layer2"), test=False)
    assert "starts from zoo:resnet-letters" in check("02-own-boundary", other).text
