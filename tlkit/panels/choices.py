"""What can be chosen in the Compare panel, and which choices fit together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tlkit.errors import PanelError, unknown_name

MOST_SEEDS = 100


@dataclass(frozen=True)
class CompareState:
    """What the learner chose and guessed.

    Parameters
    ----------
    arms
        Names, in the order in which they are shown.
    labels_per_class
        How many labels of each class an arm may use; None for all.
    seeds
        How many draws.
    guess
        By how many points the transfer will beat the start from nothing; None before it is committed.
    reason
        Why.
    """

    arms: tuple[str, ...]
    labels_per_class: int | None = 1
    seeds: int = 10
    guess: float | None = None
    reason: str = ""


def changed(state: CompareState, changes: Mapping[str, Any], about: Mapping[str, Any]) -> CompareState:
    """Return the settings after a change.

    Parameters
    ----------
    state
        Before it.
    changes
        ``arms``, or one ``arm`` that is to be ``on`` or off; ``labels_per_class``; ``seeds``.
    about
        The panel's facts.

    Raises
    ------
    PanelError, UnknownNameError
        The change makes no sense, or there is no such arm.
    """
    arms = set(changes.get("arms", state.arms))
    if ("arm" in changes) != ("on" in changes):
        raise PanelError("Which arm is to be on or off?", "Give arm= together with on=.")
    if "arm" in changes:
        (arms.add if changes["on"] else arms.discard)(changes["arm"])
    known = [arm["name"] for arm in about["arms"]]
    for name in arms - set(known):
        raise unknown_name("arm", name, known)
    after = replace(
        state,
        arms=tuple(name for name in known if name in arms),
        labels_per_class=changes.get("labels_per_class", state.labels_per_class),
        seeds=changes.get("seeds", state.seeds),
    )
    if after.labels_per_class != state.labels_per_class:
        # A guess was about the labels that it saw.
        after = replace(after, guess=None, reason="")
    return after


def checked(state: CompareState, about: Mapping[str, Any]) -> CompareState:
    """Return the settings, or refuse what does not fit.

    Raises
    ------
    PanelError
        Too few arms, the arms of the guess are not among them, or a number is out of range.
    """
    if len(state.arms) < 2:
        raise PanelError("A comparison needs at least two arms.", "Choose another one first.")
    if about["predict"] and not set(about["pair"]) <= set(state.arms):
        raise PanelError(f"The guess is about {' and '.join(about['pair'])}.", "Leave both among the arms.")
    most = about["most_labels"]
    if state.labels_per_class is not None:
        whole_number("labels per class", state.labels_per_class, most, f"{about['dataset']} has {most}")
    whole_number("draws", state.seeds, MOST_SEEDS, "more are never needed")
    return state


def whole_number(what: str, value: object, most: int, why: str) -> None:
    """Refuse what is no whole number from 1 to the most, and say why no more.

    Raises
    ------
    PanelError
        It is none.

    Examples
    --------
    >>> whole_number("draws", 0, 100, "more are never needed")
    Traceback (most recent call last):
        ...
    tlkit.errors.PanelError: The number of draws is 0. Give a whole number from 1 to 100: more are never needed.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise PanelError(
            f"The number of {what} is {value!r}.", f"Give a whole number from 1 to {most}: {why}."
        )
