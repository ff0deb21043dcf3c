"""skorch: a ``NeuralNetClassifier`` whose body a ``Freezer`` closes, as in its notebook on transfer learning.

The notebook's settings are kept: 25 passes of SGD with momentum 0.9 and a rate that falls to a tenth every seven.
skorch sets a fifth of the labels aside by itself and scores it after every pass. The notebook writes the best weights
to a file; here nothing is written and the last ones are used. The rate is tuned.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from skorch import NeuralNetClassifier
from skorch.callbacks import Freezer, LRScheduler
from torch import nn

from peers import Given, Scorer, close, scorer

PASSES = 25
RATE = 3e-2
RATE_FINE = 1e-2


def classifier(
    given: Given, network: nn.Module, passes: int, rate: float, **more: object
) -> NeuralNetClassifier:
    """Return what fits a network."""
    return NeuralNetClassifier(
        network,
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.SGD,
        optimizer__momentum=0.9,
        lr=rate,
        max_epochs=passes,
        batch_size=given.batch_size,
        iterator_train__shuffle=True,
        classes=np.arange(given.classes),
        verbose=0,
        **more,
    )


def frozen_head(given: Given, rate: float = RATE) -> Scorer:
    """Train the last layer alone, on four fifths of all labels."""
    images = torch.cat([given.train.images, given.validation.images])
    labels = torch.cat([given.train.labels, given.validation.labels])
    callbacks = [Freezer("body.*"), LRScheduler(policy="StepLR", step_size=7, gamma=0.1)]
    net = classifier(given, given.network(), PASSES, rate, callbacks=callbacks)
    net.fit(images, labels)
    return scorer(net.module_)


def fine_tune(given: Given, opened: Sequence[str], passes: int, rate: float = RATE_FINE) -> Scorer:
    """Train some stages and the last layer."""
    network = given.network()
    close(network.body, opened)
    callbacks = [LRScheduler(policy="StepLR", step_size=7, gamma=0.1)]
    net = classifier(given, network, passes, rate, callbacks=callbacks, train_split=None)
    net.fit(given.train.images, given.train.labels)
    return scorer(net.module_)
