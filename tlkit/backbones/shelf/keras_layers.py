"""The layers of Keras's applications, built again by name; what a file of one's own wires is not."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any

from torch import nn

from tlkit.backbones.hubs.keras_client import keras_on_torch, on_the_cpu
from tlkit.backbones.hubs.keras_layers import Keyed
from tlkit.backbones.hubs.keras_model import taken_apart
from tlkit.backbones.hubs.keras_stage import KerasStage
from tlkit.backbones.staged import StagedModule
from tlkit.errors import WeightsError, expect_whole

PREFIX = "keras:"
_MOST_SIDE, _MOST_CLASSES, _MOST_ALPHA = 4096, 1_000_000, 4.0
# The MobileNets name their width, and the side of their pictures: mobilenetv2_0.35_96.
_SIZED = re.compile(r"(mobilenet(?:v2)?)_(\d\.\d+)_\d+")


def told(module: StagedModule) -> tuple[str, dict[str, Any]] | None:
    """Return the builder of a network of Keras and its settings; None for other networks.

    Keras numbers layers without a name through the whole process, so that their names are kept.
    """
    if not any(isinstance(one, KerasStage) for one in module.stages.values()):
        return None
    keyed = next((one for one in module.modules() if isinstance(one, Keyed)), None)
    if keyed is None:
        return None
    from tlkit.backbones.hubs.keras import APPLICATIONS

    model = keyed.net.model
    sized = _SIZED.fullmatch(model.name)
    plain = sized[1] if sized else re.sub("[^a-z0-9]", "", model.name.lower())
    first = next(iter(module.stages.values()))
    inner = getattr(model, "_functional", None) or model
    settings: dict[str, Any] = {
        "input_shape": list(model.input_shape[1:]),
        "classes": model.output_shape[-1] if len(model.output_shape) == 2 else 0,
        "reverses": bool(getattr(first, "reverses", False)),
        "layers": [one.name for one in inner.operations],
        **({"alpha": float(sized[2])} if sized else {}),
    }
    return PREFIX + next((one for one in APPLICATIONS if one.lower() == plain), ""), settings


def build(application: str, settings: Mapping[str, Any]) -> dict[str, nn.Module]:
    """Return the stages of an application, with random numbers in them.

    Raises
    ------
    MissingPartError
        Keras is not installed, or computes on another backend.
    ValueError
        There is no such application, or it has other layers here.
    WeightsError
        A size cannot be.
    """
    from tlkit.backbones.hubs.keras import APPLICATIONS

    if application not in APPLICATIONS:
        raise ValueError(f"Keras has no application {application!r}")
    height, width, channels = (
        expect_whole("side", one, 1, WeightsError, _MOST_SIDE) for one in settings["input_shape"]
    )
    classes = expect_whole("classes", settings["classes"], 0, WeightsError, _MOST_CLASSES)
    ending: dict[str, Any] = {"include_top": False}
    if classes:
        ending = {"classes": classes, "classifier_activation": None}
    if "alpha" in settings:
        if not 0 < float(settings["alpha"]) <= _MOST_ALPHA:
            raise ValueError(f"alpha is {settings['alpha']!r}")
        ending["alpha"] = float(settings["alpha"])
    make = getattr(keras_on_torch().applications, application)
    # Keras seeds its random weights from Python's own generator.
    before = random.getstate()
    try:
        with on_the_cpu():
            model = make(weights=None, input_shape=(height, width, channels), **ending)
    finally:
        random.setstate(before)
    layers = (getattr(model, "_functional", None) or model).operations
    names = [str(one) for one in settings["layers"]]
    if len(names) != len(layers):
        raise ValueError(f"it has {len(layers)} layers here, and {len(names)} were stored")
    for layer, name in zip(layers, names, strict=True):
        layer.name = name
    return dict(taken_apart(model, reverses=bool(settings["reverses"])).module.stages.items())
