"""A Keras model as stages and a last layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from tlkit.backbones.hubs.keras_client import keras_on_torch, on_the_cpu
from tlkit.backbones.hubs.keras_ending import ending
from tlkit.backbones.hubs.keras_graph import graph_of, segments, stages
from tlkit.backbones.hubs.keras_layers import KerasNet
from tlkit.backbones.hubs.keras_stage import KerasGraph, KerasStage, Wrapped
from tlkit.backbones.layers import is_norm
from tlkit.backbones.staged import StagedModule
from tlkit.errors import PlanError


@dataclass(frozen=True)
class Taken:
    """What was made of a model.

    Parameters
    ----------
    module
        The stages, in evaluation mode.
    head
        The last layer, from pooled features to scores; None if there is none of this kind.
    learns_in
        As the Keras guide fine-tunes: on stored statistics, where there is BatchNormalization.
    """

    module: StagedModule
    head: nn.Linear | None
    learns_in: str


def taken_apart(model: Any, *, reverses: bool = False) -> Taken:
    """Cut a model into stages that compute what it computes.

    Parameters
    ----------
    model
        With one input, pictures, and one output.
    reverses
        Whether its pictures are blue, green, red.

    Raises
    ------
    PlanError
        It cannot be cut.
    """
    with on_the_cpu():
        return _taken_apart(model, reverses)


def _taken_apart(model: Any, reverses: bool) -> Taken:
    keras = keras_on_torch()
    size = pictures_of(model)
    net, graph = KerasNet(model), graph_of(model, keras)
    operations = (getattr(model, "_functional", None) or model).operations
    kinds = {one.name: type(one).__name__ for one in operations}

    def is_head(name: str) -> bool:
        layer = net.layer((name,))
        one_place = isinstance(layer, keras.layers.Conv2D) and set(layer.kernel_size) == {1}
        return (one_place or isinstance(layer, keras.layers.Dense)) and _linear(layer)

    parts = segments(graph)
    if not parts or parts[-1].leaves != graph.result:
        raise PlanError(
            f"The Keras model {model.name} gives {graph.shapes[graph.result]} numbers for a picture.",
            "Give a model that ends with (height, width, channels) or with (features,).",
        )
    end = ending(parts, kinds, is_head)
    learning = {one.name for one in operations if getattr(one, "trainable_weights", ())}
    named = stages(end.body, graph, kinds, learning)
    wrapped = Wrapped(net)
    last = size[2] in (1, 3)
    module = StagedModule(
        {
            name: KerasStage(KerasGraph(wrapped, graph, part), last, reverses and at == 0)
            for at, (name, part) in enumerate(named.items())
        }
    ).eval()
    normed = any(is_norm(part) for part in module.modules())
    head = None if end.layer is None else _as_linear(net.layer((end.layer,)))
    return Taken(module, head, "stored_stats" if normed else "trainable")


def pictures_of(model: Any) -> tuple[int | None, int | None, int | None]:
    """Return the shape of one picture that a model takes, in its own layout.

    Raises
    ------
    PlanError
        It takes something else.
    """
    shape = tuple(model.input_shape[1:]) if not isinstance(model.input_shape, list) else ()
    if len(shape) != 3 or (shape[2] not in (1, 3) and shape[0] not in (1, 3)):
        raise PlanError(
            f"The Keras model {model.name} takes inputs of shape {model.input_shape}, expected pictures.",
            "Give a model that begins with keras.Input(shape=(height, width, 3)), or 1 for grey.",
        )
    return shape


def _linear(layer: Any) -> bool:
    activation = layer.activation
    return activation is None or getattr(activation, "__name__", "") in ("linear", "softmax", "sigmoid")


def _as_linear(layer: Any) -> nn.Linear | None:
    kernel = layer.kernel.value.detach()
    if kernel.shape[-1] < 2 or getattr(layer.activation, "__name__", "") == "sigmoid":
        return None  # it does not choose one of several classes
    kernel = kernel.reshape(kernel.shape[-2:]).T
    linear = nn.Linear(kernel.shape[1], kernel.shape[0], device="meta").to_empty(device="cpu")
    with torch.no_grad():
        linear.weight.copy_(kernel)
        linear.bias.copy_(layer.bias.value.detach() if layer.use_bias else torch.zeros(len(kernel)))
    return linear.eval()
