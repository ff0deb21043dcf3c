"""torchvision: every classification network that it has weights for, ``torchvision:resnet18``.

The weights are the files that torchvision itself would fetch, in the folder where it would look for them; they are read
with ``weights_only``, and their hash, which is in their name, is checked every time.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from tlkit.backbones.backbone import Backbone
from tlkit.backbones.families import cut
from tlkit.backbones.hubs import places
from tlkit.backbones.hubs.fetch import fetch
from tlkit.backbones.hubs.hub import Asked, Present
from tlkit.backbones.hubs.missing import not_here
from tlkit.backbones.hubs.state_file import read_state
from tlkit.backbones.hubs.torchvision_card import card_of, side_of, sides_of, transform_of
from tlkit.backbones.hubs.wanted import Wanted
from tlkit.backbones.staged import StagedModule
from tlkit.errors import DataError, WeightsError, unknown_name

PREFIX = "torchvision:"

_HASH = re.compile(r"-([0-9a-f]{8,})\.pth$")
# Keys of old files of DenseNet have a dot more than its layers, as torchvision's own loading knows.
_OLD_DENSENET = re.compile(r"^(.*denselayer\d+\.(?:norm|conv))\.([12]\.\w+)$")


def names() -> list[str]:
    """Return the names of all networks and sets of weights; a network's usual set has no suffix.

    Examples
    --------
    >>> [name for name in names() if "resnet50" in name][:3]
    ['torchvision:resnet50', 'torchvision:resnet50@IMAGENET1K_V1', 'torchvision:wide_resnet50_2']
    """
    found = []
    for name in _networks():
        sets = _sets(name)
        found.append(PREFIX + name)
        found += [f"{PREFIX}{name}@{one.name}" for one in sets if one is not sets.DEFAULT]
    return found


def present() -> list[Present]:
    """Return which weights are in the folder where torch keeps them."""
    folder = places.torch_folder() / "checkpoints"
    found = []
    for network in _networks():
        for one in _sets(network):
            path = folder / _file_name(one)
            if path.is_file():
                found.append(Present(_name(network, one), path, path.stat().st_size))
    return found


def load(name: str, asked: Asked) -> Backbone:
    """Return a network with its weights, in evaluation mode.

    Parameters
    ----------
    name
        Without the prefix: ``"resnet18"``, ``"resnet50@IMAGENET1K_V1"``, and, where the network takes several sizes of
        pictures, its side behind another @: ``"resnet18@96"``.
    asked
        Whether it may be fetched, and for which side.

    Raises
    ------
    UnknownNameError
        There is no such network or set of weights.
    DataError
        The network does not take pictures of that side.
    NotFetchedError
        The weights are not here and may not or cannot be fetched.
    WeightsError
        The file was changed or cut short, or does not fit.
    """
    network, weights, side = _understood(name, asked.side)
    full = _name(network, weights)
    wanted = _wanted(full, weights)
    if not wanted.place.is_file():
        if not asked.download:
            raise not_here(full, wanted.place.parent, wanted.size)
        fetch(wanted, asked.tell)
    usual = side_of(weights)
    shown = full if side == usual else f"{full}@{side}"
    state, sha256 = read_state(wanted.place, wanted.sha256, full)
    net = _filled(network, weights, state, full)
    found = cut(net)
    if found is None:  # a family that a newer torchvision brought
        raise WeightsError(
            f"How {full} ({type(net).__name__}) is cut into stages is not known.",
            "Build it with torchvision and give its stages to backbones.wrap.",
        )
    stages, last = found.stages, found.last
    if (
        weights.meta["categories"] is None
    ):  # weights of the features alone: the rest of the file is no numbers
        stages = {key: one for key, one in stages.items() if key != "classifier"}
        last = None
    card = card_of(shown, found.family, network, weights, sha256, wanted.place.stat().st_size)
    # Of few pictures a batch's statistics are poor: those of ImageNet are worth more.
    return Backbone(
        shown, StagedModule(stages).eval(), transform_of(weights, side), card, last, None, "stored_stats"
    )


class Blank(TorchFunctionMode):
    """Makes weights without numbers: for a network that is built to be filled."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Send what would be drawn to torch's meta device; all else, such as tables of positions, is computed."""
        kwargs = dict(kwargs or {})
        if func is torch.empty and kwargs.get("device") is None:
            kwargs["device"] = "meta"
        return func(*args, **kwargs)


