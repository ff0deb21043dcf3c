"""Findings: what the licences of each network of a lineage mean for a use, one by one."""

from __future__ import annotations

from dataclasses import dataclass

from tlkit.backbones import licences
from tlkit.backbones.shelf import Lineage
from tlkit.backbones.shelf.lineage import Ancestor
from tlkit.governance import terms


@dataclass(frozen=True)
class Finding:
    """What one licence of one network means for a use.

    Parameters
    ----------
    network
        Whose licence it is: the network itself, or one that it was made from.
    depth
        0 for the network itself.
    part
        ``"code"``, ``"weights"``, ``"data"``, or ``"lineage"``.
    licences
        SPDX identifiers, ``LicenseRef-`` for those on no list, ``NOASSERTION`` where none is known.
    word
        ``"conflict"``, ``"cannot tell"``, ``"condition"`` or ``"fine"``.
    reason
        In words.
    """

    network: str
    depth: int
    part: str
    licences: tuple[str, ...]
    word: str
    reason: str


def found_in(lineage: Lineage, use: str, parts: tuple[str, ...]) -> list[Finding]:
    """Return a finding for each licence of each network, and for each gap or contradiction between them."""
    found = [finding for one in lineage.ancestors for finding in _of(one, use, parts)]
    return found + _circles(lineage) + _given_away(lineage, use)


def _circles(lineage: Lineage) -> list[Finding]:
    names = lineage.circular
    if not names:
        return []
    first = min((one for one in lineage.ancestors if one.name in names), key=lambda one: one.depth)
    said = (
        "it is said to come from itself"
        if len(names) == 1
        else f"{', '.join(names)} are said to come from each other"
    )
    reason = f"{said}: a card is wrong, and the first source is not known"
    return [Finding(first.name, first.depth, "lineage", (licences.UNKNOWN,), "cannot tell", reason)]


def _of(one: Ancestor, use: str, parts: tuple[str, ...]) -> list[Finding]:
    if one.card is None:
        reason = "its card is not here: nobody knows its licences"
        return [Finding(one.name, one.depth, "lineage", (licences.UNKNOWN,), "cannot tell", reason)]
    texts = {
        "code": one.card.licence_code,
        "weights": one.card.licence_weights,
        "data": one.card.licence_data,
    }
    found = [_judged(one, part, texts[part], use) for part in parts]
    if "parents" not in one.card.lineage:
        reason = "its card does not say what it was made from"
        found.append(Finding(one.name, one.depth, "lineage", (licences.UNKNOWN,), "cannot tell", reason))
    return found


def _judged(one: Ancestor, part: str, text: str, use: str) -> Finding:
    """Return the finding on a licence; where there is a choice, on the way that asks for least."""
    ways = [
        (way, min((terms.judged(kind, part, use, one.depth > 0) for kind in _kinds(way, text)), key=_gravity))
        for way in licences.named(text)
    ]
    way, (word, reason) = max(ways, key=lambda found: _gravity(found[1]))
    if way == (licences.UNKNOWN,) and text.strip():
        reason += f" (the card says: {' '.join(text.split())[:80]})"
    return Finding(one.name, one.depth, part, way, word, reason)


def _kinds(way: tuple[str, ...], text: str) -> list[str]:
    """Return what a way asks for; what is said but not understood is no silence."""
    if way == (licences.UNKNOWN,) and licences.is_said(text):
        return ["unread"]
    return [kind for licence in way for kind in terms.kinds(licence)]


def _gravity(found: tuple[str, str]) -> int:
    return terms.WORDS.index(found[0])


def _given_away(lineage: Lineage, use: str) -> list[Finding]:
    """Find networks whose licence gives more than that of the weights they were made from allows."""
    by_name = {one.name: one for one in lineage.ancestors if one.card is not None}
    found = []
    for parent in lineage.ancestors[1:]:
        child = by_name.get(parent.child)
        if use not in ("commercial", "publish") or child is None or parent.card is None or child.card is None:
            continue
        given, got = _all_kinds(child.card.licence_weights), _all_kinds(parent.card.licence_weights)
        if any("unread" in kinds or "unknown" in kinds for kinds in given):
            continue
        for kind in ("non-commercial", "share-alike"):
            if all(kind in kinds for kinds in got) and not all(kind in kinds for kinds in given):
                reason = f"its weights come from {parent.name}, which is {kind}: its own licence gives more than it got"
                own = licences.named(child.card.licence_weights)[0]
                found.append(Finding(child.name, child.depth, "weights", own, "conflict", reason))
    return found


def _all_kinds(text: str) -> list[list[str]]:
    return [_kinds(way, text) for way in licences.named(text)]
