"""A network written down as layers of torch, ``"Conv2d(1, 8, 3, padding=1)"``: read as names and numbers, never run."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from torch import nn

from tlkit.backbones.staged import StagedModule
from tlkit.errors import WeightsError, unknown_name

#: What such a network can be made of.
LAYERS = (
    *(
        "Conv2d",
        "ConvTranspose2d",
        "Linear",
        "BatchNorm1d",
        "BatchNorm2d",
        "GroupNorm",
        "LayerNorm",
        "InstanceNorm2d",
    ),
    *(
        "ReLU",
        "ReLU6",
        "LeakyReLU",
        "GELU",
        "SiLU",
        "Hardswish",
        "Sigmoid",
        "Tanh",
        "Softplus",
        "ELU",
        "PReLU",
    ),
    *(
        "MaxPool2d",
        "AvgPool2d",
        "AdaptiveAvgPool2d",
        "AdaptiveMaxPool2d",
        "ZeroPad2d",
        "Upsample",
        "Flatten",
        "Identity",
    ),
    *("Dropout", "Dropout2d", "AlphaDropout"),
)
HEAD = "head"
# These draw weights when they are made, unless on the meta device: the weights come from the file.
_WITH_WEIGHTS = (*LAYERS[:8], "PReLU")


def built(layers: Mapping[str, list[str]], where: str) -> tuple[StagedModule, nn.Linear | None]:
    """Return the stages, and the last layer if there is an entry ``head``.

    Parameters
    ----------
    layers
        Stage to its layers.
    where
        The file, for messages.

    Raises
    ------
    WeightsError
        A layer is not written as a name and plain values, or torch does not make it.
    UnknownNameError
        There is no such layer.

    Examples
    --------
    >>> stages, head = built({"stem": ["Conv2d(1, 4, 3)", "ReLU()"], "head": ["Linear(4, 2)"]}, "net.json")
    >>> list(stages.stages), head
    (['stem'], Linear(in_features=4, out_features=2, bias=True))
    """
    made = {name: [_layer(text, where) for text in texts] for name, texts in layers.items()}
    last = made.pop(HEAD, None)
    staged = StagedModule({name: nn.Sequential(*parts) for name, parts in made.items()})
    if last is None:
        return staged, None
    if len(last) == 1 and isinstance(last[0], nn.Linear):
        return staged, last[0]
    raise WeightsError(f"{where}: the head is {layers[HEAD]}.", 'Give one linear layer: ["Linear(16, 10)"].')


def _layer(text: str, where: str) -> nn.Module:
    try:
        call = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _unread(text, where) from error
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise _unread(text, where)
    if call.func.id not in LAYERS:
        raise unknown_name("layer", call.func.id, LAYERS)
    try:
        args = [ast.literal_eval(one) for one in call.args]
        settings: dict[str, Any] = {str(one.arg): ast.literal_eval(one.value) for one in call.keywords}
        if call.func.id in _WITH_WEIGHTS:
            settings["device"] = "meta"
        made: nn.Module = getattr(nn, call.func.id)(*args, **settings)
    except (ValueError, TypeError, RuntimeError, SyntaxError, MemoryError) as error:
        raise WeightsError(
            f"{where}: torch does not make {text!r}: {error}.",
            "Write it as in Python: Conv2d(1, 8, 3, padding=1).",
        ) from error
    return made


def _unread(text: str, where: str) -> WeightsError:
    return WeightsError(
        f"{where}: {text!r} is no layer with plain values.",
        "Write it as in Python: Conv2d(1, 8, 3, padding=1).",
    )
