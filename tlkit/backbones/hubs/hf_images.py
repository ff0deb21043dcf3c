"""Image classifiers of transformers: cut into stages, with the preprocessing that their files name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tlkit.backbones.evaluating import evaluating
from tlkit.backbones.hubs.cutting import Through, chained, last_linear, with_parts
from tlkit.backbones.hubs.hub import MOST_SIDE
from tlkit.backbones.transform import InputTransform
from tlkit.errors import DataError, TlkitError, WeightsError

_ROUNDING = 1e-5


def cut_images(net: Any, x: Tensor) -> tuple[dict[str, nn.Module], nn.Linear | None]:
    """Return an image classifier's stages and its last layer, if it is a linear one.

    The stages are tried on an input: pooled they give the network's features, and with the last layer its scores. A
    network of which that cannot be had is one stage, ``body``.

    Parameters
    ----------
    net
        A network of transformers for image classification.
    x
        An input, (1, channels, height, width).
    """
    with evaluating(net), torch.no_grad():
        scores = net(x).logits
    found = last_linear(net, scores.shape[1])
    if found is None:
        raise WeightsError(
            f"A {type(net).__name__} has no linear layer at its end.",
            "Cut it yourself with backbones.wrap(net, stages=...).",
        )
    path, last = found
    net = with_parts(net, {path: Through()})
    body = Features(net)
    with evaluating(net), torch.no_grad():
        features = body(x)
        fits = features.ndim == 2 and torch.allclose(last(features), scores, _ROUNDING, _ROUNDING)
    return _stages(net, x, features) or {"body": body}, last if fits else None


class Features(nn.Module):
    """A classifier without its last layer: what it calls scores are its features."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, d)."""
        given: Tensor = self.net(x).logits
        return given


class Part(nn.Module):
    """A part of a network that gives a tensor, or one among other things.

    Parameters
    ----------
    part
        The part.
    settings
        What is not seen of it, for its fingerprint.
    """

    def __init__(self, part: nn.Module, settings: str = "") -> None:
        super().__init__()
        self.part = part
        self.settings = settings

    def forward(self, x: Tensor) -> Tensor:
        """Return the first thing that the part gives."""
        given = self.part(x)
        found: Tensor = given[0] if isinstance(given, tuple) else given
        return found

    def extra_repr(self) -> str:
        """Tell the settings."""
        return self.settings


class Pooling(nn.Module):
    """From places to features, with the norm that a network has there.

    Parameters
    ----------
    norm
        Its norm.
    way
        One of `WAYS`.
    """

    def __init__(self, norm: nn.Module, way: str) -> None:
        super().__init__()
        self.norm = norm
        self.way = way

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, d)."""
        return WAYS[self.way](self.norm, x)

    def extra_repr(self) -> str:
        """Tell the way."""
        return f"way={self.way}"


#: How networks get from places to features.
WAYS: dict[str, Callable[[nn.Module, Tensor], Tensor]] = {
    "first of norm": lambda norm, x: norm(x)[:, 0],
    "norm of mean over the picture": lambda norm, x: norm(x.mean(dim=(2, 3))),
    "mean of norm": lambda norm, x: norm(x).mean(dim=1),
    "first of norm and mean of the others": lambda norm, x: torch.cat(
        [norm(x)[:, 0], norm(x)[:, 1:].mean(dim=1)], dim=1
    ),
    "norm of mean of all but the first": lambda norm, x: norm(x[:, 1:].mean(dim=1)),
}


def _stages(net: Any, x: Tensor, features: Tensor) -> dict[str, nn.Module] | None:
    base = getattr(net, str(getattr(net, "base_model_prefix", "")), None)
    beginning = _first(base, "embedder", "embeddings")
    holder = _first(base, "encoder") or base
    layers = _first(holder, "stages", "layers", "layer")
    if beginning is None or not isinstance(layers, nn.ModuleList | nn.Sequential) or not len(layers):
        return None
    settings = settings_of(net.config)
    names = "stage" if hasattr(holder, "stages") else "layer"
    stages = {
        "embedder": Part(beginning, settings),
        **{f"{names}{at}": Part(layer, settings) for at, layer in enumerate(layers, start=1)},
    }
    return next(
        (
            found
            for found in ({**stages, **tail} for tail in _tails(base))
            if chained(found, x, features, False)
        ),
        None,
    )


def _tails(base: nn.Module | None) -> Iterator[dict[str, nn.Module]]:
    """Yield what may come after the last layer: nothing but the mean, or a norm and a way to pool."""
    yield {}
    norm = _first(base, "layernorm", "norm", "layer_norm") or _first(_first(base, "pooler"), "layernorm")
    if norm is not None:
        for way in WAYS:
            yield {"pooling": Pooling(norm, way)}


def _first(module: nn.Module | None, *names: str) -> nn.Module | None:
    for name in names:
        found = getattr(module, name, None)
        if isinstance(found, nn.Module):
            return found
    return None


def settings_of(config: Any) -> str:
    """Return a network's settings as one line: much of what its parts do is not seen in their weights."""
    said = config.to_dict()
    for name in ("transformers_version", "_name_or_path", "id2label", "label2id", "dtype"):
        said.pop(name, None)
    return json.dumps(said, sort_keys=True, default=str)


