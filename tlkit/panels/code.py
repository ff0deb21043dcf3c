"""Python that does what a Freeze panel does, to be copied into a cell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tlkit.panels.presets import preset_of
from tlkit.panels.things import things


def as_python(
    about: Mapping[str, Any], modes: Mapping[str, str], gradual: bool, seed: int, views: int
) -> str:
    """Write the code of a plan and its run.

    Parameters
    ----------
    about
        The panel's facts.
    modes
        Stage to mode.
    gradual, seed, views
        As in the panel's settings; `views` augmented copies are remembered where something else learns too.
    """
    task, load = about["task"], about["backbone"]["load"]
    given = about["backbone"].get("asked", {})
    asked = "".join(f", {name}={given[name]!r}" for name in ("side", "trust") if name in given)
    net = f"backbones.load({load!r}{asked})" if load else "...  # your own backbone"
    if not task["load"]:
        drawn = "...  # your own task"
    elif task["labels_per_class"] is None:
        drawn = f"data.load({task['load']!r}).task(seed={task['seed']})"
    else:
        drawn = f"data.load({task['load']!r}).few_shot({task['labels_per_class']}, seed={task['seed']})"
    strict = all(mode == "strict" for mode in modes.values())
    remembered = not strict and next(iter(modes.values())) == "strict"
    recipe = ""
    remembered = remembered and things(about) == "pictures"  # texts are not augmented
    if gradual or remembered:
        recipe = ", recipe=train.Recipe.for_plan(plan" + (", gradual=True)" if gradual else ")")
    if remembered:
        recipe += f".change(augmented_views={views})"
    return "\n".join(
        [
            "from tlkit import backbones, data, freeze, train",
            "",
            f"net = {net}",
            f"task = {drawn}",
            f"plan = freeze.plan(net, {_plan(modes, gradual, about.get('learns_in', 'trainable'))})",
            f"run = train.fit(net, task, plan, seed={seed}{recipe})",
            "print(run)",
            "print(run.seal)",
        ]
    )


def _plan(modes: Mapping[str, str], gradual: bool, learns_in: str) -> str:
    preset = preset_of(modes, gradual, learns_in)
    if preset == "feature extraction":
        return 'until="head"'
    if preset == "last stage":
        return f'until="{list(modes)[-1]}"'
    return repr(dict(modes)).replace("'", '"')
