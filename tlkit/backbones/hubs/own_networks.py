"""Weights of your own as a backbone: the network that they belong to, filled, and cut into stages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tlkit.backbones.backbone import Backbone
from tlkit.backbones.card import ModelCard
from tlkit.backbones.families import cut
from tlkit.backbones.hubs.beside import Beside
from tlkit.backbones.hubs.own_layers import HEAD, built
from tlkit.backbones.nets import ARCHITECTURES, build
from tlkit.backbones.staged import StagedModule
from tlkit.backbones.transform import InputTransform
from tlkit.backbones.wrap import wrap
from tlkit.backbones.zoo import TRANSFORM
from tlkit.errors import WeightsError, unknown_name

_LIBRARIES = ("torchvision", "timm", "zoo")


def network_of(name: str, path: Path, said: Beside, state: Mapping[str, Tensor], card: ModelCard) -> Backbone:
    """Return the backbone that a state dict makes of the network that is named beside it.

    Raises
    ------
    WeightsError
        It is not said which network, or which pictures it takes; or the weights do not fit.
    PlanError
        The stages do not exist or do not follow each other.
    """
    where = path.with_suffix(".json").name
    if bool(said.architecture) == bool(said.layers):
        both = "both an architecture and layers" if said.layers else "no network"
        raise WeightsError(
            f"{path.name} holds weights, and {where} beside it names {both}.",
            f'Write {{"architecture": "torchvision:resnet18", "transform": ...}} into {where}, or its layers.',
        )
    if said.layers:
        staged, head = built(said.layers, where)
        return _of_stages(name, path, said, staged, head, _renamed(state, staged), card)
    library, _, network = said.architecture.partition(":")
    if library not in _LIBRARIES:
        raise unknown_name("library of architectures", library, _LIBRARIES)
    if library == "zoo":
        if network not in ARCHITECTURES:
            raise unknown_name("architecture of the zoo", network, ARCHITECTURES)
        weight = state.get("head.weight")
        head = None if weight is None else nn.Linear(weight.shape[1], weight.shape[0], device="meta")
        return _of_stages(name, path, said, build(network, seed=0), head, state, card, TRANSFORM)
    net, last = _library_network(library, network, said, state, path)
    _fill(net, state, path)
    _check_classes(said, last, where)
    return wrap(
        net, said.stages, transform=_transform(said, None, path), name=name, card=card, source_head=last
    )


def _of_stages(
    name: str,
    path: Path,
    said: Beside,
    staged: StagedModule,
    head: nn.Linear | None,
    state: Mapping[str, Tensor],
    card: ModelCard,
    usual: InputTransform | None = None,
) -> Backbone:
    whole = nn.ModuleDict({"stages": staged.stages, **({HEAD: head} if head is not None else {})})
    _fill(whole, state, path)
    _check_classes(said, head, path.with_suffix(".json").name)
    stages = dict(staged.stages.items())
    return wrap(
        staged, stages, transform=_transform(said, usual, path), name=name, card=card, source_head=head
    )


def _renamed(state: Mapping[str, Tensor], staged: StagedModule) -> dict[str, Tensor]:
    """Name ``stem.0.weight`` as the module does: ``stages.stem.0.weight``; the head's only layer is the head."""
    found = {}
    for key, value in state.items():
        first, _, rest = key.partition(".")
        found[
            f"stages.{key}"
            if first in staged.stages
            else f"{HEAD}.{rest.removeprefix('0.')}"
            if first == HEAD
            else key
        ] = value
    return found


def _library_network(
    library: str, network: str, said: Beside, state: Mapping[str, Tensor], path: Path
) -> tuple[nn.Module, nn.Linear | None]:
    net = _built(library, network, None)
    last = _last(net, said)
    if last is not None:
        key, layer = last
        weight = state.get(f"{key}.weight")
        if weight is not None and weight.ndim == 2 and weight.shape[0] != layer.out_features:
            net = _built(library, network, int(weight.shape[0]))
            last = _last(net, said)
    return net, None if last is None else last[1]


