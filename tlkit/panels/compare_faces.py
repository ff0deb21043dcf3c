"""What the Compare panel shows: its view for the browser and its twin, both from the same facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlkit.compare.wording import in_second_place
from tlkit.panels import gate, measured
from tlkit.panels.choices import MOST_SEEDS, CompareState
from tlkit.panels.numbers import percent
from tlkit.panels.things import things
from tlkit.panels.twin import Paragraph, Part, Pictures, Table

if TYPE_CHECKING:
    from tlkit.compare import Comparison
    from tlkit.compare.stats import Verdict

FAIR = (
    "Every arm gets the same draws, the same distortions of their pictures, a recipe that was chosen for it, and "
    "the same sealed test set."
)
_FAIR_TEXTS = FAIR.replace("the same distortions of their pictures, ", "")
CLOSED = "The result stays closed until you have guessed."


@dataclass(frozen=True)
class Facts:
    """Everything that is drawn.

    Attributes
    ----------
    about, state
        Of the panel.
    pair
        The arms that a guess is about; None where there is none.
    waits
        Whether the guess is still to come.
    cells
        Arm to the shares of its finished cells, during a run or after one that was stopped.
    found, provenance
        The result and where its cells come from; None and "" without one.
    ran
        The settings of the result.
    saved
        Where the record was saved, in words.
    """

    about: Mapping[str, Any]
    state: CompareState
    pair: tuple[str, str] | None
    waits: bool
    cells: Mapping[str, Sequence[float]]
    found: Comparison | None
    provenance: str
    ran: CompareState | None
    saved: str


def subtitle(about: Mapping[str, Any], state: CompareState) -> str:
    """Say in one line what is compared: network, task, labels and draws."""
    labels = "all labels"
    if state.labels_per_class is not None:
        labels = f"{state.labels_per_class} label{'' if state.labels_per_class == 1 else 's'} each"
    draws = f"{state.seeds} draw{'' if state.seeds == 1 else 's'}"
    return f"{about['backbone']} → {about['dataset']}, {about['classes']} classes · {labels} · {draws}"


def view(facts: Facts) -> dict[str, Any]:
    """Describe the panel for the browser."""
    about, state = facts.about, facts.state
    return {
        "arms": [_arm(facts, arm) for arm in about["arms"]],
        "labels_per_class": {
            "value": "" if state.labels_per_class is None else str(state.labels_per_class),
            "most": about["most_labels"],
            "words": "labels per class",
            "title": f"1 to {about['most_labels']}, or empty for all labels",
        },
        "seeds": {
            "value": str(state.seeds),
            "most": MOST_SEEDS,
            "words": "draws",
            "title": "other labels in each",
        },
        "gate": _gate(facts),
        "plot": None if facts.waits and facts.found is None else _plot(facts),
        "closed": CLOSED if facts.waits and facts.found is None else "",
        "fair": _fair(facts),
        "outcome": _outcome(facts) if facts.found is not None and not facts.cells else None,
        "stale_words": "These results belong to earlier settings. Run again to see the present ones.",
        "saved": facts.saved,
    }


def twin(facts: Facts) -> list[Part]:
    """Describe the panel for the twin: without seconds and paths, which differ from run to run."""
    found, state = facts.found, facts.state
    shown = found is not None and facts.ran == state
    parts: list[Part] = []
    if facts.pair is not None and facts.waits and not shown:
        return [Paragraph(gate.question(facts.pair), strong=True), Paragraph(CLOSED), _chosen(facts)]
    if found is None or not shown:
        if state.guess is not None and facts.pair is not None:
            parts.append(Paragraph(_committed(facts.pair, state)))
        return [*parts, _chosen(facts), Paragraph(_fair(facts))]
    first, best = _findings(facts, found)
    parts.append(Paragraph(first.sentence, strong=True))
    if state.guess is not None and facts.pair is not None:
        parts += [Paragraph(_beside(found, facts.pair, state)), Paragraph(f"Your reason: {state.reason}")]
    if best is not None:
        parts.append(Paragraph(in_second_place(best)))
    parts.append(Pictures([(measured.png(found, facts.pair, state.guess), found.alt)], 640, drawings=True))
    head, rows = measured.table(found, seconds=False)
    parts.append(Table(head, rows, _about_intervals(found, things(facts.about))))
    parts += [Paragraph(words) for words in _asides(found, first, best)]
    if len(found.arms) > 2:
        parts.append(Table(*measured.pairs(found), "Paired differences"))
        parts.append(Paragraph(found.verdicts.note))
    return [*parts, *(Paragraph(words) for words in (_fair(facts), *found.notes, *measured.recipes(found)))]


def _arm(facts: Facts, arm: Mapping[str, Any]) -> dict[str, Any]:
    name = arm["name"]
    return {
        "name": name,
        "label": arm["label"],
        "on": name in facts.state.arms,
        "locked": bool(facts.about["predict"]) and name in facts.about["pair"],
        **_mark(facts, name),
    }


def _mark(facts: Facts, name: str) -> dict[str, Any]:
    """Describe the mark of an arm: the same beside its name, in the plot and in charts."""
    pretrained = {arm["name"]: arm["pretrained"] for arm in facts.about["arms"]}
    return measured.marks(pretrained)[name]


def _gate(facts: Facts) -> dict[str, Any] | None:
    pair, state = facts.pair, facts.state
    if pair is None or not (facts.waits or state.guess is not None):
        return None
    return gate.view(gate.question(pair), pair, state)


def _plot(facts: Facts) -> dict[str, Any]:
    found, running = facts.found, bool(facts.cells)
    chance = 1 / facts.about["classes"]
    if running or found is None:
        names: Sequence[str] = facts.state.arms
        rows = [
            {
                "points": list(facts.cells.get(name, [])),
                "value": f"{len(facts.cells[name])} of {facts.state.seeds}" if running else "",
                "mean": None,
                "low": None,
                "high": None,
            }
            for name in names
        ]
        alt = f"Share of the test {things(facts.about)} that each arm gets right; nothing is measured yet."
        if running:
            counts = ", ".join(f"{name} {len(shares)}" for name, shares in facts.cells.items())
            alt = f"Finished draws of {facts.state.seeds}: {counts}."
        guess = None
    else:
        names, alt = found.arms, found.alt
        every = measured.intervals(found)
        rows = [every[name] for name in names]
        guess = _guess_line(facts, found)
    return {
        "rows": [{"name": name, **_mark(facts, name), **row} for name, row in zip(names, rows, strict=True)],
        "guess": guess,
        "alt": alt,
        "chance": chance,
        "axis": f"right on the test {things(facts.about)}; dotted: guessing, {percent(chance)}",
    }


def _guess_line(facts: Facts, found: Comparison) -> dict[str, Any] | None:
    ran = facts.ran
    if ran is None or ran.guess is None or facts.pair is None or not _guessed(facts, found):
        return None
    place = found[facts.pair[0]].mean + ran.guess / 100
    return {"at": min(1.0, max(0.0, place)), "words": "your guess"}


def _guessed(facts: Facts, found: Comparison) -> bool:
    """Say whether the result answers a guess."""
    guess = facts.ran.guess if facts.ran is not None else None
    return guess is not None and facts.pair is not None and set(facts.pair) <= set(found.arms)


def _findings(facts: Facts, found: Comparison) -> tuple[Verdict, Verdict | None]:
    """Return the verdict that comes first, on what was guessed if there was a guess, and the one beside it."""
    first = found.verdict
    if facts.pair is not None and _guessed(facts, found):
        one, other = (name for name in found.arms if name in facts.pair)
        first = found.verdicts[one, other]
    beside = (one for one in (found.best, found.verdict) if one is not None and one.names != first.names)
    return first, next(beside, None)


def _asides(found: Comparison, first: Verdict, best: Verdict | None) -> list[str]:
    return measured.asides(found, {one.names for one in (first, best) if one is not None})


def _outcome(facts: Facts) -> dict[str, Any]:
    found, ran = facts.found, facts.ran
    assert found is not None
    beside = ""
    if ran is not None and ran.guess is not None and facts.pair is not None and _guessed(facts, found):
        beside = _beside(found, facts.pair, ran)
    first, best = _findings(facts, found)
    how = first.sentence.removeprefix(first.finding)
    head, rows = measured.table(found, seconds=True)
    pairs_head, pairs_rows = measured.pairs(found)
    return {
        "verdict": first.finding,
        "why": f"{_about_intervals(found, things(facts.about))}.{how}",
        "beside": beside,
        "best": in_second_place(best) if best is not None else "",
        "asides": _asides(found, first, best),
        "table": {"head": head, "rows": _cells(rows), "caption": "Every arm"},
        "pairs": {"head": pairs_head, "rows": _cells(pairs_rows), "caption": "Paired differences"},
        "pairs_words": "All paired differences",
        "pairs_note": found.verdicts.note,
        "notes": list(found.notes),
        "fairness": [*measured.recipes(found), *([facts.provenance] if facts.provenance else [])],
        "fairness_words": "What each arm was given",
        "save": "Save record",
    }


def _cells(rows: Sequence[Sequence[str]]) -> list[list[dict[str, str]]]:
    return [[{"text": cell} for cell in row] for row in rows]


def _fair(facts: Facts) -> str:
    return _FAIR_TEXTS if things(facts.about) == "texts" else FAIR


def _about_intervals(found: Comparison, what: str) -> str:
    seeds = len(found.seeds)
    return (
        f"{100 * found.level:g} % intervals over {seeds} draw{'' if seeds == 1 else 's'} and "
        f"{found.items:,} test {what}; differences are paired"
    )


def _chosen(facts: Facts) -> Part:
    state = facts.state
    labels = "all labels" if state.labels_per_class is None else f"{state.labels_per_class} per class"
    words = {arm["name"]: arm["label"] for arm in facts.about["arms"]}
    rows = [(name, words[name]) for name in state.arms]
    return Table(["arm", "what it is"], rows, f"Labels: {labels}; draws: {state.seeds}")


def _committed(pair: tuple[str, str], state: CompareState) -> str:
    assert state.guess is not None
    return f"Your guess: {gate.words(pair, state.guess)}, because: {state.reason}"


def _beside(found: Comparison, pair: tuple[str, str], state: CompareState) -> str:
    assert state.guess is not None
    return gate.beside(pair, state.guess, state.reason, found.between(*pair).interval.difference)
