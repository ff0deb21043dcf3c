"""What lies beside a weights file: NAME.json, which says what the file itself cannot.

For ``net.safetensors`` it is ``net.json``, an object with any of these entries:

``architecture``
    The network that the weights belong to: ``"torchvision:resnet18"``, ``"timm:resnet18"``, ``"zoo:resnet"``.
``layers``
    Instead of it, a network as stages of torch's layers:
    ``{"stem": ["Conv2d(1, 8, 3)", "ReLU()"], "body": ["Conv2d(8, 16, 3)", "BatchNorm2d(16)"]}``; its weights are named
    ``stem.0.weight``. An entry ``head``, ``["Linear(16, 10)"]``, is the last layer.
``stages``
    Where the architecture is cut, as `tlkit.backbones.wrap` takes it: a list of names of parts, or names to parts.
``head``
    Name of the architecture's last layer: ``"fc"``.
``transform``
    The pictures: ``{"channels": 3, "height": 64, "width": 64, "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}``.
``output``
    Which output of an ONNX file holds the features.
``classes``, ``limits``
    Lists of texts for the card.
``title``, ``origin``, ``data``, ``licence_code``, ``licence_weights``, ``licence_data``
    Texts for the card.
``sha256``
    Of the weights file; then a changed one is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tlkit import files
from tlkit.backbones.card import ModelCard
from tlkit.backbones.transform import InputTransform
from tlkit.errors import DataError, WeightsError, unknown_name

_TEXTS = ("title", "origin", "data", "licence_code", "licence_weights", "licence_data")
_LISTS = ("classes", "limits")
_OTHERS = ("architecture", "layers", "stages", "head", "transform", "output", "sha256")
_SIZES = ("channels", "height", "width", "mean", "std")


@dataclass(frozen=True)
class Beside:
    """The entries of such a file; empty where there is none.

    Parameters
    ----------
    architecture, head, output, sha256
        As in the file; empty if it does not say.
    layers, stages
        As in the file; None if it does not say.
    transform
        The preprocessing; None if it does not say.
    classes
        Names.
    texts
        What goes onto the card as it is.
    """

    architecture: str = ""
    head: str = ""
    output: str = ""
    sha256: str = ""
    layers: Mapping[str, list[str]] | None = None
    stages: Any = None
    transform: InputTransform | None = None
    classes: tuple[str, ...] = ()
    texts: Mapping[str, Any] = field(default_factory=dict)

    def card(self, name: str, **known: Any) -> ModelCard:
        """Return a card of what is known here and there; what the file says goes first."""
        limits = (*self.texts.get("limits", ()), *known.pop("limits", ()))
        said = {key: value for key, value in self.texts.items() if key != "limits"}
        return ModelCard(name=name, classes=self.classes, limits=limits, **{**known, **said})


def beside(path: Path, given: Mapping[str, Any] | None = None) -> Beside:
    """Read what lies beside a weights file, or what is given in its place.

    Parameters
    ----------
    path
        The weights file.
    given
        The entries themselves; None reads them.

    Raises
    ------
    WeightsError
        It is no JSON object, has an unknown entry, or one of another kind than expected.
    UnknownNameError
        An entry that does not exist; the nearest is named.

    Examples
    --------
    >>> beside(Path("net.safetensors"), {"architecture": "torchvision:resnet18", "classes": ["a", "b"]}).classes
    ('a', 'b')
    """
    place = path.with_suffix(".json")
    values = given
    if values is None:
        if not place.is_file():
            return Beside()
        try:
            values = json.loads(place.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise WeightsError(f"{place.name} is no JSON: {error}.", "Mend it, or take it away.") from error
    where = place.name if given is None else "What is given for the file"
    if not isinstance(values, Mapping):
        raise WeightsError(f"{where} holds no object.", 'Write {"architecture": "torchvision:resnet18"}.')
    for key in values:
        if key not in (*_TEXTS, *_LISTS, *_OTHERS):
            raise unknown_name(f"entry of {where}", key, (*_OTHERS, *_LISTS, *_TEXTS))
    texts = {key: _text(where, key, values[key]) for key in _TEXTS if key in values}
    lists = {key: _list(where, key, values[key]) for key in _LISTS if key in values}
    return Beside(
        **{
            key: _text(where, key, values[key])
            for key in ("architecture", "head", "output", "sha256")
            if key in values
        },
        layers=_layers(where, values.get("layers")),
        stages=_stages(where, values.get("stages")),
        transform=_transform(where, values.get("transform")),
        classes=lists.pop("classes", ()),
        texts={**texts, **lists},
    )


def check_hash(path: Path, said: Beside) -> str:
    """Return the SHA-256 of a weights file.

    Raises
    ------
    WeightsError
        The file cannot be read, or it is not the one that is described.
    """
    try:
        found = files.sha256(path)
    except OSError as error:
        raise WeightsError(
            f"The file {path} cannot be read: {error.strerror or error}.",
            "Give the path of a file of weights.",
        ) from error
    if said.sha256 and said.sha256.lower() != found:
        raise WeightsError(
            f"The weights {path.name} were changed or cut short: their SHA-256 is {found}, {path.stem}.json says"
            f" {said.sha256}.",
            "Get the file again, or correct what is said of it.",
        )
    return found


def _wrong(where: str, key: str, value: object, wanted: str) -> WeightsError:
    return WeightsError(f"{where}: {key!r} is {value!r}, expected {wanted}.", "Correct this entry.")


def _text(where: str, key: str, value: object) -> str:
    if not isinstance(value, str):
        raise _wrong(where, key, value, "a text")
    return value


def _list(where: str, key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise _wrong(where, key, value, "a list of texts")
    return tuple(value)


def _layers(where: str, value: object) -> Mapping[str, list[str]] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or not value:
        raise _wrong(
            where, "layers", value, 'stages with their layers: {"stem": ["Conv2d(1, 8, 3)", "ReLU()"]}'
        )
    return {str(stage): list(_list(where, f"layers.{stage}", layers)) for stage, layers in value.items()}


def _stages(where: str, value: object) -> Any:
    if value is None:
        return None
    if isinstance(value, Mapping):
        return {
            str(name): part if isinstance(part, str) else list(_list(where, f"stages.{name}", part))
            for name, part in value.items()
        }
    return list(_list(where, "stages", value))


def _transform(where: str, value: object) -> InputTransform | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or set(value) != set(_SIZES):
        raise _wrong(where, "transform", value, f"the entries {', '.join(_SIZES)}")
    try:
        return InputTransform(**value)
    except DataError as error:
        raise WeightsError(f"{where}: {error.what}", error.cure) from error
