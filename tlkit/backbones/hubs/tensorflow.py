"""tfhub and kaggle: SavedModels of TensorFlow as frozen feature extractors.

``kaggle:OWNER/MODEL/FRAMEWORK/VARIATION/VERSION`` is a handle of Kaggle Models, where TensorFlow Hub moved; its client
is kagglehub. ``tfhub:HANDLE`` takes the same handles, and the old ones of tfhub.dev where it is known what they are
called now. Either also takes the path of a folder with ``saved_model.pb``.

A SavedModel runs in a process of its own, on the CPU: TensorFlow and torch do not get on in one. Nothing in it can
learn, so that ``strict`` is the only freeze mode. Pictures are given as floats from 0 to 1, which is the convention of
TensorFlow Hub for pictures; models that take bytes are given bytes. A graph that holds any operation but those that
features need (`tensorflow_operations`) is refused unless ``trust=True``.

Whatever the prefix, a backbone is named ``kaggle:HANDLE``, which ``load`` takes as well.

The client talks to Kaggle. The only other addresses that it knows are those of its own developers (its
``KAGGLE_API_ENVIRONMENT``; ``TEST`` is port 7777 of this machine), so that a mirror is a copy of its folder,
``KAGGLEHUB_CACHE``.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from tlkit.backbones.backbone import Backbone
from tlkit.backbones.card import ModelCard
from tlkit.backbones.hubs.frozen_stage import FrozenStage
from tlkit.backbones.hubs.hub import Asked, Present
from tlkit.backbones.hubs.kaggle_client import fetched, is_handle, kaggle_folder
from tlkit.backbones.hubs.tensorflow_process import SavedModelProcess, fingerprint
from tlkit.backbones.staged import StagedModule
from tlkit.backbones.transform import InputTransform
from tlkit.errors import DataError, UnknownNameError, WeightsError

STAGE = "saved_model"

_USUAL_SIDE = 224
_KNOWN = tuple(
    f"kaggle:google/mobilenet-v2/tensorFlow2/{width}-{side}-feature-vector/2"
    for width, side in (("035", 96), ("100", 224), ("140", 224))
)
_OLD = re.compile(r"(?:https://tfhub\.dev/)?google/imagenet/mobilenet_v2_(\d{3})_(\d{2,3})/(\w+?)/5")
_SAYS = "the SHA-256 says what was loaded, not that it is what its makers published."
_FETCHED = f"Kaggle's client checks files while it fetches them and keeps no hash: {_SAYS}"
_OWN = f"There is no hash to check this folder by: {_SAYS}"
_WHY = "It is a SavedModel of TensorFlow, which runs in a process of its own, where nothing can learn"


def names() -> list[str]:
    """Return some handles: no list of all can be had without a network."""
    return list(_KNOWN)


def present() -> list[Present]:
    """Return which SavedModels kagglehub has fetched whole."""
    found = []
    for mark in sorted(kaggle_folder().glob("*/*/*/*/*.complete")):
        place = mark.with_suffix("")
        if (place / "saved_model.pb").is_file():
            handle = place.relative_to(kaggle_folder()).as_posix()
            size = sum(one.stat().st_size for one in place.rglob("*") if one.is_file())
            found.append(Present(f"kaggle:{handle}", place, size))
    return found


def load(name: str, asked: Asked) -> Backbone:
    """Return a SavedModel as a backbone of one stage.

    Parameters
    ----------
    name
        A handle, or the path of a folder.
    asked
        Whether it may be fetched, whether graphs that reach outside may run, and the side of the pictures for a model
        that takes any.

    Raises
    ------
    UnknownNameError
        It is no handle and no folder.
    NotFetchedError
        The model is not here and may not or cannot be fetched.
    WeightsError
        The folder holds no SavedModel, one that takes no pictures, or one that could do harm.
    DataError
        The model does not take pictures of that side.
    MissingPartError
        TensorFlow or kagglehub is not installed.
    """
    folder = Path(name).expanduser()
    if folder.is_dir() or name.startswith((os.sep, ".", "~")):
        shown, origin, unchecked = f"kaggle:{name}", str(folder), _OWN
    else:
        handle = moved(name)
        shown, origin, unchecked = f"kaggle:{handle}", f"https://www.kaggle.com/models/{handle}", _FETCHED
        folder = fetched(shown, handle, asked)
    if not (folder / "saved_model.pb").is_file():
        raise WeightsError(
            f"There is no SavedModel in {folder}.",
            "Give the folder in which saved_model.pb and variables/ lie.",
        )
    sha256 = fingerprint(folder)
    process = SavedModelProcess(folder.absolute(), sha256, asked.trust)
    transform, channels_last = _transform(process.about, asked.side, folder.name)
    stage = FrozenStage(process, sha256, channels_last, _WHY)
    card = ModelCard(
        name=shown,
        title="A SavedModel of TensorFlow as a frozen feature extractor.",
        architecture="SavedModel",
        origin=origin,
        limits=(
            "Pictures are given as values from 0 to 1, as TensorFlow Hub's convention is; the file does not say.",
            unchecked,
        ),
        sha256=sha256,
        file_bytes=sum(one.stat().st_size for one in folder.rglob("*") if one.is_file()),
    )
    return Backbone(shown, StagedModule({STAGE: stage}).eval(), transform, card, learns_in="trainable")


def moved(name: str) -> str:
    """Return Kaggle's handle for a name.

    Examples
    --------
    >>> moved("google/imagenet/mobilenet_v2_100_224/feature_vector/5")
    'google/mobilenet-v2/tensorFlow2/100-224-feature-vector/2'
    """
    old = _OLD.fullmatch(name)
    if old is not None:
        return f"google/mobilenet-v2/tensorFlow2/{old[1]}-{old[2]}-{old[3].replace('_', '-')}/2"
    if is_handle(name) and not name.startswith("google/imagenet/"):
        return name
    raise UnknownNameError(
        f"{name!r} is no handle of Kaggle Models, where TensorFlow Hub moved, and no folder.",
        f"Look it up on kaggle.com/models; a handle looks like {_KNOWN[1].removeprefix('kaggle:')}.",
    )


def _transform(about: dict[str, Any], side: int | None, name: str) -> tuple[InputTransform, bool]:
    shape, dtype = about["input"], about["dtype"]
    last = len(shape) == 4 and shape[3] in (1, 3)
    first = len(shape) == 4 and shape[1] in (1, 3)
    if not (last or first) or (not dtype.startswith("float") and dtype != "uint8"):
        raise WeightsError(
            f"The SavedModel {name} takes {dtype} of shape {shape}, expected pictures (n, height, width, 3).",
            "Use a model for pictures; -1 stands for any size.",
        )
    channels, (height, width) = (shape[3], shape[1:3]) if last else (shape[1], shape[2:4])
    if side is not None and any(own not in (-1, side) for own in (height, width)):
        raise DataError(
            f"The SavedModel {name} takes pictures of {height} x {width} pixels, not {side}.",
            "Leave the side out.",
        )
    chosen = [side or _USUAL_SIDE if own == -1 else own for own in (height, width)]
    spread = 1.0 if dtype != "uint8" else 1 / 255
    return (
        InputTransform(
            channels=channels,
            height=chosen[0],
            width=chosen[1],
            mean=(0.0,) * channels,
            std=(spread,) * channels,
        ),
        last,
    )
