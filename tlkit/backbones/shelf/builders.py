"""Builders: how the layers of a stored network are built again, by name and settings and without weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from tlkit.backbones import efficientnet, families
from tlkit.backbones.backbone import Backbone
from tlkit.backbones.nets import ARCHITECTURES, build
from tlkit.backbones.shelf import keras_layers, text_layers, transformers_layers
from tlkit.backbones.staged import StagedModule
from tlkit.errors import MissingPartError, ShelfError, WeightsError

_ZOO, _TORCHVISION, _TIMM = "zoo:", "torchvision:", "timm:"
# Their layers say themselves what they are.
_TOLD_BY_LAYERS: tuple[Callable[[StagedModule], tuple[str, dict[str, Any]] | None], ...] = (
    text_layers.told,
    transformers_layers.told,
    keras_layers.told,
)


def builder_of(backbone: Backbone) -> str:
    """Return what builds a backbone's layers: ``"zoo:resnet"``, ``"timm:resnet18"``, ``"hf:bert"``, ``"text-gru"``.

    Raises
    ------
    ShelfError
        Nothing does: its layers are somebody's own code.

    Examples
    --------
    >>> from tlkit.backbones import load
    >>> builder_of(load("zoo:resnet-letters"))
    'zoo:resnet'
    """
    told = _told(backbone)
    if told is not None:
        return told[0]
    architecture = backbone.card.architecture
    if architecture.startswith((_TORCHVISION, _TIMM)):
        return architecture
    if backbone.name.startswith(_TORCHVISION):
        # Without the side of the pictures: no layer depends on it.
        return "@".join(part for part in backbone.name.split("@") if not part.isdecimal())
    if backbone.name.startswith((_TIMM, transformers_layers.PREFIX)):
        # Of Hugging Face: one of timm's networks there, as transformers' own were told by their layers.
        return _TIMM + architecture
    if architecture in (*ARCHITECTURES, efficientnet.ARCHITECTURE):
        return _ZOO + architecture
    raise own_code(backbone)


def settings_of(backbone: Backbone) -> dict[str, Any]:
    """Return what its builder needs besides the name, as JSON takes it; mostly nothing."""
    told = _told(backbone)
    return {} if told is None else told[1]


def _told(backbone: Backbone) -> tuple[str, dict[str, Any]] | None:
    found = (told(backbone.module) for told in _TOLD_BY_LAYERS)
    return next((one for one in found if one is not None), None)


def own_code(backbone: Backbone) -> ShelfError:
    """Build the error for a network whose layers no library builds by name."""
    return ShelfError(
        f"The layers of {backbone.name!r} cannot be built again by name, and a shelf stores numbers, not code.",
        "Push networks of zoo:, torchvision:, timm:, hf:, keras: and words.text_backbone with their layers as they "
        "are, and what was trained from them; of others keep the code beside weights written by safetensors, and load "
        "both with backbones.wrap.",
    )


def built(
    builder: str,
    shape: tuple[int, ...],
    settings: Mapping[str, Any] | None = None,
    stored: int | None = None,
) -> dict[str, nn.Module]:
    """Return untrained stages by name; their weights may hold no numbers yet.

    Parameters
    ----------
    builder
        As :func:`builder_of` named it.
    shape
        Of one transformed item; of pictures: channels, height, width.
    settings
        As :func:`settings_of` gave them.
    stored
        How many numbers there are to put in; None where nobody knows.

    Raises
    ------
    WeightsError
        There is no such builder here, or settings make a network that is far larger than what is stored.
    MissingPartError
        The library that builds it is not installed.

    Examples
    --------
    >>> list(built("zoo:vgg", (1, 32, 32)))
    ['block1', 'block2', 'block3', 'block4']
    """
    prefix, _, name = builder.partition(":")
    told = settings or {}
    try:
        if builder.startswith(text_layers.PREFIX):
            return text_layers.build(builder.removeprefix(text_layers.PREFIX), told)
        if builder.startswith(transformers_layers.PREFIX):
            return transformers_layers.build(name, told, shape, stored)
        if builder.startswith(keras_layers.PREFIX):
            return keras_layers.build(name, told)
        if builder == _ZOO + efficientnet.ARCHITECTURE:
            return dict(efficientnet.build_efficientnet().stages.items())
        if prefix == "zoo" and name in ARCHITECTURES:
            return dict(build(name, seed=0).stages.items())
        if prefix == "torchvision":
            return _of_torchvision(name)
        if prefix == "timm":
            return _of_timm(name, shape)
    except (WeightsError, MissingPartError):
        raise
    except Exception as error:  # whatever a library says of a name or a setting that it does not know
        raise WeightsError(
            f"{builder} cannot be built here: {str(error).rstrip('.')}.",
            "Install the versions that its card names.",
        ) from error
    raise WeightsError(f"What builds {builder!r} is not known here.", "Update tlkit.")


def _of_torchvision(name: str) -> dict[str, nn.Module]:
    from torchvision.models import get_model_weights

    from tlkit.backbones.hubs.torchvision import build as build_torchvision

    network, _, chosen = name.partition("@")
    sets: Any = get_model_weights(network)
    found = families.cut(build_torchvision(network, sets[chosen] if chosen else sets.DEFAULT))
    if found is None:
        raise ValueError("where it is cut into stages is not known")
    return found.stages


def _of_timm(name: str, shape: tuple[int, ...]) -> dict[str, nn.Module]:
    import timm
    from timm.models import get_pretrained_cfg, is_model

    from tlkit.backbones.hubs.timm_stages import cut_timm

    # timm takes addresses too (hf-hub:, local-dir:): what a file says must not send it there.
    if not is_model(name.partition(".")[0]) or ":" in name:
        raise ValueError("timm has no network of that name")
    settings: Any = get_pretrained_cfg(name)
    more: dict[str, Any] = (
        {"img_size": shape[1]} if settings is not None and settings.fixed_input_size else {}
    )
    # Built with random weights: not from the learner's generator.
    with torch.random.fork_rng(devices=[]):
        net = timm.create_model(name, pretrained=False, **more).eval()
    noise = torch.randn((1, *shape), generator=torch.Generator().manual_seed(0))
    return cut_timm(net, noise)[0]
