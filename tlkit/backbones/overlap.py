"""overlap: which names of a task a network has met before, among the classes of its source."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlkit.data.class_names import ClassNames
from tlkit.errors import DataError

if TYPE_CHECKING:
    from tlkit.backbones.backbone import Backbone

_SHOWN = 8


@dataclass(frozen=True, repr=False)
class Overlap:
    """Names that a task and a source share.

    Parameters
    ----------
    source
        Name of the network.
    names
        How many names were looked up.
    same
        Names that are classes of the source, each with that class.
    kinds
        Names of which the source knows kinds, each with these classes: "poodle" and "toy poodle".
    """

    source: str
    names: int
    same: tuple[tuple[str, str], ...]
    kinds: tuple[tuple[str, tuple[str, ...]], ...]

    def __len__(self) -> int:
        return len(self.same) + len(self.kinds)

    def __str__(self) -> str:
        if not len(self):
            return (
                f"None of {self.names} names is a class that {self.source} learned before, or a kind of one."
            )
        known = [name for name, _ in (*self.same, *self.kinds)]
        more = f" and {len(known) - _SHOWN} others" if len(known) > _SHOWN else ""
        return (
            f"{self.source} learned before: {len(self.same)} of {self.names} names as such, and kinds of"
            f" {len(self.kinds)} more; in all {len(known)}: {', '.join(known[:_SHOWN])}{more}."
        )

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(str(self))}</p>"


def overlap(backbone: Backbone, names: Iterable[str]) -> Overlap:
    """Say which names the classes of a network's source already have.

    A task that its network has met before is no new task: what looks like transfer may be memory. Names are compared
    word by word, without regard to case, hyphens and plurals. Only words are compared: other names for the same
    thing ("lorry", "truck") are not found, and equal words for different things ("crane") are.

    Parameters
    ----------
    backbone
        Whose card names the classes of its source.
    names
        Classes, or things, of the task at hand.

    Raises
    ------
    DataError
        The card names no classes, or a name is no text.

    Examples
    --------
    >>> from tlkit import backbones
    >>> net = backbones.load("zoo:efficientnet-lite0")
    >>> found = overlap(net, ["Zebra", "poodle", "grinning face"])
    >>> found.same, found.kinds
    ((('Zebra', 'zebra'),), (('poodle', ('toy poodle', 'miniature poodle', 'standard poodle')),))
    """
    if not hasattr(backbone, "card"):
        raise DataError(
            f"The network is of the kind {type(backbone).__name__}.", "Give what backbones.load returned."
        )
    if not backbone.card.classes:
        raise DataError(
            f"The card of {backbone.name} names no classes of its source.",
            "Give backbones.wrap a card with classes.",
        )
    if not isinstance(names, Iterable):
        raise DataError(f"names is {names!r}.", "Give texts: overlap(net, dataset.classes).")
    asked = list(names) if not isinstance(names, str) else [names]
    for name in asked:
        if not isinstance(name, str):
            raise DataError(f"{name!r} is no name.", "Give texts: overlap(net, dataset.classes).")
    known = ClassNames(backbone.card.classes)
    same, kinds = [], []
    for name in dict.fromkeys(asked):
        equal = known.same(name)
        if equal is not None:
            same.append((name, equal))
        elif closer := known.kinds_of(name):
            kinds.append((name, closer))
    return Overlap(backbone.name, len(dict.fromkeys(asked)), tuple(same), tuple(kinds))
