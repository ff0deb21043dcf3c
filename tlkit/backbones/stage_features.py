"""Features after every stage of a network, in one pass over the pictures."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tlkit.backbones.evaluating import evaluating
from tlkit.backbones.pooling import pool_features
from tlkit.backbones.staged import StagedModule
from tlkit.backbones.transform import InputTransform


def network_inputs(module: StagedModule, transform: InputTransform, images: NDArray[np.float32]) -> Tensor:
    """Return what enters a network for pictures (n, c, h, w) in 0..1, where the network is."""
    x = transform(images)
    own = next(module.parameters(), None)
    if own is not None:
        x = x.to(own.device, own.dtype)
    return x.to(memory_format=torch.channels_last)


def features_of_stages(
    module: StagedModule, transform: InputTransform, batches: Iterable[NDArray[np.float32]]
) -> dict[str, NDArray[np.float32]]:
    """Return the features of pictures after every stage: stage to (n, d) float32, means over all places.

    Parameters
    ----------
    module
        Is left in the mode it was in.
    transform
        What turns pictures into inputs.
    batches
        Pictures (n, c, h, w) in 0..1, one batch after another.

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
