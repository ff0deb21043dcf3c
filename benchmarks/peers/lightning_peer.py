"""Lightning: a ``LightningModule`` with a frozen feature extractor, as in its guide on transfer learning.

As there, the extractor is in evaluation mode and runs without gradients, and Adam trains a linear classifier. Rate and
passes are tuned: twenty were no better than ten. Whatever costs time besides the training is off: logger, checkpoints,
progress bar, summary, sanity check.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence

import lightning
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from peers import Given, Labelled, Scorer, close, scorer

PASSES = 10
RATE = 1e-3
RATE_FINE = 1e-3

# It would tell of each run which devices it uses, and advise more worker processes for tensors that lie in memory.
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
warnings.filterwarnings("ignore", module="lightning")


class Learner(lightning.LightningModule):
    """A network of which the head learns, and the body where it is open."""

    def __init__(self, network: nn.Module, rate: float, frozen: bool) -> None:
        super().__init__()
        self.network = network
        self.rate = rate
        self.frozen = frozen
        self.loss_of = nn.CrossEntropyLoss()

    def forward(self, images: Tensor) -> Tensor:
        if not self.frozen:
            return self.network(images)
        self.network.body.eval()
        with torch.no_grad():
            features = self.network.body(images)
        return self.network.head(features)

    def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
        images, labels = batch
        return self.loss_of(self(images), labels)

    def validation_step(self, batch: tuple[Tensor, Tensor], index: int) -> None:
        images, labels = batch
        given = self(images)
        self.log("valid_loss", self.loss_of(given, labels))
        self.log("valid_accuracy", (given.argmax(dim=1) == labels).float().mean())

    def configure_optimizers(self) -> torch.optim.Optimizer:
        learning = [one for one in self.parameters() if one.requires_grad]
        return torch.optim.Adam(learning, lr=self.rate)


def batches(given: Given, part: Labelled, shuffle: bool) -> DataLoader:
    """Return batches of one part."""
    order = torch.Generator().manual_seed(given.seed)
    return DataLoader(
        TensorDataset(part.images, part.labels), given.batch_size, shuffle=shuffle, generator=order
    )


def trainer(passes: int) -> lightning.Trainer:
    """Return a trainer that does nothing but train and validate."""
    return lightning.Trainer(
        accelerator="cpu",
        max_epochs=passes,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )


def frozen_head(given: Given, rate: float = RATE) -> Scorer:
    """Train the last layer alone."""
    network = given.network()
    close(network.body)
    training, validation = batches(given, given.train, True), batches(given, given.validation, False)
    trainer(PASSES).fit(Learner(network, rate, frozen=True), training, validation)
    return scorer(network)


def fine_tune(given: Given, opened: Sequence[str], passes: int, rate: float = RATE_FINE) -> Scorer:
    """Train some stages and the last layer."""
    network = given.network().train()
    close(network.body, opened)
    trainer(passes).fit(Learner(network, rate, frozen=False), batches(given, given.train, True))
    return scorer(network)
