"""file: weights and networks of your own, ``file:net.safetensors``.

=====================================  ====================================================================
file                                   what it gives
=====================================  ====================================================================
``.safetensors``                       weights of the network that ``NAME.json`` beside it names
``.pt``, ``.pth``, ``.bin``, ``.ckpt``    the same, from ``torch.save(net.state_dict(), ...)``; read with
                                       ``weights_only``: what would run code is refused
``.pt2``                               a program of ``torch.export``; reading one can run code, so that it
                                       needs ``trust=True``
``.onnx``                              frozen features, by onnxruntime; numbers that it keeps in other files have
                                       to lie beside it
=====================================  ====================================================================

What ``NAME.json`` says, `tlkit.backbones.hubs.beside` lists; :func:`read` takes the same as an argument.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from tlkit.backbones.backbone import Backbone
from tlkit.backbones.card import ModelCard
from tlkit.backbones.hubs.beside import Beside, beside, check_hash
from tlkit.backbones.hubs.frozen_stage import FrozenStage
from tlkit.backbones.hubs.hub import Asked, Present
from tlkit.backbones.hubs.onnx_parts import hash_of, parts
from tlkit.backbones.hubs.own_exports import ExportedStage, OnnxExtractor
from tlkit.backbones.hubs.own_networks import network_of
from tlkit.backbones.staged import StagedModule
from tlkit.backbones.transform import InputTransform
from tlkit.errors import DataError, WeightsError

STAGE = "network"

_STATES = (".pt", ".pth", ".bin", ".ckpt")
_KINDS = (".safetensors", *_STATES, ".pt2", ".onnx")
_INSIDE = ("state_dict", "model_state_dict", "model")
_USUAL_SIDE = 224
_ASSUMED = "Which values its pictures had in training is assumed (0 to 1), not known: write it into the file's .json."


def names() -> list[str]:
    """Return nothing: files of your own have no list."""
    return []


def present() -> list[Present]:
    """Return nothing: files of your own lie anywhere."""
    return []


def load(name: str, asked: Asked) -> Backbone:
    """Return the backbone of a file, with what lies beside it. See :func:`read`."""
    return read(name, side=asked.side, trust=asked.trust)


def read(
    path: str | Path, about: Mapping[str, Any] | None = None, *, side: int | None = None, trust: bool = False
) -> Backbone:
    """Return the backbone of a file.

    Parameters
    ----------
    path
        Of the file.
    about
        What ``NAME.json`` would say; None reads that file.
    side
        Height and width of the pictures, for an ONNX file that takes any.
    trust
        Whether a ``.pt2`` file may be read.

    Raises
    ------
    WeightsError
        The file is missing, changed, cut short, of an unknown or unsafe kind, or does not fit its network.
    UnknownNameError
        An entry, a network, a layer or an output that does not exist.
    PlanError
        Stages that do not exist or do not follow each other.
    MissingPartError
        onnxruntime is not installed.
    """
    place = Path(path).expanduser()
    if place.suffix not in _KINDS:
        raise WeightsError(
            f"{str(path)!r} is no file of a kind that can be read.",
            f"Give a file that ends with {', '.join(_KINDS)}.",
        )
    said = beside(place, about)
    sha256 = check_hash(place, said)
    shown = f"file:{path}"
    known: dict[str, Any] = {"sha256": sha256, "file_bytes": place.stat().st_size}
    if place.suffix == ".onnx":
        known = {"sha256": hash_of(place), "file_bytes": sum(one.stat().st_size for one in parts(place))}
        return _onnx(shown, place.absolute(), said, known, side)
    if place.suffix == ".pt2":
        return _program(shown, place, said, known, trust)
    state = _safetensors(place, sha256) if place.suffix == ".safetensors" else _state(place)
    card = said.card(
        shown, title="A network of your own.", architecture=said.architecture or "layers of its own", **known
    )
    backbone = network_of(shown, place, said, state, card)
    own = backbone.transform.shape[-1]
    if side is not None and side != own:
        raise DataError(f"{shown} takes pictures of {own} pixels, not {side}.", "Leave the side out.")
    return backbone


def _safetensors(path: Path, sha256: str) -> dict[str, Tensor]:
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise WeightsError(f"{path.name} changed while it was read.", "Try again.")
    try:
        return safetensors.torch.load(content)
    except (SafetensorError, ValueError, KeyError) as error:
        raise WeightsError(
            f"{path.name} is not a whole safetensors file: {error}.", "Get it again from where it came."
        ) from error


def _state(path: Path) -> dict[str, Tensor]:
    cure = "Save tensors alone: safetensors.torch.save_file(net.state_dict(), 'NAME.safetensors')."
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise WeightsError(
            f"{path.name} holds more than tensors, and reading it could run any code; it was not read.", cure
        ) from error
    except (RuntimeError, EOFError, ValueError, KeyError, OSError) as error:
        raise WeightsError(
            f"{path.name} is not a whole file of torch.save: {' '.join(str(error).split())[:160]}.", cure
        ) from error
    for key in _INSIDE:
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            state = state[key]
    if not isinstance(state, dict) or not all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in state.items()
    ):
        raise WeightsError(f"{path.name} holds no tensors by name.", cure)
    return state


def _program(name: str, path: Path, said: Beside, known: dict[str, Any], trust: bool) -> Backbone:
    if not trust:
        raise WeightsError(
            f"{path.name} is a program of torch.export, and reading one can run any code that is in it.",
            "If you know who made it, load it with trust=True.",
        )
    try:
        stage = ExportedStage(path.read_bytes())
        shape = stage.input_shape
    except WeightsError:
        raise
    except Exception as error:  # torch raises many kinds
        raise WeightsError(
            f"{path.name} is not a whole program of torch.export: {' '.join(str(error).split())[:160]}.",
            "Save it again: torch.export.save(torch.export.export(net.eval(), (pictures,)), 'NAME.pt2').",
        ) from error
    if len(shape) != 4:
        raise WeightsError(
            f"{path.name} takes inputs of shape {shape}, expected pictures.", "Export another network."
        )
    transform = said.transform or _assumed(shape[1], shape[2], shape[3], path.name)
    _try_two(stage, transform, path.name)
    card = _card(name, said, "A program of torch.export.", "torch.export", known)
    return Backbone(name, StagedModule({STAGE: stage}).eval(), transform, card, learns_in="stored_stats")


def _try_two(stage: ExportedStage, transform: InputTransform, name: str) -> None:
    try:
        with torch.no_grad():
            given = stage(torch.zeros((3, *transform.shape)))
    except Exception as error:  # torch raises many kinds
        raise WeightsError(
            f"{name} does not take three pictures of {transform.shape}: {' '.join(str(error).split())[:160]}.",
            "Export it for any number: dynamic_shapes=({0: torch.export.Dim.AUTO},), with two example pictures.",
        ) from error
    if not isinstance(given, Tensor) or given.ndim not in (2, 4):
        raise WeightsError(
            f"{name} gives no (n, features) and no (n, channels, height, width).", "Export another."
        )


def _onnx(name: str, path: Path, said: Beside, known: dict[str, Any], side: int | None) -> Backbone:
    extractor = OnnxExtractor(path, known["sha256"], said.output)
    shape = extractor.picture()
    extractor.chosen()
    last = shape[1] not in (1, 3) and shape[3] in (1, 3)
    channels, (height, width) = (shape[3], shape[1:3]) if last else (shape[1], shape[2:4])
    sizes = [side or _USUAL_SIDE if one == -1 else one for one in (height, width)]
    transform = said.transform or _assumed(3 if channels == -1 else channels, sizes[0], sizes[1], path.name)
    wanted = [
        own if own != -1 else have for own, have in zip((height, width), transform.shape[1:], strict=True)
    ]
    if wanted != list(transform.shape[1:]) or (side is not None and side != transform.height):
        raise DataError(
            f"{path.name} takes pictures of {height} x {width} pixels (-1 is any), not {side or transform.height}.",
            "Leave the side out, or correct the transform.",
        )
    why = "It is an ONNX file, which onnxruntime only computes"
    stage = FrozenStage(extractor, known["sha256"], last, why)
    return Backbone(
        name,
        StagedModule({STAGE: stage}).eval(),
        transform,
        _card(name, said, "An ONNX network.", "ONNX", known),
    )


def _card(name: str, said: Beside, title: str, kind: str, known: dict[str, Any]) -> ModelCard:
    limits = () if said.transform is not None else (_ASSUMED,)
    return said.card(name, title=title, architecture=kind, limits=limits, **known)


def _assumed(channels: int, height: int, width: int, name: str) -> InputTransform:
    if channels not in (1, 3):
        raise WeightsError(
            f"{name} takes {channels} channels, expected 1 (grey) or 3 (colour).", "Export another."
        )
    return InputTransform(
        channels=channels, height=height, width=width, mean=(0.0,) * channels, std=(1.0,) * channels
    )
