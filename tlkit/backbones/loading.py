"""load: a backbone by its name; the prefix says where it comes from."""

from __future__ import annotations

from tlkit.backbones.backbone import Backbone
from tlkit.backbones.zoo import PREFIX, load_from_zoo, zoo_names
from tlkit.errors import unknown_name


def names() -> list[str]:
    """Return the names of all backbones that are embedded.

    Examples
    --------
    >>> "zoo:vgg-letters" in names()
    True
    """
    return zoo_names()


def load(name: str) -> Backbone:
    """Load a pretrained backbone.

    Parameters
    ----------
    name
        One of ``names()``. ``zoo:`` stands for what is embedded in tlkit.

    Returns
    -------
    Backbone
        In evaluation mode; every call gives one with weights of its own.

    Raises
    ------
    UnknownNameError
        There is no such backbone; the error names the nearest one.
    WeightsError
        The embedded file is missing, was changed, or is cut short.

    Examples
    --------
    >>> load("zoo:resnet-letters")
    Backbone('zoo:resnet-letters', ... parameters, stages stem, layer1, layer2, layer3)
    """
    if not isinstance(name, str) or not name.startswith(PREFIX):
        raise unknown_name("backbone", name, names())
    return load_from_zoo(name)
