"""Neighbours: which pictures a network finds most alike, by its features at a stage."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tlkit import pictures
from tlkit.data import Split
from tlkit.errors import DataError, expect_kind, expect_whole
from tlkit.inside.subject import pictures_of, stage_features, subject_of
from tlkit.similarity.pairwise import squared_distances
from tlkit.train import Run

if TYPE_CHECKING:
    from tlkit.backbones import Backbone

_LARGEST_PIXELS = 96


@dataclass(frozen=True, eq=False, repr=False)
class Neighbours:
    """The pictures nearest to some others, by features.

    Parameters
    ----------
    images
        (q, c, h, w), the pictures that were asked about.
    among
        Where neighbours were looked for.
    positions
        (q, k) int64, the neighbours in ``among``, the nearest first.
    distances
        (q, k) float64, Euclidean distances of their features.
    stage
        Whose features these are, as means over all places.
    """

    images: NDArray[np.float32]
    among: Split
    positions: NDArray[np.int64]
    distances: NDArray[np.float64]
    stage: str

    def __len__(self) -> int:
        return len(self.images)

    @property
    def labels(self) -> NDArray[np.int64]:
        """(q, k), the classes of the neighbours."""
        return self.among.labels[self.positions]

    def names(self, at: int) -> list[str]:
        """Return the class names of the neighbours of one picture, the nearest first."""
        return [self.among.classes[label] for label in self.labels[at]]

    @property
    def caption(self) -> str:
        """What is shown, in words."""
        return f"Nearest of {len(self.among):,} pictures by the features of {self.stage}"

    def words(self, at: int) -> str:
        """Say which the neighbours of one picture are, and how far."""
        near = zip(self.names(at), self.distances[at], strict=True)
        return ", ".join(f"{name} ({distance:.3g})" for name, distance in near)

    def __repr__(self) -> str:
        return "\n".join([self.caption, *(f"  {at}  {self.words(at)}" for at in range(len(self)))])

    def _repr_html_(self) -> str:
        ink = pictures.looks_like_ink(np.asarray(self.among.images[:64]))
        rows = [f"<p><strong>{html.escape(self.caption)}</strong></p>"]
        for at, image in enumerate(self.images):
            shown = [pictures.Shown(self._uri(image, ink), f"Picture {at}, asked about", "asked about")]
            near = zip(self.positions[at], self.names(at), self.distances[at], strict=True)
            shown += [
                pictures.Shown(
                    self._uri(self.among.images[position], ink),
                    f"Neighbour {place} of picture {at}: {name}",
                    f"{name}, distance {distance:.3g}",
                )
                for place, (position, name, distance) in enumerate(near, start=1)
            ]
            rows.append(pictures.row_of(shown))
        return "".join(rows)

    @staticmethod
    def _uri(image: NDArray[np.float32], ink: bool) -> str:
        return pictures.picture(image, ink=ink, largest_pixels=_LARGEST_PIXELS)


def neighbours(
    model: Run | Backbone,
    images: Any,
    among: Split | None = None,
    *,
    stage: str | None = None,
    count: int = 5,
    should_stop: Callable[[], None] | None = None,
) -> Neighbours:
    """Find the pictures whose features at a stage are nearest to those of other pictures.

    Parameters
    ----------
    model
        A finished run, or a backbone.
    images
        (q, c, h, w) or one picture (c, h, w), raw floats in 0..1.
    among
        Where to look; of a run None is what it was trained on.
    stage
        Whose features are compared, as means over all places; None is the last stage.
    count
        How many neighbours of each; all, if there are fewer.
    should_stop
        Called before each batch; ends the work by raising.

    Raises
    ------
    UnknownNameError
        There is no such stage.
    DataError
        Nothing to look among, or pictures that the transform refuses.

    Notes
    -----
    Distances of one stage can be compared with each other, not with those of another stage or network. A
    picture that is itself in ``among`` is its own nearest neighbour, at distance 0.

    Examples
    --------
    >>> from tlkit import backbones, data
    >>> greek = data.load("greek")
    >>> near = neighbours(backbones.load("zoo:resnet-letters"), greek.train.images[:1], greek.train, count=3)
    >>> near.positions[0, 0], near.distances[0, 0] < 1e-3
    (np.int64(0), np.True_)
    """
    subject = subject_of(model)
    stage = subject.stage(stage)
    if among is None and isinstance(model, Run):
        among = model.task.train
    expect_kind("Where to look", among, Split, DataError, "Give among=dataset.train, for example.")
    assert among is not None
    if len(among) == 0:
        raise DataError("There are no pictures to look among.", "Give a split with pictures.")
    most = min(len(among), expect_whole("count", count, 1, DataError))
    raw = pictures_of(images)
    asked = stage_features(subject, raw, stage, should_stop).astype(np.float64)
    known = stage_features(subject, among.images, stage, should_stop).astype(np.float64)
    squares = squared_distances(asked, known)
    nearest = np.argsort(squares, axis=1, kind="stable")[:, :most]
    return Neighbours(raw, among, nearest, np.sqrt(np.take_along_axis(squares, nearest, axis=1)), stage)
