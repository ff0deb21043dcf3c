"""Nearest others with ties and copies, by the definition written out row by row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tlkit.similarity.neighbours import neighbours
from tlkit.similarity.pairwise import squared_distances


def by_definition(features: NDArray[np.float64], labels: list[int], k: int) -> list[float]:
    found = []
    for row, mine in enumerate(labels):
        others = [other for other in range(len(labels)) if other != row]
        apart = {other: float(((features[other] - features[row]) ** 2).sum()) for other in others}
        farthest = sorted(apart.values())[k - 1]
        before = sum(one < farthest for one in apart.values())
        tied = sum(one == farthest for one in apart.values())
        votes: dict[int, float] = {}
        nearest: dict[int, float] = {}
        for other in others:
            if apart[other] <= farthest:
                vote = 1.0 if apart[other] < farthest else (k - before) / tied
                votes[labels[other]] = votes.get(labels[other], 0) + vote
                nearest[labels[other]] = min(nearest.get(labels[other], np.inf), apart[other])
        most = max(votes.values())
        leaders = [one for one in votes if votes[one] > most - 1e-9]
        first = min(nearest[one] for one in leaders)
        leaders = [one for one in leaders if nearest[one] == first]
        found.append((mine in leaders) / len(leaders))
    return found


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(2, 25),
    columns=st.integers(1, 3),
    values=st.integers(1, 4),
    classes=st.integers(1, 4),
    k=st.integers(1, 8),
)
def test_they_are_the_definition_on_grids_with_copies(
    seed: int, rows: int, columns: int, values: int, classes: int, k: int
) -> None:
    rng = np.random.default_rng(seed)
    features = rng.integers(values, size=(rows, columns)).astype(float)
    codes, k = rng.integers(classes, size=rows), min(k, rows - 1)
    expected = by_definition(features, codes.tolist(), k)
    assert neighbours(features, k).right(codes) == pytest.approx(expected)
    known = neighbours(features, k, squared_distances(features, features))
    assert known.right(codes) == pytest.approx(expected)
    order = rng.permutation(rows)
    assert neighbours(features[order], k).right(codes[order]) == pytest.approx(np.array(expected)[order])


@pytest.mark.parametrize("k", [1, 2, 5])
def test_they_are_the_definition_where_nothing_ties(k: int) -> None:
    rng = np.random.default_rng(k)
    features, codes = rng.normal(size=(70, 5)), rng.integers(3, size=70)
    assert neighbours(features, k).right(codes).tolist() == by_definition(features, codes.tolist(), k)


def test_one_search_serves_any_labelling() -> None:
    rng = np.random.default_rng(0)
    features = np.vstack([rng.normal(size=(20, 2)), np.zeros((10, 2)), rng.integers(3, size=(20, 2))])
    found = neighbours(features, 3)
    for classes in (2, 5, 50):
        codes = rng.integers(classes, size=50)
        assert found.right(codes).tolist() == neighbours(features, 3).right(codes).tolist()


def test_equal_but_for_rounding_is_equal() -> None:
    # 0.2 - 0.1 and 0.1 - 0 are neighbouring floats, not one.
    line = np.arange(12)[:, None] * 0.1
    codes = np.arange(12) % 2
    assert neighbours(line).right(codes).tolist() == [0.0] * 12
    codes = np.arange(12) // 2 % 2
    assert neighbours(line).right(codes).tolist() == [1.0, *[0.5] * 10, 1.0]
