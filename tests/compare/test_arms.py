"""Arms: the names, what each opens, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tlkit import backbones, compare, freeze
from tlkit.backbones import Backbone
from tlkit.compare import ARMS, Arm
from tlkit.compare.choosing import chosen
from tlkit.errors import ComparisonError, UnknownNameError
from tlkit.train import Recipe

OPENED = {
    "scratch": ["stem", "layer1", "head"],
    "scratch-long": ["stem", "layer1", "head"],
    "random-frozen": ["head"],
    "frozen": ["head"],
    "last-stage": ["layer1", "head"],
    "fine-tuned": ["stem", "layer1", "head"],
    "fine-tuned-gradually": ["stem", "layer1", "head"],
}


@pytest.mark.parametrize("name", ARMS)
def test_each_arm_opens_what_its_label_says(name: str, net: Backbone) -> None:
    modes = ARMS[name].plan_for(net).modes
    assert [stage for stage, mode in modes.items() if mode == "trainable"] == OPENED[name]
    assert all(mode in ("trainable", "strict") for mode in modes.values())
    assert ARMS[name].pretrained == ("pretrained" in ARMS[name].label)


@pytest.mark.parametrize("name", ARMS)
def test_only_pretrained_arms_start_from_the_pretrained_weights(name: str, net: Backbone) -> None:
    start = ARMS[name].start(net, seed=3)
    assert (start.fingerprint == net.fingerprint) == ARMS[name].pretrained
    assert start.stages == net.stages
    assert ARMS[name].start(net, seed=3).fingerprint == start.fingerprint


@pytest.mark.parametrize("items", [10, 31, 155, 620])
def test_scratch_long_takes_three_times_the_steps_of_scratch(items: int, net: Backbone) -> None:
    short, long = (ARMS[name].recipe_for(net) for name in ("scratch", "scratch-long"))
    assert abs(long.steps_for(items) - 3 * short.steps_for(items)) <= 2
    assert long.change(name=short.name, steps=short.steps, most_steps=short.most_steps) == short


def test_no_arm_is_starved_of_augmentation(net: Backbone) -> None:
    recipes = [arm.recipe_for(net) for arm in ARMS.values()]
    assert len({recipe.augmentation for recipe in recipes}) == 1
    assert all(recipe.steps or recipe.augmented_views for recipe in recipes)


def test_an_unknown_arm_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="nearest are 'frozen'"):
        chosen(["scratch", "frosen"])
    with pytest.raises(UnknownNameError, match="arm named '3'"):
        chosen(["scratch", 3])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("arms", "words"),
    [
        (["scratch"], "at least two arms"),
        ([], "at least two arms"),
        (["frozen", "frozen"], "'frozen' is there twice"),
        ("scratch", "Give a list"),
        (3, "Give a list of names"),
    ],
)
def test_arms_that_cannot_be_compared_are_refused(arms: Any, words: str) -> None:
    with pytest.raises(ComparisonError, match=words):
        chosen(arms)


def test_a_plan_of_your_own_makes_an_arm(net: Backbone) -> None:
    plan = freeze.plan(net, until="layer1", mode="weights_only")
    arm = Arm("drifting", plan=plan)
    assert arm.plan_for(net) is plan
    assert arm.recipe_for(net).name == "fine-tune"
    assert Arm("head", plan=freeze.plan(net, until="head")).recipe_for(net).name == "head"
    assert Arm("new", pretrained=False, plan=plan).recipe_for(net).name == "scratch"


@pytest.mark.parametrize("mode", freeze.MODES)
@pytest.mark.parametrize("until", ["layer1", "head"])
def test_an_arm_and_a_run_take_the_same_recipe_for_a_plan(mode: str, until: str, net: Backbone) -> None:
    plan = freeze.plan(net, until=until, mode=mode)
    suits = Recipe.for_plan(plan)
    assert Arm("mine", plan=plan).recipe_for(net) == suits
    fresh = Arm("mine", pretrained=False, plan=plan).recipe_for(net)
    assert fresh == (Recipe.scratch() if suits.name == "fine-tune" else suits)


@pytest.mark.parametrize(
    ("kind", "words", "settings"),
    [
        (UnknownNameError, "no part to open named 'nothing'.*'everything'", {"opens": "nothing"}),
        (UnknownNameError, "no preset named 'foo'.*'fine_tune'", {"preset": "foo"}),
        (ComparisonError, "0 times the steps", {"steps_factor": 0}),
        (ComparisonError, "1.5 times the steps", {"steps_factor": 1.5}),
        (ComparisonError, "name of an arm is ''", {"name": ""}),
    ],
)
def test_an_arm_that_cannot_be_is_refused_when_it_is_made(
    kind: type[Exception], words: str, settings: dict[str, Any]
) -> None:
    with pytest.raises(kind, match=words):
        Arm(**{"name": "mine", **settings})


def test_a_plan_for_another_backbone_is_refused(net: Backbone) -> None:
    other = freeze.Plan({"block": "strict", "head": "trainable"}, "head")
    with pytest.raises(ComparisonError, match=r"block, head.*stem, layer1, head"):
        Arm("mine", plan=other).plan_for(net)
    with pytest.raises(ComparisonError, match="str, not a freeze plan"):
        Arm("mine", plan="strict").plan_for(net)  # type: ignore[arg-type]
    with pytest.raises(ComparisonError, match="dict, not a Recipe"):
        Arm("mine", recipe={}).recipe_for(net)  # type: ignore[arg-type]


def test_names_are_in_the_order_in_which_they_are_taught() -> None:
    assert [name for name in compare.arm_names() if name != "pixels"] == list(OPENED)


@pytest.mark.parametrize("name", ["last-stage", "fine-tuned", "fine-tuned-gradually"])
def test_a_named_arm_takes_the_rate_that_suits_how_its_stages_learn(name: str) -> None:
    for source in ("zoo:efficientnet-lite0", "zoo:resnet-letters"):
        net = backbones.load(source)
        arm = ARMS[name]
        wanted = Recipe.for_plan(arm.plan_for(net), gradual=name.endswith("gradually"))
        assert arm.recipe_for(net) == wanted
