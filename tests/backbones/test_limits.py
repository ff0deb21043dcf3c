"""Limits: what comes from elsewhere says in which modes it can be frozen, and every other one is refused."""

from __future__ import annotations

import copy

import pytest
from torch import nn

from tlkit import freeze
from tlkit.backbones.limits import limit
from tlkit.backbones.staged import StagedModule
from tlkit.errors import PlanError


def limited() -> StagedModule:
    far = nn.Linear(2, 2)
    limit(far, ("strict",), "It runs elsewhere")
    return StagedModule({"far": nn.Sequential(far), "near": nn.Linear(2, 2)})


@pytest.mark.parametrize("modes", [{"far": "train_bn"}, {"near": "strict"}])
def test_a_mode_that_cannot_be_is_refused_with_the_reason(modes: dict[str, str]) -> None:
    with pytest.raises(PlanError, match=r"far cannot be '.*It runs elsewhere\. Say \{'far': 'strict'\}"):
        freeze.plan(limited(), modes)


def test_the_mode_that_can_be_is_taken_and_copies_keep_the_limit() -> None:
    assert freeze.plan(limited(), until="near").cacheable == ("far",)
    with pytest.raises(PlanError, match="far"):
        freeze.plan(copy.deepcopy(limited()), until="far")


def test_a_plan_from_elsewhere_is_refused_when_it_is_applied() -> None:
    free = StagedModule({"far": nn.Linear(2, 2), "near": nn.Linear(2, 2)})
    chosen = freeze.plan(free, until="far")
    with pytest.raises(PlanError, match="It runs elsewhere"):
        chosen.apply(limited())
