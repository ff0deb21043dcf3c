"""Answers: what a trained network says about pictures or about cached activations."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from tlkit.backbones import pool_features
from tlkit.train.batches import Source
from tlkit.train.features import BATCH_SIZE

if TYPE_CHECKING:
    from tlkit.backbones import Network


def predict(
    network: Network, source: Source, should_stop: Callable[[], None] | None = None
) -> NDArray[np.int64]:
    """Return the predicted class of each item of a source, (n,), in evaluation mode.

    Parameters
    ----------
    network
        Put into evaluation mode.
    source
        Without augmentation.
    should_stop
        Called before each batch; ends the work by raising.
    """
    network.eval()
    found = []
    with torch.inference_mode():
        for first in range(0, len(source), BATCH_SIZE):
            if should_stop is not None:
                should_stop()
            x, _ = source.batch(torch.arange(first, min(first + BATCH_SIZE, len(source))))
            found.append(network(x, start=source.start).argmax(dim=1).cpu().numpy())
    return np.concatenate(found)


def pooled(
    network: Network, source: Source, should_stop: Callable[[], None] | None = None
) -> NDArray[np.float32]:
    """Return the pooled features (n, d) of each item of a source, in evaluation mode.

    Parameters
    ----------
    network
        Put into evaluation mode.
    source
        Without augmentation.
    should_stop
        Called before each batch; ends the work by raising.
    """
    network.eval()
    found = []
    with torch.inference_mode():
        for first in range(0, len(source), BATCH_SIZE):
            if should_stop is not None:
                should_stop()
            x, _ = source.batch(torch.arange(first, min(first + BATCH_SIZE, len(source))))
            out = pool_features(network.backbone(x, start=source.start))
            found.append(out.float().cpu().numpy())
    return np.concatenate(found)
