"""Plans: what they say, what they refuse, and a property over random plans and training."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from tests.freeze.networks import batches, network, sgd, step
from tests.freeze.test_hooks import DISTURBANCES
from tests.freeze.test_modes import MOVES
from tlkit import backbones, freeze
from tlkit.backbones import Network, StagedModule
from tlkit.errors import PlanError, RecordError, UnknownNameError
from tlkit.freeze import Plan

STAGES = ("s0", "s1", "s2")
KINDS = {"running_mean": "statistics", "running_var": "statistics", "num_batches_tracked": "statistics"}


def kinds_that_moved(before: Network, after: Network) -> dict[str, set[str]]:
    """Return stage to what moved, by comparing two networks tensor by tensor: no seal, no plan."""
    found: dict[str, set[str]] = {name: set() for name in (*STAGES, "head")}
    after_parts = dict(after.named_modules())
    for path, part in before.named_modules():
        stage = path.split(".")[2] if path.startswith("backbone.stages.") else path
        for name, tensor in (*part.named_parameters(recurse=False), *part.named_buffers(recurse=False)):
            if not torch.equal(tensor, getattr(after_parts[path], name)):
                norm = isinstance(part, nn.BatchNorm2d)
                learned = "affine" if norm else "weights"
                found[stage].add(
                    learned
                    if isinstance(tensor, nn.Parameter)
                    else KINDS.get(name, "buffers")
                    if norm
                    else "buffers"
                )
    return found


OPTIMIZERS = {
    "sgd": sgd,
    "adamw": lambda parameters: torch.optim.AdamW(parameters, lr=0.01, weight_decay=0.1),
    "rmsprop": lambda parameters: torch.optim.RMSprop(parameters, lr=0.01, momentum=0.5),
}
IN_PLACE = (
    "nothing",
    "train",
    "eval",
    "requires_grad_",
    "requires_grad_ off",
    "all flags by hand",
    "zero_grad",
)


@settings(max_examples=60, deadline=None)
@given(
    modes=st.fixed_dictionaries({name: st.sampled_from(freeze.MODES) for name in STAGES}),
    optimizer=st.sampled_from(list(OPTIMIZERS)),
    disturbed=st.lists(st.sampled_from(IN_PLACE), min_size=1, max_size=3),
    copied=st.booleans(),
)
def test_what_moved_is_exactly_what_the_modes_allow(
    modes: dict[str, str], optimizer: str, disturbed: list[str], copied: bool
) -> None:
    net = network("everything")
    freeze.plan(net, modes).apply(net)
    if copied:
        net = copy.deepcopy(net)
    before = copy.deepcopy(net)
    seal = freeze.seal(net)
    held = OPTIMIZERS[optimizer](net.parameters())
    for number, (name, (x, y)) in enumerate(zip(disturbed, batches(len(disturbed), seed=3), strict=True)):
        DISTURBANCES[name](net)
        step(net.train(), held, x, y, number)
    allowed = {**{name: MOVES[mode] for name, mode in modes.items()}, "head": {"weights"}}
    assert kinds_that_moved(before, net) == allowed
    # And the seal, taken and checked on its own, says the same.
    report = seal.check(net)
    assert {one.name: set(one.moved) for one in report.stages} == allowed
    assert not any(one.broken for one in report.stages)
    assert {one.name: one.mode for one in report.stages} == {**modes, "head": "trainable"}


@given(st.sampled_from((*STAGES, "head")), st.sampled_from(freeze.MODES), st.sampled_from(freeze.LEARNING))
def test_until_freezes_all_before_it(until: str, mode: str, then: str) -> None:
    net = network("everything")
    chosen = freeze.plan(net, until=until, mode=mode, then=then)
    names = [*STAGES, "head"]
    before = names[: names.index(until)]
    assert chosen.modes == {
        name: mode if name in before else "trainable" if name == "head" else then for name in names
    }
    after = [name for name in STAGES if name not in before]
    assert chosen == freeze.plan(net, {**dict.fromkeys(before, mode), **dict.fromkeys(after, then)})


def test_what_comes_after_the_boundary_has_to_learn() -> None:
    with pytest.raises(PlanError, match="cannot be 'strict': nothing would learn there"):
        freeze.plan(network("everything"), until="s1", then="strict")


@given(st.fixed_dictionaries({name: st.sampled_from(freeze.MODES) for name in STAGES}))
def test_boundary_ends_the_strict_prefix(modes: dict[str, str]) -> None:
    chosen = freeze.plan(network("everything"), modes)
    strict = [name for name in STAGES if modes[name] == "strict"]
    assert all(modes[name] == "strict" for name in chosen.cacheable)
    assert [*chosen.cacheable, chosen.boundary] == [*STAGES, "head"][: len(chosen.cacheable) + 1]
    assert chosen.boundary == "head" or modes[chosen.boundary] != "strict"
    assert len(strict) >= len(chosen.cacheable)


def test_a_batch_norm_without_statistics_ends_the_strict_prefix() -> None:
    net = network("batch norm")
    net.backbone.stages["s1"][1] = nn.BatchNorm2d(4, track_running_stats=False)
    chosen = freeze.plan(net, until="head")
    assert chosen.cacheable == ("s0",)
    (said,) = [words for words in chosen.warnings if "keeps no statistics" in words]
    assert said.startswith("s1 ")
    assert "cannot be remembered" in said


def test_takes_a_backbone_its_stages_or_a_network() -> None:
    net = backbones.load("zoo:resnet-letters")
    plans = [freeze.plan(one, until="layer3") for one in (net, net.module, net.with_head(5, seed=0))]
    assert plans[0] == plans[1] == plans[2]
    assert plans[0].cacheable == ("stem", "layer1", "layer2")
    assert plans[0].modes["head"] == "trainable"


def test_a_plan_changes_nothing_until_it_is_applied() -> None:
    net = network("everything")
    before = [(part.training, len(part._forward_pre_hooks)) for part in net.modules()]
    freeze.plan(net, until="head")
    assert [(part.training, len(part._forward_pre_hooks)) for part in net.modules()] == before
    assert all(parameter.requires_grad for parameter in net.parameters())


# Refusals


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [
        ({"until": "s3"}, "'s2'|'s0'"),
        ({"until": "hed"}, "'head'"),
        ({"modes": {"s": "strict"}}, "s0"),
        ({"until": "s2", "mode": "strickt"}, "nearest is 'strict'"),
        ({"until": "s2", "mode": "batch-stats"}, "nearest are 'batch_stats', 'stored_stats'"),
        ({"until": "s2", "then": "stored"}, "'stored_stats'"),
        ({"modes": {"s0": "weights"}}, "'weights_only'"),
        ({"modes": {"s0": None}}, "strict"),
        ({"until": 3}, "s0"),
    ],
)
def test_unknown_names_are_refused_with_the_nearest(arguments: dict[str, Any], nearest: str) -> None:
    with pytest.raises(UnknownNameError, match=nearest):
        freeze.plan(network("batch norm"), **arguments)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "either a boundary or a mode for each stage.*until='s2'"),
        ({"until": "s1", "modes": {"s0": "strict"}}, "not both"),
        ({"modes": {"head": "strict"}}, "head cannot be 'strict'.*learn nothing.*always trainable"),
        ({"modes": {"head": "weights_only"}}, "head cannot be 'weights_only'"),
        ({"modes": ["strict"]}, "modes are a list, expected a mapping"),
        ({"modes": "strict"}, "modes are a str, expected a mapping"),
    ],
)
def test_plans_that_make_no_sense_are_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        freeze.plan(network("batch norm"), **arguments)


def test_nothing_trainable_is_refused_or_said() -> None:
    stages = StagedModule({"s0": nn.Conv2d(1, 4, 3), "s1": nn.ReLU()})
    with pytest.raises(PlanError, match=r"Nothing is trainable.*head has no parameters"):
        freeze.plan(Network(stages, nn.Identity()), until="head")
    # The stages alone get their head later.
    (said,) = freeze.plan(stages, until="head").warnings
    assert "only a head that you put on it can learn" in said


# Words, records


def test_says_what_it_does() -> None:
    chosen = freeze.plan(network("everything"), {"s0": "strict", "s1": "train_bn"})
    for text in (repr(chosen), chosen._repr_html_()):
        for word in (*STAGES, "head", "strict", "train_bn", "trainable"):
            assert word in text
    assert "before s1 gives the same numbers" in chosen.describe()
    assert "before" not in freeze.plan(network("everything"), {"s1": "train_bn"}).describe().split("Note:")[0]


def test_html_shows_strange_names_as_they_are() -> None:
    net = Network(StagedModule({"<b>": nn.Conv2d(1, 4, 3), "s1": nn.ReLU()}), nn.Linear(4, 2))
    found = freeze.plan(net, until="s1")._repr_html_()
    assert "<b>" not in found
    assert "&lt;b&gt;" in found


@given(st.fixed_dictionaries({name: st.sampled_from(freeze.MODES) for name in STAGES}))
def test_survives_its_record(modes: dict[str, str]) -> None:
    chosen = freeze.plan(network("everything"), modes)
    again = Plan.from_dict(json.loads(json.dumps(chosen.to_dict(), allow_nan=False)))
    assert again == chosen
    assert repr(again) == repr(chosen)
    net = network("everything")
    again.apply(net)
    assert {part.mode for part in freeze.seal(net).check(net).stages} == {*modes.values(), "trainable"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "seal"}, "record of 'seal', not of a freeze plan"),
        ({"schema": 99}, "schema 99.*newer tlkit"),
        ({"schema": "1"}, "schema is '1'"),
        ({"modes": {"s0": "frozen"}}, "damaged"),
        ({"modes": None}, "damaged"),
        ({"boundary": "layer9"}, "damaged"),
        ({"warnings": None}, "damaged"),
    ],
)
def test_other_newer_and_damaged_records_are_refused(change: dict[str, Any], words: str) -> None:
    record = freeze.plan(network("everything"), until="s2").to_dict()
    with pytest.raises(RecordError, match=words):
        Plan.from_dict({**record, **change})
    for key in ("modes", "boundary", "warnings"):
        with pytest.raises(RecordError, match="damaged"):
            Plan.from_dict({name: value for name, value in record.items() if name != key})


def test_a_boundary_behind_a_stage_that_may_change_is_refused() -> None:
    record = freeze.plan(network("everything"), until="s1").to_dict()
    assert Plan.from_dict(record).boundary == "s1"
    with pytest.raises(RecordError, match="what comes before the boundary has to be strict"):
        Plan.from_dict({**record, "boundary": "head"})
    with pytest.raises(PlanError, match="s1 before it is trainable"):
        Plan({"s0": "strict", "s1": "trainable", "head": "trainable"}, "head")
    with pytest.raises(RecordError, match="NoneType"):
        Plan.from_dict(None)  # type: ignore[arg-type]
