"""Backbone: a network cut into stages, with the input transform and the card of its weights."""

from __future__ import annotations

import copy
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tlkit.backbones.batching import pictures_at_once
from tlkit.backbones.card import ModelCard
from tlkit.backbones.evaluating import evaluating
from tlkit.backbones.fingerprint import fingerprint
from tlkit.backbones.initialise import initialise, linear_head
from tlkit.backbones.intake import Transform, placed
from tlkit.backbones.network import Network
from tlkit.backbones.pooling import pool_features
from tlkit.backbones.sample import SourceSample
from tlkit.backbones.staged import StagedModule
from tlkit.backbones.summary import Summary, summarise
from tlkit.errors import DataError, PlanError, TrainingError, expect_kind, expect_whole

if TYPE_CHECKING:
    from tlkit.backbones.input_findings import InputCheck

_MOST_CLASSES = 1_000_000
_MOST_SEED = 2**63 - 1


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(expect_whole("seed", seed, 0, TrainingError, _MOST_SEED))


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
    learns_in
        The freeze mode in which its stages learn best when the network is fine-tuned: ``"trainable"``, or
        ``"stored_stats"`` where statistics of many pictures are worth more than those of a small batch.
    asked
        What ``backbones.load`` was given besides the name and this network needs to be loaded again: ``side`` where
        its name does not say it, ``trust``.

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
    transform: Transform
    card: ModelCard
    source_head: nn.Linear | None = None
    source_sample: SourceSample | None = None
    learns_in: str = "trainable"
    asked: Mapping[str, int | bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        expect_kind("The name of a backbone", self.name, str, PlanError, "Give a short text: name='own'.")
        for what, value, wanted, cure in (
            ("The network", self.module, StagedModule, "Cut one into stages with backbones.wrap."),
            (
                "The transform",
                self.transform,
                Transform,
                "Give backbones.InputTransform(channels=..., height=..., width=..., mean=..., std=...).",
            ),
            (
                "The card",
                self.card,
                ModelCard,
                "Give backbones.ModelCard(name=..., title=...), or leave it out.",
            ),
            (
                "The source head",
                self.source_head,
                (nn.Linear, type(None)),
                "Give the old last layer, a torch.nn.Linear, or leave it out.",
            ),
            (
                "The source sample",
                self.source_sample,
                (SourceSample, type(None)),
                "Give backbones.SourceSample(images, labels, classes), or leave it out.",
            ),
            (
                "What a backbone learns in",
                self.learns_in,
                str,
                "Give the name of a freeze mode: 'trainable'.",
            ),
        ):
            expect_kind(what, value, wanted, PlanError, cure)

    @property
    def stages(self) -> tuple[str, ...]:
        """Names of the stages, from the input on."""
        return tuple(self.module.stages)

    @cached_property
    def feature_count(self) -> int:
        """How many features the last stage gives per item."""
        return int(self._pooled(self.module, self.transform.blank()).shape[1])

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the network's structure, weights and buffers and of the transform, as they are now."""
        return fingerprint(self.module, self.transform)

    def summary(self) -> Summary:
        """Return, per stage: layers, parameters, output shape, multiply-adds, BatchNorm and dropout."""
        return self._summary

    @cached_property
    def _summary(self) -> Summary:
        return summarise(self.name, self.module, self.transform.blank())

    def features(self, items: NDArray[Any] | Tensor | Sequence[str]) -> NDArray[np.float32]:
        """Return the pooled features of images or texts, in evaluation mode.

        Parameters
        ----------
        items
            (n, c, h, w), raw floats in 0..1; or n texts for a network that takes texts. The transform is applied
            here.

        Returns
        -------
        ndarray
            (n, feature_count), float32.

        Raises
        ------
        DataError
            Items that the transform refuses.
        """
        return self._batched(self.module, items)

    def check_input(self, batch: Any) -> InputCheck:
        """Say whether a batch of pictures, raw or prepared, is what the weights expect, and what mends it.

        Parameters
        ----------
        batch
            An array or a tensor; never changed.

        Raises
        ------
        DataError
            It is no array of numbers, is empty, or the network takes no pictures.
        """
        # On demand: it looks at a backbone from outside.
        from tlkit.backbones.check_input import check_input

        return check_input(self, batch)

    def source_probabilities(self, items: NDArray[Any] | Tensor | Sequence[str]) -> NDArray[np.float32]:
        """Return what the source head says of images or texts: (n, source classes), rows that sum to 1.

        Raises
        ------
        DataError
            The backbone has no source head, or the transform refuses the items.
        """
        if self.source_head is None:
            raise DataError(
                f"{self.name} has no source head: nothing says what its old classes would be.",
                "Use a backbone of the zoo, or give source_head to backbones.wrap.",
            )
        with torch.no_grad():
            scores = self.source_head(torch.from_numpy(self.features(items)))
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
        module = self.module if module is None else module
        expect_kind(
            "The network", module, nn.Module, PlanError, "Give a copy of the stages: run.model.backbone."
        )
        features = torch.from_numpy(self._batched(module, self.source_sample.images))
        if features.shape[1] != self.source_head.in_features:
            raise PlanError(
                f"The network gives {features.shape[1]} features, the source head takes"
                f" {self.source_head.in_features}.",
                "Give a copy of the backbone's own stages: run.model.backbone.",
            )
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
            Of the head's random weights, not negative; None starts it at zero.

        Raises
        ------
        TrainingError
            Not a whole number of classes, or not a seed.
        """
        classes = expect_whole("classes", classes, 1, TrainingError, _MOST_CLASSES)
        generator = None if seed is None else _generator(seed)
        head = linear_head(self.feature_count, classes, generator)
        return Network(copy.deepcopy(self.module), head)

    def clone(self) -> Backbone:
        """Return a copy that shares no weights with this one."""
        return replace(self, module=copy.deepcopy(self.module), source_head=copy.deepcopy(self.source_head))

    def reinitialised(self, seed: int) -> Backbone:
        """Return the same architecture with fresh random weights, and without a past.

        Parameters
        ----------
        seed
            Of the weights; not negative.

        Raises
        ------
        TrainingError
            Not a seed.
        WeightsError
            The network has weights that cannot be drawn anew.
        """
        generator = _generator(seed)
        module = copy.deepcopy(self.module)
        initialise(module, generator)
        name = f"{self.name}, random weights"
        card = ModelCard(
            name=name,
            title="The same architecture with random weights; it has learned nothing.",
            architecture=self.card.architecture,
            licence_code=self.card.licence_code,
            lineage={"seed": int(seed)},
        )
        return Backbone(name, module, self.transform, card)

    @staticmethod
    def _pooled(module: StagedModule, x: Tensor) -> Tensor:
        x = placed(module, x)
        with evaluating(module), torch.no_grad():
            return pool_features(module(x)).float().cpu()

    def _batched(self, module: StagedModule, items: Any) -> NDArray[np.float32]:
        items = self.transform.checked(items)
        if len(items) == 0:
            return np.zeros((0, self.feature_count), dtype=np.float32)
        batch = pictures_at_once(self.transform.shape)
        parts = [
            self._pooled(module, self.transform(items[first : first + batch]))
            for first in range(0, len(items), batch)
        ]
        return np.asarray(torch.cat(parts).numpy())

    def __repr__(self) -> str:
        count = self.summary().parameters
        return f"Backbone({self.name!r}, {count:,} parameters, stages {', '.join(self.stages)})"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(repr(self))}</p>{self.summary()._repr_html_()}"
