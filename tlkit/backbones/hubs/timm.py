"""timm: every network of PyTorch Image Models whose weights are on the hub as safetensors, and folders of your own."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from tlkit.backbones.backbone import Backbone
from tlkit.backbones.hubs.hf_cache import WEIGHTS, Address, Snapshot, snapshots
from tlkit.backbones.hubs.hf_card import hub_card
from tlkit.backbones.hubs.hf_fetch import here_or_fetched
from tlkit.backbones.hubs.hf_hashes import verify
from tlkit.backbones.hubs.hf_network import settings_in
from tlkit.backbones.hubs.hub import MOST_SIDE, Asked, Present
from tlkit.backbones.hubs.timm_card import classes_of, limits_of, sources_of
from tlkit.backbones.hubs.timm_stages import cut_timm
from tlkit.backbones.staged import StagedModule
from tlkit.backbones.transform import InputTransform
from tlkit.errors import DataError, TlkitError, WeightsError, unknown_name

PREFIX = "timm:"
_FOLDER, _HUB = "local-dir:", "hf-hub:"
_OWNER = "timm/"
_SHOWN = 12


def names() -> list[str]:
    """Return the names of all networks whose weights timm knows on the hub.

    Examples
    --------
    >>> "timm:resnet18.a1_in1k" in names()
    True
    """
    import timm

    return [f"{PREFIX}{name}" for name in timm.list_models(pretrained=True)]


def present() -> list[Present]:
    """Return timm's networks that are in the Hugging Face cache."""
    return [
        Present(f"{PREFIX}{one.address.repository.removeprefix(_OWNER)}", one.folder, one.bytes)
        for one in snapshots()
        if one.address.repository.startswith(_OWNER)
    ]


def load(name: str, asked: Asked) -> Backbone:
    """Load a network by timm's name for it.

    Parameters
    ----------
    name
        ``"resnet18"`` or ``"resnet18.a1_in1k"``; ``"local-dir:FOLDER"`` for a folder that timm saved;
        ``"hf-hub:owner/name"`` for any other repository that it saved.
    asked
        How.

    Raises
    ------
    UnknownNameError
        timm has no such network; the nearest are named.
    NotFetchedError
        Its weights are not on this machine and may not or cannot be fetched.
    WeightsError
        They are there, but not as safetensors, or not as they should be.
    """
    if name.startswith(_FOLDER):
        return _from_folder(name, Path(name.removeprefix(_FOLDER)).expanduser(), asked)
    if name.startswith(_HUB):
        address = Address.of(name.removeprefix(_HUB))
        snapshot, sha256 = here_or_fetched(f"{PREFIX}{name}", address, asked, names)
        return from_snapshot(f"{PREFIX}{name}", snapshot, sha256, asked)
    found = _found(name, asked)
    snapshot, sha256 = here_or_fetched(
        f"{PREFIX}{found.name}", Address(found.repository), asked, names, _size(found.name)
    )
    return _built(f"{PREFIX}{found.name}", found.name, snapshot, sha256, asked, found.overlay)


def from_snapshot(name: str, snapshot: Snapshot, sha256: str, asked: Asked) -> Backbone:
    """Load what timm saved in a folder or in a repository: its settings name the network.

    Parameters
    ----------
    name
        The backbone's.
    snapshot
        The folder.
    sha256
        Of its weights.
    asked
        How.
    """
    return _built(name, f"{_FOLDER}{snapshot.folder}", snapshot, sha256, asked, {})


@dataclass(frozen=True)
class _Found:
    name: str
    repository: str
    overlay: dict[str, Any]


def _found(name: str, asked: Asked) -> _Found:
    """Return the full name and the repository of a network."""
    import timm
    from timm.models import get_pretrained_cfg, is_model

    architecture, _, tag = name.partition(".")
    known = timm.list_models(pretrained=True)
    settings = None
    if name in known or (not tag and is_model(architecture)):
        settings = get_pretrained_cfg(name)
    if settings is None:
        raise _unknown(name, known)
    full = f"{architecture}.{settings.tag}" if settings.tag else architecture
    if not settings.hf_hub_id:
        raise WeightsError(
            f"timm knows no safetensors for {full}"
            + (", only a pickle, which could run any code when it is read." if settings.url else "."),
            "Use another of its networks: backbones.search(..., hub='timm') lists them.",
        )
    if name != full and asked.download:
        asked.tell(f"{PREFIX}{name} is {PREFIX}{full}.")
    return _Found(full, settings.hf_hub_id, {"custom_load": False})


def _unknown(name: str, known: list[str]) -> TlkitError:
    """Name the nearest; all 1,800 would be too many to list."""
    from difflib import get_close_matches

    architectures = list(dict.fromkeys(one.partition(".")[0] for one in known))
    near = [one for one in known if one.partition(".")[0] == name.partition(".")[0]][:_SHOWN]
    near = near or get_close_matches(name.partition(".")[0], architectures, n=_SHOWN, cutoff=0.5)
    return unknown_name("network of timm", name, near or architectures[:_SHOWN])


def _size(name: str) -> int:
    """Return how many bytes the numbers of a network take: its file has little more."""
    import timm

    with torch.device("meta"), _silent():
        net: nn.Module = timm.create_model(name)
    return sum(tensor.nbytes for tensor in net.state_dict().values())


