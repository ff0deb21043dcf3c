"""The guess before the result: what is asked, which answers count, and what it looks like beside the result."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, Protocol, TypeVar

from tlkit.course.guesses import Guess, GuessFirst
from tlkit.errors import PanelError

_LOW, _HIGH = -100.0, 100.0


class Guessing(Protocol):
    """The settings of a panel with a gate: a guess, None before it is committed, and its reason."""

    @property
    def guess(self) -> float | None: ...

    @property
    def reason(self) -> str: ...


C = TypeVar("C", bound=Guessing)


def committed(
    state: C,
    guess: object,
    reason: object,
    pair: tuple[str, str],
    *,
    busy: bool,
    known: bool,
    anew: str,
) -> C:
    """Return settings with a guess, which then stays.

    Parameters
    ----------
    state
        Before it, a frozen dataclass.
    guess, reason
        As they were typed.
    pair
        What the guess is about.
    busy
        Whether a run is going on.
    known
        Whether the result is known already.
    anew
        How to guess again.

    Raises
    ------
    PanelError
        The guess or the reason does not fit, one was committed before, or it comes too late.
    """
    number, because = guessed(guess, reason)
    if busy:
        raise PanelError("A run is going on already.", "A guess comes before it.")
    if state.guess is not None:
        raise PanelError(f"You guessed already: {words(pair, state.guess)}.", f"A guess stays. {anew}")
    if known:
        raise PanelError("The result is known already.", anew)
    return dataclasses.replace(state, guess=number, reason=because)  # type: ignore[type-var]  # C is a dataclass


def first() -> GuessFirst:
    """Say that the guess comes before the result."""
    return GuessFirst(
        "Your guess comes first.",
        "Put it into the panel with a reason and commit it, or call panel.commit(guess=…, reason=…).",
    )


def view(question: str, pair: tuple[str, str], state: Guessing) -> dict[str, Any]:
    """Describe a gate for the browser: what is asked, or what was guessed."""
    return {
        "open": state.guess is None,
        "question": question,
        "words": "" if state.guess is None else f"{words(pair, state.guess)}.",
        "reason": state.reason,
        "labels": {
            "title": "Your guess",
            "points": "points",
            "because": "because",
            "hint": "One reason in your own words. Nobody marks it.",
            "commit": "Commit guess",
        },
    }


def question(pair: tuple[str, str]) -> str:
    """Ask by how much the second arm of a pair will beat the first.

    Examples
    --------
    >>> question(("scratch", "frozen"))
    'By how many points will “frozen” beat “scratch”?'
    """
    return f"By how many points will “{pair[1]}” beat “{pair[0]}”?"


def guessed(guess: object, reason: object) -> tuple[float, str]:
    """Return a guess as a number of points and its reason.

    Raises
    ------
    PanelError
        The guess is no number of points that can come out, or the reason is blank.

    Examples
    --------
    >>> guessed("20", " letters look like letters ")
    (20.0, 'letters look like letters')
    """
    try:
        number = float(str(guess).strip().replace(",", ".").replace("\N{MINUS SIGN}", "-"))
    except ValueError:
        number = math.nan
    if isinstance(guess, bool) or not _LOW <= number <= _HIGH:
        missing = guess in (None, ..., "")
        raise PanelError(
            "There is no guess yet." if missing else f"The guess is {guess!r}.",
            f"Write a number of points from {_LOW:g} to {_HIGH:g}; below 0 means that the transfer loses.",
        )
    if not isinstance(reason, str) or not reason.strip():
        raise PanelError(
            "The guess has no reason.", "Write one. A wrong reason teaches as much as a right one."
        )
    return number, reason.strip()


def words(pair: tuple[str, str], guess: float) -> str:
    """Say a guess in words.

    Examples
    --------
    >>> words(("scratch", "frozen"), 20), words(("scratch", "frozen"), -5)
    ('“frozen” wins by 20 points', '“frozen” loses by 5 points')
    """
    if guess == 0:
        return f"“{pair[1]}” and “{pair[0]}” come out the same"
    points = f"{abs(guess):g} point{'' if abs(guess) == 1 else 's'}"
    return f"“{pair[1]}” {'wins' if guess > 0 else 'loses'} by {points}"


def beside(pair: tuple[str, str], guess: float, reason: str, difference: float) -> str:
    """Set a guess beside the result.

    Parameters
    ----------
    pair, guess, reason
        What was guessed, in points, and why.
    difference
        What came out: second minus first, as a share.

    Examples
    --------
    >>> beside(("scratch", "frozen"), 20, "they look alike", 0.543)
    '“frozen” against “scratch”: you guessed 20 points. It was 54.3 points: 34.3 more.'
    >>> beside(("scratch", "frozen"), 1, "they look alike", 0.01)
    '“frozen” against “scratch”: you guessed 1 point. It was 1 point: exactly.'
    """
    said = str(Guess(question(pair), guess, reason, "points").beside(100 * difference))
    return f"“{pair[1]}” against “{pair[0]}”: {said[0].lower()}{said[1:]}"
