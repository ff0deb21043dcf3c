"""What came out of a Freeze panel's run, in numbers and then in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tlkit.freeze import SealReport
from tlkit.freeze.modes import KIND_WORDS
from tlkit.panels.hints import hint
from tlkit.panels.numbers import percent
from tlkit.panels.things import called, things
from tlkit.panels.twin import Paragraph, Part, Table

if TYPE_CHECKING:
    from tlkit.train import Run


def outcome(run: Run, about: Mapping[str, Any]) -> dict[str, Any]:
    """Turn a run into the plain JSON from which everything is drawn."""
    _ = run.old_head  # measured when asked for; only then does the record have it
    return {
        "accuracy": run.accuracy,
        "items": len(run.correct),
        "batchnorm": [stage["name"] for stage in about["stages"] if stage["batchnorm"]],
        "run": run.record(),
        **called(run.task.train.kind),
    }


def view(found: Mapping[str, Any]) -> dict[str, Any]:
    """Describe an outcome for the browser."""
    return {
        "verdict": verdict(found),
        "why": why(found),
        "head": head(found),
        "rows": rows(found),
        "hint": hint(found),
    }


def twin(found: Mapping[str, Any]) -> list[Part]:
    """Describe an outcome for the twin."""
    cells = [[cell["text"] for cell in row] for row in rows(found)]
    parts: list[Part] = [Paragraph(verdict(found), strong=True), *(Paragraph(words) for words in why(found))]
    parts.append(Table(head(found), cells))
    next_step = hint(found)
    return [*parts, Paragraph(next_step["words"])] if next_step else parts


def verdict(found: Mapping[str, Any]) -> str:
    """Say how much is right and whether what was frozen stayed."""
    seen = f"{found['items']:,} {things(found)} it had never seen"
    return f"{percent(found['accuracy'])} right on {seen}. {found['run']['seal']['sentence']}"


def why(found: Mapping[str, Any]) -> list[str]:
    """Say how the old task fares, and how often the test set was opened."""
    words = []
    if found["run"]["old_head"] is not None:
        words.append(found["run"]["old_head"]["sentence"])
    openings = found["run"]["task"]["test_openings"]
    if openings > 1:
        words.append(
            f"The test set has now been opened {openings} times. Choosing by it would be choosing by luck."
        )
    return words


def head(found: Mapping[str, Any]) -> list[str]:
    """Name the columns of the table of seals."""
    return ["stage", *(KIND_WORDS[kind] for kind in _report(found).shown), "dropout"]


def rows(found: Mapping[str, Any]) -> list[list[dict[str, str]]]:
    """Say for every stage what changed; neighbours with the same marks share a row."""
    report = _report(found)
    grouped: list[tuple[list[str], list[dict[str, str]]]] = []
    for stage in report.stages:
        cells = [_mark(stage.mark(kind)) for kind in report.shown]
        cells.append({"text": stage.dropout, "tone": _DROPOUT[stage.dropout]})
        if grouped and grouped[-1][1] == cells and stage.name != "head":
            grouped[-1][0].append(stage.name)
        else:
            grouped.append(([stage.name], cells))
    return [[{"text": _named(names)}, *cells] for names, cells in grouped]


def _report(found: Mapping[str, Any]) -> SealReport:
    return SealReport.from_record(found["run"]["seal"])


_TONES = {"✓": "ok", "▲": "warm", "≈": "drift", "✗": "drift"}
_DROPOUT = {"none": "dim", "off": "ok", "on": "warm"}


def _mark(words: str) -> dict[str, str]:
    return {"text": words, "tone": _TONES.get(words[0], "dim")}


def _named(stages: Sequence[str]) -> str:
    if len(stages) < 3:
        return " and ".join(stages)
    return f"{stages[0]} … {stages[-1]}"
