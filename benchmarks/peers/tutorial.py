"""The loop of PyTorch's transfer learning tutorial: 25 passes of SGD, validation after each, the best weights kept.

Its settings are kept: momentum 0.9, a rate that falls to a tenth every seven passes, ``requires_grad = False`` for what
is frozen, and ``train()`` for the whole network in each pass, so that statistics of normalisation move on. The rate is
tuned. Batches are larger than the tutorial's four pictures: a pass then takes less time.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import nn
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, TensorDataset

from peers import Given, Labelled, Scorer, close, scorer

PASSES = 25
RATE = 3e-2
RATE_FINE = 1e-2


def loader(given: Given, part: Labelled, shuffle: bool) -> DataLoader:
    """Return batches of one part."""
    order = torch.Generator().manual_seed(given.seed)
    return DataLoader(
        TensorDataset(part.images, part.labels), given.batch_size, shuffle=shuffle, generator=order
    )


def optimizer_for(network: nn.Module, rate: float) -> tuple[torch.optim.SGD, StepLR]:
    """Return SGD for what may change, and its schedule."""
    learning = [one for one in network.parameters() if one.requires_grad]
    optimizer = torch.optim.SGD(learning, lr=rate, momentum=0.9)
    return optimizer, StepLR(optimizer, step_size=7, gamma=0.1)


def one_pass(network: nn.Module, batches: DataLoader, optimizer: torch.optim.Optimizer | None) -> float:
    """Go once over the batches, training if there is an optimizer; return the share that was right."""
    network.train(optimizer is not None)
    loss_of = nn.CrossEntropyLoss()
    right = seen = 0
    running = 0.0
    for images, labels in batches:
        with torch.set_grad_enabled(optimizer is not None):
            given = network(images)
            loss = loss_of(given, labels)
        if optimizer is not None:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        running += loss.item() * len(labels)
        right += int((given.argmax(dim=1) == labels).sum())
        seen += len(labels)
    return right / seen


def frozen_head(given: Given, rate: float = RATE) -> Scorer:
    """Train the last layer alone."""
    network = given.network()
    close(network.body)
    optimizer, schedule = optimizer_for(network, rate)
    training, validation = loader(given, given.train, True), loader(given, given.validation, False)
    best, kept = -1.0, copy.deepcopy(network.state_dict())
    for _ in range(PASSES):
        one_pass(network, training, optimizer)
        schedule.step()
        right = one_pass(network, validation, None)
        if right > best:
            best, kept = right, copy.deepcopy(network.state_dict())
    network.load_state_dict(kept)
    return scorer(network)


def fine_tune(given: Given, opened: Sequence[str], passes: int, rate: float = RATE_FINE) -> Scorer:
    """Train some stages and the last layer."""
    network = given.network()
    close(network.body, opened)
    optimizer, schedule = optimizer_for(network, rate)
    training = loader(given, given.train, True)
    for _ in range(passes):
        one_pass(network, training, optimizer)
        schedule.step()
    return scorer(network)
