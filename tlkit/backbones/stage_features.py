"""Features after every stage of a network, in one pass over the items."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tlkit.backbones.evaluating import evaluating
from tlkit.backbones.intake import Transform, placed
from tlkit.backbones.pooling import pool_features
from tlkit.backbones.staged import StagedModule


def network_inputs(module: StagedModule, transform: Transform, items: Any) -> Tensor:
    """Return what enters a network for raw items, such as pictures (n, c, h, w) in 0..1, where the network is."""
    return placed(module, transform(items))


def features_of_stages(
    module: StagedModule, transform: Transform, batches: Iterable[Any]
) -> dict[str, NDArray[np.float32]]:
    """Return the features of items after every stage: stage to (n, d) float32, means over all places.

    Parameters
    ----------
    module
        Is left in the mode it was in.
    transform
        What turns items into inputs.
    batches
        Raw items, such as pictures (n, c, h, w) in 0..1, one batch after another.

    Examples
    --------
    >>> from tlkit import backbones, data
    >>> net = backbones.load("zoo:resnet-letters")
    >>> found = features_of_stages(net.module, net.transform, [data.load("greek").train.images[:8]])
    >>> {stage: features.shape for stage, features in found.items()}
    {'stem': (8, 16), 'layer1': (8, 16), 'layer2': (8, 32), 'layer3': (8, 64)}
    """
    found: dict[str, list[Tensor]] = {stage: [] for stage in module.stages}
    ends = [*list(module.stages)[1:], None]
    with evaluating(module), torch.inference_mode():
        for batch in batches:
            x = network_inputs(module, transform, batch)
            for (stage, rows), end in zip(found.items(), ends, strict=True):
                x = module(x, start=stage, stop=end)
                rows.append(pool_features(x).float().cpu())
    return {stage: np.asarray(torch.cat(rows).numpy()) for stage, rows in found.items()}
