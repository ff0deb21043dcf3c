"""A guess before a result: the gate that a lesson passes only with a number and a reason."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tlkit.course.said import Said
from tlkit.errors import TlkitError


class GuessFirst(TlkitError):
    """A result was asked for before a guess was made.

    In a notebook it shows as one sentence, without a traceback: nothing is broken, it is the learner's turn.
    It stops "Run all cells" at the gate.
    """

    def _render_traceback_(self) -> list[str]:  # the name by which IPython asks
        return [str(self)]


@dataclass(frozen=True, repr=False)
class Guess(Said):
    """A guess that was made, with its reason.

    Attributes
    ----------
    question
        What was asked.
    value
        The number or the option that was chosen.
    because
        The reason, in the learner's words.
    """

    question: str
    value: float | str
    because: str
    unit: str = ""

    def paragraphs(self) -> list[str]:
        """Return the guess in words."""
        return [f"{self.question}", f"Your guess: {self._said(self.value)}, because: {self.because}"]

    def beside(self, result: float | str) -> Said:
        """Return the guess and the result side by side.

        Examples
        --------
        >>> print(predict("How many percent?", guess=40, because="it looks hard", unit="%").beside(83.2))
        You guessed 40 %. It was 83.2 %: 43.2 more.
        """
        if isinstance(self.value, str) or isinstance(result, str):
            ending = ", as you guessed." if self.value == result else "."
            return _Beside(f"You guessed: {self.value}. It was: {result}{ending}")
        off = round(float(result), 1) - float(self.value)
        gap = "exactly" if abs(off) < 0.05 else f"{round(abs(off), 1):g} {'more' if off > 0 else 'less'}"
        return _Beside(
            f"You guessed {self._said(self.value)}. It was {self._said(round(float(result), 1))}: {gap}."
        )

    def _said(self, value: float | str) -> str:
        text = value if isinstance(value, str) else f"{value:g}".replace("-", "−")
        one = text.removeprefix("−") == "1" and self.unit.endswith("points")
        return f"{text} {self.unit[:-1] if one else self.unit}".rstrip()


@dataclass(frozen=True, repr=False)
class _Beside(Said):
    text: str

    def paragraphs(self) -> list[str]:
        return [self.text]


def predict(
    question: str,
    guess: object,
    because: object,
    *,
    options: tuple[str, ...] = (),
    low: float = 0.0,
    high: float = 100.0,
    unit: str = "",
) -> Guess:
    """Commit to a guess before a result is shown.

    Parameters
    ----------
    question
        What is asked, as a sentence.
    guess
        A number from `low` to `high`, or one of the `options`. ``...`` means that no guess was made yet.
    because
        One reason, in words; any reason will do, but there must be one.
    options
        What may be guessed, where the answer is not a number.
    low, high
        The smallest and the largest number that make sense.
    unit
        Written after the number.

    Raises
    ------
    GuessFirst
        The guess or the reason is still blank, or the guess is none that can be true.

    Examples
    --------
    >>> print(predict("How many percent?", guess=40, because="it looks hard", unit="%"))
    How many percent?
    Your guess: 40 %, because: it looks hard
    >>> predict("How many percent?", guess=..., because=...)
    Traceback (most recent call last):
    ...
    tlkit.course.guesses.GuessFirst: Your guess comes first. Put a number ...
    """
    wanted = (
        f"one of {', '.join(repr(one) for one in options)}"
        if options
        else f"a number from {low:g} to {high:g}"
    )
    if guess is ... or guess is None:
        raise GuessFirst(
            "Your guess comes first.",
            f"Put {wanted} in place of the dots after `guess=`, and run the cell again.",
        )
    if not isinstance(because, str) or not because.strip():
        raise GuessFirst(
            "Your guess needs a reason.",
            "Write one in quotation marks after `because=`, and run the cell again. A wrong reason teaches "
            "as much as a right one.",
        )
    if options:
        if guess not in options:
            raise GuessFirst(f"{guess!r} is none of the answers.", f"Choose {wanted}.")
        return Guess(question, str(guess), because.strip(), unit)
    number = _number(guess)
    if number is None or not low <= number <= high:
        raise GuessFirst(f"{guess!r} cannot be the answer.", f"Guess {wanted}.")
    return Guess(question, number, because.strip(), unit)


def _number(guess: object) -> float | None:
    try:
        number = float(str(guess).strip().rstrip("%"))
    except ValueError:
        return None
    return number if math.isfinite(number) else None