def build(network: str, weights: Any) -> nn.Module:
    """Build a network as it was when these weights were made, but without numbers in its weights."""
    from torchvision.models import get_model

    settings: dict[str, Any] = {}
    if network in ("googlenet", "inception_v3"):
        settings |= {"transform_input": True, "aux_logits": True, "init_weights": False}
    if network.startswith("vit_"):
        settings["image_size"] = side_of(weights)
    with Blank(), torch.random.fork_rng(devices=[]):
        net: nn.Module = get_model(network, weights=None, **settings)
    return net


def _filled(network: str, weights: Any, state: dict[str, Any], name: str) -> nn.Module:
    net = build(network, weights)
    if network.startswith("densenet"):
        state = {_OLD_DENSENET.sub(r"\1\2", key): value for key, value in state.items()}
    try:
        net.load_state_dict(state, strict=True, assign=True)
    except (RuntimeError, AttributeError, TypeError, KeyError) as error:
        raise WeightsError(
            f"The weights {name} do not fit the network: {' '.join(str(error).split())[:200]}.",
            "Delete the file and fetch it again, or update torchvision.",
        ) from error
    for one in net.parameters():
        one.requires_grad_(True)
    return net.float().eval()


def _understood(name: str, side: int | None) -> tuple[str, Any, int]:
    """Take a name apart: network, its weights, the side of its pictures."""
    network, *rest = name.split("@")
    if network not in _networks():
        raise unknown_name("network of torchvision", PREFIX + name, near(PREFIX + network))
    sets = _sets(network)
    sides = [one for one in rest if one.isdecimal()]
    chosen = [one for one in rest if not one.isdecimal()]
    if len(sides) > 1 or len(chosen) > 1 or (chosen and chosen[0] not in sets.__members__):
        known = [f"{PREFIX}{network}@{one}" for one in sets.__members__]
        raise unknown_name("set of weights", PREFIX + name, known)
    weights = sets[chosen[0]] if chosen else sets.DEFAULT
    if sides and side is not None and str(side) != sides[0]:
        raise DataError(
            f"{PREFIX}{name} names one side of the pictures and side={side!r} another.", "Give one of them."
        )
    asked = int(sides[0]) if sides else side
    least, most = sides_of(network, weights)
    if asked is None:
        return network, weights, side_of(weights)
    if not isinstance(asked, int) or not least <= asked <= most:
        possible = f"{least}" if least == most else f"a whole number from {least} to {most}"
        raise DataError(
            f"The side of the pictures for {PREFIX}{network} is {asked!r}, expected {possible} (pixels).",
            "Pictures of every size are brought to it by the network's transform.",
        )
    return network, weights, asked


def near(name: str) -> list[str]:
    """Return the names that are like one that does not exist, since all of them would fill a page."""
    import difflib

    networks = [PREFIX + one for one in _networks()]
    return difflib.get_close_matches(name, networks, n=5, cutoff=0.4) or networks[:5]


@lru_cache(maxsize=1)
def _networks() -> tuple[str, ...]:
    from torchvision import models

    return tuple(models.list_models(module=models))


def _sets(network: str) -> Any:
    from torchvision.models import get_model_weights

    return get_model_weights(network)


def _name(network: str, weights: Any) -> str:
    return PREFIX + network + ("" if weights is _sets(network).DEFAULT else f"@{weights.name}")


def _file_name(weights: Any) -> str:
    return str(weights.url).rsplit("/", 1)[-1]


def _wanted(name: str, weights: Any) -> Wanted:
    file = _file_name(weights)
    found = _HASH.search(file)
    if found is None:
        raise WeightsError(
            f"The file {file} of {name} has no hash in its name.", "Use another set of weights."
        )
    size = int(weights.meta["_file_size"] * 2**20)
    place = places.torch_folder() / "checkpoints" / file
    return Wanted(name, weights.url, place, found[1], size)
