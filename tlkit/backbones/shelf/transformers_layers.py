"""The layers of networks of transformers, built again from their settings: no code of a repository, nothing fetched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from tlkit.backbones.hubs.hf_images import Features, Part, Pooling, cut_images, settings_of
from tlkit.backbones.hubs.hf_texts import Embeddings, Encoder, First, Layer, cut_texts
from tlkit.backbones.hubs.missing import missing_part
from tlkit.backbones.staged import StagedModule

PREFIX = "hf:"
#: Kinds whose own code builds layers from settings and does nothing else: it asks no hub and no other library.
TEXTS = ("albert", "bert", "camembert", "distilbert", "electra", "mpnet", "roberta", "xlm-roberta")
IMAGES = (
    *("beit", "bit", "convnext", "convnextv2", "cvt", "deit", "dinov2", "efficientnet", "focalnet", "levit"),
    *("mobilenet_v1", "mobilenet_v2", "mobilevit", "mobilevitv2", "poolformer", "pvt", "pvt_v2", "regnet"),
    *("resnet", "segformer", "swin", "swinv2", "vit", "vit_msn"),
)
# What transformers itself would follow to code, kernels or other networks.
_LEADS_ELSEWHERE = ("auto_map", "name_or_path", "quantization_config", "backbone", "timm", "implementation")
_PARTS = (Encoder, Embeddings, Layer, Features, Part, Pooling)
# No layer is so wide: the last one is found by its number of classes.
_CLASSES = 13
# What counts layers, by a part of its name: each of them takes time to build. The other sizes take memory.
_COUNTS = ("layer", "depth", "block", "repeat", "stage", "level", "group_num", "hidden_groups")
_MOST_LAYERS, _MOST, _MOST_FACTOR, _MOST_SIDE = 512, 2_000_000, 10, 2_048
# What is built holds what is stored, perhaps with later stages that were left out. That may be far more, but no more
# than so many numbers.
_TIMES, _ALLOWED = 2, 250_000_000
# LeViT walks in plain loops over all pairs of places: 14 x 14 of them where it was trained.
_MOST_PLACES_OF_LEVIT = 32


def told(module: StagedModule) -> tuple[str, dict[str, Any]] | None:
    """Return the builder of a network of transformers and its settings; None for other networks."""
    stages = list(module.stages.values())
    if not any(isinstance(one, _PARTS) for one in stages):
        return None
    said = [
        settings_of(one.net.config) if isinstance(one, Encoder | Features) else one.settings
        for one in stages
        if isinstance(one, Encoder | Features | Layer | Part)
    ]
    config = json.loads(said[0]) if said and said[0] else {}
    paddings = [one.padding for one in stages if isinstance(one, Encoder | Embeddings)]
    settings: dict[str, Any] = {"config": config}
    if paddings:
        settings |= {"padding": paddings[0], "first": any(isinstance(one, First) for one in stages)}
    else:
        settings["pooling"] = _pooling(dict(module.stages.items()))
    return f"{PREFIX}{config.get('model_type', '')}", settings


def build(
    kind: str, settings: Mapping[str, Any], shape: tuple[int, ...], stored: int | None = None
) -> dict[str, nn.Module]:
    """Return the stages of a network of transformers, with random numbers in them.

    Parameters
    ----------
    kind
        As transformers calls it: ``"bert"``.
    settings
        As `told` gave them.
    shape
        Of one transformed item.
    stored
        How many numbers the entry holds; settings that ask for far more weights are refused before memory is taken for
        them. None: as many as the settings say.

    Raises
    ------
    MissingPartError
        transformers is not installed.
    ValueError
        The kind, or a setting, is none that is built here, or the network would be far larger than what is stored.
    """
    if kind not in (*TEXTS, *IMAGES):
        raise ValueError(f"networks of the kind {kind!r} are not built here")
    try:
        import transformers
    except ImportError as error:
        raise missing_part("transformers", "hf") from error
    config: Any = transformers.CONFIG_MAPPING[kind].from_dict(_harmless(settings["config"]))
    reader: Any = transformers.AutoModel if kind in TEXTS else transformers.AutoModelForImageClassification
    if kind in IMAGES:
        config.num_labels = _CLASSES
        if max(shape[1:]) > _MOST_SIDE:
            raise ValueError(
                f"its pictures are of {shape[1]} x {shape[2]}, and at most {_MOST_SIDE} are built here"
            )
    if kind == "levit" and config.image_size > _MOST_PLACES_OF_LEVIT * config.patch_size:
        raise ValueError(f"its image_size is {config.image_size} with a patch_size of {config.patch_size}")
    if stored is not None:
        _expect_as_large(reader, config, stored)
    # How it is cut is tried on these numbers: always the same ones, and not from the learner's generator.
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        net = reader.from_config(config, trust_remote_code=False).eval()
    if kind in TEXTS:
        return cut_texts(net, int(settings["padding"]), bool(settings["first"]))
    noise = torch.randn((1, *shape), generator=torch.Generator().manual_seed(0))
    stages = cut_images(net, noise)[0]
    if _pooling(stages) != settings["pooling"]:
        raise ValueError("its features are pooled in another way here")
    return stages


def _pooling(stages: Mapping[str, nn.Module]) -> str:
    return next((one.way for one in stages.values() if isinstance(one, Pooling)), "")


def _harmless(config: Any) -> dict[str, Any]:
    """Return settings that are numbers and words; refuse what leads elsewhere, and sizes that cannot be."""
    for key, value in dict(config).items():
        leads = key.startswith("_") or any(part in key for part in _LEADS_ELSEWHERE)
        if (leads and value) or (isinstance(value, dict) and value):
            raise ValueError(f"the setting {key!r} leads to what is not in the entry")
        counts = any(part in key for part in _COUNTS)
        most = _MOST_FACTOR if "coefficient" in key else _MOST_LAYERS if counts else _MOST
        _expect_sizes(key, value, most)
        if counts and _sum(value) > _MOST_LAYERS:
            raise ValueError(f"the setting {key!r} sums up to more than {_MOST_LAYERS}")
    return {key: value for key, value in config.items() if not isinstance(value, dict)}


def _expect_as_large(reader: Any, config: Any, stored: int) -> None:
    # Sizes that are each allowed may have a product that fills the memory; on this device nothing takes any.
    with torch.device("meta"):
        outline = reader.from_config(config, trust_remote_code=False)
    numbers = sum(one.numel() for one in (*outline.parameters(), *outline.buffers()))
    if numbers > max(_TIMES * stored, _ALLOWED):
        raise ValueError(f"its settings make {numbers:,} numbers, and {stored:,} are stored")


def _expect_sizes(key: str, value: Any, most: int) -> None:
    if isinstance(value, list):
        if len(value) > _MOST_LAYERS:
            raise ValueError(f"the setting {key!r} lists {len(value)} values, more than {_MOST_LAYERS}")
        for one in value:
            _expect_sizes(key, one, most)
    elif isinstance(value, dict) and value:
        raise ValueError(f"the setting {key!r} leads to what is not in the entry")
    elif isinstance(value, int | float) and not abs(value) <= most:
        raise ValueError(f"the setting {key!r} is {value}, and at most {most} is built here")


def _sum(value: Any) -> float:
    if isinstance(value, list):
        return sum(_sum(one) for one in value)
    return abs(value) if isinstance(value, int | float) else 0
