"""load: a backbone by its name; the prefix says where it comes from."""

from __future__ import annotations

from tlkit.backbones.backbone import Backbone
from tlkit.backbones.zoo import PREFIX, load_from_zoo, takes_side, zoo_names
from tlkit.errors import DataError, unknown_name


def names() -> list[str]:
    """Return the names of all backbones that are embedded.

    Examples
    --------
    >>> "zoo:vgg-letters" in names()
    True
    """
    return zoo_names()


def known(name: str) -> bool:
    """Say whether ``load`` takes a name: one of ``names()``, perhaps with a side.

    Examples
    --------
    >>> known("zoo:efficientnet-lite0@96"), known("zoo:efficientnet-lite0@9"), known("own")
    (True, False, False)
    """
    base, asks, asked = str(name).partition("@")
    return base in names() and (not asks or takes_side(base, asked))


def load(name: str, *, side: int | None = None) -> Backbone:
    """Load a pretrained backbone.

    Parameters
    ----------
    name
        One of ``names()``. ``zoo:`` stands for what is embedded in tlkit.
    side
        Height and width in pixels to which pictures are brought before the network sees them, for a network that
        takes several: its card says which. ``name`` can say it too: ``"zoo:efficientnet-lite0@96"``. None takes the
        network's usual one. What each costs, `tlkit.backbones.resolutions` says.

    Returns
    -------
    Backbone
        In evaluation mode; every call gives one with weights of its own.

    Raises
    ------
    UnknownNameError
        There is no such backbone; the error names the nearest one.
    DataError
        The network does not take pictures of this side.
    WeightsError
        The embedded file is missing, was changed, or is cut short.

    Examples
    --------
    >>> load("zoo:resnet-letters")
    Backbone('zoo:resnet-letters', ... parameters, stages stem, layer1, layer2, layer3)
    >>> load("zoo:efficientnet-lite0", side=96).transform.shape
    (3, 96, 96)
    """
    if not isinstance(name, str) or not name.startswith(PREFIX):
        raise unknown_name("backbone", name, names())
    if side is None:
        return load_from_zoo(name)
    base, asks, asked = name.partition("@")
    if asks and asked != str(side):
        raise DataError(
            f"{name} names one side of the pictures and side={side!r} another.", "Give one of them."
        )
    return load_from_zoo(f"{base}@{side}")
