"""Arms: the ways to solve a task that a comparison sets side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tlkit.errors import ComparisonError, unknown_name

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.freeze import Plan
    from tlkit.train import Recipe

Opens = Literal["head", "last stage", "everything"]
Preset = Literal["head", "fine_tune", "gradually", "scratch"]


@dataclass(frozen=True)
class Arm:
    """One way to solve a task: where it starts, what training may change, and by which recipe.

    Parameters
    ----------
    name
        Short name, for tables.
    label
        What it is, in words.
    pretrained
        Whether it starts from the backbone as it is; otherwise from the same architecture with random
        weights, drawn anew for each seed.
    opens
        What training may change besides the head.
    preset
        The recipe of `tlkit.train.Recipe`, the same for every task.
    steps_factor
        So many times the steps of the recipe.
    plan
        A freeze plan of your own, instead of ``opens``.
    recipe
        A recipe of your own, instead of ``preset``.

    Examples
    --------
    >>> ARMS["frozen"].label
    'the pretrained network, only a new head learns'
    >>> from tlkit import backbones, freeze
    >>> net = backbones.load("zoo:resnet-letters")
    >>> drifting = Arm("drifting", plan=freeze.plan(net, until="head", mode="weights_only"))
    >>> drifting.plan_for(net).modes["stem"]
    'weights_only'
    """

    name: str
    label: str = ""
    pretrained: bool = True
    opens: Opens = "everything"
    preset: Preset | None = None
    steps_factor: int = 1
    plan: Plan | None = None
    recipe: Recipe | None = None

    def plan_for(self, backbone: Backbone) -> Plan:
        """Return the freeze plan of this arm for a backbone.

        Raises
        ------
        ComparisonError
            The arm has a plan of its own, made for a backbone with other stages.
        """
        from tlkit import freeze

        stages = [*backbone.stages, "head"]
        if self.plan is None:
            until = {"head": "head", "last stage": stages[-2], "everything": stages[0]}[self.opens]
            return freeze.plan(backbone, until=until)
        if not isinstance(self.plan, freeze.Plan):
            raise ComparisonError(
                f"The plan of arm {self.name!r} is a {type(self.plan).__name__}, not a freeze plan.",
                "Make one with freeze.plan(backbone, until=...).",
            )
        if list(self.plan.modes) != stages:
            raise ComparisonError(
                f"The plan of arm {self.name!r} is for the stages {', '.join(self.plan.modes)}, but"
                f" {backbone.name} has {', '.join(stages)}.",
                "Make the plan with freeze.plan(backbone, ...) for this backbone.",
            )
        return self.plan

    def recipe_for(self, backbone: Backbone) -> Recipe:
        """Return the recipe of this arm: its own, its preset, or the one that suits its plan."""
        from tlkit.train import Recipe

        recipe = self.recipe
        if recipe is None:
            preset = self.preset
            if preset is None:
                modes = self.plan_for(backbone).modes
                learns = any(mode != "strict" for name, mode in modes.items() if name != "head")
                preset = ("fine_tune" if self.pretrained else "scratch") if learns else "head"
            recipe = getattr(Recipe, preset)()
        elif not isinstance(recipe, Recipe):
            raise ComparisonError(
                f"The recipe of arm {self.name!r} is a {type(recipe).__name__}, not a Recipe.",
                "Make one with train.Recipe.fine_tune().change(...).",
            )
        if self.steps_factor != 1:
            times = self.steps_factor
            recipe = recipe.change(
                name=f"{recipe.name}, {times} times the steps",
                steps=recipe.steps * times,
                most_steps=recipe.most_steps * times,
            )
        return recipe

    def start(self, backbone: Backbone, seed: int) -> Backbone:
        """Return the network that this arm starts from."""
        return backbone if self.pretrained else backbone.reinitialised(seed)


def _known() -> dict[str, Arm]:
    whole, random = "the pretrained network", "random numbers"
    arms = (
        Arm("scratch", f"{random}, everything learns", False, "everything", "scratch"),
        Arm("scratch-long", f"{random}, everything learns three times as long", False, "everything", "scratch", 3),
        Arm("random-frozen", f"{random}, only a new head learns", False, "head", "head"),
        Arm("frozen", f"{whole}, only a new head learns", True, "head", "head"),
        Arm("last-stage", f"{whole}, head and last stage learn", True, "last stage", "fine_tune"),
        Arm("fine-tuned", f"{whole}, everything learns", True, "everything", "fine_tune"),
        Arm("fine-tuned-gradually", f"{whole}, stage after stage learns", True, "everything", "gradually"),
    )  # fmt: skip
    return {arm.name: arm for arm in arms}


#: The arms that have a name.
ARMS: dict[str, Arm] = _known()
DEFAULT = ("scratch", "random-frozen", "frozen", "fine-tuned")


def arm_names() -> list[str]:
    """Return the names of the arms that come with tlkit.

    Examples
    --------
    >>> arm_names()[:2]
    ['scratch', 'scratch-long']
    """
    return list(ARMS)


def chosen(arms: Sequence[str | Arm] | None) -> tuple[Arm, ...]:
    """Return the arms that were named, in that order.

    Parameters
    ----------
    arms
        Names or arms; None for scratch, random-frozen, frozen and fine-tuned.

    Raises
    ------
    UnknownNameError
        There is no arm with this name; the error gives the nearest.
    ComparisonError
        Fewer than two arms, or one twice.

    Examples
    --------
    >>> [arm.pretrained for arm in chosen(["scratch", "frozen"])]
    [False, True]
    """
    if arms is None:
        arms = DEFAULT
    if isinstance(arms, str):
        raise ComparisonError(f"The arms are the text {arms!r}.", f"Give a list: ['scratch', {arms!r}].")
    found = tuple(_one(arm) for arm in arms)
    names = [arm.name for arm in found]
    if len(found) < 2:
        raise ComparisonError(
            f"A comparison needs at least two arms, not {len(found)}.",
            f"Add one of {', '.join(repr(name) for name in ARMS if name not in names)}.",
        )
    for name in names:
        if names.count(name) > 1:
            raise ComparisonError(f"The arm {name!r} is there twice.", "Name each arm once.")
    return found


def _one(arm: str | Arm) -> Arm:
    if isinstance(arm, Arm):
        return arm
    if arm not in ARMS:
        raise unknown_name("arm", arm, ARMS)
    return ARMS[arm]
