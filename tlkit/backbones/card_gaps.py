"""Gaps: what a complete card says and this one does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlkit.backbones.licences import UNKNOWN, is_said, named

if TYPE_CHECKING:
    from tlkit.backbones.card import ModelCard

# What a card has to say so that others may build on the network at all.
_NEEDED = ("licence of the code", "licence of the weights", "licence of the data", "lineage")


def gaps(card: ModelCard) -> list[str]:
    """Return in words what is missing, in the order in which a card tells it."""
    lineage = card.lineage
    metrics = card._metrics()
    # Cards of the zoo are here always.
    lost = [name for name in _all_parents(card) if name not in card.ancestry and not name.startswith("zoo:")]
    found = [
        (card.intended_use, "purpose: what it is good for"),
        (card.data, "data: what it was trained on"),
        (card.data_consent, "consent: how those whom the data shows, or who made it, agreed"),
        *_licence(card.licence_code, "licence of the code"),
        *_licence(card.licence_weights, "licence of the weights"),
        *_licence(card.licence_data, "licence of the data"),
        (
            "parents" in lineage,
            "lineage: the networks its weights began with, or 'none: from random weights'",
        ),
        (
            not lost,
            f"lineage up to the first source: {', '.join(lost)} {'has' if len(lost) == 1 else 'have'} no card here",
        ),
        (card.recipe or lineage.get("script"), "training recipe: how to make it again"),
        (metrics, "metrics: what was measured"),
        (
            all(one.low is not None for one in metrics),
            "intervals: "
            + ", ".join(one.heading for one in metrics if one.low is None)
            + " has none (from records of comparisons)",
        ),
        (card.limits, "limits: what not to use it for"),
        (card.groups, "groups: for whom or what it was measured apart"),
        (card.contact, "contact: whom to ask"),
        (card.sha256, "hash of the weights"),
    ]
    return [words for there, words in found if not there]


def needed(card: ModelCard) -> list[str]:
    """Return what is missing of licences and lineage, without which a shelf takes no network.

    Examples
    --------
    >>> from tlkit.backbones import ModelCard
    >>> needed(ModelCard("own", licence_code="MIT", licence_weights="MIT", licence_data="CC0-1.0"))
    ["lineage: the networks its weights began with, or 'none: from random weights'"]
    """
    return [words for words in gaps(card) if words.startswith(_NEEDED)]


def _licence(text: str, what: str) -> list[tuple[object, str]]:
    """Return whether a licence is said, and whether what is said can be read."""
    said = " ".join(text.split())[:60]
    unread = f"{what}: {said!r} is none that is known (its SPDX identifier, or LicenseRef-NAME for one of your own)"
    return [(is_said(text), what), (not is_said(text) or named(text) != ((UNKNOWN,),), unread)]


def _all_parents(card: ModelCard) -> list[str]:
    """Return parents and, as far as their cards are here, theirs."""
    found: list[str] = []
    ahead = list(card.parents)
    while ahead:
        name = ahead.pop(0)
        if name in found:
            continue
        found.append(name)
        told = card.ancestry.get(name)
        parents = told.get("lineage", {}).get("parents", ()) if isinstance(told, dict) else ()
        if not isinstance(parents, str):
            ahead += [str(one) for one in parents]
        elif parents and not parents.lower().startswith("none"):
            ahead.append(parents)
    return found
