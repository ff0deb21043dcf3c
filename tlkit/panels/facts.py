"""What a Freeze panel knows about its network and task before any run, as plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from tlkit import backbones, data
from tlkit.freeze.modes import LEARNING
from tlkit.panels.presets import MODES
from tlkit.panels.things import called
from tlkit.pictures import picture, written

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.data import Task


def about(backbone: Backbone, task: Task) -> dict[str, Any]:
    """Collect names and counts.

    Examples
    --------
    >>> net, task = backbones.load("zoo:resnet-letters"), data.load("greek").few_shot(1, seed=0)
    >>> [stage["name"] for stage in about(net, task)["stages"]]
    ['stem', 'layer1', 'layer2', 'layer3']
    """
    modules = dict(backbone.module.stages.items())
    stages = [
        {
            "name": row.name,
            "parameters": int(row.parameters),
            "affine": _affine(modules[row.name]),
            "multiply_adds": int(row.multiply_adds),
            "shape": " × ".join(str(size) for size in reversed(row.output_shape)),
            "batchnorm": bool(row.has_batchnorm),
            "dropout": bool(row.has_dropout),
        }
        for row in backbone.summary().stages
    ]
    classes = len(task.classes)
    head = backbone.feature_count * classes + classes
    total = backbone.summary().parameters
    labels = task.labels_per_class
    each = "all labels" if labels is None else f"{labels} label{'' if labels == 1 else 's'} each"
    old = backbone.source_head
    learned = f", learned on {old.out_features:,} classes" if old is not None else ""
    return {
        "subtitle": f"{backbone.name}, {total:,} numbers{learned} → {task.dataset.name}, {classes} classes, {each}",
        "backbone": {
            "name": backbone.name,
            "load": backbone.name if backbones.known(backbone.name) else "",
            **({"asked": dict(backbone.asked)} if backbone.asked else {}),
        },
        "task": {
            "name": task.name,
            "load": task.dataset.name if task.dataset.name in data.names() else "",
            "labels_per_class": labels,
            "seed": task.seed,
            "fingerprint": task.fingerprint,
        },
        "items": len(task.train),
        "test_items": len(task.test),
        "stages": stages,
        "learns_in": backbone.learns_in,
        "head": {"parameters": head, "classes": classes},
        "sample": sample(task),
        **called(task.train.kind),
    }


def sample(task: Task) -> dict[str, str]:
    """Return one training picture of the task with its class; of texts, one written as a picture."""
    name = str(task.classes[int(task.train.labels[0])])
    if task.train.kind == "texts":
        text = task.train.texts[0]
        words = len(text.split())
        return {
            "picture": written(text),
            "alt": f"A training text of class {name}: {text}",
            "size": f"{words} word{'' if words == 1 else 's'}",
            "name": name,
            "classes": f"{len(task.classes)} classes",
        }
    image = task.train.images[0]
    height, width = image.shape[-2:]
    return {
        "picture": picture(image),
        "alt": f"A training picture of class {name}",
        "size": f"{width} × {height}",
        "name": name,
        "classes": f"{len(task.classes)} classes",
    }


def stage_view(stage: Mapping[str, Any], mode: str) -> dict[str, Any]:
    """Describe one stage in one mode for the browser."""
    label, sentence = MODES[mode]
    learns = mode in LEARNING
    word = "learns" if learns else "partly" if mode == "train_bn" else "frozen"
    return {
        "name": stage["name"],
        "count": f"{stage['parameters']:,} numbers",
        "shape": f"gives {stage['shape']}",
        "mode": mode,
        "label": label,
        "learns": learns,
        "tone": "warm" if learns else "frozen" if mode in ("strict", "batch_stats") else "drift",
        "sign": "▲" if learns else "❄",
        "word": word,
        "spoken": f"{stage['name']}: {word}{' frozen' if word == 'partly' else ''}",
        "sentence": f"{stage['name']}, {label}: {sentence}",
    }


def head_view(head: Mapping[str, Any]) -> dict[str, Any]:
    """Describe the head for the browser."""
    return {
        "name": "head",
        "count": f"{head['parameters']:,} numbers",
        "sign": "▲",
        "word": "learns",
        "spoken": "head: learns",
        "label": "new",
        "sentence": "head: it is new and always learns. Frozen, it would only guess.",
    }


def _affine(module: nn.Module) -> int:
    """Count the scales and shifts of BatchNorm layers, each once."""
    return sum(
        parameter.numel()
        for layer in module.modules()
        if isinstance(layer, _BatchNorm)
        for parameter in layer.parameters(recurse=False)
    )
