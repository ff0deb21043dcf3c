"""Subject: what is looked into, a backbone as it was loaded or the network of a finished run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from tlkit.backbones import Backbone, InputTransform, Network, StagedModule, pool_features
from tlkit.backbones.batching import pictures_at_once
from tlkit.backbones.evaluating import evaluating
from tlkit.backbones.intake import image_transform
from tlkit.backbones.stage_features import features_of_stages as features_of_all
from tlkit.backbones.stage_features import network_inputs
from tlkit.backbones.transform import as_array
from tlkit.data.stored import StoredImages
from tlkit.errors import DataError, expect_kind, unknown_name
from tlkit.train import Run


@dataclass(frozen=True, eq=False)
class Subject:
    """A network that can be looked into.

    Parameters
    ----------
    name
        In words.
    network
        Stages and head; None for a backbone without a head.
    module
        The stages.
    transform
        What turns pictures into inputs.
    classes
        Names of what the head tells apart.
    shapes
        Stage to the shape that it gives for one picture.
    """

    name: str
    network: Network | None
    module: StagedModule
    transform: InputTransform
    classes: tuple[str, ...]
    shapes: dict[str, tuple[int, ...]]

    @property
    def with_head(self) -> Network:
        """Stages and head.

        Raises
        ------
        DataError
            There is no head.
        """
        if self.network is None:
            raise DataError(
                f"{self.name} has no head: nothing says which class a picture is.",
                "Give a run of train.fit, or a backbone with its source head.",
            )
        return self.network

    @property
    def places(self) -> list[str]:
        """The stages that keep places: they give (channels, height, width) with more than one place."""
        return [name for name, shape in self.shapes.items() if len(shape) == 3 and shape[1] * shape[2] > 1]

    def stage_with_places(self, stage: str | None) -> str:
        """Return a stage whose activations still have places; the last one if none is named.

        Raises
        ------
        UnknownNameError
            There is no such stage.
        DataError
            It has no places any more, or no stage has.
        """
        if stage is not None:
            self.stage(stage)
        if stage in self.places:
            return str(stage)
        if stage is not None or not self.places:
            raise DataError(
                f"{stage or self.name} gives one value per channel and no map: where something was is gone.",
                f"Take one of {', '.join(self.places)}."
                if self.places
                else "Take a network with convolutions.",
            )
        return self.places[-1]

    def stage(self, stage: str | None) -> str:
        """Return a stage by name; the last one if none is named.

        Raises
        ------
        UnknownNameError
            There is no such stage.
        """
        if stage is not None and stage not in self.shapes:
            raise unknown_name("stage", stage, self.shapes)
        return list(self.shapes)[-1] if stage is None else stage

    def after(self, stage: str) -> str:
        """Return the stage that comes after one, or ``"head"``."""
        names = [*self.shapes, "head"]
        return names[names.index(stage) + 1]

    def inputs(self, images: NDArray[np.float32]) -> Tensor:
        """Return what enters the network for pictures (n, c, h, w) in 0..1, where the network is."""
        return network_inputs(self.module, self.transform, images)

    def labels(self, classes: ArrayLike | str | None, count: int) -> NDArray[np.int64] | None:
        """Return positions of classes, one for each of so many pictures; None if none are named.

        Raises
        ------
        UnknownNameError
            There is no such class.
        DataError
            Not one for each picture, or a position that is none.
        """
        if classes is None:
            return None
        given = np.asarray(classes)
        if given.dtype.kind in "US":
            for name in given.ravel().tolist():
                if name not in self.classes:
                    raise unknown_name("class", name, self.classes)
            given = np.vectorize(self.classes.index, otypes=[np.int64])(given)
        if given.dtype.kind not in "iu" or given.shape not in ((), (count,)):
            raise DataError(
                f"The classes are {classes!r}, expected one for all {count} pictures or one for each.",
                "Give names or positions of classes.",
            )
        labels = np.broadcast_to(given, (count,)).astype(np.int64)
        if count and not (labels.min() >= 0 and labels.max() < len(self.classes)):
            raise DataError(
                f"Classes run from {labels.min()} to {labels.max()}, but there are {len(self.classes)}.",
                f"Positions are 0 to {len(self.classes) - 1}.",
            )
        return labels


def subject_of(model: Run | Backbone) -> Subject:
    """Return what there is to look into.

    Parameters
    ----------
    model
        A finished run: its trained network. A backbone: its stages, with its source head where it has one.

    Raises
    ------
    DataError
        It is neither.
    """
    expect_kind(
        "What is to be looked into", model, (Run, Backbone), DataError,
        "Give a run of train.fit, or a backbone of backbones.load.",
    )  # fmt: skip
    backbone = model.backbone if isinstance(model, Run) else model
    transform = image_transform(backbone, "Looking inside is")
    shapes = {row.name: tuple(row.output_shape) for row in backbone.summary().stages}
    if isinstance(model, Run):
        name = f"{backbone.name} trained on {model.task.name}"
        return Subject(name, model.model, model.model.backbone, transform, model.task.classes, shapes)
    head = backbone.source_head
    network = None if head is None else Network(backbone.module, head)
    names = backbone.card.classes
    if head is not None and len(names) != head.out_features:
        names = tuple(f"class {at}" for at in range(head.out_features))
    return Subject(backbone.name, network, backbone.module, transform, names, shapes)


def stages_with_places(model: Run | Backbone) -> tuple[str, ...]:
    """Return the stages that Grad-CAM and feature maps can show, from the input on.

    Parameters
    ----------
    model
        A finished run, or a backbone.

    Examples
    --------
    >>> from tlkit import backbones
    >>> stages_with_places(backbones.load("zoo:vgg-letters"))
    ('block1', 'block2', 'block3', 'block4')
    """
    return tuple(subject_of(model).places)


def pictures_of(images: Any) -> NDArray[np.float32]:
    """Return pictures as (n, c, h, w) floats; one picture (c, h, w) counts as n = 1.

    Raises
    ------
    DataError
        Another shape, or no picture.
    """
    plain = images.detach().cpu().numpy() if isinstance(images, Tensor) else images
    several = plain[None] if getattr(plain, "ndim", 4) == 3 else plain
    array = np.array(as_array(several), dtype=np.float32)
    if len(array) == 0:
        raise DataError(
            "There is no picture to look at.", "Give at least one: run.mistakes().images, for example."
        )
    return array


def stage_features(
    subject: Subject,
    images: NDArray[np.float32] | StoredImages,
    stage: str,
    should_stop: Callable[[], None] | None = None,
) -> NDArray[np.float32]:
    """Return the features of pictures after a stage, its mean over all places, in evaluation mode.

    Parameters
    ----------
    subject
        The network; left in the mode it was in.
    images
        (n, c, h, w) in 0..1.
    stage
        The last stage that runs.
    should_stop
        Called before each batch; ends the work by raising.

    Returns
    -------
    ndarray
        (n, d) float32.
    """
    found = []
    stop = subject.after(stage)
    with evaluating(subject.module), torch.inference_mode():
        for batch in _batches(images, subject.transform.shape, f"features of {stage}", should_stop):
            found.append(pool_features(subject.module(subject.inputs(batch), stop=stop)).float().cpu())
    return np.asarray(torch.cat(found).numpy())


def features_of_stages(
    subject: Subject,
    images: NDArray[np.float32] | StoredImages,
    should_stop: Callable[[], None] | None = None,
) -> dict[str, NDArray[np.float32]]:
    """Return the features of pictures after every stage, in one pass: stage to (n, d) float32.

    Parameters
    ----------
    subject, images, should_stop
        As in `stage_features`.
    """
    batches = _batches(images, subject.transform.shape, "features of every stage", should_stop)
    return features_of_all(subject.module, subject.transform, batches)


def _batches(
    images: NDArray[np.float32] | StoredImages,
    shape: tuple[int, ...],
    words: str,
    should_stop: Callable[[], None] | None,
) -> Iterator[NDArray[np.float32]]:
    from tqdm.auto import tqdm

    size = pictures_at_once(shape)
    starts = range(0, len(images), size)
    # A bar among a notebook's outputs would change with every run.
    for start in tqdm(starts, desc=words, leave=False, disable=len(starts) < 8 or not sys.stderr.isatty()):
        if should_stop is not None:
            should_stop()
        yield np.asarray(images[start : start + size])
