"""A Keras model of your own, read from a ``.keras`` file without running code in it."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from tlkit import files
from tlkit.backbones.backbone import Backbone
from tlkit.backbones.card import ModelCard
from tlkit.backbones.hubs.beside import Beside, beside
from tlkit.backbones.hubs.hub import Asked
from tlkit.backbones.hubs.keras_client import keras_on_torch, on_the_cpu, without_tensorflow
from tlkit.backbones.hubs.keras_model import pictures_of, taken_apart
from tlkit.backbones.staged import StagedModule
from tlkit.backbones.transform import InputTransform
from tlkit.errors import DataError, WeightsError

_USUAL_SIDE = 224
# Whatever the learner's own settings of Keras allow: Python and other frameworks' programs, and lists read from files.
_PROGRAMS = ("Lambda", "__lambda__", "TorchModuleWrapper", "TFSMLayer", "JaxLayer", "FlaxLayer")
_CODE = {*_PROGRAMS, "StringLookup", "IntegerLookup", "TextVectorization"}
_MOST_CONFIG_BYTES = 50_000_000


def load_own(name: str, asked: Asked) -> Backbone:
    """Read a whole model.

    Where a file of the same name that ends with ``.json`` lies beside it, its ``transform`` says which pictures the
    model takes, its ``classes`` how they are named (see `tlkit.backbones.hubs.beside`). Without it, a model that begins
    with Rescaling is given bytes from 0 to 255, any other numbers from 0 to 1.

    Parameters
    ----------
    name
        The path, perhaps with ``@96``, the side of the pictures for a model that takes any.
    asked
        Its side.

    Raises
    ------
    WeightsError
        There is no such file, it is damaged, or it would run code (a Lambda layer).
    DataError
        It does not take pictures of that side.
    PlanError
        It cannot be cut into stages.
    """
    text, _, after = name.rpartition("@") if name.rpartition("@")[2].isdecimal() else (name, "", "")
    if after and asked.side is not None and str(asked.side) != after:
        raise DataError(
            f"keras:{name} names one side of the pictures and side={asked.side} another.", "Give one of them."
        )
    side = replace(asked, side=int(after)).side if after else asked.side
    path = Path(text).expanduser()
    if path.suffix != ".keras":
        raise WeightsError(
            f"{path.name} is not a .keras file.",
            "Save the model with model.save('NAME.keras'); weights alone need their network:"
            " keras:ResNet50?weights=FILE.",
        )
    model = _read(path)
    said = beside(path)
    transform = said.transform or _assumed(model, side)
    shape = pictures_of(model)
    size = shape[:2] if shape[2] in (1, 3) else shape[1:]
    if any(have is not None and have != want for have, want in zip(size, transform.shape[1:], strict=True)):
        raise DataError(
            f"{path.name} takes pictures of {size[0]} x {size[1]} pixels, not {transform.height} x {transform.width}.",
            "Leave the side out.",
        )
    taken = taken_apart(model)
    _try_one(taken.module, transform, path.name)
    shown = f"keras:{name}"
    return Backbone(
        shown, taken.module, transform, _card(shown, path, model, said), taken.head, None, taken.learns_in
    )


def _try_one(module: StagedModule, transform: InputTransform, name: str) -> None:
    try:
        with torch.no_grad():
            module(torch.zeros((1, *transform.shape)))
    except Exception as error:  # Keras and torch raise many kinds for a size that leaves nothing to see
        raise DataError(
            f"{name} does not take pictures of {transform.height} x {transform.width} pixels.",
            "Give a larger side, or write its transform into the file's .json.",
        ) from error


def _read(path: Path) -> Any:
    if not path.is_file():
        raise WeightsError(f"There is no file {path}.", "Give the path of a .keras file.")
    if not zipfile.is_zipfile(path):
        raise WeightsError(
            f"{path.name} is not a whole .keras file.", "Save the model again: model.save('NAME.keras')."
        )
    found = sorted(set(_named(_config(path))) & _CODE)
    if found:
        raise _code(path, found[0])
    keras = keras_on_torch()
    try:
        with without_tensorflow(), on_the_cpu():
            return keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras and h5py raise many kinds
        text = " ".join(str(error).split())
        if "safe_mode" in text or "Lambda" in text or "unsafe" in text.lower():
            raise _code(path, "Lambda") from error
        raise WeightsError(
            f"{path.name} cannot be read: {text[:200]}.", "Save it again with the Keras that made it."
        ) from error


def _config(path: Path) -> Any:
    """Return what a file says of its layers, before Keras makes them."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo("config.json").file_size > _MOST_CONFIG_BYTES:
                raise ValueError("its config.json is too long")
            return json.loads(archive.read("config.json"))
    except (OSError, KeyError, ValueError, RecursionError, zipfile.BadZipFile, zlib.error) as error:
        raise WeightsError(
            f"{path.name} cannot be read: {' '.join(str(error).split())[:200]}.",
            "Save it again with the Keras that made it.",
        ) from error


def _named(config: Any) -> Iterator[str]:
    """Yield the name of every class in a configuration, however deep."""
    ahead = [config]
    while ahead:
        one = ahead.pop()
        if isinstance(one, dict):
            if isinstance(one.get("class_name"), str):
                yield one["class_name"]
            ahead += one.values()
        elif isinstance(one, list):
            ahead += one


def _code(path: Path, layer: str) -> WeightsError:
    return WeightsError(
        f"{path.name} holds a layer that is code or reads files ({layer}), which would run when the model is read.",
        "Build the model without it, for example with keras.ops, and save it again.",
    )


def _assumed(model: Any, side: int | None) -> InputTransform:
    shape = pictures_of(model)
    channels, (height, width) = (shape[2], shape[:2]) if shape[2] in (1, 3) else (shape[0], shape[1:])
    rescales = any(type(one).__name__ == "Rescaling" for one in model.layers[:2])
    return InputTransform(
        channels=int(channels or 3),
        height=side or height or _USUAL_SIDE,
        width=side or width or _USUAL_SIDE,
        mean=(0.0,) * int(channels or 3),
        std=((1 / 255) if rescales else 1.0,) * int(channels or 3),
    )


def _card(name: str, path: Path, model: Any, said: Beside) -> ModelCard:
    assumed = (
        ()
        if said.transform is not None
        else (
            "Which values its pictures had in training is assumed, not known: write it into the file's .json.",
        )
    )
    return said.card(
        name,
        title=f"A Keras model of your own, {model.name}.",
        architecture=model.name,
        limits=assumed,
        sha256=files.sha256(path),
        file_bytes=path.stat().st_size,
    )
