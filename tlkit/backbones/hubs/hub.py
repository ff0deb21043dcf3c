"""Hub: what stands behind a prefix, and what its adapter has to offer."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from tlkit.backbones.backbone import Backbone
from tlkit.backbones.hubs.places import settle
from tlkit.errors import DataError, expect_whole, unknown_name


@dataclass(frozen=True)
class Hub:
    """An outside world.

    Parameters
    ----------
    prefix
        What its names begin with, without the colon.
    title
        Its name in words.
    module
        The adapter's module.
    extra
        The extra of tlkit that installs its client library; empty if nothing more is needed.
    example
        A name that it knows.
    """

    prefix: str
    title: str
    module: str
    extra: str
    example: str


HUBS = {
    one.prefix: one
    for one in (
        Hub(
            "torchvision",
            "torchvision's weights",
            "tlkit.backbones.hubs.torchvision",
            "",
            "torchvision:resnet18",
        ),
        Hub(
            "torch-hub",
            "PyTorch Hub",
            "tlkit.backbones.hubs.torch_hub",
            "",
            "torch-hub:pytorch/vision:v0.20.1:resnet18?weights=DEFAULT",
        ),
        Hub("timm", "timm", "tlkit.backbones.hubs.timm", "", "timm:resnet18.a1_in1k"),
        Hub(
            "hf", "the Hugging Face hub", "tlkit.backbones.hubs.hugging_face", "hf", "hf:microsoft/resnet-18"
        ),
        Hub("keras", "Keras Applications", "tlkit.backbones.hubs.keras", "keras", "keras:ResNet50"),
        Hub(
            "tfhub",
            "TensorFlow Hub",
            "tlkit.backbones.hubs.tensorflow",
            "tensorflow",
            "tfhub:google/imagenet/mobilenet_v2_100_224/feature_vector/5",
        ),
        Hub(
            "kaggle",
            "Kaggle Models",
            "tlkit.backbones.hubs.tensorflow",
            "tensorflow",
            "kaggle:google/mobilenet-v2/tensorFlow2/100-224-feature-vector/2",
        ),
        Hub(
            "shelf",
            "your own shelf",
            "tlkit.backbones.hubs.shelf",
            "",
            "shelf:letters@1.0",
        ),
        Hub("file", "a file of your own", "tlkit.backbones.hubs.own_file", "", "file:weights.safetensors"),
    )
}


#: Smaller pictures show nothing, and larger ones are a slip of the finger: they would fill the memory.
LEAST_SIDE, MOST_SIDE = 8, 4096


def say(text: str) -> None:
    """Print to standard error."""
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Asked:
    """How a backbone is asked for.

    Parameters
    ----------
    download
        Whether what is not on this machine may be fetched.
    trust
        Whether code that comes with the weights may be run.
    side
        Height and width of the pictures in pixels; None takes the usual ones.
    tell
        Called with what is about to be fetched and how large it is.

    Raises
    ------
    DataError
        The side is no whole number, or no network takes it.
    """

    download: bool = False
    trust: bool = False
    side: int | None = None
    tell: Callable[[str], None] = say

    def __post_init__(self) -> None:
        if self.side is not None:
            whole = expect_whole("side", self.side, LEAST_SIDE, DataError, MOST_SIDE)
            object.__setattr__(self, "side", whole)


@dataclass(frozen=True)
class Present:
    """Weights that are on this machine.

    Parameters
    ----------
    name
        As ``backbones.load`` takes it.
    place
        The file or folder.
    bytes
        Its size.
    """

    name: str
    place: Path
    bytes: int


class Adapter(Protocol):
    """What the module of a hub offers. A name comes without the hub's own prefix."""

    def load(self, name: str, asked: Asked) -> Backbone:
        """Return the backbone in evaluation mode, named with its prefix; fetch it if that is allowed."""

    def names(self) -> list[str]:
        """Return, with the prefix, the names that are known without a network."""

    def present(self) -> list[Present]:
        """Return what is on this machine."""


def adapter(prefix: str) -> Adapter:
    """Import the adapter of a hub.

    Raises
    ------
    UnknownNameError
        There is no such hub.
    MissingPartError
        Its client library is not installed.
    """
    if prefix not in HUBS:
        raise unknown_name("hub", prefix, HUBS)
    settle()
    return cast(Adapter, import_module(HUBS[prefix].module))


def split_name(name: str) -> tuple[str, str] | None:
    """Return a name's prefix and what follows it; None if no hub has that prefix.

    Examples
    --------
    >>> split_name("torchvision:resnet18"), split_name("zoo:resnet-letters")
    (('torchvision', 'resnet18'), None)
    """
    prefix, colon, rest = name.partition(":")
    return (prefix, rest) if colon and prefix in HUBS else None
