"""load: a backbone by its name; the prefix says where it comes from."""

from __future__ import annotations

from dataclasses import replace

from tlkit.backbones.backbone import Backbone
from tlkit.backbones.hubs.hub import HUBS, Asked, adapter, split_name
from tlkit.backbones.zoo import PREFIX, load_from_zoo, takes_side, zoo_names
from tlkit.errors import DataError, UnknownNameError, unknown_name

# What the names of word vectors begin with; no hub is called so.
_OF_WORDS = ("words", "glove", "word2vec")


def names() -> list[str]:
    """Return the names of all backbones that are embedded.

    Examples
    --------
    >>> "zoo:vgg-letters" in names()
    True
    """
    return zoo_names()


def known(name: str) -> bool:
    """Say whether ``load`` takes a name: an embedded one, perhaps with a side, or one behind the prefix of a hub.

    Whether a hub has it and whether its weights are here, ``load`` says.

    Examples
    --------
    >>> known("zoo:efficientnet-lite0@96"), known("zoo:efficientnet-lite0@9"), known("own")
    (True, False, False)
    >>> known("torchvision:resnet18")
    True
    """
    found = split_name(str(name))
    if found is not None:
        return bool(found[1])
    base, asks, asked = str(name).partition("@")
    return base in names() and (not asks or takes_side(base, asked))


def _unknown(name: object) -> UnknownNameError:
    from tlkit.backbones.searching import nearest

    if not isinstance(name, str):
        return unknown_name("backbone", name, [*names()[:3], HUBS["torchvision"].example])
    prefix, _, rest = name.partition(":")
    if rest and prefix in _OF_WORDS:
        return UnknownNameError(
            f"{name!r} names word vectors, not a network.",
            f"words.text_backbone(words.load({name!r})) makes one of them.",
        )
    near = nearest(name)
    text = name.rpartition(":")[2]
    hubs = "" if not rest or prefix in HUBS or prefix == "zoo" else f"The hubs are {', '.join(HUBS)}. "
    return UnknownNameError(
        f"There is no backbone named {name!r}.",
        hubs
        + (f"Do you mean {' or '.join(repr(one) for one in near)}? " if near else "")
        + f"backbones.search({text!r}) lists what is like it, backbones.names() what comes with tlkit.",
    )


def load(name: str, *, side: int | None = None, download: bool = False, trust: bool = False) -> Backbone:
    """Load a pretrained backbone.

    Parameters
    ----------
    name
        One of ``names()``, which are embedded in tlkit (``zoo:``), or a hub's own name behind the hub's prefix:
        ``"torchvision:resnet18"``, ``"timm:..."``, ``"hf:..."``, ``"keras:..."``, ``"file:..."``.
    side
        Height and width in pixels to which pictures are brought before the network sees them, for a network that
        takes several: its card says which. ``name`` can say it too: ``"zoo:efficientnet-lite0@96"``. None takes the
        network's usual one. What each costs, `tlkit.backbones.resolutions` says.
    download
        Whether weights that are not on this machine may be fetched; their size is said first.
    trust
        Whether code that comes with the weights may be run, for the hubs whose models are code.

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
        The file is missing, was changed, or is cut short.
    NotFetchedError
        The weights are not on this machine, and ``download`` is False or there is no network.
    MissingPartError
        The hub's client library is not installed.

    Examples
    --------
    >>> load("zoo:resnet-letters")
    Backbone('zoo:resnet-letters', ... parameters, stages stem, layer1, layer2, layer3)
    >>> load("zoo:efficientnet-lite0", side=96).transform.shape
    (3, 96, 96)
    """
    found = split_name(name) if isinstance(name, str) else None
    if found is not None:
        prefix, rest = found
        network = adapter(prefix).load(rest, Asked(download=download, trust=trust, side=side))
        needs: dict[str, int | bool] = {}
        if side is not None and not network.name.endswith(f"@{side}"):
            needs["side"] = side
        return replace(network, asked={**needs, "trust": True} if trust else needs)
    if not isinstance(name, str) or not name.startswith(PREFIX):
        raise _unknown(name)
    if side is None:
        return load_from_zoo(name)
    base, asks, asked = name.partition("@")
    if asks and asked != str(side):
        raise DataError(
            f"{name} names one side of the pictures and side={side!r} another.", "Give one of them."
        )
    return load_from_zoo(f"{base}@{side}")
