"""What the scores of a report led one to expect, and whether they were right: never a number of points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tlkit.similarity import track_record
from tlkit.similarity.place import STEPS, Place
from tlkit.similarity.verdict import spot

_NO_PROMISE = "A score promises no number of points."
# What a place between floor and ceiling leads one to expect, before anything is trained.
_EXPECTED = {
    "near the floor": "little or no gain",
    "below halfway": "a small gain",
    "about halfway": "some gain",
    "above halfway": "a clear gain",
    "near the ceiling": "a large gain, where there is one to be had",
}


def _scores(report: Mapping[str, Any]) -> list[Place]:
    return [Place.from_record(one) for one in report["places"] if one["kind"] == "score"]


def expectation(report: Mapping[str, Any]) -> dict[str, str]:
    """Say what the scores led one to expect, and how often that was right: never a number of points.

    Parameters
    ----------
    report
        The record of a report.

    Examples
    --------
    >>> expectation({"places": []})["value"]
    'nothing in particular'
    """
    scores = _scores(report)
    steps = [STEPS.index(one.word) for one in scores if one.word in STEPS]
    if not steps:
        expected = "nothing in particular"
    elif max(steps) - min(steps) > 1:
        expected = "they do not agree"
    else:
        expected = _EXPECTED[next(one.word for one in scores if one.word in STEPS)]
    placed = [f"{one.label} {spot(one)}" for one in scores if one.position is not None]
    said = [f"Between floor and ceiling: {', '.join(placed)}."] if placed else []
    proved = track_record(scores[0].name) if scores else None
    if proved is not None:
        said.append(
            f"In our {proved.trials} trials {proved.label} picked the best of about {proved.sources} sources "
            f"{_times(proved.picked)}."
        )
    return {"title": "The scores", "value": expected, "words": " ".join([*said, _NO_PROMISE])}


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def agreement(report: Mapping[str, Any], word: str) -> str:
    """Say which scores pointed to what came out.

    Parameters
    ----------
    report
        The record of a report.
    word
        Whether transfer was ``"better"`` or ``"worse"`` than random numbers, or nobody ``"cannot tell"``.

    Examples
    --------
    >>> agreement({"places": []}, "better")
    ''
    """
    scores = [one for one in _scores(report) if one.word in STEPS]
    if word == "cannot tell" or not scores:
        return "Whether the scores were right, these draws cannot tell." if scores else ""
    grouped: dict[str, list[str]] = {}
    for one in scores:
        step = STEPS.index(one.word) - STEPS.index("about halfway")
        if not step:
            kind = "left it open"
        elif (step > 0) == (word == "better"):
            kind = "pointed the right way"
        else:
            kind = "expected too much" if step > 0 else "expected too little"
        grouped.setdefault(kind, []).append(one.label)
    listed = "; ".join(f"{', '.join(names)} {kind}" for kind, names in grouped.items())
    more = ""
    if "expected too much" in grouped:
        more = " What a score cannot see is how well random numbers learn the same labels."
    return f"Here {listed}.{more}"
