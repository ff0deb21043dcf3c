"""The nearest others of every row, ties and copies included, for any number of labellings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from tlkit.similarity.checks import Codes, Matrix
from tlkit.similarity.pairwise import squared_distances

Places = NDArray[np.intp]

_BLOCK_NUMBERS = 8_000_000
# Distances that differ by less of themselves are equal; votes, by less of one.
_EQUAL = 1e-9


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Who votes for whom.

    Attributes
    ----------
    k
        Votes in each row.
    clear, nearest
        (m,) rows whose neighbours are all at different distances, and (m, k) these, nearest first.
    group
        (n,) for each row the place of the first row that equals it, among rows that differ.
    unclear
        (t,) groups of all other rows.
    weights, levels
        (t, groups) the vote of each row of a group, and how far the group lies: 1 for the row's own, then 2, 3, …
    """

    k: int
    clear: Places
    nearest: Places
    group: Places
    unclear: Places
    weights: scipy.sparse.csr_array
    levels: NDArray[np.int64]

    def right(self, codes: Codes) -> Matrix:
        """Return for every row 1 if its neighbours vote for its class, 0 if not, and its share if several win.

        Parameters
        ----------
        codes
            (n,) classes 0, 1, …

        Examples
        --------
        >>> neighbours(np.array([[0.0], [1.0], [3.0]])).right(np.array([0, 0, 1]))
        array([1., 1., 0.])
        """
        found = np.zeros(len(codes))
        classes = int(codes.max()) + 1
        block = max(1, _BLOCK_NUMBERS // max(classes, self.k))
        for start in range(0, len(self.clear), block):
            rows = self.clear[start : start + block]
            found[rows] = _voted(codes[self.nearest[start : start + block]], classes) == codes[rows]
        if len(self.unclear):
            self._unclear_right(codes, found)
        return found

    def _unclear_right(self, codes: Codes, found: Matrix) -> None:
        members = scipy.sparse.csr_array((np.ones(len(codes)), (self.group, codes)))
        votes = (self.weights @ members).tocsr()
        order = np.argsort(self.group, kind="stable")
        ends = np.searchsorted(self.group[order], np.arange(members.shape[0] + 1))
        for place, one in enumerate(self.unclear):
            entries = slice(self.weights.indptr[place], self.weights.indptr[place + 1])
            groups, levels = self.weights.indices[entries], self.levels[entries]
            own = float(self.weights.data[entries][levels == 1].sum())
            given = slice(votes.indptr[place], votes.indptr[place + 1])
            names, counts = votes.indices[given], votes.data[given]
            rows = order[ends[one] : ends[one + 1]]
            for mine in np.unique(codes[rows]):
                # A row does not vote for itself.
                left = counts - own * (names == mine)
                leaders = names[left >= left.max() - _EQUAL]
                share = float(mine in leaders)
                if share and len(leaders) > 1:
                    there = members[groups][:, leaders].toarray()
                    there[levels == 1] -= leaders == mine
                    first = np.where(there > 0, levels[:, None], np.inf).min(axis=0)
                    leaders = leaders[first == first.min()]
                    share = float(mine in leaders) / len(leaders)
                found[rows[codes[rows] == mine]] = share


def neighbours(matrix: Matrix, k: int = 1, squared: Matrix | None = None) -> Neighbours:
    """Return the k nearest others of every row; whatever is as far as the k-th shares the votes that are left.

    Parameters
    ----------
    matrix
        (n, d), in moderate units.
    k
        1 to n - 1.
    squared
        (n, n) squared distances of the rows by `squared_distances`, where they are already known.
    """
    distinct, first, group, counts = _distinct(matrix)
    rounding = _rounding(distinct, squared)
    size, most = len(distinct), min(k, len(distinct) - 1)
    clear, nearest = [np.zeros(0, dtype=np.intp)], [np.zeros((0, k), dtype=np.intp)]
    unclear: list[int] = []
    voters: list[tuple[Places, Matrix, NDArray[np.int64]]] = []
    block = max(1, _BLOCK_NUMBERS // size)
    for start in range(0, size, block):
        rows = np.arange(start, min(size, start + block))
        if squared is None:
            distances = squared_distances(distinct[rows], distinct)
        else:
            distances = squared[np.ix_(first[rows], first)]
        distances[rows - start, rows] = np.inf
        sure, near = _clear(distances, most, rounding[rows])
        if most < k:
            sure[:] = False
        else:
            sure &= (counts[rows] == 1) & (counts[near] == 1).all(axis=1)
        clear.append(first[rows[sure]])
        nearest.append(first[near[sure]].reshape(-1, k))
        for row in rows[~sure]:
            unclear.append(int(row))
            voters.append(
                _voters(distances[row - start], distinct, counts, int(row), k, float(rounding[row]))
            )
    ends = np.cumsum([0, *(len(one[0]) for one in voters)])
    columns, weights, levels = (
        (np.concatenate([one[part] for one in voters]) for part in range(3)) if voters else (np.zeros(0),) * 3
    )
    shape = (len(unclear), size)
    table = scipy.sparse.csr_array((weights, columns.astype(np.int64), ends), shape=shape)
    return Neighbours(
        k,
        np.concatenate(clear),
        np.concatenate(nearest),
        group,
        np.array(unclear, dtype=np.intp),
        table,
        levels.astype(np.int64),
    )


def _distinct(matrix: Matrix) -> tuple[Matrix, Places, Places, Places]:
    """Return the rows that differ, where each comes first, which of them each row is, and how many are equal."""
    rows = np.ascontiguousarray(matrix + 0.0)  # -0 is 0
    whole = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1])))[:, 0]
    _, first, group, counts = np.unique(whole, return_index=True, return_inverse=True, return_counts=True)
    if len(first) == len(rows):
        every = np.arange(len(rows))
        return rows, every, every, np.ones(len(rows), dtype=np.intp)
    return rows[first], first, group.reshape(-1), counts


