"""Answers: what a trained network says about pictures or about cached activations."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tlkit.backbones import pool_features
from tlkit.backbones.batching import pictures_at_once
from tlkit.backbones.evaluating import evaluating
from tlkit.train.batches import Source

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

    def answer(x: Tensor) -> NDArray[np.float32]:
        return np.asarray(network(x, start=source.start).float().cpu().numpy())

    return _each_batch(network, source, answer, should_stop)


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


def pooled(
    network: Network, source: Source, should_stop: Callable[[], None] | None = None
) -> NDArray[np.float32]:
    """Return the pooled features (n, d) of each item of a source, in evaluation mode.

    Parameters
    ----------
    network, source, should_stop
        As in `scores`.
    """

    def answer(x: Tensor) -> NDArray[np.float32]:
        return np.asarray(pool_features(network.backbone(x, start=source.start)).float().cpu().numpy())

    return _each_batch(network, source, answer, should_stop)


def _each_batch(
    network: Network,
    source: Source,
    answer: Callable[[Tensor], NDArray[np.float32]],
    should_stop: Callable[[], None] | None,
) -> NDArray[np.float32]:
    found = []
    with evaluating(network), torch.inference_mode():
        probe, _ = source.batch(torch.arange(min(1, len(source))))
        batch = pictures_at_once(tuple(probe.shape[1:]))
        for first in range(0, len(source), batch):
            if should_stop is not None:
                should_stop()
            x, _ = source.batch(torch.arange(first, min(first + batch, len(source))))
            found.append(answer(x))
    return np.concatenate(found)