def _from_folder(name: str, folder: Path, asked: Asked) -> Backbone:
    for needed in ("config.json", WEIGHTS):
        if not (folder / needed).is_file():
            raise WeightsError(
                f"{folder} has no {needed}.",
                "Give a folder that timm.models.save_for_hf wrote, with its weights as safetensors.",
            )
    snapshot = Snapshot(Address(folder.name or "folder"), "", folder)
    return from_snapshot(f"{PREFIX}{name}", snapshot, verify(snapshot), asked)


@contextmanager
def _silent() -> Iterator[None]:
    """Keep timm's notes on what it reads from where off the screen."""
    logger = logging.getLogger("timm")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _built(
    name: str, asked_of_timm: str, snapshot: Snapshot, sha256: str, asked: Asked, overlay: dict[str, Any]
) -> Backbone:
    try:
        return _read(name, asked_of_timm, snapshot, sha256, asked, overlay)
    except TlkitError:
        raise
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise WeightsError(
            f"What {name} says of itself (config.json) makes no sense: {error}.", "Use another network."
        ) from error


def _read(
    name: str, asked_of_timm: str, snapshot: Snapshot, sha256: str, asked: Asked, overlay: dict[str, Any]
) -> Backbone:
    import timm
    from timm.data.config import resolve_model_data_config

    if len(snapshot.weights) != 1:
        raise WeightsError(f"{name} has its weights in pieces.", "Use one with a single model.safetensors.")
    more: dict[str, Any] = {}
    if asked_of_timm.startswith(_FOLDER):
        _expect_all_weights(name, settings_in(snapshot.folder, name))
    else:
        more["pretrained_cfg_overlay"] = {**overlay, "file": str(snapshot.weights[0])}
    if asked.side is not None and _fixed(name, asked_of_timm, snapshot):
        more["img_size"] = asked.side
    try:
        # Built with random weights first: not from the learner's generator.
        with torch.random.fork_rng(devices=[]), _silent():
            net: Any = timm.create_model(asked_of_timm, pretrained=True, **more).eval()
    except Exception as error:  # whatever a network says of a size or of weights that do not fit
        if asked.side is not None:
            raise _no_side(name, asked.side) from error
        raise WeightsError(
            f"The weights of {name} do not fit its network: {error}.",
            "Get them again, or use another network.",
        ) from error
    data: dict[str, Any] = resolve_model_data_config(net)  # type: ignore[no-untyped-call]
    channels, height, width = data["input_size"]
    if asked.side is not None:
        height = width = asked.side
    if not (1 <= height <= MOST_SIDE and 1 <= width <= MOST_SIDE):
        raise ValueError(f"pictures of {height} x {width} pixels")
    if channels not in (1, 3):
        raise DataError(
            f"{name} takes {channels} channels, and tlkit has pictures of 1 or 3.", "Use another network."
        )
    transform = InputTransform(
        channels, height, width, tuple(data["mean"][:channels]), tuple(data["std"][:channels])
    )
    noise = torch.randn((1, channels, height, width), generator=torch.Generator().manual_seed(0))
    settings = dict(net.pretrained_cfg)
    timms_own = not asked_of_timm.startswith(_FOLDER) or snapshot.address.repository.startswith(_OWNER)
    classes = classes_of(net, settings, timms_own)
    try:
        stages, last = cut_timm(net, noise)
    except Exception as error:  # whatever a network says of a size
        raise _no_side(name, height) from error
    card = hub_card(
        name,
        snapshot,
        sha256,
        architecture=str(settings.get("architecture", "")),
        classes=classes if last is not None and len(classes) == last.out_features else (),
        licence_code="Apache-2.0 (timm)",
        licence_weights=str(settings.get("license") or ""),
        intended_use="Photographs of one thing each; features for tasks with few labels.",
        limits=limits_of(data),
        more=sources_of(settings),
    )
    return Backbone(
        name,
        StagedModule(stages).eval(),
        transform,
        card,
        last,
        # Its statistics are of many pictures; and without BatchNorm, the other mode's rate is far too high.
        learns_in="stored_stats",
    )


def _expect_all_weights(name: str, settings: dict[str, Any]) -> None:
    """Refuse settings that let timm leave weights as they were drawn."""
    given = settings.get("model_args")
    odd = [key for key in given if str(key).startswith("pretrained")] if isinstance(given, dict) else []
    if odd:
        raise WeightsError(
            f"{name} sets {odd[0]} (config.json), with which some of its weights may stay random.",
            "Take it out, or use another network.",
        )


def _fixed(name: str, asked_of_timm: str, snapshot: Snapshot) -> bool:
    from timm.models import get_pretrained_cfg

    if not asked_of_timm.startswith(_FOLDER):
        return bool(getattr(get_pretrained_cfg(asked_of_timm), "fixed_input_size", False))
    settings = settings_in(snapshot.folder, name)
    said = settings.get("pretrained_cfg", settings)
    return bool(said.get("fixed_input_size")) if isinstance(said, dict) else False


def _no_side(name: str, side: int) -> DataError:
    return DataError(
        f"{name} does not take pictures of {side} x {side} pixels.",
        "Leave side out: its usual one always fits.",
    )
