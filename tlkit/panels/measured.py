"""A finished comparison in words, tables and one picture, for the Compare panel and its twin."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from tlkit.compare.looks import looks
from tlkit.compare.wording import before
from tlkit.panels.numbers import percent, rough, signed, times, took

if TYPE_CHECKING:
    from tlkit.compare import Comparison

_MOST_ASIDES = 3
_GUESS = "#a3217a"


def marks(pretrained: Mapping[str, bool]) -> dict[str, dict[str, Any]]:
    """Return for each arm how it is marked, as in ``Comparison.plot``; a start from random numbers is hollow.

    Parameters
    ----------
    pretrained
        Name of an arm to whether it starts from the pretrained network, in order.

    Examples
    --------
    >>> marks({"fine-tuned": True})["fine-tuned"]
    {'shape': 'diamond', 'colour': '#a8480a', 'on_dark': '#f79759', 'hollow': False}
    """
    return {
        name: {
            "shape": look.shape,
            "colour": look.colour,
            "on_dark": look.on_dark,
            "hollow": not pretrained[name],
        }
        for name, look in looks(pretrained).items()
    }


def intervals(found: Comparison) -> dict[str, dict[str, Any]]:
    """Return for every arm its share right with its interval, as numbers and in words."""
    return {
        one.name: {
            "mean": one.mean,
            "low": one.low,
            "high": one.high,
            "value": f"{100 * one.mean:.1f}",
            "points": [float(share) for share in one.accuracies],
        }
        for one in found.results
    }


def table(found: Comparison, *, seconds: bool) -> tuple[list[str], list[list[str]]]:
    """Return the head and the rows of the table of arms.

    Parameters
    ----------
    found
        What was measured.
    seconds
        Whether to show the time that a run took; it differs from run to run.
    """
    head = [
        "arm",
        "right",
        f"{100 * found.level:g} % interval",
        "trainable numbers",
        "steps",
        "multiply-adds",
    ]
    rows = [
        [
            one.name,
            percent(one.mean),
            f"{100 * one.low:.1f} to {100 * one.high:.1f}",
            f"{one.trainable_parameters:,}",
            f"{one.steps:,.0f}",
            rough(one.multiply_adds),
            *([before(took(one.seconds), one.cells)] if seconds else []),
        ]
        for one in found.results
    ]
    return [*head, *(["seconds"] if seconds else [])], rows


def pairs(found: Comparison) -> tuple[list[str], list[list[str]]]:
    """Return the head and the rows of the table of all pairs."""
    rows = []
    for (first, second), one in found.verdicts.items():
        difference, low, high = (100 * share for share in one.interval)
        rows.append(
            [f"{second} against {first}", signed(difference), f"{signed(low)} to {signed(high)}", one.word]
        )
    return ["pair", "points", f"{100 * found.level:g} % interval", "verdict"], rows


def asides(found: Comparison, said: Collection[tuple[str, str]]) -> list[str]:
    """Say which of the transfers to take, which pairs cannot be told apart, and what the dearer arm cost.

    Parameters
    ----------
    found
        What was measured.
    said
        Pairs of which the verdict stands elsewhere already.
    """
    pretrained = {one.name for one in found.results if one.pretrained}
    told = [
        names
        for names, one in found.verdicts.items()
        if names not in said and (one.word == "cannot tell" or pretrained.issuperset(names))
    ]
    # What a learner asks first is which of the transfers to take.
    told.sort(key=lambda names: not pretrained.issuperset(names))
    words = [_aside(found, *names) for names in told[:_MOST_ASIDES]]
    more = sum(found.verdicts[names].word == "cannot tell" for names in told[_MOST_ASIDES:])
    rest = "pair" if more == 1 else "pairs"
    return [*words, *([f"And {more} more {rest} that cannot be told apart."] if more else [])]


def _aside(found: Comparison, first: str, second: str) -> str:
    one, seeds = found.verdicts[first, second], len(found.seeds)
    difference, low, high = (100 * share for share in one.interval)
    span = f"({signed(low)} to {signed(high)})"
    if one.word == "cannot tell":
        words = f"{first} or {second}? Cannot tell from {seeds} draw{'' if seeds == 1 else 's'} {span}."
    else:
        if one.word == "worse":
            span = f"({signed(-high)} to {signed(-low)})"
        words = f"{first} or {second}? {second} is {one.word}, by {signed(abs(difference))} points {span}."
    costs = sorted((found[name].multiply_adds, name) for name in (first, second))
    (less, cheap), (more, dear) = costs
    if less > 0 and more / less >= 1.5:
        words += f" {dear} took {times(more / less)} times the multiply-adds of {cheap}."
    return words


def recipes(found: Comparison) -> list[str]:
    """Say by which recipe each arm was trained, and how that was chosen."""
    return [
        f"{one.name}: recipe “{one.recipe.get('name', '')}”, {one.recipe_words}." for one in found.results
    ]


def png(found: Comparison, pair: tuple[str, str] | None, guess: float | None) -> str:
    """Draw the arms with their intervals, and the guess, as a data URI."""
    drawing = found.plot()
    if pair is not None and guess is not None and set(pair) <= set(found.arms):
        place = min(100.0, max(0.0, 100 * found[pair[0]].mean + guess))
        axes = drawing.axes[0]
        axes.axvline(place, linestyle=(0, (4, 3)), linewidth=1.2, color=_GUESS, zorder=1)
        left = place > 80
        axes.annotate(
            "your guess",
            (place, 1),
            (-4 if left else 4, -9),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="right" if left else "left",
            color=_GUESS,
            fontsize=8,
        )
    return "data:image/png;base64," + base64.b64encode(drawing.png(96)).decode("ascii")
