"""Batches of one, and buffers that modules write to: refused in words, held, and given back."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from tests.freeze.networks import batches, learn, network, same, snapshot
from tests.freeze.test_modes import STILL, frozen
from tlkit import freeze
from tlkit.backbones import Network, StagedModule
from tlkit.errors import TrainingError

# Batches of one


def pooled(mode: str) -> Network:
    """Return a network whose last stage normalises vectors: one item has one value per channel."""
    parts = {
        "s0": nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4)),
        "s1": nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.BatchNorm1d(4)),
    }
    net = Network(StagedModule(parts), nn.Linear(4, 3))
    return freeze.plan(net, {"s0": "strict", "s1": mode}).apply(net)


@pytest.mark.parametrize("mode", freeze.MODES)
def test_a_batch_of_one_is_refused_in_words_where_the_batch_normalises(mode: str) -> None:
    net = pooled(mode).train()
    x = batches(1, items=1)[0][0]
    if mode in STILL:
        assert net(x).shape == (1, 3)
        return
    before = snapshot(net)
    with pytest.raises(TrainingError, match=rf"s1 is in mode '{mode}'.*one item.*drop_last=True.*'strict'"):
        net(x)
    assert same(snapshot(net), before)
    assert net.eval()(x).shape == (1, 3)
    assert net.train()(batches(1, items=2)[0][0]).shape == (2, 3)


def test_one_picture_with_many_positions_is_a_batch_to_normalise_by() -> None:
    net = network("batch norm")
    freeze.plan(net, frozen("batch_stats")).apply(net)
    assert net.train()(batches(1, items=1)[0][0]).shape == (1, 3)


# Buffers of their own


class Fails(nn.Module):
    """Writes to its buffer and then goes wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("seen", torch.zeros(1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen += 1
        if self.training:
            raise RuntimeError("on purpose")
        return x


@pytest.mark.parametrize("mode", ["strict", "batch_stats"])
def test_buffers_come_back_after_an_error(mode: str) -> None:
    net = network("batch norm")
    net.backbone.stages["s1"].append(Fails())
    net.eval()
    freeze.plan(net, {"s1": mode}).apply(net)
    part = net.backbone.stages["s1"][-1]
    own = part.seen
    if mode == "batch_stats":
        with pytest.raises(RuntimeError, match="on purpose"):
            net.train()(batches(1)[0][0])
        assert part.seen is own
    net.eval()(batches(1)[0][0])
    assert part.seen is own
    assert part.seen.item() == 0


@pytest.mark.parametrize("afterwards", ["sealed", "removed", "trained on"])
def test_buffers_come_back_after_an_interrupt(afterwards: str) -> None:
    # The kernel's interrupt is no Exception: torch then runs no hook that would clean up.
    net = network("own buffer")
    part = net.backbone.stages["s0"][1]
    chosen = freeze.plan(net, frozen("batch_stats"))
    chosen.apply(net)
    seal = freeze.seal(net)
    own, before = part.mean, part.mean.clone()

    def interrupt(module: nn.Module, args: object, output: object) -> None:
        raise KeyboardInterrupt

    handle = part.register_forward_hook(interrupt, prepend=True)
    with pytest.raises(KeyboardInterrupt):
        net.train()(batches(1)[0][0])
    handle.remove()
    if afterwards == "sealed":
        assert seal.check(net)["s0"].unchanged
    elif afterwards == "removed":
        chosen.remove()
    else:
        plain = copy.deepcopy(network("own buffer"))
        freeze.plan(plain, frozen("batch_stats")).apply(plain)
        x = batches(1)[0][0]
        assert torch.equal(net.eval().backbone(x, stop="s1"), plain.eval().backbone(x, stop="s1"))
    assert part.mean is own
    assert torch.equal(own, before)


def test_a_module_that_is_called_twice_in_a_pass_is_held_too() -> None:
    net = network("own buffer")
    stage = net.backbone.stages["s0"]
    net.backbone.stages["s0"] = nn.Sequential(*stage, stage[1])
    freeze.plan(net, frozen("batch_stats")).apply(net)
    moved_before = freeze.seal(net)
    learn(net)
    assert moved_before.check(net).unchanged("s0")
