"""Standardised rows: features of mean 0 and deviation 1 in double precision, however many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

# Up to this, the rows are kept in double precision; above, they are made anew, part by part, at each look.
_KEPT_BYTES = 256 * 2**20
_PART_BYTES = 32 * 2**20


class StandardisedRows:
    r"""Rows :math:`z = (x - \mu) / \sigma`, in parts that fit into memory where all of them may not.

    With fewer rows than features, the rows are told by their coordinates in the space that they span. A linear
    function with the smallest weights lies in that space, so that nothing is lost, and a solver has far fewer
    numbers to find: n instead of d for each class.

    Parameters
    ----------
    features
        (n, d) float32, finite; may be mapped from a file.

    Examples
    --------
    >>> rows = StandardisedRows(np.array([[0.0, 5.0], [2.0, 5.0]], dtype=np.float32))
    >>> [part.tolist() for _, part in rows]
    [[[-1.0, 0.0], [1.0, 0.0]]]
    """

    def __init__(self, features: NDArray[np.float32]) -> None:
        self._features = features
        count, width = features.shape
        self.centre = self._mean(lambda x: x)
        spread = self._mean(lambda x: (x - self.centre).square()).sqrt()
        # A feature that never varies says nothing; dividing by its rounding error would make it shout.
        steady = spread <= 1e-6 * (self.centre.abs() + 1e-6)
        # So would one that is a millionth of the others: an encoder has places that are almost zero for every text.
        steady |= spread <= 1e-6 * spread.max()
        self.spread = torch.where(steady, torch.ones_like(spread), spread)
        self._basis: Tensor | None = None
        self._kept: Tensor | None = None
        if count * width * 8 <= _KEPT_BYTES:
            self._kept = torch.cat([part for _, part in self._parts()])
            if count < width:
                self._basis, triangle = torch.linalg.qr(self._kept.T)
                self._kept = triangle.T.contiguous()

    def __len__(self) -> int:
        return len(self._features)

    @property
    def width(self) -> int:
        """How many numbers tell a row: d, or n where there are fewer rows than features."""
        return int(self._features.shape[1] if self._basis is None else self._basis.shape[1])

    def __iter__(self) -> Iterator[tuple[slice, Tensor]]:
        """Yield which rows a part holds, and the part, (k, width) float64."""
        if self._kept is None:
            yield from self._parts()
        else:
            yield slice(0, len(self)), self._kept

    def weight(self, found: Tensor) -> Tensor:
        """Turn weights for these rows, (classes, width), into weights for the features as they are, (classes, d).

        Parameters
        ----------
        found
            float64.
        """
        return (found if self._basis is None else found @ self._basis.T) / self.spread

    def _parts(self) -> Iterator[tuple[slice, Tensor]]:
        for rows, x in in_double(self._features):
            yield rows, (x - self.centre) / self.spread

    def _mean(self, of: Callable[[Tensor], Tensor]) -> Tensor:
        total = torch.zeros(self._features.shape[1], dtype=torch.float64)
        for _, x in in_double(self._features):
            total += of(x).sum(dim=0)
        return total / len(self)


def in_double(features: NDArray[np.float32]) -> Iterator[tuple[slice, Tensor]]:
    """Yield features part by part: which rows, and the rows themselves, (k, d) float64.

    Parameters
    ----------
    features
        (n, d); may be mapped from a file.
    """
    step = max(1, _PART_BYTES // (8 * max(1, features.shape[1])))
    for start in range(0, len(features), step):
        rows = slice(start, min(start + step, len(features)))
        # A copy: cached features are read-only, and torch warns of tensors that could write to such memory.
        yield rows, torch.from_numpy(np.array(features[rows], dtype=np.float64))
