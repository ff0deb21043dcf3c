"""The modes against the same training written out by hand, on networks of many kinds."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from tests.freeze.networks import LAYERS, batches, learn, learn_by_hand, network, same, sgd, snapshot, step
from tlkit import freeze
from tlkit.errors import UnknownNameError
from tlkit.freeze.modes import TABLE, mode_of

# The table of the design, once more in other words: what a mode lets move, what it normalises by, its dropout.
MOVES = {
    "trainable": {"weights", "affine", "statistics", "buffers"},
    "stored_stats": {"weights", "affine"},
    "weights_only": {"statistics", "buffers"},
    "train_bn": {"affine", "statistics", "buffers"},
    "batch_stats": set(),
    "strict": set(),
}

STILL = ("strict", "stored_stats")


def frozen(mode: str) -> dict[str, str]:
    return {"s0": mode, "s1": mode, "s2": "trainable"}


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("mode", freeze.MODES)
def test_training_is_bit_for_bit_what_it_is_by_hand(mode: str, layers: str) -> None:
    ours = network(layers)
    theirs = copy.deepcopy(ours)
    freeze.plan(ours, frozen(mode)).apply(ours)
    learn(ours)
    learn_by_hand(theirs, frozen(mode))
    assert same(snapshot(ours), snapshot(theirs))
    x, _ = batches(1, seed=9)[0]
    assert torch.equal(ours.eval()(x), theirs.eval()(x))


@pytest.mark.parametrize("mode", freeze.MODES)
def test_half_precision_is_bit_for_bit_what_it_is_by_hand(mode: str) -> None:
    ours = network("everything").to(torch.bfloat16)
    theirs = copy.deepcopy(ours)
    freeze.plan(ours, frozen(mode)).apply(ours)
    optimizer = sgd(ours.parameters())
    for number, (x, y) in enumerate(batches(2, seed=5)):
        ours.train()
        step(ours, optimizer, x.to(torch.bfloat16), y, number)
    learn_by_hand(theirs, frozen(mode), dtype=torch.bfloat16)
    assert same(snapshot(ours), snapshot(theirs))


@pytest.mark.parametrize("mode", freeze.MODES)
def test_what_moves_is_what_the_table_lets_move(mode: str) -> None:
    net = network("everything")
    freeze.plan(net, frozen(mode)).apply(net)
    before = freeze.seal(net)
    learn(net)
    report = before.check(net)
    for stage in ("s0", "s1"):
        assert set(report[stage].moved) == MOVES[mode]
        assert report[stage].broken == ()
    assert {kind for kind in MOVES["trainable"] if TABLE[mode].may_change(kind)} == MOVES[mode]


@pytest.mark.parametrize("mode", freeze.MODES)
def test_what_a_stage_normalises_by(mode: str) -> None:
    net = network("batch norm")
    freeze.plan(net, frozen(mode)).apply(net)
    norm = net.backbone.stages["s0"][1]
    x = net.backbone.stages["s0"][0](batches(1)[0][0]).detach()
    mean, variance = norm.running_mean.clone(), norm.running_var.clone()
    by_batch = nn.functional.batch_norm(x, None, None, norm.weight, norm.bias, training=True)
    by_stored = nn.functional.batch_norm(x, mean, variance, norm.weight, norm.bias)
    seen = []
    norm.register_forward_hook(lambda part, args, output: seen.append(output.detach()))
    net.train()(batches(1)[0][0])
    assert torch.allclose(seen[-1], by_stored if mode in STILL else by_batch, atol=1e-6)
    assert not torch.allclose(by_stored, by_batch, atol=1e-2)
    with torch.no_grad():
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
    # In evaluation everyone uses what is stored.
    net.eval()(batches(1)[0][0])
    assert torch.allclose(seen[-1], by_stored, atol=1e-6)


@pytest.mark.parametrize("mode", freeze.MODES)
def test_dropout_is_off_only_where_a_stage_behaves_as_in_evaluation(mode: str) -> None:
    net = network("dropout only")
    freeze.plan(net, frozen(mode)).apply(net)
    stage = net.backbone.stages["s0"]
    net.train()
    x = batches(1)[0][0]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        first, second = stage(x), stage(x)
    assert torch.equal(first, second) == (mode in STILL)


class FunctionalDropout(nn.Module):
    """Drops by function, as many networks do."""

    dropout = 0.5

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.dropout(x, self.dropout, self.training)


def test_strict_turns_off_dropout_by_function_and_in_attention() -> None:
    net = network("layer norm")
    net.backbone.stages["s0"].append(FunctionalDropout())
    attention = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.5, batch_first=True)
    net.backbone.stages["s1"].append(nn.Sequential(nn.Flatten(2), _Transposed(attention)))
    freeze.plan(net, until="head").apply(net)
    net.train()
    x = batches(1)[0][0]
    assert torch.equal(net(x), net(x))


class _Transposed(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x.transpose(1, 2)).transpose(1, 2).unflatten(2, (5, 5))


def test_strict_prefix_gives_the_same_numbers_for_an_item_whatever_it_is_with() -> None:
    net = network("everything")
    chosen = freeze.plan(net, until="s2")
    assert chosen.cacheable == ("s0", "s1")
    chosen.apply(net)
    x = batches(1, items=6)[0][0]
    before = net.train().backbone(x, stop=chosen.boundary)
    learn(net)
    net.train()
    for item in range(len(x)):
        alone = net.backbone(x[item : item + 1], stop=chosen.boundary)
        assert torch.allclose(alone, before[item : item + 1], atol=1e-6)
    assert torch.equal(net.backbone(x, stop=chosen.boundary), before)


def test_infinite_activations_leave_held_statistics_alone() -> None:
    # Momentum 0 would not: 0 times infinity is NaN.
    for mode in ("batch_stats", "strict"):
        net = network("batch norm")
        freeze.plan(net, until="head", mode=mode).apply(net)
        before = snapshot(net.backbone)
        net.train()(torch.full((4, 1, 5, 5), float("inf")))
        assert same(snapshot(net.backbone), before)


def test_every_mode_is_explained_and_unknown_ones_are_refused() -> None:
    assert freeze.MODES == tuple(MOVES) == tuple(freeze.EXPLAIN)
    for mode in freeze.MODES:
        assert "Who does this:" in freeze.EXPLAIN[mode]
    for wrong in ("Strict", "frozen", "", None, 3, ["strict"]):
        with pytest.raises(UnknownNameError, match="freeze mode"):
            mode_of(wrong)
