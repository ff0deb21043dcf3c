"""LEEP by its definition, written out item by item, and by identities."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tlkit.errors import SimilarityError
from tlkit.similarity import leep


def by_definition(theta: list[list[float]], labels: list[int]) -> float:
    n, sources = len(theta), len(theta[0])
    joint = {
        (y, z): sum(theta[i][z] for i in range(n) if labels[i] == y) / n
        for y in set(labels)
        for z in range(sources)
    }
    mass = [sum(joint[y, z] for y in set(labels)) for z in range(sources)]
    logs = [
        np.log(sum(joint[labels[i], z] / mass[z] * theta[i][z] for z in range(sources) if mass[z] > 0))
        for i in range(n)
    ]
    return float(np.mean(logs))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(2, 20), sources=st.integers(1, 6))
def test_it_is_the_definition_and_between_its_bounds(seed: int, rows: int, sources: int) -> None:
    rng = np.random.default_rng(seed)
    theta = rng.dirichlet(np.full(sources, 0.5), size=rows)
    labels = (np.arange(rows) % 2).tolist()
    value = leep(theta, labels)
    assert value == pytest.approx(by_definition(theta.tolist(), labels), rel=1e-9, abs=1e-12)
    assert value <= 0


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_certain_source_classes_give_minus_the_conditional_entropy(seed: int) -> None:
    # With one-hot rows, LEEP is the negative conditional entropy of Tran et al. 2019.
    rng = np.random.default_rng(seed)
    labels, source = np.arange(40) % 3, rng.integers(4, size=40)
    table = np.zeros((3, 4))
    np.add.at(table, (labels, source), 1 / 40)
    entropy = -sum(p * np.log(p / table[:, z].sum()) for (_, z), p in np.ndenumerate(table) if p > 0)
    assert leep(np.eye(4)[source], labels) == pytest.approx(-entropy, rel=1e-9, abs=1e-12)


def test_a_source_class_without_mass_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    theta, labels = rng.dirichlet(np.ones(3), size=12), np.arange(12) % 2
    assert leep(np.hstack([theta, np.zeros((12, 2))]), labels) == pytest.approx(
        leep(theta, labels), rel=1e-12
    )


def test_no_information_is_the_entropy_of_the_labels() -> None:
    labels = [0] * 6 + [1] * 2
    assert leep(np.full((8, 5), 0.2), labels) == pytest.approx(-(0.75 * np.log(4 / 3) + 0.25 * np.log(4)))


@pytest.mark.parametrize(
    "rows", [[[2.0, -1.0], [0.5, 0.5]], [[0.6, 0.6], [0.5, 0.5]], [[3.0, 1.0], [0.0, 1.0]]]
)
def test_logits_are_refused_in_words(rows: list[list[float]]) -> None:
    with pytest.raises(SimilarityError, match=r"Row 0 .* softmax"):
        leep(rows, [0, 1])


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16])
def test_probabilities_of_few_digits_are_probabilities(kind: torch.dtype) -> None:
    theta = torch.softmax(3 * torch.randn(200, 10, generator=torch.Generator().manual_seed(0)), dim=1)
    labels = np.arange(200) % 4
    assert leep(theta.to(kind), labels) == pytest.approx(leep(theta, labels), abs=1e-3)
    with pytest.raises(SimilarityError, match="softmax"):
        leep(1.02 * theta.to(kind), labels)
