"""wrap: a backbone out of a learner's own module."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import torch
from torch import nn

from tlkit.backbones.backbone import Backbone
from tlkit.backbones.card import ModelCard
from tlkit.backbones.evaluating import evaluating
from tlkit.backbones.families import Cut, cut
from tlkit.backbones.intake import Transform, placed
from tlkit.backbones.pooling import pool_features
from tlkit.backbones.sample import SourceSample
from tlkit.backbones.staged import StagedModule
from tlkit.errors import PlanError, TlkitError, unknown_name

Part = str | nn.Module
Stages = Sequence[str] | Mapping[str, Part | Sequence[Part]]


def wrap(
    module: nn.Module,
    stages: Stages | None = None,
    *,
    transform: Transform,
    name: str = "own",
    card: ModelCard | None = None,
    source_head: nn.Linear | None = None,
    source_sample: SourceSample | None = None,
    learns_in: str = "trainable",
) -> Backbone:
    """Make a backbone out of your own module.

    The module is copied, in single precision: training a backbone never changes it.

    Parameters
    ----------
    module
        Any network whose stages run one after the other.
    stages
        Where it is cut, from the input on and without its last layer: names of parts of the module
        (``["conv", "body.first"]``), or stage name to a part or a list of parts that run one after the
        other. None for torchvision's ResNet, VGG and Inception v3, whose stages are known.
    transform
        The preprocessing that the weights expect.
    name
        For tables and messages.
    card
        Origin, licences and limits, as far as you know them.
    source_head
        The old last layer, from pooled features to scores. Known for torchvision's networks.
    source_sample
        Labelled images of the old task, for the old-head test.
    learns_in
        The freeze mode for fine-tuning; ``"stored_stats"`` suits networks that were trained on many pictures and
        are to learn from few.

    Raises
    ------
    PlanError
        The stages are not given and not known, do not exist, or do not fit each other or the transform.

    Examples
    --------
    >>> from tlkit.backbones import InputTransform
    >>> transform = InputTransform(channels=1, height=8, width=8, mean=(0.5,), std=(0.5,))
    >>> body = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 8, 3))
    >>> net = wrap(body, {"stem": ["0", "1"], "body": "2"}, transform=transform)
    >>> net.stages, net.feature_count
    (('stem', 'body'), 8)
    """
    if not isinstance(module, nn.Module):
        raise PlanError(
            f"A {type(module).__name__} cannot become a backbone.", "Give a torch.nn.Module and its stages."
        )
    if not isinstance(transform, Transform):
        raise PlanError(
            f"The transform is a {type(transform).__name__}.",
            "Give backbones.InputTransform(channels=..., height=..., width=..., mean=..., std=...).",
        )
    if source_head is not None and not isinstance(source_head, nn.Linear):
        raise PlanError(
            f"The source head is of the kind {type(source_head).__name__}.",
            "Give the old last layer, a torch.nn.Linear, or leave it out.",
        )
    known = cut(module)
    named = _named(module, stages, known)
    if source_head is None and stages is None and known is not None:
        source_head = known.last
    # Head and stages are copied together, so that what they share stays shared.
    named, source_head = copy.deepcopy((named, source_head))
    staged = StagedModule(named).float().eval()
    if source_head is not None:
        source_head = source_head.float()
    features = _features(staged, transform)
    if source_head is not None and source_head.in_features != features:
        raise PlanError(
            f"The source head takes {source_head.in_features} features, the last stage gives {features}.",
            "Leave source_head out, or cut the stages so that they end where it begins.",
        )
    if card is None:
        family = known.family if known is not None else type(module).__name__
        card = ModelCard(name=name, title="A learner's own network.", architecture=family)
    return Backbone(name, staged, transform, card, source_head, source_sample, learns_in)


def _named(module: nn.Module, stages: Stages | None, known: Cut | None) -> dict[str, nn.Module]:
    if stages is None:
        if known is None:
            children = ", ".join(repr(child) for child, _ in module.named_children()) or "none"
            raise PlanError(
                f"Where a {type(module).__name__} is to be cut into stages is not known.",
                f"Give stages=, from the input on and without the last layer; its parts are: {children}.",
            )
        return known.stages
    if isinstance(stages, str):
        raise PlanError(f"stages is the text {stages!r}.", f"Give a list: stages=[{stages!r}].")
    if not isinstance(stages, Mapping):
        if not isinstance(stages, Sequence) or not all(isinstance(one, str) for one in stages):
            raise PlanError(
                f"stages is {stages!r}, expected names of parts of the module.",
                "Give a list such as ['conv', 'body'], or a mapping: {'stem': 'conv', 'body': ['a', 'b']}.",
            )
        found = {path.replace(".", "_"): _part(module, path) for path in stages}
        if len(found) < len(stages):
            raise PlanError(
                f"The stages {', '.join(stages)} do not have names of their own.",
                "Name each once, or give a mapping: {'first': 'a.b', 'second': 'a_b'}.",
            )
        return found
    return {name: _joined(module, parts) for name, parts in stages.items()}


def _joined(module: nn.Module, parts: Part | Sequence[Part]) -> nn.Module:
    if isinstance(parts, str | nn.Module):
        return _part(module, parts)
    if not isinstance(parts, Sequence) or not parts:
        raise PlanError(
            f"A stage is {parts!r}, expected a part of the module.",
            "Give its name, the part itself, or a list of them: {'stem': ['conv', 'norm']}.",
        )
    return nn.Sequential(*(_part(module, part) for part in parts))


def _part(module: nn.Module, part: Part) -> nn.Module:
    if isinstance(part, nn.Module):
        return part
    try:
        return module.get_submodule(part)
    except (AttributeError, TypeError):
        raise unknown_name(
            "part of the module", part, [name for name, _ in module.named_modules() if name]
        ) from None


def _features(staged: StagedModule, transform: Transform) -> int:
    """Run a blank item through the stages, naming the one that does not take what it gets."""
    x = placed(staged, transform.blank())
    with evaluating(staged), torch.no_grad():
        for name, stage in staged.stages.items():
            before = tuple(x.shape)
            try:
                x = stage(x)
            except TlkitError:
                raise
            except Exception as error:  # whatever a learner's module raises
                raise PlanError(
                    f"Stage {name!r} does not take what comes in, of shape {before}: {error}",
                    "Check the order of the stages and the size in the transform.",
                ) from error
            if not isinstance(x, torch.Tensor):
                raise PlanError(
                    f"Stage {name!r} gives a {type(x).__name__}, not one tensor.",
                    "Cut the network elsewhere.",
                )
        return int(pool_features(x).shape[1])
