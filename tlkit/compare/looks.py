"""Looks: the colour and the shape of each arm, the same in charts, reports and panels.

Colours keep to what the panels mean by them: grey and violet start from random numbers, blue is frozen, brown
learns. People with any colour vision tell them apart, and the shape says the same where there is no colour.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count


@dataclass(frozen=True)
class Look:
    """How one arm is drawn.

    Parameters
    ----------
    colour
        On a white ground, ``#rrggbb``.
    shape
        Its name in the panels.
    marker
        The same shape in matplotlib.
    """

    colour: str
    shape: str
    marker: str

    @property
    def on_dark(self) -> str:
        """The colour on a dark ground: what a browser makes of a chart whose colours it turns round."""
        return turned(self.colour)


_KNOWN = {
    "scratch": Look("#3d4751", "square", "s"),
    "scratch-long": Look("#5f6a75", "plus", "P"),
    "random-frozen": Look("#7a5c8e", "cross", "X"),
    "pixels": Look("#2f6470", "left", "<"),
    "frozen": Look("#0a6aa8", "circle", "o"),
    "last-stage": Look("#1f7bab", "triangle", "^"),
    "fine-tuned": Look("#a8480a", "diamond", "D"),
    "fine-tuned-gradually": Look("#a1620f", "wedge", "v"),
}
_OWN = (
    Look("#4b3f9e", "star", "*"),
    Look("#2e5d34", "left", "<"),
    Look("#82204a", "right", ">"),
    Look("#7a5a00", "pentagon", "p"),
    Look("#111111", "hexagon", "h"),
)
# CSS's hue-rotate(180deg); filter effects, W3C (2018), section 13.1.3.
_HALF_TURN = ((-0.574, 1.430, 0.144), (0.426, 0.430, 0.144), (0.426, 1.430, -0.856))


def looks(names: Iterable[str]) -> dict[str, Look]:
    """Return the look of each arm; those of a learner's own take theirs in turn.

    Parameters
    ----------
    names
        Of the arms, in order.

    Examples
    --------
    >>> found = looks(["frozen", "mine", "other"])
    >>> found["frozen"].colour, found["mine"].shape, found["other"].shape
    ('#0a6aa8', 'star', 'left')
    """
    own = count()
    return {name: _KNOWN.get(name) or _OWN[next(own) % len(_OWN)] for name in names}


def turned(colour: str) -> str:
    """Return a colour as CSS's ``invert(1) hue-rotate(180deg)`` shows it: light becomes dark, blue stays blue.

    Examples
    --------
    >>> turned("#ffffff"), turned("#0a6aa8")
    ('#000000', '#55b5f3')
    """
    light = [255 - int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    mixed = (sum(share * part for share, part in zip(row, light, strict=True)) for row in _HALF_TURN)
    return "#" + "".join(f"{round(min(255.0, max(0.0, part))):02x}" for part in mixed)
