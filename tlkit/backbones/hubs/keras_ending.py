"""The end of a Keras model: its last layer, and the pooling, flattening and dropout around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tlkit.backbones.hubs.keras_graph import Segment

_GLOBAL = ("GlobalAveragePooling2D",)
_AFTER_THE_LAST = ("Activation", "Softmax", "Flatten", "Reshape")
_DROPPING = ("Dropout", "SpatialDropout2D")


@dataclass(frozen=True)
class Ending:
    """What follows the features.

    Parameters
    ----------
    layer
        The last layer, from features to scores: Dense, or a convolution of one place; None if there is none.
    body
        The segments before it and before the pooling over all places that it begins with.
    """

    layer: str | None
    body: tuple[Segment, ...]


def ending(parts: Sequence[Segment], kinds: dict[str, str], is_head: Any) -> Ending:
    """Take the last layer off, and the pooling, flattening and dropout around it.

    Parameters
    ----------
    parts
        The segments of the whole network.
    kinds
        Layer to the name of its class.
    is_head
        Called with a layer's name: whether it is a linear layer from features to scores.
    """
    left = list(parts)

    def drop(wanted: tuple[str, ...]) -> None:
        while len(left) > 1 and all(kinds[call.layer] in wanted for call in left[-1].calls):
            left.pop()

    drop(_AFTER_THE_LAST)
    last = left[-1].calls
    head = last[-1].layer if len(last) == 1 and is_head(last[-1].layer) else None
    if head is None:
        left = list(parts)
    else:
        left.pop()
        drop(_DROPPING)
    drop(_GLOBAL)
    return Ending(head, tuple(left))
