"""search: names of networks, over all hubs that can be asked without a network."""

from __future__ import annotations

import difflib
import re

from tlkit.backbones.hubs.hub import HUBS, adapter
from tlkit.backbones.zoo import zoo_names
from tlkit.errors import MissingPartError, TlkitError, UnknownNameError, unknown_name

_NEAREST, _FEW = 8, 4
ZOO = "zoo"


def search(text: str = "", hub: str | None = None, *, offline: bool = True) -> list[str]:
    """Return the names of networks in which a text occurs; case and punctuation do not matter.

    Parameters
    ----------
    text
        ``"resnet"``; empty for all names.
    hub
        One hub alone, by its prefix: ``"torchvision"``, ``"timm"``, ``"zoo"``.
    offline
        Whether only names are given that are known on this machine. Otherwise the hubs that can be asked over the
        network are asked as well.

    Returns
    -------
    list of str
        As ``load`` takes them. Hubs whose client library is not installed are passed over.

    Raises
    ------
    UnknownNameError
        There is no such hub, or no such name: the nearest are named.
    MissingPartError
        The client library of the one hub that is asked is not installed.

    Examples
    --------
    >>> search("ResNet-18", hub="torchvision")
    ['torchvision:resnet18']
    >>> search("resnet18", hub="zoo")
    Traceback (most recent call last):
    tlkit.errors.UnknownNameError: No name of zoo holds 'resnet18'. The nearest are ...
    """
    if hub is not None and hub not in (ZOO, *HUBS):
        raise unknown_name("hub", hub, [ZOO, *HUBS])
    everything = [
        name for prefix in ([hub] if hub else [ZOO, *HUBS]) for name in _names(prefix, hub is not None)
    ]
    if not offline:
        everything += _asked(text, hub)
    wanted = _plain(text)
    found = [name for name in dict.fromkeys(everything) if wanted in _plain(name)]
    if found or not wanted:
        return found
    ends = {_plain(name.partition(":")[2]): name for name in everything}
    near = [ends[one] for one in difflib.get_close_matches(wanted, ends, n=_NEAREST, cutoff=0.4)]
    raise UnknownNameError(
        f"No name of {hub or 'any hub that can be asked here'} holds {text!r}.",
        f"The nearest are {', '.join(near)}." if near else "Try a shorter text.",
    )


def nearest(name: str) -> list[str]:
    """Return the few names that are most like one that does not exist, whatever stands before its colon.

    Examples
    --------
    >>> nearest("resnet18")[:2]
    ['torchvision:resnet18', 'torch-hub:pytorch/vision:v0.20.1:resnet18?weights=DEFAULT']
    """
    wanted = _plain(name.rpartition(":")[2])
    known = [*zoo_names(), *(one for one in _names("torchvision", False) if "@" not in one)]
    known += [one.example for one in HUBS.values()]
    ends: dict[str, list[str]] = {}
    for one in dict.fromkeys(known):
        ends.setdefault(_plain(re.split("[:/]", one.partition("?")[0])[-1]), []).append(one)
    holding = [end for end in ends if wanted and wanted in end]
    likely = difflib.get_close_matches(wanted, ends, n=_FEW, cutoff=0.6)
    return [one for end in dict.fromkeys([*sorted(holding, key=len), *likely]) for one in ends[end]][:_FEW]


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9:@]", "", text.lower())


def _names(prefix: str, strict: bool) -> list[str]:
    if prefix == ZOO:
        return zoo_names()
    try:
        return adapter(prefix).names()
    except (MissingPartError, ImportError):
        if strict:
            raise
        return []


def _asked(text: str, hub: str | None) -> list[str]:
    """Ask those hubs over the network that can be asked."""
    found: list[str] = []
    for prefix in [hub] if hub in HUBS else HUBS:
        try:
            ask = getattr(adapter(str(prefix)), "search", None)
            found += ask(text) if ask is not None else []
        except (TlkitError, ImportError):
            if hub is not None:
                raise
    return found
