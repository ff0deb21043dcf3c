"""The words of the Freeze panel for modes and presets, and what a preset does to every stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tlkit.errors import unknown_name
from tlkit.freeze.modes import TABLE

_LABELS = {
    "trainable": "trainable",
    "stored_stats": "stored statistics",
    "strict": "strict",
    "weights_only": "weights only",
    "train_bn": "train BatchNorm",
    "batch_stats": "batch statistics",
}
#: Mode to its label and its meaning, in the order in which a menu shows them.
MODES: dict[str, tuple[str, str]] = {mode: (label, TABLE[mode].meaning) for mode, label in _LABELS.items()}
PRESETS: dict[str, tuple[str, str]] = {
    "feature extraction": ("Feature extraction", "Freeze every stage, train only the new head."),
    "last stage": ("Last stage", "Train the head and the stage before it."),
    "everything": ("Everything", "Train all stages at once, the early ones more slowly."),
    "gradual": ("Gradual", "Train all stages, opened one after the other from the last to the first."),
    "your own": ("Your own", "What you chose stage by stage."),
}


def mode_named(name: str) -> str:
    """Return the mode that a name or label stands for.

    Examples
    --------
    >>> mode_named("weights only")
    'weights_only'
    """
    plain = str(name).strip().lower()
    for mode, (label, _) in MODES.items():
        if plain.replace("-", "_").replace(" ", "_") == mode or plain == label.lower():
            return mode
    raise unknown_name("mode", name, MODES)


def preset_named(name: str) -> str:
    """Return the preset that a name or label stands for.

    Examples
    --------
    >>> preset_named("Last-stage")
    'last stage'
    """
    plain = str(name).strip().lower().replace("-", " ").replace("_", " ")
    if plain not in PRESETS:
        raise unknown_name("preset", name, PRESETS)
    return plain


def offered(numbers: Sequence[int]) -> dict[str, tuple[str, str]]:
    """Return the presets that do something of their own on a network.

    Parameters
    ----------
    numbers
        How many numbers each stage has, from the input on.

    Examples
    --------
    >>> [name for name in PRESETS if name not in offered([100, 0])]
    ['last stage', 'gradual']
    """
    useless = set()
    if not numbers[-1]:
        useless.add("last stage")
    if sum(count > 0 for count in numbers) < 2:
        useless |= {"last stage", "gradual"}
    return {name: words for name, words in PRESETS.items() if name not in useless}


def modes_of(preset: str, stages: Sequence[str], learns_in: str = "trainable") -> dict[str, str]:
    """Return the mode of every stage (without the head) under a preset other than "your own".

    Parameters
    ----------
    preset, stages
        Which preset, and the names of the stages.
    learns_in
        The mode of a stage that learns.

    Examples
    --------
    >>> modes_of("last stage", ["stem", "layer1"])
    {'stem': 'strict', 'layer1': 'trainable'}
    """
    if preset in ("everything", "gradual"):
        return dict.fromkeys(stages, learns_in)
    modes = dict.fromkeys(stages, "strict")
    if preset == "last stage":
        modes[stages[-1]] = learns_in
    return modes


def preset_of(modes: Mapping[str, str], gradual: bool, learns_in: str = "trainable") -> str:
    """Return the preset that gives these modes, or "your own".

    Examples
    --------
    >>> preset_of({"stem": "strict", "layer1": "batch_stats"}, gradual=False)
    'your own'
    """
    if gradual:
        return "gradual"
    for preset in ("feature extraction", "last stage", "everything"):
        if dict(modes) == modes_of(preset, list(modes), learns_in):
            return preset
    return "your own"
