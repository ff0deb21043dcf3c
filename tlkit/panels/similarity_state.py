"""What can be set in the Similarity panel, and which numbers fit."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from tlkit.panels.choices import whole_number

#: What "measure it" takes unless told otherwise: few, so that it ends while somebody waits.
LABELS_PER_CLASS, DRAWS = 5, 3
_MOST_DRAWS = 30
# A guess was about these.
_ASKED_ABOUT = ("source", "target", "backbone", "labels_per_class")


@dataclass(frozen=True)
class SimilarityState:
    """What the learner chose and guessed.

    Parameters
    ----------
    source, target
        Names of datasets.
    backbone
        Name of the network that looks at them.
    seed
        Of samples, shuffles and the ceiling's weights; also of the first draw of labels.
    picture
        Which target picture of the map is looked at; choosing one needs no new run.
    pair
        Which class of the source and which of the target are looked at; None for the pair that is closest.
    map
        How the map's points are placed: ``"pca"`` or ``"t-sne"``.
    labels_per_class, draws
        With how many labels of each class, and on how many draws of them, the gain is measured.
    guess
        By how many points transfer will beat the start from random numbers; None before it is committed.
    reason
        Why.
    """

    source: str
    target: str
    backbone: str
    seed: int = 0
    picture: int = field(default=0, compare=False)
    pair: tuple[str, str] | None = field(default=None, compare=False)
    map: str = field(default="pca", compare=False)
    labels_per_class: int = field(default=LABELS_PER_CLASS, compare=False)
    draws: int = field(default=DRAWS, compare=False)
    guess: float | None = field(default=None, compare=False)
    reason: str = field(default="", compare=False)


def asked_anew(before: SimilarityState, after: SimilarityState) -> SimilarityState:
    """Return settings after a change, without a guess that was about other ones.

    Examples
    --------
    >>> before = SimilarityState("letters", "greek", "net", guess=20.0, reason="alike")
    >>> asked_anew(before, replace(before, draws=5)).guess
    20.0
    >>> asked_anew(before, replace(before, target="digits")).guess is None
    True
    """
    same = all(getattr(before, name) == getattr(after, name) for name in _ASKED_ABOUT)
    return after if same else replace(after, guess=None, reason="")


def check_amounts(labels_per_class: Any, draws: Any, most_labels: int, target: str) -> None:
    """Refuse labels or draws that cannot be had.

    Raises
    ------
    PanelError
        Not a whole number in range.
    """
    had = f"{target} has {most_labels} of its rarest class for training"
    whole_number("labels per class", labels_per_class, most_labels, had)
    whole_number("draws", draws, _MOST_DRAWS, "more take long; compare.run takes any number")


def counts(state: SimilarityState, most_labels: int) -> dict[str, dict[str, Any]]:
    """Describe both numbers for the browser."""
    return {
        "labels_per_class": {
            "value": str(state.labels_per_class),
            "most": most_labels,
            "words": "labels per class",
            "title": f"1 to {most_labels}",
        },
        "draws": {
            "value": str(state.draws),
            "most": _MOST_DRAWS,
            "words": "draws",
            "title": "other labels in each",
        },
    }
