"""fastai: a ``Learner`` with a splitter, ``freeze`` and ``fit_one_cycle``.

As by default, the layers of normalisation in the frozen part go on learning, and every pass ends with a
validation. The number of passes is tuned with the rate. Progress bar and log are off.
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

from peers import Given, Labelled, Scorer, scorer

PASSES = 25
RATE = 1e-2
RATE_FINE = 3e-3


def learner(given: Given, network: nn.Module, opened: Sequence[str], validation: Labelled | None) -> Learner:
    """Return a learner whose last group of parameters is the head and what is opened."""

    def split(net: nn.Module) -> list[list[nn.Parameter]]:
        stages = dict(net.body.stages.named_children())
        closed = [one for name, stage in stages.items() if name not in opened for one in params(stage)]
        learning = [one for name in opened for one in params(stages[name])] + params(net.head)
        return [closed, learning] if closed else [learning]

    parts = [(given.train, True), (validation, False)]
    loaders = [
        DataLoader(
            TensorDataset(part.images, part.labels), bs=given.batch_size, shuffle=shuffle, num_workers=0
        )
        for part, shuffle in parts
        if part is not None
    ]
    return Learner(
        DataLoaders(*loaders, device=torch.device("cpu")),
        network,
        loss_func=nn.CrossEntropyLoss(),
        splitter=split,
        metrics=accuracy if validation is not None else None,
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
    return fitted(learner(given, given.network(), (), given.validation), PASSES, rate)


def fine_tune(given: Given, opened: Sequence[str], passes: int, rate: float = RATE_FINE) -> Scorer:
    """Train some stages, the last layer and the frozen part's normalisation."""
    set_seed(given.seed)
    return fitted(learner(given, given.network(), opened, None), passes, rate)
