"""Keras 3 on the torch backend: the body as a ``TorchModuleWrapper``, a ``Dense`` layer, ``compile`` and ``fit``.

As in Keras's guide on transfer learning, the body is not trainable and called with ``training=False``, and Adam
trains the head. The guide trains for 20 passes; the rate is tuned.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

os.environ["KERAS_BACKEND"] = "torch"

import keras
import torch
from keras.layers import TorchModuleWrapper
from torch import Tensor, nn

from peers import Given, Scorer, close

PASSES = 20
RATE = 1e-3
RATE_FINE = 1e-3


class Classifier(keras.Model):
    """A wrapped body and a new last layer."""

    def __init__(self, body: nn.Module, classes: int, frozen: bool) -> None:
        super().__init__()
        self.body = TorchModuleWrapper(body)
        self.body.trainable = not frozen
        self.frozen = frozen
        self.head = keras.layers.Dense(classes)

    def call(self, images: Tensor, training: bool | None = None) -> Tensor:
        return self.head(self.body(images, training=False if self.frozen else training))


def compiled(given: Given, opened: Sequence[str], rate: float) -> Classifier:
    """Return a model that is ready to be fitted."""
    keras.utils.set_random_seed(given.seed)
    body = given.body()
    close(body, opened)
    model = Classifier(body, given.classes, frozen=not opened)
    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return model


def scorer(model: Classifier) -> Scorer:
    """Return what gives the model's scores for pictures."""
    return lambda images: torch.from_numpy(model.predict(images.numpy(), verbose=0))


def frozen_head(given: Given, rate: float = RATE) -> Scorer:
    """Train the last layer alone."""
    model = compiled(given, (), rate)
    held = (given.validation.images, given.validation.labels)
    model.fit(
        given.train.images,
        given.train.labels,
        batch_size=given.batch_size,
        epochs=PASSES,
        validation_data=held,
        verbose=0,
    )
    return scorer(model)


def fine_tune(given: Given, opened: Sequence[str], passes: int, rate: float = RATE_FINE) -> Scorer:
    """Train some stages and the last layer."""
    model = compiled(given, opened, rate)
    model.fit(given.train.images, given.train.labels, batch_size=given.batch_size, epochs=passes, verbose=0)
    return scorer(model)
