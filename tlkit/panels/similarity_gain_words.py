"""What transfer gained, in words: beside the guess and beside what the scores led one to expect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tlkit.compare.wording import about, draws, in_second_place, labels
from tlkit.panels import gate, measured
from tlkit.panels.numbers import percent, signed
from tlkit.panels.similarity_expectation import agreement, expectation
from tlkit.panels.similarity_gain import Gain
from tlkit.panels.similarity_state import SimilarityState, counts
from tlkit.panels.twin import Paragraph, Part, Pictures, Table
from tlkit.similarity import Moved

_ONE_RUN = "Of one fine-tuned run, on the first draw; its intervals are over {}."
CLOSED = "Nothing is measured until you have guessed."


@dataclass(frozen=True)
class Facts:
    """Everything that is drawn.

    Attributes
    ----------
    state
        The settings.
    predict, waits
        Whether a guess must come first, and whether it is still to come.
    pair
        The arms that a guess is about; None where nothing can be measured any more.
    most_labels
        How many labels of each class the target has.
    report
        The report's record, None without one.
    reported
        Whether it belongs to the present settings.
    gain, fits, known
        What was measured, whether with the present settings, and whether with these on any number of draws.
    measures
        Whether it is being measured now.
    seconds
        About how long it will take; None where nobody knows.
    """

    state: SimilarityState
    predict: bool
    waits: bool
    pair: tuple[str, str] | None
    most_labels: int
    report: Mapping[str, Any] | None
    reported: bool
    gain: Gain | None
    fits: bool
    known: bool
    measures: bool
    seconds: float | None


def question(state: SimilarityState, pair: tuple[str, str]) -> str:
    """Ask by how much transfer will beat a start from random numbers.

    Examples
    --------
    >>> question(SimilarityState("letters", "greek", "net"), ("scratch", "frozen"))
    'By how many points will transfer from net (“frozen”) beat random numbers (“scratch”) with 5 labels per class?'
    """
    baseline = "the pictures' own pixels" if pair[0] == "pixels" else "random numbers"
    return (
        f"By how many points will transfer from {state.backbone} (“{pair[1]}”) beat {baseline} (“{pair[0]}”) with "
        f"{labels(state.labels_per_class)}?"
    )


def gate_view(facts: Facts) -> dict[str, Any] | None:
    """Describe the guess for the browser; None where there is none and none is asked for."""
    state, pair = facts.state, facts.pair
    if pair is None or facts.fits or (state.guess is None and facts.known):
        return None
    if state.guess is None and not facts.waits and not facts.reported:
        return None
    return {
        **gate.view(question(state, pair), pair, state),
        "first": facts.predict and not facts.reported,
        "must": facts.predict,
    }


def view(facts: Facts) -> dict[str, Any] | None:
    """Describe the part that measures for the browser; None before there is a report."""
    if facts.report is None:
        return None
    state, found = facts.state, facts.gain
    ready = facts.reported and not facts.waits and facts.pair is not None
    return {
        "title": "Does it pay? Measure it",
        "words": _plan(facts),
        **counts(state, facts.most_labels),
        "labels": {
            "run": "Measure it",
            "again": "Measure it again",
            "stop": "Stop",
            "stopping": "Stopping",
        },
        "measured": found is not None,
        "ready": ready,
        "measures": facts.measures,
        "time": _time(facts.seconds) if ready and not facts.fits else "",
        # Of an older report the whole outcome is said to be old.
        "stale": found is not None and facts.reported and not facts.fits,
        "stale_words": _stale(found) if found is not None and facts.reported else "",
        "found": _found(found, facts.report) if found is not None else None,
    }


def twin(facts: Facts) -> list[Part]:
    """Describe guess and gain for the twin: without times, which differ from run to run."""
    state, pair, found = facts.state, facts.pair, facts.gain
    parts: list[Part] = []
    if facts.waits and pair is not None:
        parts += [Paragraph(question(state, pair), strong=True), Paragraph(CLOSED)]
    if state.guess is not None and pair is not None and not facts.fits:
        parts.append(
            Paragraph(
                f"{question(state, pair)} Your guess: {gate.words(pair, state.guess)}, because: {state.reason}"
            )
        )
    if found is None or facts.report is None or not facts.reported:
        return parts
    if not facts.fits:
        parts.append(Paragraph(_stale(found)))
    shown = _found(found, facts.report)
    parts.append(Paragraph(shown["verdict"], strong=True))
    parts.append(Paragraph(shown["why"]))
    parts.append(
        Table(
            ["", "gain", "why, and how sure"],
            [list(card.values()) for card in shown["cards"]],
            shown["title"],
        )
    )
    parts += [Paragraph(words) for words in (shown["beside"], shown["fits"], shown["best"]) if words]
    drawing = (measured.png(found.comparison, found.pair, found.guess), found.comparison.alt)
    parts.append(Pictures([drawing], 640, drawings=True))
    parts.append(Table(*measured.table(found.comparison, seconds=False), "Every arm"))
    parts += [Paragraph(words) for words in shown["notes"]]
    if found.moved is not None:
        parts.append(Paragraph(f"Which stages moved? {found.moved.sentence}", strong=True))
        parts.append(Table(found.moved.head, found.moved.rows(), _moved_title(found.moved)))
        parts.append(Paragraph(f"{_ONE_RUN.format(found.moved.things)} {found.moved.note}"))
    return parts


def _plan(facts: Facts) -> str:
    state = facts.state
    words = (
        f"Trains on {labels(state.labels_per_class)} of {state.target}, {draws(state.draws)}: {state.backbone} "
        "against the same architecture from random numbers, each with a recipe of its own, on the same labels and the "
        "same sealed test set."
    )
    return words if facts.reported else f"{words} First measure the scores of what you chose."


def _time(seconds: float | None) -> str:
    if seconds is None:
        return ""
    if not seconds:
        return "At once: it was measured before."
    return (
        f"Takes {about(seconds)} on this computer; it can be half or twice that. Stop keeps what is finished."
    )


def _stale(found: Gain) -> str:
    card = found.comparison
    return (
        f"This gain was measured with {labels(card.labels_per_class)} and {draws(len(card.seeds))}. "
        "Measure it again to see the present ones."
    )


def _found(found: Gain, report: Mapping[str, Any]) -> dict[str, Any]:
    card, verdict = found.comparison, found.verdict
    difference, low, high = (100 * one for one in verdict.interval)
    cards = [
        {
            "title": "Measured",
            "value": f"{signed(difference)} points",
            "words": f"{signed(low)} to {signed(high)}: {verdict.word}",
        }
    ]
    cards.insert(0, expectation(report))
    beside = ""
    if found.guess is not None:
        guessed = {
            "title": "Your guess",
            "value": f"{found.guess:g} point{'' if abs(found.guess) == 1 else 's'}".replace("-", "−"),
            "words": f"because: {found.reason}",
        }
        cards.insert(0, guessed)
        beside = gate.beside(found.pair, found.guess, found.reason, verdict.interval.difference)
    best = card.best
    head, rows = measured.table(card, seconds=True)
    return {
        "title": "Guessed, expected and measured",
        "verdict": verdict.finding,
        "why": _why(found),
        "cards": cards,
        "beside": beside,
        "fits": agreement(report, verdict.word),
        "best": in_second_place(best) if best is not None else "",
        "plot": _plot(found),
        "table": {
            "head": head,
            "rows": [[{"text": cell} for cell in row] for row in rows],
            "caption": "Every arm",
        },
        "notes": [*([found.note] if found.note else []), *card.notes],
        "fairness_words": "What each arm was given",
        "fairness": [*measured.recipes(card), found.provenance],
        "moved": _moved(found.moved) if found.moved is not None else None,
    }


def _why(found: Gain) -> str:
    card = found.comparison
    how = found.verdict.sentence.removeprefix(found.verdict.finding)
    drawn = f"{draws(len(card.seeds))} of {labels(card.labels_per_class)}"
    return (
        f"{100 * card.level:g} % interval over {drawn} and {card.items:,} test {_things(found)}, paired; "
        f"“{found.pair[1]}” against “{found.pair[0]}” was the question before anything was measured.{how}"
    )


def _plot(found: Gain) -> dict[str, Any]:
    card = found.comparison
    every = measured.intervals(card)
    marks = measured.marks({one.name: one.pretrained for one in card.results})
    guess = None
    if found.guess is not None:
        place = card[found.pair[0]].mean + found.guess / 100
        guess = {"at": min(1.0, max(0.0, place)), "words": "your guess"}
    return {
        "rows": [{"name": name, **marks[name], **every[name]} for name in card.arms],
        "guess": guess,
        "alt": card.alt,
        "chance": card.chance,
        "axis": f"right on the test {_things(found)}; dotted: guessing, {percent(card.chance)}",
    }


def _things(found: Gain) -> str:
    return str(found.comparison.origin.get("things", "pictures"))


def _moved_title(found: Moved) -> str:
    return f"{found.before}, before and after fine-tuning"


def _moved(found: Moved) -> dict[str, Any]:
    """Describe every stage's bar for the browser."""
    rows = []
    for one, (stage, value, floor, word) in zip(found.stages, found.rows(), strict=True):
        words = f"{stage}: CKA {value} before and after fine-tuning; random network {floor}; {word}"
        rows.append(
            {
                "stage": stage,
                "cka": one.cka,
                "low": one.low,
                "high": one.high,
                "floor": one.floor,
                "value": value.partition(" ")[0],
                "sure": value.partition(" ")[2].strip("()"),
                "random": floor,
                "word": word,
                "words": words,
            }
        )
    return {
        "title": f"Which stages moved? {_moved_title(found)}",
        "sentence": found.sentence,
        "ends": ["0: another view", "1: not moved"],
        "legend": ["before and after", "against a random network"],
        "rows": rows,
        "note": f"{_ONE_RUN.format(found.things)} {found.note}",
    }
