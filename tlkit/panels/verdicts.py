"""What came out of a Freeze panel's run, in numbers and then in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tlkit.freeze.modes import KIND_WORDS, KINDS, TABLE, Mode
from tlkit.panels.hints import hint
from tlkit.panels.numbers import percent
from tlkit.panels.twin import Paragraph, Part, Table

if TYPE_CHECKING:
    from tlkit.train import Run

_SHORT = {**KIND_WORDS, "affine": "scale and shift"}


def outcome(run: Run, about: Mapping[str, Any]) -> dict[str, Any]:
    """Turn a run into the plain JSON from which everything is drawn."""
    _ = run.old_head  # measured when asked for; only then does the record have it
    return {
        "accuracy": run.accuracy,
        "items": len(run.correct),
        "batchnorm": [stage["name"] for stage in about["stages"] if stage["batchnorm"]],
        "run": run.record(),
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
    seen = f"{found['items']:,} pictures it had never seen"
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
    return ["stage", *(_SHORT[kind] for kind in _shown_kinds(found)), "dropout"]


def rows(found: Mapping[str, Any]) -> list[list[dict[str, str]]]:
    """Say for every stage what changed; neighbours with the same marks share a row."""
    kinds = _shown_kinds(found)
    grouped: list[tuple[list[str], list[dict[str, str]]]] = []
    for stage in _stages(found):
        cells = [_mark(TABLE[stage["mode"]], kind, stage["kinds"][kind]) for kind in kinds]
        cells.append(_DROPOUT[stage["dropout"]])
        if grouped and grouped[-1][1] == cells and stage["name"] != "head":
            grouped[-1][0].append(stage["name"])
        else:
            grouped.append(([stage["name"]], cells))
    return [[{"text": _named(names)}, *cells] for names, cells in grouped]


def _stages(found: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    stages: Sequence[Mapping[str, Any]] = found["run"]["seal"]["stages"]
    return stages


def _shown_kinds(found: Mapping[str, Any]) -> list[str]:
    return [
        kind
        for kind in KINDS
        if kind != "buffers" or any(stage["kinds"][kind] is not None for stage in _stages(found))
    ]


_DROPOUT = {
    "none": {"text": "none", "tone": "dim"},
    "off": {"text": "✓\N{NO-BREAK SPACE}off", "tone": "ok"},
    "on": {"text": "on in training", "tone": "warm"},
}


def _mark(mode: Mode, kind: str, moved: Mapping[str, Any] | None) -> dict[str, str]:
    if moved is None:
        return {"text": "none", "tone": "dim"}
    if moved["unchanged"]:
        return {"text": "✓\N{NO-BREAK SPACE}bit for bit", "tone": "ok"}
    share = moved["relative"]
    by = f" by {_rough(share)}" if share else ""
    if not mode.may_change(kind):
        return {"text": f"✗\N{NO-BREAK SPACE}moved{by}", "tone": "drift"}
    if kind in ("weights", "affine"):
        return {"text": "▲\N{NO-BREAK SPACE}learned", "tone": "warm"}
    if mode.weights:
        return {"text": f"▲\N{NO-BREAK SPACE}moved{by}", "tone": "warm"}
    return {"text": f"≈\N{NO-BREAK SPACE}drifted{by}", "tone": "drift"}


def _rough(share: float) -> str:
    return f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:,.0f} %"


def _named(stages: Sequence[str]) -> str:
    if len(stages) < 3:
        return " and ".join(stages)
    return f"{stages[0]} … {stages[-1]}"
