"""Answers: what a trained network says about pictures or about cached activations."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from tlkit.backbones.batching import pictures_at_once
from tlkit.backbones.evaluating import evaluating
from tlkit.train.batches import Source
from tlkit.train.memory import in_parts

if TYPE_CHECKING:
    from tlkit.backbones import Network


def scores(
    network: Network, source: Source, should_stop: Callable[[], None] | None = None
) -> NDArray[np.float32]:
    """Return what comes out of the head for each item of a source, (n, classes), in evaluation mode.

    Parameters
    ----------
    network
        Left in the mode it was in.
    source
        Without augmentation.
    should_stop
        Called before each batch; ends the work by raising.
    """

    found = []
    with evaluating(network), torch.inference_mode():
        probe, _ = source.batch(torch.arange(min(1, len(source))))
        batch = pictures_at_once(tuple(probe.shape[1:]))
        for first in range(0, len(source), batch):
            if should_stop is not None:
                should_stop()
            x, _ = source.batch(torch.arange(first, min(first + batch, len(source))))
            answers = in_parts(lambda part: network(part, start=source.start), x)
            found.append(answers.float().cpu().numpy())
    return np.concatenate(found)


def predict(
    network: Network, source: Source, should_stop: Callable[[], None] | None = None
) -> NDArray[np.int64]:
    """Return the predicted class of each item of a source, (n,), in evaluation mode.

    Parameters
    ----------
    network, source, should_stop
        As in `scores`.
    """
    return np.asarray(scores(network, source, should_stop).argmax(axis=1))
