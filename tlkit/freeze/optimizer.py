"""Parameter groups of a plan, and a check of a learner's own optimizer."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from torch import nn
from torch.optim import Optimizer

from tlkit.errors import PlanError
from tlkit.freeze.anatomy import stages_of
from tlkit.freeze.apply import in_force
from tlkit.freeze.wording import number

if TYPE_CHECKING:
    from tlkit.freeze.plan import Plan


def parameter_groups(stages: Mapping[str, nn.Module], lr: float, decay: float) -> list[dict[str, Any]]:
    """Return one group per stage of the parameters that require a gradient, the head first.

    Raises
    ------
    PlanError
        Nothing may change, or a rate makes no sense.
    """
    given: tuple[object, ...] = (lr, decay)
    if not all(isinstance(one, numbers.Real) and 0 < float(one) < math.inf for one in given):
        raise PlanError(f"lr is {lr!r} and decay is {decay!r}.", "Give two positive numbers.")
    groups: list[dict[str, Any]] = []
    seen: set[int] = set()
    body = [name for name in stages if name != "head"]
    depth = {"head": 0, **{name: position + 1 for position, name in enumerate(reversed(body))}}
    for name in sorted(stages, key=depth.__getitem__):
        fresh = [p for p in stages[name].parameters() if p.requires_grad and id(p) not in seen]
        seen.update(id(parameter) for parameter in fresh)
        if fresh:
            groups.append({"params": fresh, "lr": lr * decay ** depth[name], "name": name})
    if not groups:
        raise PlanError(
            "Nothing is trainable in this module.", "Leave a stage trainable, or give the module a head."
        )
    return groups


def check_optimizer(optimizer: Optimizer, module: nn.Module | Plan) -> list[str]:
    """Say what an optimizer holds in vain and what it misses, with the names of the stages.

    Parameters
    ----------
    optimizer
        Any torch optimizer.
    module
        The network that it should train, or the plan that is in force on it.

    Returns
    -------
    list of str
        Warnings; empty if it holds exactly what may change.

    Raises
    ------
    PlanError
        A plan was given that is in force nowhere, or something else than an optimizer, a network or a plan.

    Examples
    --------
    >>> import torch
    >>> from tlkit import backbones, freeze
    >>> net = backbones.load("zoo:resnet-letters").with_head(10, seed=0)
    >>> plan = freeze.plan(net, until="head")
    >>> net = plan.apply(net)
    >>> check_optimizer(torch.optim.SGD(net.head.parameters(), lr=0.1), net)
    []
    >>> print(check_optimizer(torch.optim.SGD(net.backbone.parameters(), lr=0.1), net)[-1])
    The optimizer misses 2 tensors of head, which may change: they would not. Give it plan.parameters()
    instead.
    """
    # Not by class: wrappers of optimizers hold groups of parameters too.
    if not isinstance(getattr(optimizer, "param_groups", None), list):
        raise PlanError(
            f"The optimizer is of the kind {type(optimizer).__name__}.",
            "Give one of torch.optim, made with plan.parameters().",
        )
    if not isinstance(module, nn.Module):
        if not hasattr(module, "applied_to"):
            raise PlanError(
                f"What the optimizer should train is of the kind {type(module).__name__}.",
                "Give the network, or the plan that is in force on it.",
            )
        module = module.applied_to()
    stages = stages_of(module)
    modes = in_force(module)
    held = [id(p) for group in optimizer.param_groups for p in group["params"]]
    known: set[int] = set()
    found = []
    for name, stage in stages.items():
        # A tied tensor is spoken of once, where it is met first.
        own = [p for p in stage.parameters() if id(p) not in known]
        known.update(id(p) for p in own)
        frozen = sum(id(p) in held for p in own if not p.requires_grad)
        missing = sum(id(p) not in held for p in own if p.requires_grad)
        if frozen:
            mode = f" ({modes[name]})" if modes.get(name, "trainable") != "trainable" else ""
            found.append(
                f"The optimizer holds {number('tensor', frozen)} of {name} that may not change{mode}:"
                " without a gradient nothing happens there. Give it plan.parameters() instead."
            )
        if missing:
            they = "it" if missing == 1 else "they"
            found.append(
                f"The optimizer misses {number('tensor', missing)} of {name}, which may change: {they} would"
                " not. Give it plan.parameters() instead."
            )
    strangers = len(set(held) - known)
    if strangers:
        found.append(
            f"The optimizer holds {number('tensor', strangers)} that this network does not have."
            " Perhaps it was made for another copy of the network: make it after copying."
        )
    return found
