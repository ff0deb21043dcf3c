"""Backbone: a network cut into stages, with the input transform and the card of its weights."""

from __future__ import annotations

import copy
import html
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tlkit.backbones.card import ModelCard
from tlkit.backbones.evaluating import evaluating
from tlkit.backbones.fingerprint import fingerprint
from tlkit.backbones.initialise import initialise, linear_head
from tlkit.backbones.network import Network
from tlkit.backbones.pooling import pool_features
from tlkit.backbones.sample import SourceSample
from tlkit.backbones.staged import StagedModule
from tlkit.backbones.summary import Summary, summarise
from tlkit.backbones.transform import InputTransform
from tlkit.errors import DataError, TrainingError

_BATCH = 256


@dataclass(frozen=True, eq=False, repr=False)
class Backbone:
    """A pretrained network without its last layer.

    Parameters
    ----------
    name
        As in ``backbones.load(name)``.
    module
        Its stages, in evaluation mode. Training works on copies: ``with_head`` makes them.
    transform
        The preprocessing that belongs to the weights.
    card
        Origin, licences, lineage and limits.
    source_head
        The last layer for the task the network was trained on, from pooled features to scores; None without.
    source_sample
        A part of the source's own test set, for the old-head test; None without.

    Examples
    --------
    >>> from tlkit import backbones
    >>> net = backbones.load("zoo:resnet-letters")
    >>> net.stages, net.feature_count
    (('stem', 'layer1', 'layer2', 'layer3'), 64)
    >>> net.features(np.zeros((2, 1, 32, 32), dtype=np.float32)).shape
    (2, 64)
    """

    name: str
    module: StagedModule
    transform: InputTransform
    card: ModelCard
    source_head: nn.Linear | None = None
    source_sample: SourceSample | None = None

    @property
    def stages(self) -> tuple[str, ...]:
        """Names of the stages, from the input on."""
        return tuple(self.module.stages)

    @cached_property
    def feature_count(self) -> int:
        """How many features the last stage gives per item."""
        return int(self._pooled(self.module, self._blank()).shape[1])

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the network's structure, weights and buffers and of the transform, as they are now."""
        return fingerprint(self.module, self.transform)

    def summary(self) -> Summary:
        """Return, per stage: layers, parameters, output shape, multiply-adds, BatchNorm and dropout."""
        return self._summary

    @cached_property
    def _summary(self) -> Summary:
        return summarise(self.name, self.module, self.transform.shape)

    def features(self, images: NDArray[Any] | Tensor) -> NDArray[np.float32]:
        """Return the pooled features of images, in evaluation mode.

        Parameters
        ----------
        images
            (n, c, h, w), raw floats in 0..1; the transform is applied here.

        Returns
        -------
        ndarray
            (n, feature_count), float32.

        Raises
        ------
        DataError
            Images that the transform refuses.
        """
        return self._batched(self.module, images)

    def source_probabilities(self, images: NDArray[Any] | Tensor) -> NDArray[np.float32]:
        """Return what the source head says of images: (n, source classes), rows that sum to 1.

        Raises
        ------
        DataError
            The backbone has no source head, or the transform refuses the images.
        """
        if self.source_head is None:
            raise DataError(
                f"{self.name} has no source head: nothing says what its old classes would be.",
                "Use a backbone of the zoo, or give source_head to backbones.wrap.",
            )
        with torch.no_grad():
            scores = self.source_head(torch.from_numpy(self.features(images)))
            return np.asarray(torch.softmax(scores.double(), dim=1).float().numpy())

    def source_accuracy(self, module: StagedModule | None = None) -> float | None:
        """Return the share of the source sample that is right with the old head on.

        Parameters
        ----------
        module
            A trained copy of the stages, which is left in the mode it was in; None for the backbone itself.

        Returns
        -------
        float or None
            0 to 1; None if no source head or no sample travels with the backbone.
        """
        if self.source_head is None or self.source_sample is None:
            return None
        features = torch.from_numpy(self._batched(module or self.module, self.source_sample.images))
        with torch.no_grad():
            given = self.source_head(features).argmax(dim=1).numpy()
        return float((given == self.source_sample.labels).mean())

    def with_head(self, classes: int, seed: int | None) -> Network:
        """Return a copy of the stages with a new head, ready to be trained.

        Parameters
        ----------
        classes
            How many the task has, at least 1.
        seed
            Of the head's random weights; None starts it at zero.

        Raises
        ------
        TrainingError
            Not a whole number of classes.
        """
        if isinstance(classes, bool) or not isinstance(classes, int | np.integer) or classes < 1:
            raise TrainingError(f"classes is {classes!r}, expected a whole number of at least 1.")
        generator = None if seed is None else torch.Generator().manual_seed(int(seed))
        head = linear_head(self.feature_count, int(classes), generator)
        return Network(copy.deepcopy(self.module), head)

    def clone(self) -> Backbone:
        """Return a copy that shares no weights with this one."""
        return replace(self, module=copy.deepcopy(self.module), source_head=copy.deepcopy(self.source_head))

    def reinitialised(self, seed: int) -> Backbone:
        """Return the same architecture with fresh random weights, and without a past.

        Parameters
        ----------
        seed
            Of the weights.
        """
        module = copy.deepcopy(self.module)
        initialise(module, torch.Generator().manual_seed(int(seed)))
        name = f"{self.name}, random weights"
        card = ModelCard(
            name=name,
            title="The same architecture with random weights; it has learned nothing.",
            architecture=self.card.architecture,
            licence_code=self.card.licence_code,
            lineage={"seed": int(seed)},
        )
        return Backbone(name, module, self.transform, card)

    def _blank(self) -> Tensor:
        return torch.zeros((1, *self.transform.shape))

    @staticmethod
    def _pooled(module: StagedModule, x: Tensor) -> Tensor:
        reference = next(module.parameters(), None)
        if reference is not None:
            x = x.to(reference.device, reference.dtype)
        if x.ndim == 4:
            x = x.to(memory_format=torch.channels_last)
        with evaluating(module), torch.no_grad():
            return pool_features(module(x)).float().cpu()

    def _batched(self, module: StagedModule, images: NDArray[Any] | Tensor) -> NDArray[np.float32]:
        if len(images) == 0:
            return np.zeros((0, self.feature_count), dtype=np.float32)
        parts = [
            self._pooled(module, self.transform(images[first : first + _BATCH]))
            for first in range(0, len(images), _BATCH)
        ]
        return np.asarray(torch.cat(parts).numpy())

    def __repr__(self) -> str:
        count = self.summary().parameters
        return f"Backbone({self.name!r}, {count:,} parameters, stages {', '.join(self.stages)})"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(repr(self))}</p>{self.summary()._repr_html_()}"
