"""Putting a plan in force on a module, and taking it off again."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping

from torch import nn

from tlkit.backbones.layers import is_norm
from tlkit.errors import PlanError, expect_kind
from tlkit.freeze.anatomy import refuse_what_cannot_be, stages_of
from tlkit.freeze.hooks import Before, StageHook, install, stage_hooks, uninstall
from tlkit.freeze.modes import TABLE, strictest


def impose(module: nn.Module, modes: Mapping[str, str]) -> str:
    """Put modes in force on a module's stages; a plan that was in force there is taken off first.

    Returns
    -------
    str
        A mark of this application, for :func:`withdraw`.

    Raises
    ------
    PlanError
        The module has other stages.
    """
    if not isinstance(module, nn.Module):
        raise PlanError(
            f"A plan is applied to a module, not to a {type(module).__name__}.",
            "Apply it to a network: backbone.with_head(classes, seed), or to backbone.clone().module.",
        )
    stages = fitting(module, modes)
    refuse_what_cannot_be(stages, modes)
    for stage in stages.values():
        uninstall(stage, module.training)
    modes_of_module, fixed = _shared(stages, modes)
    application = uuid.uuid4().hex
    before = {name: Before.of(stage, module.training) for name, stage in stages.items()}
    for name, stage in stages.items():
        shared = {
            path: strictest(modes_of_module[id(part)])
            for path, part in stage.named_modules()
            if strictest(modes_of_module[id(part)]) != modes[name]
        }
        held = frozenset(key for key, parameter in stage.named_parameters() if id(parameter) in fixed)
        install(stage, StageHook(name, modes[name], application, before[name], shared, held))
    return application


def remove(module: nn.Module) -> nn.Module:
    """Take every plan off a module, and restore the flags that it changed exactly.

    Works on copies too (of a deepcopy or a pickle): what to restore travels with the module. If the whole was
    switched between training and evaluation mode since the plan was applied, the stages follow it.

    Parameters
    ----------
    module
        The one to which the plan was applied, or a copy; without a plan nothing happens.

    Returns
    -------
    nn.Module
        The same module.

    Raises
    ------
    PlanError
        It is no module.

    Examples
    --------
    >>> from tlkit import backbones, freeze
    >>> net = backbones.load("zoo:resnet-letters").with_head(10, seed=0)
    >>> net = freeze.plan(net, until="head").apply(net)
    >>> any(p.requires_grad for p in net.backbone.parameters())
    False
    >>> all(p.requires_grad for p in freeze.remove(net).parameters())
    True
    """
    expect_kind("What the plan is to be taken off", module, nn.Module, PlanError, "Give the network.")
    uninstall(module, module.training)
    return module


def withdraw(module: nn.Module, application: str) -> None:
    """Take what one application put there off the stages on which it is the last."""
    for stage in stages_of(module).values():
        hooks = stage_hooks(stage)
        if hooks and hooks[0].application == application:
            uninstall(stage, module.training)


def in_force(module: nn.Module) -> dict[str, str]:
    """Return stage to mode for the stages on which a plan is in force; empty without one."""
    found = {}
    for name, stage in stages_of(module).items():
        hooks = stage_hooks(stage)
        if hooks:
            found[name] = hooks[0].mode
    return found


def fitting(module: nn.Module, modes: Mapping[str, str]) -> dict[str, nn.Module]:
    """Return the module's stages if they are those of a plan; a module without a head may lack it.

    Raises
    ------
    PlanError
        They are not.
    """
    stages = stages_of(module)
    if list(stages) not in ([*modes], [name for name in modes if name != "head"]):
        raise PlanError(
            f"The plan is for the stages {', '.join(modes)}, but the module has {', '.join(stages)}.",
            "Make the plan for this module: freeze.plan(module, ...).",
        )
    return stages


def _shared(
    stages: Mapping[str, nn.Module], modes: Mapping[str, str]
) -> tuple[dict[int, set[str]], set[int]]:
    """Return the modes that each submodule is under, and the parameters that some stage holds fixed."""
    under: dict[int, set[str]] = defaultdict(set)
    for name, stage in stages.items():
        for part in stage.modules():
            under[id(part)].add(modes[name])
    fixed = {
        id(parameter)
        for name, stage in stages.items()
        for part in stage.modules()
        for parameter in part.parameters(recurse=False)
        if not TABLE[modes[name]].may_change("affine" if is_norm(part) else "weights")
    }
    return under, fixed
