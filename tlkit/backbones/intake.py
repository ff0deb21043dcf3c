"""Transform: what every preprocessing offers, of images and of texts, and how one is entered into a network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn

from tlkit.errors import DataError

if TYPE_CHECKING:
    from tlkit.backbones.backbone import Backbone
    from tlkit.backbones.transform import InputTransform
    from tlkit.data import Split

_INSTEAD = {
    "images": "a network such as backbones.load('zoo:resnet-letters')",
    "texts": "a network such as words.text_backbone(words.load('words:english'))",
}


class Transform(ABC):
    """The preprocessing that belongs to a network's weights.

    Its ``repr`` is part of fingerprints and keys: it has to tell everything that the result depends on, and nothing
    else.
    """

    #: What it takes: ``"images"`` or ``"texts"``, as `tlkit.data.Split.kind` says.
    takes: ClassVar[str]

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Shape of one transformed item."""

    @abstractmethod
    def __call__(self, items: Any) -> Tensor:
        """Return items as the network wants them, (n, ...)."""

    @abstractmethod
    def checked(self, items: Any) -> Any:
        """Return items as something that has a length and can be sliced.

        Raises
        ------
        DataError
            They are of another kind.
        """

    @abstractmethod
    def notes_of(self, split: Split) -> list[str]:
        """Say in words what is converted, or left out, of the items of a split; empty if nothing is."""

    @abstractmethod
    def blank(self) -> Tensor:
        """Return one transformed item, (1, ...), to see which shapes come out of a network."""

    @abstractmethod
    def probe(self, shape: tuple[int, ...]) -> Any:
        """Return two items, always the same, that show whether two networks are one function.

        Parameters
        ----------
        shape
            Of one item as it is before the transform.
        """

    def rows_seen(self, split: Split) -> Tensor | None:
        """Return which rows of the first embedding the items of a split look up; None if it looks up nothing."""
        return None


def expect_items(backbone: Backbone, split: Split, name: str) -> None:
    """Refuse texts for a network that takes images, and images for one that takes texts.

    Parameters
    ----------
    backbone
        What is to look at them.
    split
        The items.
    name
        Of the data, for the message.

    Raises
    ------
    DataError
        They do not go together.
    """
    takes = backbone.transform.takes
    if split.kind != takes:
        raise DataError(
            f"{backbone.name} takes {takes}, and the items of {name} are {split.kind}.",
            f"Use a data set of {takes}, or {_INSTEAD[split.kind]}.",
        )


def image_transform(backbone: Backbone, what: str) -> InputTransform:
    """Return the transform of a network that takes images, for what is there for images alone.

    Parameters
    ----------
    backbone
        The network.
    what
        Is for images, with its verb: ``"Heat maps are"``.

    Raises
    ------
    DataError
        It takes something else.
    """
    from tlkit.backbones.transform import InputTransform

    if not isinstance(backbone.transform, InputTransform):
        raise DataError(
            f"{what} for networks that take images, and {backbone.name} takes {backbone.transform.takes}.",
            "Look at its answers and mistakes instead, or take a network for images.",
        )
    return backbone.transform


def placed(module: nn.Module, x: Tensor) -> Tensor:
    """Return what enters a network where the network is: floats in its number format, numbers of words as they are.

    Parameters
    ----------
    module
        The network, or a stage of it.
    x
        Transformed items, or activations.

    Examples
    --------
    >>> net = nn.Conv2d(1, 2, 3).double()
    >>> placed(net, torch.zeros(1, 1, 8, 8)).dtype, placed(net, torch.tensor([[3, 0]])).dtype
    (torch.float64, torch.int64)
    """
    own = next(module.parameters(), None)
    if own is not None:
        x = x.to(own.device, own.dtype) if x.is_floating_point() else x.to(own.device)
    return x.to(memory_format=torch.channels_last) if x.ndim == 4 else x
