"""Keras's layers as modules with torch's own parameters and buffers, so that a freeze plan acts on them as on any."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from tlkit.backbones.hubs.keras_client import keras_on_torch, on_the_cpu, without_tensorflow
from tlkit.errors import WeightsError

_RATES = ("rate", "drop_path_rate", "dropout", "stddev")
_NUMBERED = re.compile(r"^variable_\d+$")
_NORM_NAMES = {
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


class KerasNet:
    """A Keras model from which stages take what their layers compute; copies of the stages share it.

    Its own weights are never trained: a layer is called with those of the module that wraps it. Pickled, it is the
    model's configuration.

    Parameters
    ----------
    model
        With a known graph. All its layers are set to ``trainable``: what may change, the freeze plan says.
    """

    def __init__(self, model: Any) -> None:
        model.trainable = True
        self.model = model
        self._found: dict[tuple[str, ...], Any] = {}

    def layer(self, path: tuple[str, ...]) -> Any:
        """Return a layer or an operation by its name, or by the names of the models around it and its own."""
        if path not in self._found:
            around = self.model if len(path) == 1 else self.layer(path[:-1])
            inner = getattr(around, "_functional", None) or around
            self._found[path] = next(one for one in inner.operations if one.name == path[-1])
        return self._found[path]

    def __deepcopy__(self, memo: object) -> KerasNet:
        return self

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        with without_tensorflow():
            return _from_json, (self.model.to_json(),)


def _from_json(text: str) -> KerasNet:
    # What was a model of ours becomes one again: nothing is read from a file.
    keras = keras_on_torch()
    with without_tensorflow(), on_the_cpu():
        return KerasNet(keras.models.model_from_json(text))


class Keyed(nn.Module):
    """What the wrappers share: the layer, and its tensors by name."""

    def adopt(self, net: KerasNet, path: tuple[str, ...]) -> None:
        """Take the layer's numbers over, without copying them."""
        self.net, self.path = net, path
        self.takes_training = hasattr(self.layer, "trainable_weights")
        self.own: list[tuple[str, int]] = []
        for at, weight in enumerate(self._weights()):
            name = self.name_of(weight, {taken for taken, _ in self.own})
            self.own.append((name, at))
            if any(weight is one for one in self.layer.trainable_weights):
                self.register_parameter(name, nn.Parameter(weight.value.detach()))
            else:
                self.register_buffer(name, weight.value.detach())

    @property
    def layer(self) -> Any:
        """Keras's layer or operation."""
        return self.net.layer(self.path)

    def name_of(self, weight: Any, taken: set[str]) -> str:
        """Return a name for one of the layer's weights that no other has."""
        # What has no name of its own is numbered through the whole process, as layers are.
        name = _NUMBERED.sub("variable", weight.name.replace(".", "_"))
        while name in taken or hasattr(self, name):
            name += "_"
        return str(name)

    def call(self, *args: Any, **kwargs: Any) -> tuple[Any, list[tuple[str, Tensor]]]:
        """Call the layer with the module's own numbers; return its outputs and what it would write."""
        layer = self.layer
        if not self.takes_training:
            return layer(*args, **kwargs), []
        keras = keras_on_torch()
        weights = self._weights()
        mapping = [(weights[at], getattr(self, name)) for name, at in self.own]
        if self.training:
            # Keras's own counters of randomness would go on where the last run ended; torch's generator is the
            # one that a training run seeds.
            mapping += [(one.state, torch.randint(2**31, (2,)).to(torch.int64)) for one in self._seeds()]
        with keras.StatelessScope(state_mapping=mapping) as scope:
            given = layer(*args, training=self.training, **kwargs)
        written = [
            (name, scope.get_current_value(weights[at])) for name, at in self.own if name in self._buffers
        ]
        return given, [(name, value) for name, value in written if value is not getattr(self, name)]

    def write(self, values: list[tuple[str, Tensor]]) -> None:
        """Write what a layer wants to keep, such as running statistics, into the module's own buffers."""
        with torch.no_grad():
            for name, value in values:
                getattr(self, name).copy_(value)

    def draw_anew(self, generator: torch.Generator) -> None:
        """Draw all weights as the layer's own initialisers do, from a generator."""
        weights = self._weights()
        for name, at in self.own:
            if name not in self._parameters:
                continue
            draw = getattr(self.layer, f"{weights[at].name}_initializer", None)
            if draw is None:
                raise WeightsError(
                    f"The weights {'/'.join(self.path)}/{name} cannot be drawn anew: Keras's layer does not say how.",
                    "Leave out what starts from random weights: the arms scratch, scratch-long and random-frozen.",
                )
            with without_tensorflow():
                settings: dict[str, Any] = draw.get_config()
            if "seed" in settings:
                settings["seed"] = int(torch.randint(2**31, (), generator=generator))
            current = getattr(self, name)
            with torch.no_grad():
                drawn = type(draw).from_config(settings)(tuple(current.shape), dtype="float32")
                current.copy_(drawn.to(current.device, current.dtype))

    def extra_repr(self) -> str:
        """Return the layer's class and settings: they make the network what it is."""
        layer = self.layer
        with without_tensorflow():
            settings: dict[str, Any] = getattr(layer, "get_config", dict)()
        return f"{type(layer).__name__} {json.dumps(settings, sort_keys=True, default=repr)}"

    def _weights(self) -> list[Any]:
        return list(getattr(self.layer, "weights", ()))

    def _seeds(self) -> Iterator[Any]:
        seed = keras_on_torch().random.SeedGenerator
        for part in self.layer._flatten_layers():
            for one in vars(part).values():
                if isinstance(one, seed):
                    yield one


