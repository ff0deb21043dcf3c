"""Do labels follow the pictures at all? A test by neighbours against permuted labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tlkit.data.alike import thumbnails
from tlkit.data.split import Split
from tlkit.data.steps import Step, silent

# Fewer pictures leave the test too weak to tell anything.
LEAST_PICTURES = 200
_MOST_PICTURES = 2000
_NEIGHBOURS = 5
_PERMUTATIONS = 200
_ROWS = 250
# Labels that were shuffled reach this many standard deviations above chance in 1 of 100 cases.
_ALARM = 2.33


@dataclass(frozen=True)
class Agreement:
    """How often pictures that look alike share a label.

    Parameters
    ----------
    found
        Share of the nearest neighbours with the same label.
    by_chance
        The same with permuted labels, on average.
    deviations
        How many standard deviations of the permuted ones lie between.
    """

    found: float
    by_chance: float
    deviations: float

    @property
    def looks_shuffled(self) -> bool:
        """Whether labels follow the pictures no more than shuffled ones do in 99 of 100 cases."""
        return self.deviations < _ALARM


def agreement(split: Split, seed: int = 0, step: Step = silent) -> Agreement | None:
    """Compare how often neighbours share a label with how often they do after labels are permuted.

    Neighbours are found on 16 x 16 thumbnails (their pattern, the strength of their frequencies, mean and
    spread of each colour): too simple to classify well, but enough to see whether labels and pictures belong
    together. The permutation test follows Good (2005), "Permutation, Parametric and Bootstrap Tests of
    Hypotheses", on the statistic of k-nearest-neighbour agreement (Schilling 1986).

    Parameters
    ----------
    split
        At most 2,000 of its pictures are looked at.
    seed
        Which ones, and which permutations.
    step
        Called with the share that is done.

    Returns
    -------
    Agreement or None
        None where there are fewer than 200 pictures or one class alone.

    Examples
    --------
    >>> from tlkit import data
    >>> digits = data.load("digits").train
    >>> agreement(digits).looks_shuffled
    False
    >>> mixed = np.random.default_rng(0).permutation(digits.labels)
    >>> agreement(Split(digits.images, mixed, digits.classes)).looks_shuffled
    True
    """
    generator = np.random.default_rng(seed)
    chosen = np.sort(generator.permutation(len(split))[:_MOST_PICTURES])
    labels = split.labels[chosen]
    if len(chosen) < LEAST_PICTURES or len(np.unique(labels)) < 2:
        return None
    near = _neighbours(_features(thumbnails(split.select(chosen))), step)
    found = float((labels[near] == labels[:, None]).mean())
    permuted = np.empty(_PERMUTATIONS)
    for at in range(_PERMUTATIONS):
        step(at / _PERMUTATIONS)
        mixed = generator.permutation(labels)
        permuted[at] = (mixed[near] == mixed[:, None]).mean()
    by_chance = float(permuted.mean())
    return Agreement(found, by_chance, (found - by_chance) / max(float(permuted.std()), 1e-9))


def _features(thumbs: NDArray[np.float32]) -> NDArray[np.float32]:
    count = len(thumbs)
    grey = thumbs.mean(axis=1)
    frequencies = np.abs(np.fft.rfft2(grey - grey.mean(axis=(1, 2), keepdims=True))).astype(np.float32)
    parts = [
        _unit(thumbs.reshape(count, -1) - thumbs.mean(axis=(1, 2, 3)).reshape(-1, 1)),
        _unit(frequencies.reshape(count, -1)),
        thumbs.mean(axis=(2, 3)),
        thumbs.std(axis=(2, 3)),
    ]
    return np.concatenate(parts, axis=1)


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    return unit


def _neighbours(features: NDArray[np.float32], step: Step) -> NDArray[np.int64]:
    """Return the (n, 5) nearest others of each row."""
    squares = (features**2).sum(axis=1)
    near = np.empty((len(features), _NEIGHBOURS), dtype=np.int64)
    for start in range(0, len(features), _ROWS):
        step(0)
        rows = np.arange(start, min(start + _ROWS, len(features)))
        distances = squares[rows, None] + squares - 2 * features[rows] @ features.T
        distances[rows - start, rows] = np.inf
        near[rows] = np.argpartition(distances, _NEIGHBOURS, axis=1)[:, :_NEIGHBOURS]
    return near
