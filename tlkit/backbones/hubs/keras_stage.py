"""Stages of a Keras network, with activations in torch's layout between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from tlkit.backbones.hubs.keras_client import keras_on_torch
from tlkit.backbones.hubs.keras_graph import Graph, Ref, Segment, graph_of, layers_of
from tlkit.backbones.hubs.keras_layers import KerasLayer, KerasNet, KerasNorm
from tlkit.backbones.limits import limit

_WITH_NORMS_INSIDE = ("trainable", "stored_stats", "strict")


class Wrapped:
    """The modules around the layers of one model, each made once, so that what is shared stays shared."""

    def __init__(self, net: KerasNet) -> None:
        self.net = net
        self._made: dict[tuple[str, ...], nn.Module] = {}

    def __call__(self, path: tuple[str, ...]) -> nn.Module:
        """Return the module around a layer."""
        if path not in self._made:
            self._made[path] = self._wrap(path)
        return self._made[path]

    def _wrap(self, path: tuple[str, ...]) -> nn.Module:
        keras = keras_on_torch()
        layer = self.net.layer(path)
        if isinstance(layer, keras.layers.BatchNormalization):
            return KerasNorm(self.net, path)
        if isinstance(layer, keras.Sequential) or hasattr(layer, "_nodes_by_depth"):
            graph = graph_of(layer, keras)
            return KerasGraph(self, graph, Segment(graph.calls, graph.source, graph.result), path)
        wrapped = KerasLayer(self.net, path)
        if any(isinstance(one, keras.layers.BatchNormalization) for one in _parts(layer)):
            limit(
                wrapped,
                _WITH_NORMS_INSIDE,
                f"Keras's layer {layer.name} has BatchNormalization inside, whose scale and statistics cannot be told"
                " from its weights there",
            )
        return wrapped


def _parts(layer: Any) -> list[Any]:
    return list(layer._flatten_layers()) if hasattr(layer, "_flatten_layers") else []


class KerasGraph(nn.Module):
    """Some calls of a Keras model between two tensors, as a module.

    Parameters
    ----------
    wrapped
        The modules of the model's layers.
    graph
        The model's.
    segment
        The calls.
    path
        Names of the models in which this one lies; empty for the outermost.
    """

    def __init__(self, wrapped: Wrapped, graph: Graph, segment: Segment, path: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.segment = segment
        self.rank = len(graph.shapes[segment.enters])
        self.layers = nn.ModuleDict({_key(name): wrapped((*path, name)) for name in layers_of(segment)})

    def forward(self, x: Tensor, **kwargs: Any) -> Tensor:
        """Run the calls; tensors are in Keras's layout."""
        known = {self.segment.enters: x}
        for call in self.segment.calls:
            module = self.layers[_key(call.layer)]
            args, kwargs = _filled(call.args, known), _filled(call.kwargs, known)
            if isinstance(module, KerasNorm):
                axis = module.layer.axis
                given = module(args[0].movedim(axis, 1)).movedim(1, axis)
            else:
                given = module(*args, **kwargs)
            known.update(zip(call.gives, given if isinstance(given, list | tuple) else [given], strict=True))
        return known[self.segment.leaves]

    def extra_repr(self) -> str:
        """Return how the layers are wired."""
        return repr(self.segment)


class KerasStage(nn.Module):
    """A stage: takes and gives (n, c, h, w) or (n, d), whatever layout the Keras model has.

    Parameters
    ----------
    inner
        The calls.
    channels_last
        Whether the model's pictures are (n, h, w, c).
    reverses
        Whether the first thing to do is to turn red, green and blue round, for weights that were trained on blue,
        green and red.
    """

    def __init__(self, inner: KerasGraph, channels_last: bool, reverses: bool = False) -> None:
        super().__init__()
        self.inner = inner
        self.channels_last = channels_last
        self.reverses = reverses

    def forward(self, x: Tensor) -> Tensor:
        """Run the stage."""
        if self.reverses:
            x = x.flip(1)
        if x.ndim == 4 and self.channels_last:
            x = x.permute(0, 2, 3, 1)
        # Keras would take everything to the device that it prefers.
        with keras_on_torch().device(_device(x)):
            x = self.inner(x)
        if x.ndim == 4 and self.channels_last:
            x = x.permute(0, 3, 1, 2)
        return x

    def extra_repr(self) -> str:
        """Return what is done at the boundary."""
        return f"channels_last={self.channels_last}, reverses={self.reverses}"


def _key(name: str) -> str:
    # A module's name may hold no dot, and none of the words that a ModuleDict has for itself.
    return f"_{name.replace('.', '_')}"


def _filled(value: Any, known: Mapping[int, Tensor]) -> Any:
    if isinstance(value, Ref):
        return known[value.tensor]
    if isinstance(value, dict):
        return {key: _filled(one, known) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_filled(one, known) for one in value)
    return value


def _device(x: Tensor) -> str:
    # Without a number for the processor: Keras takes "cpu:0" for another device than torch's "cpu".
    return "cpu" if x.device.type == "cpu" else f"{x.device.type}:{x.device.index or 0}"
