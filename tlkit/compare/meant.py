"""Meant: which network and which data set `tlkit try` takes for what was typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tlkit.errors import unknown_name

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.compare.typed import Typed


def suiting_target(backbone: Backbone) -> str:
    """Return the name of the embedded data set to be learned where none is named."""
    from tlkit.backbones.hubs import split_name

    if backbone.transform.takes == "texts":
        return "emoji:names"
    foreign = split_name(backbone.name) is not None
    return "emoji:twemoji" if foreign and backbone.transform.shape[0] == 3 else "greek"


def source_network(typed: Typed) -> Backbone:
    """Return the network that is meant; word vectors are one by the mean of a text's words."""
    from tlkit import backbones, words
    from tlkit.words.loading import is_of_words

    if is_of_words(typed.source):
        return words.text_backbone(words.load(typed.source))
    return backbones.load(_network(typed.source, typed.network, backbones.names()))


def _network(source: str, network: str, names: Sequence[str]) -> str:
    """Return the name of the embedded network that is meant."""
    from tlkit.backbones.hubs import split_name

    if split_name(source) is not None:
        return source
    if source.startswith("zoo:"):
        # What follows an @ is the side of its pictures, which load checks.
        if source.partition("@")[0] not in names:
            raise unknown_name("embedded network", source, names)
        return source
    from tlkit.backbones.nets import ARCHITECTURES

    embedded = [tuple(name.removeprefix("zoo:").split("-", 1)) for name in names]
    networks = [kind for kind in dict.fromkeys(kind for kind, _ in embedded) if kind in ARCHITECTURES]
    if network not in networks:
        raise unknown_name("network", network, networks)
    sources = [learned for kind, learned in embedded if kind == network]
    if source not in sources:
        raise unknown_name(f"source for a {network}", source, sources)
    return f"zoo:{network}-{source}"