def image_transform_of(folder: Path, config: Any, trust: bool, name: str) -> tuple[InputTransform, list[str]]:
    """Return the preprocessing that belongs to the weights, and where ours is another.

    Parameters
    ----------
    folder
        With ``preprocessor_config.json``.
    config
        The network's settings.
    trust
        Whether code from the folder may be run.
    name
        The backbone's, for messages.

    Raises
    ------
    WeightsError
        The files do not say what it is.
    """
    from transformers import AutoImageProcessor

    reader: Any = AutoImageProcessor
    try:
        said = reader.from_pretrained(folder, local_files_only=True, trust_remote_code=trust).to_dict()
    except Exception as error:  # of its many kinds
        raise WeightsError(
            f"{name} does not say how its pictures are prepared (preprocessor_config.json): {type(error).__name__}.",
            "Wrap it yourself with backbones.wrap and the right transform.",
        ) from error
    try:
        return _transform(said, config, name), _differences(said)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError) as error:
        if isinstance(error, TlkitError):
            raise
        raise WeightsError(
            f"What {name} says of its pictures (preprocessor_config.json) makes no sense: {error}.",
            "Wrap it yourself with backbones.wrap and the right transform.",
        ) from error


def _transform(said: Mapping[str, Any], config: Any, name: str) -> InputTransform:
    height, width = _size(said, config)
    if not (1 <= height <= MOST_SIDE and 1 <= width <= MOST_SIDE):
        raise ValueError(f"{height} x {width} pixels")
    channels = int(getattr(config, "num_channels", 3))
    if channels not in (1, 3):
        raise DataError(
            f"{name} takes {channels} channels, and tlkit has pictures of 1 or 3.", "Use another network."
        )
    normalises = said.get("do_normalize", True)
    # Bytes times the factor come in; ours are from 0 to 1 already.
    scale = 255 * float(said.get("rescale_factor") or 1 / 255) if said.get("do_rescale", True) else 255.0
    mean = _listed(said.get("image_mean"), channels) if normalises else [0.0] * channels
    std = _listed(said.get("image_std"), channels) if normalises else [1.0] * channels
    return InputTransform(
        channels,
        height,
        width,
        tuple(round(one / scale, 12) for one in mean),
        tuple(round(one / scale, 12) for one in std),
    )


def _listed(value: Any, channels: int) -> list[float]:
    listed = list(value) if isinstance(value, list | tuple) else [float(value or 0.0)] * channels
    return [float(one) for one in listed[:channels]]


def _size(said: Mapping[str, Any], config: Any) -> tuple[int, int]:
    size = said.get("crop_size") if said.get("do_center_crop") else None
    size = size or said.get("size") or getattr(config, "image_size", None) or 224
    if isinstance(size, Mapping):
        edge = size.get("shortest_edge") or size.get("longest_edge")
        return int(size.get("height") or edge or 224), int(size.get("width") or edge or 224)
    if isinstance(size, list | tuple):
        return int(size[0]), int(size[-1])
    return int(size), int(size)


def _differences(said: Mapping[str, Any]) -> list[str]:
    told = []
    if said.get("do_center_crop") or said.get("crop_pct"):
        told.append("the middle of each picture is cut out")
    resample = said.get("resample")
    # PIL's number for bilinear.
    if said.get("do_resize", True) and resample is not None and int(resample) != 2:
        told.append("pictures are resized by another interpolation")
    if not told:
        return []
    its = " and ".join(told)
    return [f"In its own preprocessing {its}; tlkit resizes the whole picture bilinearly."]
