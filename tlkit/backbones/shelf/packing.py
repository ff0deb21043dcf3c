"""Packing: a backbone as files, and those files as the same backbone, bit for bit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from tlkit.backbones.backbone import Backbone
from tlkit.backbones.card import ModelCard
from tlkit.backbones.evaluating import evaluating
from tlkit.backbones.intake import Transform, placed
from tlkit.backbones.pooling import pool_features
from tlkit.backbones.sample import SourceSample
from tlkit.backbones.shelf import transforms
from tlkit.backbones.shelf.builders import builder_of, built, own_code, settings_of
from tlkit.backbones.staged import StagedModule
from tlkit.backbones.transform import InputTransform
from tlkit.errors import TlkitError, WeightsError

WEIGHTS, CONFIG, README, SAMPLE = "model.safetensors", "config.json", "README.md", "sample.safetensors"
KIND, SCHEMA = "tlkit.shelf.backbone", 1
_HEAD = "head."


def pack(backbone: Backbone) -> dict[str, bytes]:
    """Return a backbone as files: weights, head and buffers; settings and classes; card; sample.

    It is put together again at once, and refused if that is not the same network bit for bit.

    Raises
    ------
    ShelfError
        The network, its head or its transform is of a kind that cannot be stored.

    Examples
    --------
    >>> from tlkit.backbones import load
    >>> files = pack(load("zoo:resnet-letters"))
    >>> sorted(files)
    ['README.md', 'config.json', 'model.safetensors', 'sample.safetensors']
    >>> unpack(files).fingerprint == load("zoo:resnet-letters").fingerprint
    True
    """
    builder, settings = builder_of(backbone), settings_of(backbone)
    transform, transform_files = transforms.packed(backbone.transform, backbone.name)
    tensors, strides = _tensors(backbone)
    weights = safetensors.torch.save(tensors)
    card = replace(
        backbone.card,
        name=backbone.name,
        architecture=builder.removeprefix("zoo:"),
        sha256=hashlib.sha256(weights).hexdigest(),
        file_bytes=len(weights),
    )
    backbone = replace(backbone, card=card)
    sample = backbone.source_sample
    config = {
        "kind": KIND,
        "schema": SCHEMA,
        "name": backbone.name,
        "builder": builder,
        "settings": settings,
        "stages": list(backbone.stages),
        "classes": list(card.classes),
        "transform": transform,
        "learns_in": backbone.learns_in,
        # How numbers lie in memory decides which routine computes, and so the last bits of what comes out.
        "strides": strides,
        "sample_classes": None if sample is None else list(sample.classes),
        "versions": {"torch": str(torch.__version__)},
        "card": card.to_dict(),
    }
    files = {
        WEIGHTS: weights,
        CONFIG: (json.dumps(config, indent=1, ensure_ascii=False) + "\n").encode(),
        README: card.markdown().encode(),
        **transform_files,
    }
    if sample is not None:
        arrays = {"images": torch.tensor(sample.images), "labels": torch.tensor(sample.labels)}
        files[SAMPLE] = safetensors.torch.save(arrays)
    _expect_the_same(backbone, files)
    return files


def unpack(files: Mapping[str, bytes]) -> Backbone:
    """Return the backbone that files hold, in evaluation mode.

    Raises
    ------
    WeightsError
        They do not hold one, or one from a newer tlkit.
    """
    config = read_config(files.get(CONFIG, b""))
    try:
        tensors = safetensors.torch.load(files[WEIGHTS])
        transform = transforms.unpacked(config["transform"], files)
        stored = sum(one.numel() for one in tensors.values())
        stages = built(config["builder"], transform.shape, config["settings"], stored)
        if not set(config["stages"]) <= set(stages):
            raise WeightsError(
                f"{config['builder']} is cut into {', '.join(stages)} here, but was stored as"
                f" {', '.join(config['stages'])}.",
                "Install the version of tlkit that it was stored with.",
            )
        module = StagedModule({name: stages[name] for name in config["stages"]})
        body = {name: one for name, one in tensors.items() if not name.startswith(_HEAD)}
        _fill(module, body, config["strides"])
        head = _head({name.removeprefix(_HEAD): one for name, one in tensors.items() if name not in body})
        return Backbone(
            str(config["name"]),
            module.eval(),
            transform,
            ModelCard.from_dict(config["card"]),
            head,
            _sample(files, config["sample_classes"]),
            str(config["learns_in"]),
        )
    except TlkitError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError, SafetensorError) as error:
        raise WeightsError(f"The network does not hold what it should: {error}.", "Push it again.") from error


def read_config(content: bytes) -> dict[str, Any]:
    """Return the settings of a stored network.

    Raises
    ------
    WeightsError
        They are damaged, of another kind, or from a newer tlkit.
    """
    try:
        config = json.loads(content)
        kind, schema = config["kind"], config["schema"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise WeightsError(f"{CONFIG} is not that of a network on a shelf.", "Push it again.") from error
    if kind != KIND or not isinstance(schema, int) or not 1 <= schema <= SCHEMA:
        raise WeightsError(
            f"{CONFIG} is of the kind {kind!r}, schema {schema!r}; this tlkit reads {KIND}, up to {SCHEMA}.",
            "Update tlkit.",
        )
    return dict(config)


def _tensors(backbone: Backbone) -> tuple[dict[str, Tensor], dict[str, list[int]]]:
    state: dict[str, Any] = dict(backbone.module.state_dict())
    if backbone.source_head is not None:
        state |= {_HEAD + name: one for name, one in backbone.source_head.state_dict().items()}
    strange = [name for name, one in state.items() if not isinstance(one, Tensor)]
    shared = dict(backbone.module.named_parameters(remove_duplicate=False))
    if strange or len(shared) != sum(1 for _ in backbone.module.parameters()):
        raise own_code(backbone)
    strides = {
        name: list(one.stride())
        for name, one in state.items()
        if one.stride() != torch.empty(one.shape, device="meta").stride()
    }
    return {name: one.detach().cpu().contiguous().clone() for name, one in state.items()}, strides


def _fill(module: nn.Module, tensors: Mapping[str, Tensor], strides: Mapping[str, list[int]]) -> None:
    own = module.state_dict()
    strange = sorted(set(own) ^ set(tensors)) or [
        name for name in own if own[name].shape != tensors[name].shape
    ]
    if strange:
        raise WeightsError(
            f"The weights do not fit the network: {strange[0]} is missing in one of them or has another shape.",
            "Push it again.",
        )
    # Into the network's own state, which knows its format: as plain names, norms would take it for an old one.
    own.update({name: _laid(stored, strides.get(name)) for name, stored in tensors.items()})
    module.load_state_dict(own, strict=True, assign=True)
    module.requires_grad_(True)


def _laid(stored: Tensor, stride: list[int] | None) -> Tensor:
    """Return a tensor whose numbers lie in memory as they did."""
    if stride is None:
        return stored
    last = sum((size - 1) * step for size, step in zip(stored.shape, stride, strict=True))
    if min(stride, default=1) < 1 or last + 1 != stored.numel():
        raise WeightsError(
            f"Strides {stride} do not fit a tensor of shape {tuple(stored.shape)}.", "Push it again."
        )
    return torch.empty_strided(stored.shape, stride, dtype=stored.dtype).copy_(stored)


def _head(tensors: Mapping[str, Tensor]) -> nn.Linear | None:
    if not tensors:
        return None
    weight, bias = tensors["weight"], tensors.get("bias")
    head = nn.Linear(weight.shape[1], weight.shape[0], bias is not None, device="meta", dtype=weight.dtype)
    head.load_state_dict(dict(tensors), assign=True)
    return head.requires_grad_(True)


def _sample(files: Mapping[str, bytes], classes: list[str] | None) -> SourceSample | None:
    if classes is None:
        return None
    arrays = safetensors.torch.load(files[SAMPLE])
    return SourceSample(
        arrays["images"].numpy(),
        arrays["labels"].numpy().astype(np.int64),
        tuple(str(one) for one in classes),
    )


def _expect_the_same(backbone: Backbone, files: Mapping[str, bytes]) -> None:
    """Put the files together again and compare: structure, weights, transform, and what comes out."""
    try:
        again = unpack(files)
    except WeightsError as error:
        raise own_code(backbone) from error
    same = again.fingerprint == backbone.fingerprint
    if not same or not all(map(torch.equal, _given(backbone), _given(again))):
        raise own_code(backbone)


def _given(backbone: Backbone) -> tuple[Tensor, Tensor]:
    """Return an input, and what the network makes of it."""
    x = _input(backbone.transform)
    with evaluating(backbone.module), torch.no_grad():
        features = pool_features(backbone.module(placed(backbone.module, x))).float().cpu()
        return x, features if backbone.source_head is None else backbone.source_head(features)


def _input(transform: Transform) -> Tensor:
    if isinstance(transform, InputTransform):
        return torch.rand((1, *transform.shape), generator=torch.Generator().manual_seed(0))
    texts = transform.probe(transform.shape)
    # Also a text without a word, one of unknown words, and one that is cut.
    return transform([*texts, "", "Zqx-zqx ’ß 一 [MASK] <pad>", " ".join(texts) * transform.shape[0]])