class KerasLayer(Keyed):
    """Any layer of Keras but BatchNormalization: what it may learn are parameters, what it keeps are buffers.

    Parameters
    ----------
    net
        The model.
    path
        Where the layer is in it.
    """

    def __init__(self, net: KerasNet, path: tuple[str, ...]) -> None:
        super().__init__()
        self.adopt(net, path)

    def adopt(self, net: KerasNet, path: tuple[str, ...]) -> None:
        """Take the layer's numbers over, and note how much it drops at random while it trains."""
        super().adopt(net, path)
        parts = self.layer._flatten_layers() if self.takes_training else ()
        rates = [getattr(part, name, 0.0) for part in parts for name in _RATES]
        self.drop_rate = max([float(one) for one in rates if isinstance(one, int | float)], default=0.0)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute as Keras does, with ``training`` as the module's own flag says."""
        given, written = self.call(*args, **kwargs)
        if self.training:
            self.write(written)
        return given


class KerasNorm(_BatchNorm, Keyed):
    """BatchNormalization of Keras, with the flags of torch's.

    Scale and shift are the parameters ``weight`` and ``bias``, the moving statistics the buffers ``running_mean`` and
    ``running_var``. It computes and keeps its statistics as Keras does, whose momentum and variance are not torch's.
    Channels come second, as in torch.
    """

    def __init__(self, net: KerasNet, path: tuple[str, ...]) -> None:
        layer = net.layer(path)
        super().__init__(
            layer.moving_mean.shape[0],
            layer.epsilon,
            1 - layer.momentum,
            affine=False,
            track_running_stats=True,
        )
        for name in ("running_mean", "running_var"):
            del self._buffers[name]
        for name in ("weight", "bias"):
            del self._parameters[name]
        self.num_batches_tracked = None
        self.affine = bool(layer.scale or layer.center)
        self.adopt(net, path)
        for name in ("weight", "bias"):
            if name not in self._parameters:
                self.register_parameter(name, None)

    def name_of(self, weight: Any, taken: set[str]) -> str:
        """Return torch's names for the four that it has, and Keras's for others."""
        return _NORM_NAMES.get(weight.name) or super().name_of(weight, taken)

    def forward(self, input: Tensor) -> Tensor:
        """Normalise (n, c, ...): by the batch while it trains, otherwise by the moving statistics."""
        axis = self.layer.axis
        given, written = self.call(input.movedim(1, axis))
        if self.training and self.track_running_stats:
            self.write(written)
        found: Tensor = given.movedim(axis, 1)
        return found

    def reset_parameters(self) -> None:
        """Set scale 1, shift 0 and fresh statistics."""
        for name, value in (("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0)):
            tensor = getattr(self, name, None)
            if tensor is not None:
                nn.init.constant_(tensor, value)

    def draw_anew(self, generator: torch.Generator) -> None:
        """Start afresh; nothing here is random."""
        self.reset_parameters()

    def extra_repr(self) -> str:
        """Return the layer's class and settings."""
        return Keyed.extra_repr(self)
