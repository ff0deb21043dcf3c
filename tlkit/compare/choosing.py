"""Choosing: the arms that are compared, as they were named, or the usual ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tlkit.compare.arms import IMAGE_ARMS, TEXT_ARMS, Arm, arms_for
from tlkit.compare.possible import possible
from tlkit.errors import ComparisonError, unknown_name

if TYPE_CHECKING:
    from tlkit.backbones import Backbone

DEFAULT = ("scratch", "random-frozen", "frozen", "fine-tuned")
# TF-IDF is what texts are classified by without anything learned before: the baseline that has to be beaten.
_DEFAULT_TEXTS = ("tf-idf", "random-frozen", "frozen", "fine-tuned")


def usual(kind: str, backbone: Backbone | None = None) -> tuple[str, ...]:
    """Return the names of the arms that are compared where none are named.

    Parameters
    ----------
    kind
        What the items are: ``"images"`` or ``"texts"``.
    backbone
        Arms that it does not allow are left out; where none is left that learned nothing before, the items' own
        pixels or terms are the baseline.

    Examples
    --------
    >>> usual("texts")
    ('tf-idf', 'random-frozen', 'frozen', 'fine-tuned')
    """
    names = _DEFAULT_TEXTS if kind == "texts" else DEFAULT
    if backbone is None:
        return names
    known = arms_for(kind)
    arms = possible((known[name] for name in names), backbone)
    found = tuple(arm.name for arm in arms)
    return found if any(not arm.pretrained for arm in arms) else ("pixels", *found)


def chosen(
    arms: Sequence[str | Arm] | None, kind: str = "images", backbone: Backbone | None = None
) -> tuple[Arm, ...]:
    """Return the arms that were named, in that order.

    Parameters
    ----------
    arms
        Names or arms; None for scratch, random-frozen, frozen and fine-tuned, of texts tf-idf in the place of scratch.
    kind
        What the items are: ``"images"`` or ``"texts"``.
    backbone
        If it is known: what it does not allow is neither taken nor advised, see `usual`.

    Raises
    ------
    UnknownNameError
        There is no arm with this name; the error gives the nearest.
    ComparisonError
        Fewer than two arms, one twice, or one for texts where the items are images or the other way round.

    Examples
    --------
    >>> [arm.pretrained for arm in chosen(["scratch", "frozen"])]
    [False, True]
    """
    if arms is None:
        arms = usual(kind, backbone)
    if isinstance(arms, str):
        other = "frozen" if arms == "scratch" else "scratch"
        raise ComparisonError(f"The arms are the text {arms!r}.", f"Give a list: [{other!r}, {arms!r}].")
    if not isinstance(arms, Iterable):
        raise ComparisonError(f"arms is {arms!r}.", f"Give a list of names: {list(DEFAULT)}.")
    found = tuple(_one(arm, kind) for arm in arms)
    names = [arm.name for arm in found]
    if len(found) < 2:
        raise ComparisonError(
            f"A comparison needs at least two arms, not {len(found)}.",
            f"Add one of {', '.join(repr(name) for name in _more(names, kind, backbone))}.",
        )
    for name in names:
        if names.count(name) > 1:
            raise ComparisonError(f"The arm {name!r} is there twice.", "Name each arm once.")
    return found


def _more(names: Sequence[str], kind: str, backbone: Backbone | None) -> list[str]:
    """Return what may be added to arms."""
    rest = [arm for name, arm in arms_for(kind).items() if name not in names]
    return [arm.name for arm in (rest if backbone is None else possible(rest, backbone))]


def _one(arm: str | Arm, kind: str) -> Arm:
    known = arms_for(kind)
    found = arm if isinstance(arm, Arm) else None
    if isinstance(arm, str):
        found = known.get(arm) or TEXT_ARMS.get(arm) or IMAGE_ARMS.get(arm)
    if found is None:
        raise unknown_name("arm", arm, known)
    if found.terms is not None and (found.terms == "pixels") == (kind == "texts"):
        what = (
            "images: it takes their pixels" if kind == "texts" else "texts: it counts their words or letters"
        )
        raise ComparisonError(
            f"The arm {found.name!r} is for {what}, and these items are {kind}.",
            f"Leave it out, or take one of {', '.join(known)}.",
        )
    return found
