"""Lineage: the networks that a network was made from, back to the first source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from tlkit.backbones.card import ModelCard
from tlkit.backbones.zoo import FOLDER, PREFIX, zoo_names
from tlkit.errors import TlkitError
from tlkit.files import read_json
from tlkit.table import Table

_MOST = 1000


@dataclass(frozen=True)
class Ancestor:
    """One network of a lineage.

    Parameters
    ----------
    name
        As ``backbones.load`` takes it.
    depth
        0 for the network itself, 1 for what it was made from, and so on.
    card
        None if it is not here.
    child
        The name of the network that was made from it; empty for the network itself.
    """

    name: str
    depth: int
    card: ModelCard | None
    child: str = ""


@dataclass(frozen=True, repr=False)
class Lineage:
    """A network and all that it was made from.

    Parameters
    ----------
    ancestors
        The network itself first.

    Examples
    --------
    >>> print(lineage_of(card_named("zoo:resnet-letters")))
    Lineage of zoo:resnet-letters
    network             made from                                 learned from    licence of the weights  ...
    zoo:resnet-letters  nothing: its weights began at random      letters         BSD-3-Clause            ...
    """

    ancestors: tuple[Ancestor, ...]

    @property
    def complete(self) -> bool:
        """Whether every card is here and every line ends in a network that began at random."""
        known = all(one.card is not None and "parents" in one.card.lineage for one in self.ancestors)
        return known and not self.circular

    @property
    def circular(self) -> tuple[str, ...]:
        """Networks that are said to come from each other, or one that is from itself: one of their cards is wrong."""
        above = {one.name: one.card.parents for one in self.ancestors if one.card is not None}
        try:
            TopologicalSorter(above).prepare()
        except CycleError as error:
            return tuple(sorted(set(error.args[1])))
        return ()

    @property
    def table(self) -> Table:
        """One row for each network; what was made from another stands above it."""
        return Table(
            f"Lineage of {self.ancestors[0].name}",
            ("network", "made from", "learned from", "licence of the weights", "licence of the data"),
            tuple(_row(one) for one in self.ancestors),
        )

    def __str__(self) -> str:
        return str(self.table)

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


def lineage_of(card: ModelCard, find: Callable[[str], ModelCard | None] | None = None) -> Lineage:
    """Walk from a card to those of its parents, and on.

    Parameters
    ----------
    card
        Where to begin.
    find
        Gives the card of a name that neither travels with the card nor is embedded; None if it has none.
    """
    found: list[Ancestor] = []
    seen: set[str] = set()
    ahead: list[tuple[str, int, ModelCard | None, str]] = [(card.name, 0, card, "")]
    known: dict[str, Any] = dict(card.ancestry)
    while ahead and len(found) < _MOST:
        name, depth, own, child = ahead.pop(0)
        found.append(Ancestor(name, depth, own, child))
        if own is None or name in seen:
            continue
        seen.add(name)
        for entry, told in own.ancestry.items():
            known.setdefault(entry, told)
        parents = [(one, depth + 1, _card(one, known, find), name) for one in own.parents if one not in seen]
        # Deep first, so that what a network was made from stands right under it.
        ahead = parents + ahead
    return Lineage(tuple(found))


def ancestry_of(card: ModelCard, find: Callable[[str], ModelCard | None] | None = None) -> dict[str, Any]:
    """Return the cards of all that a network was made from, as they travel with it: without names of classes."""
    return {
        one.name: replace(one.card, ancestry={}, classes=()).to_dict()
        for one in lineage_of(card, find).ancestors[1:]
        if one.card is not None
    }


def card_named(name: str) -> ModelCard:
    """Return the card of a network of the zoo, without reading its weights.

    Raises
    ------
    UnknownNameError
        There is no such network.
    """
    from tlkit.errors import unknown_name

    base = name.partition("@")[0]
    if base not in zoo_names():
        raise unknown_name("backbone", name, zoo_names())
    return ModelCard.from_dict(read_json(FOLDER / f"{base.removeprefix(PREFIX)}.json"))


def _card(
    name: str, known: dict[str, Any], find: Callable[[str], ModelCard | None] | None
) -> ModelCard | None:
    if name in known:
        return ModelCard.from_dict(known[name])
    try:
        if name.startswith(PREFIX):
            return card_named(name)
        return None if find is None else find(name)
    except TlkitError:
        return None  # that it is not here is what the lineage says of it


def _row(one: Ancestor) -> tuple[str, ...]:
    named = "  " * one.depth + one.name
    if one.card is None:
        return named, "its card is not here", "unknown", "unknown", "unknown"
    card = one.card
    if card.parents:
        made = ", ".join(card.parents)
    elif "parents" in card.lineage:
        made = "nothing: its weights began at random"
    else:
        made = "not said"
    learned = str(card.lineage.get("data", "")) or card.data or "not said"
    return named, made, learned, card.licence_weights or "not said", card.licence_data or "not said"
