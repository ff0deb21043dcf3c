"""Possible: which arms a network allows, since some of what comes from elsewhere can only stay as it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from tlkit.errors import PlanError, WeightsError

if TYPE_CHECKING:
    from torch import nn

    from tlkit.backbones import Backbone
    from tlkit.compare.arms import Arm

# Trying it copies a network, and panels ask at every change.
_STARTS_ANEW: WeakKeyDictionary[nn.Module, bool] = WeakKeyDictionary()


def possible(arms: Iterable[Arm], backbone: Backbone) -> list[Arm]:
    """Return the arms that a network allows, in the same order.

    Parameters
    ----------
    arms
        Any; what is refused of their own plan or recipe, `compare.run` says.
    backbone
        Where transfer starts from. Features that another library computes can neither start from random numbers nor
        learn.

    Examples
    --------
    >>> from tlkit import backbones, compare
    >>> net = backbones.load("zoo:resnet-letters")
    >>> len(possible(compare.ARMS.values(), net)) == len(compare.ARMS)
    True
    """
    given = list(arms)
    drawn = any(_starts_anew(arm) for arm in given) and _can_start_anew(backbone)
    return [arm for arm in given if (drawn or not _starts_anew(arm)) and _can_be_planned(arm, backbone)]


def _starts_anew(arm: Arm) -> bool:
    return not arm.pretrained and arm.terms is None


def _can_start_anew(backbone: Backbone) -> bool:
    if backbone.module not in _STARTS_ANEW:
        try:
            backbone.reinitialised(0)
        except WeightsError:
            _STARTS_ANEW[backbone.module] = False
        else:
            _STARTS_ANEW[backbone.module] = True
    return _STARTS_ANEW[backbone.module]


def _can_be_planned(arm: Arm, backbone: Backbone) -> bool:
    if arm.plan is not None:
        return True
    try:
        arm.plan_for(backbone)
    except PlanError:
        return False
    return True
