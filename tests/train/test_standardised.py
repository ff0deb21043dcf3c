"""Standardised rows: the same head whether they are kept, told by fewer numbers, or read part by part."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch

from tlkit.train import standardised
from tlkit.train.head import solve_head
from tlkit.train.standardised import StandardisedRows


def rows_of(count: int, width: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return (random.normal(size=(count, width)) * random.uniform(0.1, 9, width) + 3).astype(np.float32)


def test_all_rows_together_have_mean_0_and_deviation_1() -> None:
    z = torch.cat([part for _, part in StandardisedRows(rows_of(50, 7))]).numpy()
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(z.std(axis=0), 1, atol=1e-12)


def test_a_feature_that_is_almost_nothing_beside_the_others_stays_almost_nothing() -> None:
    x = rows_of(50, 7)
    x[:, 3] *= 1e-8
    assert torch.cat([part for _, part in StandardisedRows(x)])[:, 3].abs().max() < 1e-6
    head = solve_head(x, np.arange(50) % 2, 2)
    # With weights of its own size, it would drown the others as soon as it learns.
    assert np.abs(head.weight[:, 3]).max() < 1


def test_fewer_rows_than_features_are_told_by_as_many_numbers_and_lose_nothing() -> None:
    x = rows_of(9, 200).astype(np.float64)
    rows = StandardisedRows(x.astype(np.float32))
    z = torch.cat([part for _, part in rows])
    assert rows.width == 9
    assert z.shape == (9, 9)
    full = (x - x.mean(axis=0)) / x.std(axis=0)
    np.testing.assert_allclose(z @ z.T, full @ full.T, rtol=1e-5)
    weights = torch.from_numpy(np.random.default_rng(1).normal(size=(3, 9)))
    by_features = (x - x.mean(axis=0)) @ rows.weight(weights).numpy().T
    np.testing.assert_allclose(z @ weights.T, by_features, rtol=1e-4, atol=1e-5)


def test_rows_in_a_file_larger_than_what_may_be_kept_give_the_same_head(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, labels = rows_of(3000, 100), np.arange(3000) % 5
    x[np.arange(3000), labels] += 2
    whole = solve_head(x, labels, 5)
    np.save(tmp_path / "rows.npy", x)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    monkeypatch.setattr(standardised, "_KEPT_BYTES", 100_000)
    monkeypatch.setattr(standardised, "_PART_BYTES", 100_000)
    tracemalloc.start()
    parted = solve_head(mapped, labels, 5)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < x.nbytes
    np.testing.assert_allclose(parted.weight, whole.weight, atol=1e-4)
    np.testing.assert_array_equal(parted.scores(mapped).argmax(axis=1), whole.scores(x).argmax(axis=1))
