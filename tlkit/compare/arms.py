"""Arms: the ways to solve a task that a comparison sets side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from tlkit.errors import ComparisonError, unknown_name

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.data import Task
    from tlkit.freeze import Plan
    from tlkit.train import Recipe

Opens = Literal["head", "last stage", "everything"]
Preset = Literal["head", "fine_tune", "gradually", "scratch"]
Terms = Literal["tf-idf", "character-ngrams", "pixels"]
_TERMS: dict[Terms, str] = {"tf-idf": "the words", "character-ngrams": "2 to 4 letters in a row"}


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
    recipe_words
        How that recipe came about; empty says that it was given by hand.
    terms
        Features are taken from the items themselves instead of any network: the terms of the labelled texts,
        ``"tf-idf"`` or ``"character-ngrams"``, or the ``"pixels"`` of small copies of the pictures.

    Raises
    ------
    UnknownNameError
        There is no such way to open, or no such preset.
    ComparisonError
        The arm has no name, or a number of steps that cannot be.

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
    recipe_words: str = ""
    terms: Terms | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise ComparisonError(f"The name of an arm is {self.name!r}.", "Give it a short text.")
        if self.opens not in get_args(Opens):
            raise unknown_name("part to open", self.opens, get_args(Opens))
        if self.preset is not None and self.preset not in get_args(Preset):
            raise unknown_name("preset", self.preset, get_args(Preset))
        if self.terms is not None and self.terms not in get_args(Terms):
            raise unknown_name("kind of terms", self.terms, get_args(Terms))
        if self.terms is not None and (self.pretrained or self.opens != "head"):
            raise ComparisonError(
                f"The arm {self.name!r} has features of its own, and there is nothing in them that could learn.",
                "Give pretrained=False and opens='head'.",
            )
        times: object = self.steps_factor
        if isinstance(times, bool) or not isinstance(times, int | np.integer) or times < 1:
            raise ComparisonError(
                f"The arm {self.name!r} is to take {times!r} times the steps.",
                "Give a whole number from 1 on.",
            )

    def plan_for(self, backbone: Backbone) -> Plan:
        """Return the freeze plan of this arm for a backbone.

        Raises
        ------
        ComparisonError
            The arm has a plan of its own, made for a backbone with other stages.
        """
        from tlkit import freeze

        if self.terms is not None:
            backbone = self._blank()
        stages = [*backbone.stages, "head"]
        if self.plan is None:
            until = {"head": "head", "last stage": stages[-2], "everything": stages[0]}[self.opens]
            # Random weights have no statistics worth keeping.
            return freeze.plan(backbone, until=until, then=None if self.pretrained else "trainable")
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
        from tlkit import freeze
        from tlkit.train import Recipe

        recipe = self.recipe
        if recipe is None and self.preset is not None:
            if self.preset in ("fine_tune", "gradually"):
                stored = "stored_stats" in self.plan_for(backbone).modes.values()
                recipe = getattr(Recipe, self.preset)(stored_stats=stored)
            else:
                recipe = getattr(Recipe, self.preset)()
        elif recipe is None:
            modes = self.plan_for(backbone).modes
            learns = any(mode in freeze.LEARNING for name, mode in modes.items() if name != "head")
            # Weights that are random and stay so get the same recipe as pretrained ones that stay.
            recipe = Recipe.for_plan(modes) if self.pretrained or not learns else Recipe.scratch()
        elif not isinstance(recipe, Recipe):
            raise ComparisonError(
                f"The recipe of arm {self.name!r} is a {type(recipe).__name__}, not a Recipe.",
                "Make one with train.Recipe.fine_tune().change(...).",
            )
        recipe = recipe.for_items(backbone.transform.takes)
        if self.steps_factor != 1:
            times = self.steps_factor
            recipe = recipe.change(
                name=f"{recipe.name}, {times} times the steps",
                steps=recipe.steps * times,
                most_steps=recipe.most_steps * times,
            )
        return recipe

    def start(self, backbone: Backbone, seed: int, task: Task | None = None) -> Backbone:
        """Return the network that this arm starts from.

        Parameters
        ----------
        backbone
            The pretrained one.
        seed
            Of random weights.
        task
            The draw, for an arm whose features are terms of its texts.

        Raises
        ------
        ComparisonError
            Such an arm was given no draw.
        """
        if self.terms is None:
            return backbone if self.pretrained else backbone.reinitialised(seed)
        if task is None:
            raise ComparisonError(
                f"The arm {self.name!r} takes its features from the items of a draw.", "Give the task."
            )
        if self.terms == "pixels":
            from tlkit.compare.pixel_arm import pixel_backbone

            return pixel_backbone(task.train.shape[1:])
        from tlkit.compare.text_arms import terms_backbone

        return terms_backbone(self.terms, task.train.texts)

    def _blank(self) -> Backbone:
        """Return what stands for the network in a plan, where the features are those of the items."""
        assert self.terms is not None
        if self.terms == "pixels":
            from tlkit.compare.pixel_arm import pixel_backbone

            return pixel_backbone((1, 1, 1))
        from tlkit.compare.text_arms import blank_backbone

        return blank_backbone(self.terms)


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
#: Those that are for texts alone: the labelled texts themselves, and nothing that was learned before.
TEXT_ARMS: dict[str, Arm] = {
    name: Arm(
        name,
        f"{what} of the labelled texts, rare ones count more, only a head learns",
        False,
        "head",
        "head",
        terms=name,
    )
    for name, what in _TERMS.items()
}
#: The one that is for images alone: their own pixels.
IMAGE_ARMS: dict[str, Arm] = {
    "pixels": Arm(
        "pixels", "pixels of small copies, only a head learns", False, "head", "head", terms="pixels"
    )
}


def arms_for(kind: str) -> dict[str, Arm]:
    """Return the arms that have a name, for items of a kind.

    Parameters
    ----------
    kind
        ``"images"`` or ``"texts"``, as `tlkit.data.Split.kind` says.

    Examples
    --------
    >>> list(arms_for("texts"))[:2]
    ['tf-idf', 'character-ngrams']
    """
    if kind == "texts":
        return {**TEXT_ARMS, **ARMS}
    # What has learned nothing before stands first, so that it is what has to be beaten.
    untrained = {name: arm for name, arm in ARMS.items() if not arm.pretrained}
    return {**untrained, **IMAGE_ARMS, **ARMS}


def arm_names(kind: str = "images") -> list[str]:
    """Return the names of the arms that come with tlkit.

    Parameters
    ----------
    kind
        ``"images"``, or ``"texts"`` for which there are more.

    Examples
    --------
    >>> arm_names()[:2]
    ['scratch', 'scratch-long']
    """
    return list(arms_for(kind))
