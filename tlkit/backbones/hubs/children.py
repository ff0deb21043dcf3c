"""Cutting a network whose family is not known: into its children, where they are proved to be the network."""

from __future__ import annotations

import torch
from torch import nn

from tlkit.backbones.evaluating import evaluating
from tlkit.backbones.hubs.cutting import chained
from tlkit.backbones.pooling import pool_features
from tlkit.backbones.transform import InputTransform
from tlkit.errors import PlanError

_ROUNDING = 1e-5


def cut_into_children(
    net: nn.Module, transform: InputTransform, name: str
) -> tuple[dict[str, nn.Module], nn.Linear | None]:
    """Return a network's children as stages, and its last layer if that is a linear one.

    It is tried on random pictures: one after the other, the children have to give what the network gives.

    Parameters
    ----------
    net
        In evaluation mode.
    transform
        For the size of the pictures.
    name
        Of the network, for messages.

    Raises
    ------
    PlanError
        The network does more, or something else, than its children one after the other.

    Examples
    --------
    >>> net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2))
    >>> small = InputTransform(channels=3, height=8, width=8, mean=(0.5,) * 3, std=(0.5,) * 3)
    >>> stages, last = cut_into_children(net.eval(), small, "own")
    >>> list(stages), last
    (['part0', 'part1', 'part2', 'part3'], Linear(in_features=4, out_features=2, bias=True))
    """
    x = torch.rand((2, *transform.shape), generator=torch.Generator().manual_seed(0))
    with evaluating(net), torch.no_grad():
        expected = net(x)
    parts = {f"part{key}" if key.isdecimal() else key: part for key, part in net.named_children()}
    if isinstance(expected, torch.Tensor) and parts:
        key, last = list(parts.items())[-1]
        body = {one: part for one, part in parts.items() if one != key}
        if isinstance(last, nn.Linear) and body and _give(body, last, x, expected):
            return body, last
        if chained(parts, x, expected, exact=True):
            return parts, None
    raise PlanError(
        f"Where {name} ({type(net).__name__}) is to be cut into stages is not known: it is more than its parts"
        f" {', '.join(parts) or '(none)'} one after the other.",
        "Let its hubconf.py say it (tlkit_stages), or load it with torch.hub and give stages to backbones.wrap.",
    )


def _give(body: dict[str, nn.Module], last: nn.Linear, x: torch.Tensor, expected: torch.Tensor) -> bool:
    try:
        with evaluating(*body.values(), last), torch.no_grad():
            for part in body.values():
                x = part(x)
            given = last(pool_features(x))
    except Exception:  # whatever a part says that does not take what the one before it gives
        return False
    return given.shape == expected.shape and torch.allclose(given, expected, _ROUNDING, _ROUNDING)
