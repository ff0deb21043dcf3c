"""Arguments: what a run was given, checked in words before anything is loaded, copied or trained."""

from __future__ import annotations

import numpy as np

from tlkit import freeze
from tlkit.backbones import Backbone
from tlkit.backbones.intake import expect_items
from tlkit.data import Dataset, Task
from tlkit.errors import PlanError, TrainingError
from tlkit.freeze import Plan
from tlkit.train.recipe import Recipe


def check_parts(backbone: object, task: object, recipe: object = None) -> None:
    """Refuse what is no backbone, no task or no recipe.

    Raises
    ------
    TrainingError
        One is of another kind; the message says of which, and how to make the right one.

    Examples
    --------
    >>> check_parts("zoo:resnet-letters", None)
    Traceback (most recent call last):
        ...
    tlkit.errors.TrainingError: The backbone is a str. Load one with backbones.load(name), ...
    """
    if not isinstance(backbone, Backbone):
        raise TrainingError(
            f"The backbone is a {type(backbone).__name__}.",
            "Load one with backbones.load(name), or make one of your own module with backbones.wrap(module, ...).",
        )
    if isinstance(task, Dataset):
        raise TrainingError(
            f"The task is a whole data set, {task.name!r}, and a run learns from a draw of it.",
            "Give dataset.few_shot(labels_per_class, seed=0), or dataset.task() for all training labels.",
        )
    if not isinstance(task, Task):
        raise TrainingError(
            f"The task is a {type(task).__name__}.",
            "Draw one from a data set: data.load(name).few_shot(labels_per_class, seed=0).",
        )
    expect_items(backbone, task.train, task.dataset.name)
    if recipe is not None and not isinstance(recipe, Recipe):
        raise TrainingError(
            f"The recipe is a {type(recipe).__name__}.",
            "Take one and change it: train.Recipe.fine_tune().change(steps=100).",
        )


def check_switches(**switches: object) -> None:
    """Refuse what is neither on nor off: whatever else was meant would be taken for one of them.

    Raises
    ------
    TrainingError
        One of them is neither True nor False.

    Examples
    --------
    >>> check_switches(test="greek")
    Traceback (most recent call last):
        ...
    tlkit.errors.TrainingError: test is 'greek', expected True or False. Give test=True or test=False.
    """
    for name, value in switches.items():
        if not isinstance(value, bool | np.bool_):
            raise TrainingError(
                f"{name} is {value!r}, expected True or False.", f"Give {name}=True or {name}=False."
            )


def check_stop(should_stop: object) -> None:
    """Refuse what cannot be asked whether to stop.

    Raises
    ------
    TrainingError
        It is neither None nor something to call.
    """
    if should_stop is not None and not callable(should_stop):
        raise TrainingError(
            f"should_stop is of the kind {type(should_stop).__name__}.",
            "Give a function without arguments that returns True when the run is to stop.",
        )


def plan_for(backbone: Backbone, plan: object) -> Plan:
    """Return the plan that was given, or feature extraction, if it belongs to the backbone.

    Raises
    ------
    PlanError
        It is no plan, or one for other stages.
    """
    if plan is None:
        return freeze.plan(backbone, until="head")
    if not isinstance(plan, Plan):
        raise PlanError(
            f"The plan is a {type(plan).__name__}, not a freeze plan.",
            "Make one with freeze.plan(backbone, until=...) or freeze.plan(backbone, {...}).",
        )
    if list(plan.modes) != [*backbone.stages, "head"]:
        raise PlanError(
            f"The plan is for the stages {', '.join(plan.modes)}, but {backbone.name} has"
            f" {', '.join(backbone.stages)} and a head.",
            "Make the plan with freeze.plan(backbone, ...) for this backbone.",
        )
    return plan


def open_stages(plan: Plan) -> list[str]:
    """Return the stages besides the head that a plan lets change or drift."""
    return [name for name, mode in plan.modes.items() if mode != "strict" and name != "head"]


def check_together(task: Task, plan: Plan, recipe: Recipe) -> None:
    """Refuse a task, a plan and a recipe that do not go together.

    Raises
    ------
    TrainingError
        The task has labels of one class only, or too many for the views that were to be cached.
    PlanError
        The plan allows changes that the recipe never makes, or no activations that could be cached.
    """
    classes = np.unique(task.train.labels)
    if len(classes) < 2:
        raise TrainingError(
            f"The task has training labels of {len(classes)} class(es); learning needs at least two.",
            "Add labels of another class.",
        )
    opened = open_stages(plan)
    if opened and not recipe.steps:
        raise PlanError(
            f"The plan lets {', '.join(opened)} change, but the recipe {recipe.name!r}"
            " takes no steps: only the head would learn.",
            "Use Recipe.fine_tune(), or freeze.plan(backbone, until='head') for the head alone.",
        )
    if recipe.cache != "always" or not recipe.steps:
        return
    if not plan.cacheable:
        raise PlanError(
            "The recipe insists on cached activations, but the first stage is not frozen strictly.",
            "Freeze it with mode='strict': no other prefix gives the same activations at every step.",
        )
    items = len(task.train)
    if recipe.augmentation and not recipe.views_for(items):
        raise TrainingError(
            f"The recipe insists on cached activations of augmented views, but of {items:,} pictures not one view"
            f" each fits into its {recipe.most_rows:,} rows.",
            f"Set most_rows={2 * items} or more, augmentation=0, or cache='auto'.",
        )
