"""fastai: a ``Learner`` with a splitter, ``freeze`` and ``fit_one_cycle``.

As by default, the layers of normalisation in the frozen part go on learning. With the head alone, every pass ends
with a validation, and the passes are ten; ``fine_tune`` is given its passes, and nothing to validate on. The rate is
tuned. Progress bar and log are off.
"""

from __future__ import annotations

from collections.abc import Sequence

import fastai.callback.schedule  # noqa: F401  # gives learners fit_one_cycle, and no_bar
import torch
from fastai.data.core import DataLoaders
from fastai.data.load import DataLoader
from fastai.learner import Learner
from fastai.metrics import accuracy
from fastai.torch_core import params, set_seed
from torch import nn
from torch.utils.data import TensorDataset

from peers import Given, Scorer, scorer

PASSES = 10
RATE = 3e-3
RATE_FINE = 1e-3


def learner(given: Given, network: nn.Module, opened: Sequence[str]) -> Learner:
    """Return a learner whose last group of parameters is the head and what is opened."""

    def split(net: nn.Module) -> list[list[nn.Parameter]]:
        stages = dict(net.body.stages.named_children())
        closed = [one for name, stage in stages.items() if name not in opened for one in params(stage)]
        learning = [one for name in opened for one in params(stages[name])] + params(net.head)
        return [closed, learning] if closed else [learning]

    loaders = [
        DataLoader(
            TensorDataset(part.images, part.labels), bs=given.batch_size, shuffle=shuffle, num_workers=0
        )
        for part, shuffle in ((given.train, True), (given.validation, False))
    ]
    return Learner(
        DataLoaders(*loaders, device=torch.device("cpu")),
        network,
        loss_func=nn.CrossEntropyLoss(),
        splitter=split,
        metrics=accuracy,
    )


def fitted(learn: Learner, passes: int, rate: float) -> Scorer:
    """Fit without a word."""
    learn.freeze()
    with learn.no_bar(), learn.no_logging():
        learn.fit_one_cycle(passes, lr_max=rate)
    return scorer(learn.model)


def frozen_head(given: Given, rate: float = RATE) -> Scorer:
    """Train the last layer and, as fastai does, the frozen part's normalisation."""
    set_seed(given.seed)
    return fitted(learner(given, given.network(), ()), PASSES, rate)


def fine_tune(given: Given, opened: Sequence[str], passes: int, rate: float = RATE_FINE) -> Scorer:
    """Train some stages, the last layer and the frozen part's normalisation."""
    set_seed(given.seed)
    return fitted(learner(given, given.network(), opened), passes, rate)
