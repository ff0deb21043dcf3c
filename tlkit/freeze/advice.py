"""What a learner should hear about a plan before training: warnings, and modes that are the same here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import nn

from tlkit.backbones.layers import is_norm
from tlkit.errors import PlanError
from tlkit.freeze.anatomy import Anatomy
from tlkit.freeze.modes import MODES, TABLE, Mode, strictest
from tlkit.freeze.wording import listed


def warnings_of(
    stages: Mapping[str, nn.Module],
    looked_at: Mapping[str, Anatomy],
    modes: Mapping[str, str],
    *,
    network_is_module: bool,
) -> list[str]:
    """Return what may surprise about a plan.

    Raises
    ------
    PlanError
        Nothing is trainable, not even in the head.
    """
    found = []
    learns = [name for name in stages if _learns(looked_at[name], modes[name])]
    if not learns and "head" in stages:
        raise PlanError(
            "Nothing is trainable: the backbone is frozen and the head has no parameters.",
            "Give the network a head with parameters, or leave a stage trainable.",
        )
    if not learns and network_is_module:
        found.append("Nothing in this module is trainable: only a head that you put on it can learn.")
    names = [name for name in modes if name != "head"]
    above: dict[str, list[str]] = {}
    for position, name in enumerate(names):
        # A stage in the same mode follows as far as that mode lets it.
        below = [
            lower
            for lower in names[:position]
            if lower in learns
            and modes[lower] != modes[name]
            and strictest({modes[lower], modes[name]}) == modes[name]
        ]
        if below:
            above.setdefault(listed(below), []).append(name)
    for lower, frozen in above.items():
        found.append(
            f"{listed([f'{name} ({modes[name]})' for name in frozen])} {_is(frozen)} frozen above {lower},"
            " which will change. It is allowed: the gradient passes through. But what is frozen was made for"
            " the old input and cannot follow."
        )
    for name in names:
        if looked_at[name].unstored and modes[name] in ("strict", "batch_stats"):
            found.append(
                f"{name} has a BatchNorm that keeps no statistics: it normalises by the batch even when"
                f" {modes[name]}, so that its output depends on the other items and cannot be remembered."
            )
    found += _sharing(stages, modes)
    return found


def _learns(anatomy: Anatomy, mode: str) -> bool:
    rule = TABLE[mode]
    return (anatomy.weights and rule.weights) or (anatomy.affine and rule.affine)


def _sharing(stages: Mapping[str, nn.Module], modes: Mapping[str, str]) -> list[str]:
    """Name the parameters that a stage would train but another one holds."""
    owners: dict[int, dict[str, tuple[str, bool]]] = {}
    for stage, module in stages.items():
        for path, part in module.named_modules():
            for name, parameter in part.named_parameters(recurse=False):
                learns = TABLE[modes[stage]].may_change("affine" if is_norm(part) else "weights")
                full = f"{path}.{name}" if path else name
                owners.setdefault(id(parameter), {}).setdefault(stage, (full, learns))
    found: dict[tuple[str, ...], list[str]] = {}
    for by_stage in owners.values():
        if len({learns for _, learns in by_stage.values()}) == 2:
            first = next(iter(by_stage.values()))[0]
            found.setdefault(tuple(by_stage), []).append(first)
    return [
        f"{listed(list(where))} share {listed(tensors)}, and not all of them may change: what is frozen in"
        " one stage is frozen in all."
        for where, tensors in found.items()
    ]


def coincidences(looked_at: Mapping[str, Anatomy], modes: Mapping[str, str]) -> list[str]:
    """Say for which frozen stages several modes are the same.

    Derived from the table of modes: two modes coincide where they differ only in what a stage lacks.
    """
    found: dict[str, list[str]] = {}
    for name, mode in modes.items():
        if mode == "trainable" or name not in looked_at:
            continue
        same = [other for other in MODES if _effect(looked_at[name], other) == _effect(looked_at[name], mode)]
        if len(same) > 1:
            found.setdefault(
                f"{_lack(looked_at[name])}, so that {listed(same)} are the same there.", []
            ).append(name)
    return [
        f"{listed(names)} {'has' if len(names) == 1 else 'have'} {words}" for words, names in found.items()
    ]


def _effect(anatomy: Anatomy, name: str) -> tuple[object, ...]:
    """Return what a mode does to this stage, leaving out what the stage does not have."""
    mode: Mode = TABLE[name]
    return (
        mode.weights if anatomy.weights else None,
        mode.affine if anatomy.affine else None,
        mode.statistics if anatomy.statistics else None,
        mode.buffers if anatomy.buffers else None,
        # What has buffers of its own does something else with them while it trains, written or not.
        mode.normalises if anatomy.statistics or anatomy.buffers else None,
        mode.dropout if anatomy.dropout else None,
    )


def _lack(anatomy: Anatomy) -> str:
    lacks = []
    if not anatomy.norm:
        lacks.append("no BatchNorm")
    elif not anatomy.affine:
        lacks.append("BatchNorm without scale and shift")
    elif not anatomy.statistics:
        lacks.append("BatchNorm without running statistics")
    if not anatomy.dropout:
        lacks.append("no dropout")
    if not anatomy.buffers and not anatomy.norm:
        lacks.append("no other buffers")
    if not anatomy.weights and not anatomy.affine:
        lacks.append("no parameters")
    return listed(lacks)


def _is(words: Sequence[str]) -> str:
    return "is" if len(words) == 1 else "are"
