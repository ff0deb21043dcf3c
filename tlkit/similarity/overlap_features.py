"""Pictures that a network finds more alike than different pictures are: thresholds set by the sets themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tlkit.data.steps import Step, part_of, silent

Rows = NDArray[np.float32]

#: At most so many of different pictures of one set are taken for copies.
FALSE_SHARE = 0.01
#: Fewer pictures of a set cannot say how alike different ones are.
LEAST_PICTURES = 200
_MOST_ASKED = 2000
# A copy is much nearer than the next ones; the sixth is compared with, since a copy may be there a few times.
_AMONG = 6
_BLOCK = 2**23


@dataclass(frozen=True, eq=False)
class FeatureCopies:
    """The nearest known picture of each one asked about, where it is nearer than different pictures are.

    Parameters
    ----------
    nearest
        (m,) positions among the known ones, -1 where none is near enough.
    cosine
        (m,) of the nearest ones, 0 where none is near enough.
    least_cosine
        From here on a neighbour is too near for a different picture.
    most_ratio
        Nor is a neighbour a different picture whose distance (1 - cosine) is at most this share of the sixth's.
    false_share
        Share of different pictures of the source that these thresholds take for copies of others of their set.
    asked
        From how many pictures that share was measured.
    """

    nearest: NDArray[np.int64]
    cosine: Rows
    least_cosine: float
    most_ratio: float
    false_share: float
    asked: int


def feature_copies(
    known: Rows,
    asked: Rows,
    known_different: NDArray[np.bool_],
    asked_different: NDArray[np.bool_],
    step: Step = silent,
    seed: int = 0,
) -> FeatureCopies | None:
    """Find rows that are nearer to a known one than different pictures are to each other.

    Cosine similarity of features, from which the mean of the known ones is taken. Two marks of a copy: it is nearer
    than different pictures of a set are to their nearest, or it is much nearer than the sixth. Both thresholds are
    those that half of `FALSE_SHARE` of different pictures would pass inside their own set; of source and target the
    stricter.

    Parameters
    ----------
    known
        (n, d) features of the source.
    asked
        (m, d) features of the target.
    known_different, asked_different
        (n,) and (m,): pictures that are no copies of others in their own set; thresholds are set by them.
    step
        Called with the share that is done.
    seed
        Of the sample by which thresholds are set, if there are more than 2,000.

    Returns
    -------
    FeatureCopies or None
        None where the source has fewer than 200 different pictures.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(300, 8)).astype(np.float32)
    >>> other = np.random.default_rng(1).normal(size=(2, 8)).astype(np.float32)
    >>> all_of = np.ones(300, dtype=bool)
    >>> found = feature_copies(rows, np.concatenate([other, 1.01 * rows[[5]]]), all_of, all_of[:3])
    >>> found.nearest
    array([-1, -1,  5])
    """
    middle = known.mean(axis=0, dtype=np.float64).astype(np.float32)
    ours, theirs = _unit(known - middle), _unit(asked - middle)
    generator = np.random.default_rng(seed)
    marks = []
    for at, (rows, different) in enumerate(((ours, known_different), (theirs, asked_different))):
        chosen = np.flatnonzero(different)
        chosen = np.sort(generator.permutation(chosen)[:_MOST_ASKED])
        if len(chosen) >= LEAST_PICTURES:
            marks.append(_marks(rows, rows[chosen], part_of(step, at / 3, (at + 1) / 3), chosen)[1:])
        elif not marks:
            return None
    half = FALSE_SHARE / 2
    least = max(float(np.quantile(cosine, 1 - half, method="higher")) for cosine, _ in marks)
    most = min(float(np.quantile(ratio, half, method="lower")) for _, ratio in marks)
    nearest, cosine, ratio = _marks(ours, theirs, part_of(step, 2 / 3, 1))
    near = (cosine >= least) | (ratio <= most)
    of_source = (marks[0][0] >= least) | (marks[0][1] <= most)
    return FeatureCopies(
        np.where(near, nearest, -1),
        np.where(near, cosine, 0).astype(np.float32),
        least,
        most,
        float(of_source.mean()),
        len(of_source),
    )


def _marks(
    known: Rows, asked: Rows, step: Step, own: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.int64], Rows, Rows]:
    """Return the nearest of each, its cosine, and its distance as a share of the sixth's."""
    nearest = np.empty(len(asked), dtype=np.int64)
    cosine, ratio = (np.empty(len(asked), dtype=np.float32) for _ in range(2))
    for start, alike in _blocks(known, asked, step):
        rows = np.arange(start, start + len(alike))
        if own is not None:
            alike[rows - start, own[rows]] = -1
        nearest[rows] = alike.argmax(axis=1)
        cosine[rows] = alike[rows - start, nearest[rows]]
        place = max(len(known) - _AMONG, 0)
        sixth = np.partition(alike, place, axis=1)[:, place]
        ratio[rows] = (1 - cosine[rows]) / np.maximum(1 - sixth, 1e-6)
    return nearest, cosine, ratio


def _blocks(known: Rows, asked: Rows, step: Step) -> Iterator[tuple[int, Rows]]:
    """Yield cosines of some rows with all known ones: never the whole matrix."""
    size = max(1, _BLOCK // len(known))
    for start in range(0, len(asked), size):
        step(start / len(asked))
        yield start, asked[start : start + size] @ known.T


def _unit(rows: Rows) -> Rows:
    unit: Rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return unit
