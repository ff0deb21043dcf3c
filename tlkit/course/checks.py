"""Checks of exercises: they look at what happened, not at how it was written.

A lesson's author writes them in ``lessons/NN-name/checks.py``. A check takes what the learner made and
returns a sentence when it is right, or raises :class:`NotYet` with a hint that names the belief behind the
likely mistake. Beside that, every exercise has three hints to ask for: a nudge, a point, and the solution.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tlkit.course.catalogue import Lesson, lessons
from tlkit.course.said import Said
from tlkit.errors import TlkitError, unknown_name

CHECKS = "checks.py"
STEPS = ("nudge", "point", "show")


class NotYet(Exception):
    """What a learner made is not what was asked for yet.

    Parameters
    ----------
    hint
        What to look at, in the author's words. It does not give the answer away.
    belief
        The belief that leads to this answer, so that it goes on from "the belief that"; one of the
        misconceptions in the lesson's metadata, or empty.
    """

    def __init__(self, hint: str, belief: str = "") -> None:
        self.hint = hint
        self.belief = belief
        super().__init__(hint)


@dataclass(frozen=True)
class Exercise:
    """One exercise: its name, what it takes, its check and its three hints."""

    name: str
    takes: tuple[str, ...]
    judge: Callable[..., str]
    hints: tuple[str, str, str]


@dataclass(frozen=True, repr=False)
class Checked(Said):
    """What :func:`check` found: ``right`` is True, False, or None while there is nothing to judge."""

    exercise: str
    right: bool | None
    text: str
    belief: str = ""

    @property
    def tone(self) -> str:  # type: ignore[override]  # a property here, a plain default in the base
        """The colour that goes with the words."""
        return {True: "right", False: "wrong", None: "quiet"}[self.right]

    def paragraphs(self) -> list[str]:
        """Return the judgement and, unless it is right, the likely belief and the way to a hint."""
        begin = {True: "Yes.", False: "Not yet.", None: "Your turn."}[self.right]
        words = [f"{begin} {self.text}"]
        if self.belief:
            words.append(f"Behind it may be the belief that {self.belief}.")
        if self.right is False:
            words.append(f'Stuck? `hint("{self.exercise}")` gives a nudge, and more each time you ask.')
        return words


@dataclass(frozen=True, repr=False)
class Hint(Said):
    """One of the three hints of an exercise."""

    step: int
    text: str

    def paragraphs(self) -> list[str]:
        """Return the hint's paragraphs under its number."""
        first, *rest = self.text.split("\n\n")
        return [f"Hint {self.step} of {len(STEPS)}: {first}", *rest]


_registered: dict[str, Exercise] = {}
_read_files: set[Path] = set()
_asked: dict[str, int] = {}


def exercise(
    name: str, *, takes: tuple[str, ...], hints: tuple[str, str, str]
) -> Callable[[Callable[..., str]], Callable[..., str]]:
    """Register the check of an exercise; used as a decorator in a lesson's ``checks.py``.

    Parameters
    ----------
    name
        Two digits of the lesson and a few words: ``"01-two-labels"``.
    takes
        What the learner hands over, in order, each in a few words.
    hints
        A nudge (where to look), a point (what to use), and the solution (``show``).

    Examples
    --------
    >>> @exercise("00-add", takes=("a number",), hints=("Count.", "Use +.", "1 + 1"))
    ... def add(answer):
    ...     if answer == 11:
    ...         raise NotYet("You put two signs side by side.", belief="adding is writing side by side")
    ...     if answer != 2:
    ...         raise NotYet("Count again.")
    ...     return "One and one is two."
    >>> add(2)
    'One and one is two.'
    """
    if len(hints) != len(STEPS):
        raise TlkitError(f"The exercise {name!r} has {len(hints)} hints.", "Give three: nudge, point, show.")

    def register(judge: Callable[..., str]) -> Callable[..., str]:
        _registered[name] = Exercise(name, takes, judge, hints)
        return judge

    return register


def exercises(lesson: Lesson) -> tuple[Exercise, ...]:
    """Return the exercises of a lesson, in the order of its ``checks.py``.

    Examples
    --------
    >>> from tlkit import course
    >>> all(one.name.startswith("01-") for one in exercises(course.find("01")))
    True
    """
    path = lesson.folder / CHECKS
    if path not in _read_files and path.is_file():
        name = f"_tlkit_checks_{lesson.number}"
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise TlkitError(f"{path} cannot be read.", "Install tlkit again.")
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
        _read_files.add(path)
    return tuple(one for one in _registered.values() if one.name.startswith(f"{lesson.number}-"))


def check(name: str, *made: object) -> Checked:
    """Check what you made in an exercise.

    Parameters
    ----------
    name
        The name of the exercise: ``"01-two-labels"``.
    *made
        What the exercise asks for. ``...`` counts as not tried yet.

    Returns
    -------
    Checked
        Shows as a sentence; ``.right`` is True, False, or None when there was nothing to check. A wrong
        answer raises nothing, so the notebook goes on.

    Raises
    ------
    UnknownNameError
        There is no such exercise; the nearest names are given.

    Examples
    --------
    >>> check("01-own-task", ...).right is None
    True
    """
    asked = _find(name)
    wanted = " and ".join(asked.takes)
    if not made or any(one is ... for one in made):
        return Checked(name, None, f"Put your answer in place of the dots. The check takes {wanted}.")
    if len(made) != len(asked.takes):
        return Checked(name, None, f"You gave {len(made)} things. The check takes {wanted}.")
    try:
        return Checked(name, True, asked.judge(*made))
    except NotYet as hint:
        return Checked(name, False, hint.hint, hint.belief)
    except (TypeError, AttributeError, ValueError, KeyError, IndexError, RuntimeError) as error:
        given = " and ".join(type(one).__name__ for one in made)
        return Checked(
            name,
            False,
            f"The check takes {wanted}. It got {given} and could not use it. Python says: {str(error).rstrip('.')}.",
        )


def hint(name: str, step: int | None = None) -> Hint:
    """Give the next hint of an exercise: first a nudge, then a point, then the solution.

    Parameters
    ----------
    name
        The name of the exercise.
    step
        1, 2 or 3 for one of them; without it, one further than the last time.

    Examples
    --------
    >>> hint("01-own-task", step=1).step
    1
    """
    asked = _find(name)
    if step is None:
        step = min(_asked.get(name, 0) + 1, len(STEPS))
    if step not in range(1, len(STEPS) + 1):
        raise TlkitError(f"There is no hint {step}.", f"Ask for one from 1 to {len(STEPS)}.")
    _asked[name] = max(step, _asked.get(name, 0))
    return Hint(step, asked.hints[step - 1])


def _find(name: str) -> Exercise:
    number = name.split("-")[0]
    known = lessons()
    for lesson in known:
        if lesson.number == number:
            for one in exercises(lesson):
                if one.name == name:
                    return one
    raise unknown_name("exercise", name, [one.name for lesson in known for one in exercises(lesson)])
