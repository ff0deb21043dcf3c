"""Advice: what may surprise is said, and where modes coincide it is true that they do."""

from __future__ import annotations

import copy
from itertools import combinations

import pytest

from tests.freeze.networks import LAYERS, learn, network, same, snapshot
from tests.freeze.test_modes import frozen
from tlkit import freeze


def coinciding(layers: str) -> set[frozenset[str]]:
    """Return the pairs of modes that a plan calls the same for a stage."""
    found: set[frozenset[str]] = set()
    net = network(layers)
    for mode in freeze.MODES:
        for words in freeze.plan(net, {"s0": mode}).coincides:
            assert words.startswith("s0 has ")
            named = words.partition("so that ")[2].partition(" are the same")[0]
            same_here = [name for name in freeze.MODES if name in named.replace(",", " ").split()]
            assert mode in same_here
            found |= {frozenset(pair) for pair in combinations(same_here, 2)}
    return found


@pytest.mark.parametrize("layers", LAYERS)
def test_modes_coincide_where_the_plan_says_so_and_nowhere_else(layers: str) -> None:
    """Train under each mode, with dropout's chance the same, and compare all numbers in training and after."""
    said = coinciding(layers)
    results = {}
    for mode in freeze.MODES:
        net = network(layers)
        freeze.plan(net, {"s0": mode}).apply(net)
        learn(net)
        results[mode] = snapshot(net)
    truth = {frozenset((a, b)) for a, b in combinations(freeze.MODES, 2) if same(results[a], results[b])}
    assert said == truth


def test_all_modes_but_trainable_coincide_in_a_transformer_without_dropout() -> None:
    (words,) = freeze.plan(network("layer norm"), {"s0": "strict"}).coincides
    assert words.startswith("s0 has no BatchNorm, no dropout and no other buffers, so that ")
    for mode in ("weights_only", "train_bn", "batch_stats", "strict"):
        assert mode in words
    assert "trainable" not in words


def test_nothing_coincides_where_everything_is() -> None:
    assert freeze.plan(network("everything"), frozen("strict")).coincides == []


def test_frozen_above_trainable_is_allowed_and_said() -> None:
    net = network("everything")
    chosen = freeze.plan(net, {"s1": "strict", "s2": "weights_only"})
    (said,) = chosen.warnings
    assert "s1 (strict) and s2 (weights_only) are frozen above s0, which will change" in said
    assert "It is allowed" in said
    chosen.apply(net)
    before = copy.deepcopy(net)
    learn(net)
    assert not same(snapshot(before.backbone.stages["s0"]), snapshot(net.backbone.stages["s0"]))
    assert same(snapshot(before.backbone.stages["s1"]), snapshot(net.backbone.stages["s1"]))


def test_below_train_bn_something_learns_too() -> None:
    (said,) = freeze.plan(network("everything"), {"s0": "train_bn", "s1": "strict"}).warnings
    assert "s1 (strict) is frozen above s0" in said
    # Without BatchNorm nothing learns under train_bn: then there is nothing to warn of.
    assert freeze.plan(network("layer norm"), {"s0": "train_bn", "s1": "strict"}).warnings == []


@pytest.mark.parametrize("until", ["s0", "s1", "s2", "head"])
def test_ordinary_plans_have_no_warnings(until: str) -> None:
    for mode in freeze.MODES:
        assert freeze.plan(network("everything"), until=until, mode=mode).warnings == []
