"""What a stage is made of: its tensors by kind, its BatchNorm, its dropout."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from tlkit.backbones.layers import has_dropout, is_norm
from tlkit.backbones.limits import limits_of
from tlkit.errors import PlanError

_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


def stages_of(thing: Any) -> dict[str, nn.Module]:
    """Return the stages of a Backbone, a Network or a StagedModule, from the input on, the head last.

    Raises
    ------
    PlanError
        It has no stages.
    """
    inner = getattr(thing, "module", None)
    if isinstance(inner, nn.Module) and hasattr(inner, "stages"):
        thing = inner
    if hasattr(thing, "stage_modules"):
        found = dict(thing.stage_modules())
    elif isinstance(getattr(thing, "stages", None), nn.ModuleDict):
        found = dict(thing.stages.items())
        if "head" in found:
            raise PlanError(
                "A stage is named 'head', which is the name of the new last layer.", "Rename the stage."
            )
    else:
        raise PlanError(
            f"A {type(thing).__name__} has no stages that could be frozen.",
            "Cut it into stages with backbones.wrap(module, stages=...).",
        )
    return found


def refuse_what_cannot_be(stages: Mapping[str, nn.Module], modes: Mapping[str, str]) -> None:
    """Refuse modes that a stage, which comes from elsewhere, cannot be in.

    Raises
    ------
    PlanError
        Names the stage, why it cannot, and the modes that it can be in.
    """
    for name, stage in stages.items():
        for possible, why in limits_of(stage):
            if modes.get(name, possible[0]) not in possible:
                listed = " or ".join(repr(one) for one in possible)
                raise PlanError(
                    f"The stage {name} cannot be {modes[name]!r}. {why}.",
                    f"Say {{{name!r}: {possible[0]!r}}}; it can be {listed}.",
                )


def tensors(module: nn.Module) -> Iterator[tuple[str, str, Tensor]]:
    """Yield (name, kind, tensor) for every parameter and buffer, tied ones once.

    LayerNorm's and GroupNorm's scale and shift are weights: they keep no statistics.

    Examples
    --------
    >>> [(name, kind) for name, kind, _ in tensors(nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)))]
    [('0.weight', 'weights'), ('0.bias', 'weights'), ('1.weight', 'affine'), ('1.bias', 'affine'),
     ('1.running_mean', 'statistics'), ('1.running_var', 'statistics'),
     ('1.num_batches_tracked', 'statistics')]
    """
    seen: set[int] = set()
    for path, part in module.named_modules():
        prefix = f"{path}." if path else ""
        norm = is_norm(part)
        own = [(name, "affine" if norm else "weights", tensor) for name, tensor in part._parameters.items()]
        own += [
            (name, "statistics" if norm and name in _STATISTICS else "buffers", tensor)
            for name, tensor in part._buffers.items()
        ]
        for name, kind, tensor in own:
            if tensor is not None and id(tensor) not in seen:
                seen.add(id(tensor))
                yield prefix + name, kind, tensor


@dataclass(frozen=True)
class Anatomy:
    """What there is in a stage for a mode to act on.

    Parameters
    ----------
    weights, affine, statistics, buffers
        Whether it has tensors of this kind.
    norm
        Whether it has BatchNorm at all.
    unstored
        Whether a BatchNorm keeps no statistics, and so normalises by the batch even in evaluation.
    dropout
        Whether it has dropout.
    """

    weights: bool
    affine: bool
    statistics: bool
    buffers: bool
    norm: bool
    unstored: bool
    dropout: bool


def anatomy(module: nn.Module) -> Anatomy:
    """Look at what a stage has."""
    kinds = {kind for _, kind, _ in tensors(module)}
    norms = [part for part in module.modules() if is_norm(part)]
    return Anatomy(
        weights="weights" in kinds,
        affine="affine" in kinds,
        statistics="statistics" in kinds,
        buffers="buffers" in kinds,
        norm=bool(norms),
        unstored=any(norm.running_mean is None for norm in norms),
        dropout=has_dropout(module),
    )
