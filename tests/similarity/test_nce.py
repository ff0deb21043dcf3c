"""NCE by its definition, by identities, and at its bounds."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tlkit.errors import SimilarityError
from tlkit.similarity import leep, nce


@settings(max_examples=40, deadline=None)
@given(
    pairs=st.lists(st.tuples(st.integers(0, 4), st.sampled_from("abc")), min_size=2, max_size=40).filter(
        lambda pairs: len({label for _, label in pairs}) > 1
    )
)
def test_it_is_joint_entropy_less_that_of_the_source(pairs: list[tuple[int, str]]) -> None:
    def entropy(values: list[object]) -> float:
        return -sum(c / len(values) * math.log(c / len(values)) for c in Counter(values).values())

    source, labels = [one for one, _ in pairs], [label for _, label in pairs]
    expected = entropy(list(source)) - entropy(list(pairs))
    assert nce(source, labels) == pytest.approx(expected, abs=1e-12)
    assert -entropy(list(labels)) - 1e-12 <= nce(source, labels) <= 0


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_it_is_leep_of_a_source_that_is_certain(seed: int) -> None:
    rng = np.random.default_rng(seed)
    source, labels = rng.integers(5, size=30), np.arange(30) % 3
    assert nce(source, labels) == pytest.approx(leep(np.eye(5)[source], labels), rel=1e-12, abs=1e-12)


def test_names_of_classes_do_not_matter() -> None:
    source, labels = [3, 3, 9, 9, 3], ["x", "y", "y", "y", "x"]
    named = nce(np.array(["p", "p", "q", "q", "p"]), [(one,) for one in labels])
    assert nce(source, labels) == pytest.approx(named, rel=1e-12)
    assert nce(list(torch.tensor(source)), iter(labels)) == pytest.approx(named, rel=1e-12)


def test_one_source_class_leaves_the_entropy_of_the_labels() -> None:
    assert nce([7, 7, 7, 7], [0, 0, 0, 1]) == pytest.approx(0.75 * math.log(0.75) + 0.25 * math.log(0.25))


@pytest.mark.parametrize(
    ("source", "labels", "words"),
    [
        ([0, 1], [0, 0], "one class"),
        ([0, 1, 1], [0, 1], "2 rows .* 3 source labels"),
        ([0, None], [0, 1], "row 1 is missing"),
        ([0, 1], None, "There are no labels"),
        (None, [0, 1], "There are no source labels"),
        ([0, 1], np.array(3), r"labels have shape \(\)"),
        ([0, 1], 3, "labels are 3"),
        (np.eye(2), [0, 1], "source labels have shape"),
    ],
)
def test_wrong_labels_are_refused(source: object, labels: object, words: str) -> None:
    with pytest.raises(SimilarityError, match=words):
        nce(source, labels)
