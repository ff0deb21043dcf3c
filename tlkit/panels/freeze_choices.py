"""What a learner chose in the Freeze panel, and what a new choice makes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tlkit.errors import PanelError, unknown_name
from tlkit.panels.presets import mode_named, modes_of, preset_named

Modes = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class FreezeState:
    """What the learner chose.

    Parameters
    ----------
    modes
        (stage, mode) for every stage of the backbone, from the input on.
    gradual
        Whether stages open one after the other.
    seed
        Of the run.
    """

    modes: Modes
    gradual: bool = False
    seed: int = 0


def changed(state: FreezeState, changes: Mapping[str, Any], own: Modes | None, learns_in: str) -> FreezeState:
    """Return the choice after some settings were changed.

    Parameters
    ----------
    state
        The choice so far.
    changes
        ``preset``, ``modes``, ``stage`` with ``mode`` or ``learns``, ``seed``: those that were given.
    own
        The modes that the learner set last, for the preset "your own"; None if there were none.
    learns_in
        The mode of a stage that is switched to learn.

    Raises
    ------
    PanelError
        The settings do not fit each other.
    UnknownNameError
        There is no such preset, stage or mode.
    """
    modes, gradual = dict(state.modes), state.gradual
    if "preset" in changes:
        if len(changes.keys() & {"preset", "modes", "stage"}) > 1:
            raise PanelError("A preset sets every stage.", "Set the preset first, then single stages.")
        preset = preset_named(changes["preset"])
        if preset == "your own":
            modes, gradual = dict(own or state.modes), gradual and own is None
        else:
            modes, gradual = modes_of(preset, list(modes), learns_in), preset == "gradual"
    given = dict(changes["modes"]) if "modes" in changes else {}
    if "stage" in changes:
        if ("mode" in changes) == ("learns" in changes):
            raise PanelError(
                f"What is {changes['stage']!r} to do?", "Give stage= together with mode= or with learns=."
            )
        given[changes["stage"]] = changes.get("mode", learns_in if changes.get("learns") else "strict")
    elif "mode" in changes or "learns" in changes:
        raise PanelError("Which stage is meant?", f"Give stage=, one of {', '.join(modes)}.")
    for stage, mode in given.items():
        _set_one(modes, stage, mode)
    return FreezeState(tuple(modes.items()), gradual and not given, changes.get("seed", state.seed))


def checked(state: FreezeState, stages: Sequence[str]) -> FreezeState:
    """Return a choice that can be made on a backbone with these stages.

    Raises
    ------
    PanelError
        The seed or the stages are not what they should be.
    UnknownNameError
        There is no such mode.
    """
    if isinstance(state.seed, bool) or not isinstance(state.seed, int) or state.seed < 0:
        raise PanelError(f"The seed is {state.seed!r}.", "Give a whole number of at least 0.")
    if [stage for stage, _ in state.modes] != list(stages):
        raise PanelError(f"The modes must name the stages {', '.join(stages)}, in this order.")
    for _, mode in state.modes:
        mode_named(mode)
    return state


def _set_one(modes: dict[str, str], stage: str, mode: str) -> None:
    if stage == "head":
        if mode_named(mode) != "trainable":
            raise PanelError("The head is new: frozen, it would only guess.", "Freeze any other stage.")
        return
    if stage not in modes:
        raise unknown_name("stage", stage, [*modes, "head"])
    modes[stage] = mode_named(mode)