def _rounding(matrix: Matrix, squared: Matrix | None) -> Matrix:
    """Return how far two squared distances of a row may be apart by rounding alone."""
    eps = 32 * np.finfo(np.float64).eps
    if squared is not None:
        # No row lies farther from the centre than from another row.
        return np.full(len(matrix), 4 * eps * float(squared.max()))
    lengths = ((matrix - matrix.mean(axis=0)) ** 2).sum(axis=1)
    found: Matrix = eps * (lengths + lengths.max())
    return found


def _clear(distances: Matrix, k: int, rounding: Matrix) -> tuple[NDArray[np.bool_], Places]:
    """Return which rows have k nearest that nothing ties with, and these, nearest first."""
    if k == 1:
        near = distances.argmin(axis=1)[:, None]
        least = np.take_along_axis(distances, near, axis=1)
        close = distances <= least * (1 + _EQUAL) + rounding[:, None]
        return np.count_nonzero(close, axis=1) == 1, near
    chosen = np.argpartition(distances, k, axis=1)[:, : k + 1]
    values = np.take_along_axis(distances, chosen, axis=1)
    order = values.argsort(axis=1)
    values = np.take_along_axis(values, order, axis=1)
    with np.errstate(invalid="ignore"):
        apart = values[:, 1:] > values[:, :-1] * (1 + _EQUAL) + rounding[:, None]
    return np.asarray(apart.all(axis=1)), np.take_along_axis(chosen, order, axis=1)[:, :k]


def _voters(
    distances: Matrix, distinct: Matrix, counts: Places, row: int, k: int, rounding: float
) -> tuple[Places, Matrix, NDArray[np.int64]]:
    """Return the groups that vote for the rows of one group, each row's vote in them, and their levels."""
    others = int(counts[row]) - 1
    left = k - others
    groups, votes = np.array([row], dtype=np.intp), np.array([min(1.0, k / others) if others else 0.0])
    levels = np.ones(1, dtype=np.int64)
    if left > 0:
        farthest = min(left, len(distances) - 1) - 1
        limit = float(np.partition(distances, farthest)[farthest])
        near = np.flatnonzero(distances <= limit * (1 + _EQUAL) + rounding)
        exact = ((distinct[near] - distinct[row]) ** 2).sum(axis=1)
        order = exact.argsort(kind="stable")
        near, exact = near[order], exact[order]
        level = np.cumsum(np.r_[False, exact[1:] > exact[:-1] * (1 + _EQUAL)])
        many = np.bincount(level, weights=counts[near])
        share = np.clip((left - (np.cumsum(many) - many)) / many, 0, 1)[level]
        groups = np.append(groups, near[share > 0])
        votes = np.append(votes, share[share > 0])
        levels = np.append(levels, 2 + level[share > 0])
    return groups, votes, levels


def _voted(votes: Codes, classes: int) -> Codes:
    """Return the class with most votes in each row; of equals, the one that came first."""
    if votes.shape[1] == 1:
        return votes[:, 0]
    rows = np.arange(len(votes))
    counts = np.zeros((len(votes), classes), dtype=np.int64)
    np.add.at(counts, (rows[:, None], votes), 1)
    found: Codes = votes[rows, np.take_along_axis(counts, votes, axis=1).argmax(axis=1)]
    return found
