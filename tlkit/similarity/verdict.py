"""A report in words: only what was measured, and what it does not say."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tlkit.similarity.evidence import track_record
from tlkit.similarity.place import STEPS, Place

if TYPE_CHECKING:
    from tlkit.similarity.found import Report

# Nearer to 0 than this is what rounding leaves of equal things.
_ROUNDING = 1e-9
#: The last of the reasons.
NOT_MEASURED = "No gain was measured here. Comparing trained networks measures it."
_DEGREES = {
    "near the floor": "hardly at all",
    "below halfway": "a little",
    "about halfway": "in part",
    "above halfway": "fairly well",
    "near the ceiling": "well",
}


def headline(report: Report) -> str:
    """Say how well the features sort the target, by the first score's place between floor and ceiling."""
    one = next((one for one in report.places if one.kind == "score"), None)
    if one is None:
        return _apart(report, report.places[0])
    if one.ceiling is None:
        return (
            f"{report.backbone}'s features sort {report.target}: {one.label} {number(one.value)}, "
            f"{number(one.floor)} with shuffled labels. Without a ceiling nobody can say how much that is."
        )
    if one.position is None or one.position_low is None:
        return f"Cannot tell how well {report.backbone} sorts {report.target}: {_unplaced(one)}."
    way = f"{one.label} stands {spot(one)} of the way from shuffled labels to a network trained on {report.target}."
    if one.word == "cannot tell":
        return f"Cannot tell how well {report.backbone} sorts {report.target}: {way}"
    if one.position_low <= 0:
        return (
            f"What {report.backbone} sees does not sort {report.target} better than shuffled labels, "
            f"as far as {report.sizes.target:,} {report.things} can tell. {way}"
        )
    return f"What {report.backbone} sees sorts {report.target} {_DEGREES[one.word]}. {way}"


def _apart(report: Report, one: Place) -> str:
    if one.position is None:
        return f"Cannot tell how far {report.source} is from {report.target}: {_unplaced(one)}."
    return (
        f"By {one.label}, {report.source} stands {spot(one)} of the way from {report.unrelated} to "
        f"{report.target}'s own other half: {one.word}."
    )


def _unplaced(one: Place) -> str:
    """Say why a measure has no place between its floor and its ceiling."""
    for what, value in (("", one.value), (" at the floor", one.floor), (" at the ceiling", one.ceiling)):
        if value is not None and not math.isfinite(value):
            return f"{one.label} is {number(value)}{what}"
    return "floor and ceiling are not apart"


def reasons(report: Report) -> list[str]:
    """Say where measures disagree, what distances add, how good the score proved, and what nobody measured."""
    words = []
    clear = [one for one in report.places if one.kind == "score" and one.word in STEPS]
    steps = [STEPS.index(one.word) for one in clear]
    if steps and max(steps) - min(steps) > 1:
        listed = ", ".join(f"{one.label} is {one.word}" for one in clear)
        words.append(f"The scores do not agree: {listed}.")
    known = {one.name: one for one in report.places}
    if "proxy_a_distance" in known:
        words.append(_told(report, known["proxy_a_distance"]))
    proved = track_record(report.places[0].name)
    if proved is not None:
        words.append(proved.for_things(report.things))
    words.append(NOT_MEASURED)
    return words


def _told(report: Report, apart: Place) -> str:
    told, own = _right(apart.value), _right(apart.ceiling or 0.0)
    sentence = (
        f"A classifier tells {report.source} from {report.target} in {told} of 100 {report.things}; "
        f"half of {report.target} from its other half in {own}."
    )
    if apart.word in ("near the floor", "below halfway"):
        return f"{sentence} Looking different is not being useless: only the scores look at the classes."
    if apart.word in ("above halfway", "near the ceiling"):
        return f"{sentence} Looking alike is not being useful: only the scores look at the classes."
    return sentence


def number(value: float) -> str:
    """Write a number with the digits that it deserves.

    Examples
    --------
    >>> number(0.7618), number(-1.4661), number(123.4), number(-0.0001), number(float("inf"))
    ('0.762', '−1.47', '123', '−1.0e−4', 'infinite')
    """
    if not math.isfinite(value):
        return "infinite" if value > 0 else "minus infinite"
    size = abs(value)
    if size < _ROUNDING:
        return "0"
    if size < 5e-4:
        digits, power = f"{value:.1e}".split("e")
        return f"{digits}e{int(power)}".replace("-", "−")
    places = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
    return f"{value:,.{places}f}".replace("-", "−")


def spot(one: Place) -> str:
    """Write a position with its interval.

    Examples
    --------
    >>> spot(Place("knn", "nearest neighbour", "score", 0.5, 0.4, 0.6, 0.0, 1.0, 0.5, 0.4, 0.6))
    '50 % (40 to 60 %)'
    """
    if one.position is None or one.position_low is None or one.position_high is None:
        return "cannot tell"
    low, high = 100 * one.position_low, 100 * one.position_high
    return f"{100 * one.position:.0f} % ({low:.0f} to {high:.0f} %)".replace("-0 ", "0 ").replace("-", "−")


def _right(distance: float) -> int:
    """Turn a proxy A-distance back into the share of right answers, in hundredths."""
    return round(100 * (0.5 + distance / 4))
