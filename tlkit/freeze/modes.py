"""The modes: what "frozen" can mean, and two ways to learn, as one table."""

from __future__ import annotations

from dataclasses import dataclass

from tlkit.errors import unknown_name


@dataclass(frozen=True)
class Mode:
    """What training may change in a stage, and how the stage behaves while it trains.

    Parameters
    ----------
    name
        As a plan names it.
    weights
        Whether weights may change.
    affine
        Whether BatchNorm's scale and shift may change.
    statistics
        Whether BatchNorm's running statistics may change.
    buffers
        Whether other buffers may change, for example those of spectral normalisation.
    normalises
        What BatchNorm normalises by while the network trains.
    dropout
        Whether dropout is on while the network trains.
    meaning
        One or two plain sentences.
    used_by
        Who freezes like this.
    """

    name: str
    weights: bool
    affine: bool
    statistics: bool
    buffers: bool
    normalises: str
    dropout: bool
    meaning: str
    used_by: str

    def may_change(self, kind: str) -> bool:
        """Say whether tensors of a kind may change: weights, affine, statistics or buffers."""
        return bool(getattr(self, kind))


KINDS = ("weights", "affine", "statistics", "buffers")
KIND_WORDS = {
    "weights": "weights",
    "affine": "scale and shift",
    "statistics": "running statistics",
    "buffers": "other buffers",
}

TABLE: dict[str, Mode] = {
    mode.name: mode
    for mode in (
        Mode(
            "trainable", True, True, True, True, "the batch", True,
            "Everything may change: weights, BatchNorm's scale and shift, and its running statistics.",
            "Training without freezing",
        ),
        Mode(
            "stored_stats", True, True, False, False, "stored statistics", False,
            "Weights and BatchNorm's scale and shift learn, on the stored running statistics, which stay; dropout is"
            " off. The stage goes on from where it stands, also with small batches.",
            "The Keras guide's fine-tuning: trainable = True and base(x, training=False)",
        ),
        Mode(
            "weights_only", False, False, True, True, "the batch", True,
            "No weight changes, but every batch still moves BatchNorm's running statistics, and dropout stays"
            " on: the stage drifts although nothing in it learns.",
            "requires_grad = False alone, as in PyTorch's tutorial",
        ),
        Mode(
            "train_bn", False, True, True, True, "the batch", True,
            "Weights stay. BatchNorm's scale and shift learn, and its running statistics follow the batches.",
            "fastai's default",
        ),
        Mode(
            "batch_stats", False, False, False, False, "the batch", True,
            "Nothing is written, but while training each batch is normalised by itself and dropout stays on;"
            " in evaluation the old statistics are used.",
            "Lightning's freeze(train_bn=False)",
        ),
        Mode(
            "strict", False, False, False, False, "stored statistics", False,
            "Nothing changes and nothing is random: stored statistics, dropout off. An item gives the same"
            " numbers every time, so that they can be computed once and remembered.",
            "The Keras guide: trainable = False and base(x, training=False)",
        ),
    )
}  # fmt: skip

MODES: tuple[str, ...] = tuple(TABLE)

#: Mode to one or two plain sentences about it.
EXPLAIN: dict[str, str] = {
    name: f"{mode.meaning} Who does this: {mode.used_by}." for name, mode in TABLE.items()
}

# From the freest to the one that holds most: what is shared by two stages obeys the later one.
_STRICTNESS = ("trainable", "stored_stats", "train_bn", "weights_only", "batch_stats", "strict")


#: The modes in which the weights of a stage learn.
LEARNING: tuple[str, ...] = tuple(name for name, mode in TABLE.items() if mode.weights)


def mode_of(name: object) -> Mode:
    """Return a mode by its name.

    Raises
    ------
    UnknownNameError
        There is no such mode; the nearest is named.

    Examples
    --------
    >>> mode_of("train_bn").used_by
    "fastai's default"
    >>> mode_of("strickt")
    Traceback (most recent call last):
    tlkit.errors.UnknownNameError: There is no freeze mode named 'strickt'. The nearest is 'strict'; ...
    """
    if not isinstance(name, str) or name not in TABLE:
        raise unknown_name("freeze mode", name, MODES)
    return TABLE[name]


def strictest(names: set[str]) -> str:
    """Return the mode that holds most; used for what several stages share.

    Examples
    --------
    >>> strictest({"trainable", "batch_stats"})
    'batch_stats'
    """
    return max(names, key=_STRICTNESS.index)
