"""Layers: which of a module's parts normalise by a batch, and which drop anything at random."""

from __future__ import annotations

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd
from torch.nn.modules.instancenorm import _InstanceNorm

# Where modules keep the probability of dropout that they apply by function while `training` is True.
_RATES = (
    "dropout",
    "dropout_p",
    "dropout_rate",
    "drop_prob",
    "drop_rate",
    "attn_dropout",
    "attention_dropout",
    "p_dropout",
)


def is_norm(module: nn.Module) -> bool:
    """Say whether a module is BatchNorm, or InstanceNorm that keeps running statistics."""
    return isinstance(module, _BatchNorm) or (
        isinstance(module, _InstanceNorm) and module.running_mean is not None
    )


def has_dropout(module: nn.Module) -> bool:
    """Say whether a stage drops anything at random while it trains.

    Examples
    --------
    >>> has_dropout(nn.Sequential(nn.Dropout(0.5))), has_dropout(nn.Sequential(nn.Dropout(0.0)))
    (True, False)
    """
    for part in module.modules():
        # By name too: torchvision's StochasticDepth and others are no subclasses.
        if isinstance(part, _DropoutNd) or type(part).__name__ in (
            "StochasticDepth",
            "DropBlock2d",
            "DropBlock3d",
            "PatchDropout",
        ):
            rate = getattr(part, "p", getattr(part, "prob", 0.0))
            if isinstance(rate, int | float) and rate > 0:
                return True
        for name in _RATES:
            # Not by a plain getattr: a module goes a long way to say that it has no such attribute.
            rate = part.__dict__.get(name, getattr(type(part), name, 0.0))
            if isinstance(rate, int | float) and not isinstance(rate, bool) and rate > 0:
                return True
    return False
