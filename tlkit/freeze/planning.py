"""plan: from what a learner says about stages to a plan that knows its boundary and its surprises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from torch import nn

from tlkit.errors import PlanError, unknown_name
from tlkit.freeze.advice import coincidences, warnings_of
from tlkit.freeze.anatomy import anatomy, refuse_what_cannot_be, stages_of
from tlkit.freeze.modes import LEARNING, mode_of
from tlkit.freeze.plan import Plan

if TYPE_CHECKING:
    from tlkit.backbones import Backbone, Network, StagedModule


def plan(
    network: Backbone | Network | StagedModule,
    modes: Mapping[str, str] | None = None,
    *,
    until: str | None = None,
    mode: str = "strict",
    then: str | None = None,
) -> Plan:
    """Say what training may change in each stage.

    Parameters
    ----------
    network
        A Backbone, a Network or a StagedModule; it is only looked at.
    modes
        Stage to mode. Stages that are not named are trainable.
    until
        Instead of ``modes``: the first stage that training may change. The stages before it get ``mode``.
        ``"head"`` freezes the whole backbone.
    mode
        Of the stages before ``until``: ``"strict"``, ``"weights_only"``, ``"train_bn"``, ``"batch_stats"``,
        ``"stored_stats"`` or ``"trainable"``.
    then
        Of the stages from ``until`` on, other than the head: ``"trainable"``, or ``"stored_stats"`` to learn
        without batch statistics. None takes the one that suits the backbone, `Backbone.learns_in`.

    Returns
    -------
    Plan
        To be applied to a network, or given to ``train.fit``.

    Raises
    ------
    UnknownNameError
        There is no such stage or mode; the nearest is named.
    PlanError
        Both or neither of ``modes`` and ``until`` are given, the head would be frozen, or nothing is
        trainable.

    Examples
    --------
    >>> from tlkit import backbones
    >>> net = backbones.load("zoo:resnet-letters")
    >>> plan(net, {"stem": "strict", "layer1": "train_bn"}).modes["layer2"]
    'trainable'
    >>> plan(net, until="layr3")
    Traceback (most recent call last):
    tlkit.errors.UnknownNameError: There is no stage named 'layr3'. The nearest ...
    """
    stages = stages_of(network)
    names = [*(name for name in stages if name != "head"), "head"]
    if (modes is None) == (until is None):
        raise PlanError(
            "A plan needs either a boundary or a mode for each stage"
            + (", not both." if modes is not None else "."),
            f"Give until='{names[-2]}', or a mapping such as {{'{names[0]}': 'strict'}}.",
        )
    chosen = dict.fromkeys(names, "trainable")
    if until is not None:
        if not isinstance(until, str) or until not in chosen:
            raise unknown_name("stage", until, names)
        chosen.update(dict.fromkeys(names[: names.index(until)], mode_of(mode).name))
        then = getattr(network, "learns_in", "trainable") if then is None else then
        if mode_of(then).name not in LEARNING:
            raise PlanError(
                f"What comes from {until!r} on cannot be {then!r}: nothing would learn there.",
                f"Give then= one of {', '.join(LEARNING)}; or move until= further up.",
            )
        chosen.update(dict.fromkeys(names[names.index(until) : -1], then))
    elif modes is not None:
        if not isinstance(modes, Mapping):
            raise PlanError(
                f"The modes are a {type(modes).__name__}, expected a mapping of stage to mode.",
                f"For example {{'{names[0]}': 'strict'}}; or until='{names[-2]}'.",
            )
        for name, wanted in modes.items():
            if name not in chosen:
                raise unknown_name("stage", name, names)
            chosen[name] = mode_of(wanted).name
    if chosen["head"] != "trainable":
        raise PlanError(
            f"The head cannot be {chosen['head']!r}: it is new, and frozen it could learn nothing.",
            "Leave the head out of the plan; it is always trainable.",
        )
    refuse_what_cannot_be(stages, chosen)
    looked_at = {name: anatomy(stage) for name, stage in stages.items()}
    prefix = 0
    while (
        names[prefix] != "head"
        and chosen[names[prefix]] == "strict"
        and not looked_at[names[prefix]].unstored
    ):
        prefix += 1
    return Plan(
        chosen,
        names[prefix],
        warnings_of(stages, looked_at, chosen, network_is_module=isinstance(network, nn.Module)),
        coincidences(looked_at, chosen),
    )
