"""What the scores of a report said beforehand, beside what was measured: a place, never a forecast in points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tlkit.panels.things import things
from tlkit.similarity import track_record
from tlkit.similarity.evidence import OF_PICTURES
from tlkit.similarity.place import STEPS, Place
from tlkit.similarity.verdict import spot

_NO_FORECAST = (
    "They say which source to try first. How many labels there are, and how well random numbers learn them, no score "
    "knows."
)


def _scores(report: Mapping[str, Any]) -> list[Place]:
    return [Place.from_record(one) for one in report["places"] if one["kind"] == "score"]


def _stand(scores: list[Place]) -> str:
    """Say where the scores stand between floor and ceiling, in words."""
    clear = [one.word for one in scores if one.word in STEPS]
    steps = [STEPS.index(word) for word in clear]
    if not steps:
        return "cannot tell"
    return "they do not agree" if max(steps) - min(steps) > 1 else clear[0]


def expectation(report: Mapping[str, Any]) -> dict[str, str]:
    """Say where the scores stand and how often the first one was right before.

    Parameters
    ----------
    report
        The record of a report.

    Examples
    --------
    >>> expectation({"places": []})["value"]
    'cannot tell'
    """
    scores = _scores(report)
    placed = [f"{one.label} {spot(one)}" for one in scores if one.position is not None]
    said = [f"Between floor and ceiling: {', '.join(placed)}."] if placed else []
    proved = track_record(scores[0].name) if scores else None
    if proved is not None:
        said.append(
            f"In our {proved.trials} trials {proved.label} picked the best of about {proved.sources} sources "
            f"{_times(proved.picked)}."
        )
        if things(report) == "texts":
            said.append(OF_PICTURES)
    return {"title": "The scores", "value": _stand(scores), "words": " ".join([*said, _NO_FORECAST])}


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def agreement(report: Mapping[str, Any], word: str) -> str:
    """Set the scores' place beside what came out, and say that one case judges no score.

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
    scores = _scores(report)
    if not scores:
        return ""
    stand = _stand(scores)
    stood = {"cannot tell": "had no clear place", "they do not agree": "did not agree"}.get(
        stand, f"stood {stand}"
    )
    out = "these draws cannot tell whether it pays" if word == "cannot tell" else f"transfer came out {word}"
    return f"The scores {stood}, and {out}. One case judges no score: similarity.track_records() shows many."