def _built(library: str, network: str, classes: int | None) -> nn.Module:
    settings: dict[str, Any] = {} if classes is None else {"num_classes": classes}
    with torch.random.fork_rng(devices=[]), torch.device("cpu"):
        if library == "timm":
            import timm

            if not timm.is_model(network):
                raise unknown_name("network of timm", network, timm.list_models(f"{network[:4]}*"))
            made: nn.Module = timm.create_model(network, pretrained=False, **settings)
            return made
        from torchvision import models

        if network not in models.list_models(module=models):
            raise unknown_name("network of torchvision", network, models.list_models(module=models))
        if network in ("googlenet", "inception_v3"):
            settings["init_weights"] = False
        net: nn.Module = models.get_model(network, weights=None, **settings)
        return net


def _last(net: nn.Module, said: Beside) -> tuple[str, nn.Linear] | None:
    if said.head:
        try:
            layer = net.get_submodule(said.head)
        except AttributeError:
            raise unknown_name(
                "part of the network", said.head, [key for key, _ in net.named_children()]
            ) from None
        if not isinstance(layer, nn.Linear):
            raise WeightsError(f"The head {said.head} is a {type(layer).__name__}.", "Name a linear layer.")
        return said.head, layer
    known = cut(net)
    if known is None or known.last is None:
        return None
    return next(((key, one) for key, one in net.named_modules() if one is known.last), None)


def _fill(net: nn.Module, state: Mapping[str, Tensor], path: Path) -> None:
    own = net.state_dict()
    # Inception's auxiliary head takes part in nothing but its first training.
    missing = sorted(key for key in set(own) - set(state) if not key.startswith(("AuxLogits.", "aux")))
    left = sorted(set(state) - set(own))
    shapes = [key for key in own if key in state and own[key].shape != state[key].shape]
    if missing or left or shapes:
        told = (
            f"{missing[0]} is missing"
            if missing
            else f"{left[0]} is left over"
            if left
            else f"{shapes[0]} has shape {tuple(state[shapes[0]].shape)}, expected {tuple(own[shapes[0]].shape)}"
        )
        raise WeightsError(
            f"The weights {path.name} do not fit the network: {told}"
            f" ({len(missing)} missing, {len(left)} left over, {len(shapes)} of another shape).",
            "Name the network that they were made for.",
        )
    odd = next((key for key in own if key in state and not _plain_numbers(state[key])), None)
    if odd is not None:
        raise WeightsError(
            f"The weights {path.name} hold no plain, finite numbers in {odd}: the network would give none either.",
            "Save dense tensors of real numbers, from a training whose loss stayed finite.",
        )
    net.load_state_dict(
        {
            key: value.to(own[key].dtype) if own[key].is_floating_point() else value
            for key, value in state.items()
        },
        strict=False,
        assign=True,
    )
    for one in net.parameters():
        one.requires_grad_(True)


def _plain_numbers(value: Tensor) -> bool:
    """Say whether a tensor is stored whole, in real numbers of which all are finite."""
    whole = value.layout is torch.strided and not value.is_quantized and value.device.type == "cpu"
    return whole and not value.is_complex() and bool(torch.isfinite(value).all())


def _transform(said: Beside, usual: InputTransform | None, path: Path) -> InputTransform:
    found = said.transform or usual
    if found is None:
        raise WeightsError(
            f"{path.with_suffix('.json').name} does not say which pictures {path.name} was trained on.",
            'Add "transform": {"channels": 3, "height": 224, "width": 224, "mean": [...], "std": [...]}.',
        )
    return found


def _check_classes(said: Beside, last: nn.Linear | None, where: str) -> None:
    if said.classes and last is not None and len(said.classes) != last.out_features:
        raise WeightsError(
            f"{where} names {len(said.classes)} classes, the last layer has {last.out_features}.",
            "Name each class once, in the order of the last layer.",
        )
