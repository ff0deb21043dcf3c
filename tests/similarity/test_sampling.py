"""Samples of rows: sizes, shares of classes, and that rows that are not drawn are not read."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tlkit.similarity import sampling


def test_small_ones_stay_as_they_are() -> None:
    array = np.eye(3)
    assert sampling.at_most(array, 3, 0) is array


def test_tensors_lists_and_maps_are_drawn_alike(tmp_path: Any) -> None:
    array = np.arange(40, dtype=np.float32).reshape(20, 2)
    np.save(tmp_path / "rows.npy", array)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    expected = sampling.at_most(array, 7, 3)
    assert len(np.unique(expected, axis=0)) == 7
    for same in (torch.from_numpy(array), array.tolist(), mapped):
        assert (np.asarray(sampling.at_most(same, 7, 3)) == expected).all()


def test_each_class_keeps_its_share_and_two_rows() -> None:
    codes = np.repeat([0, 1, 2, 3], [6000, 3000, 3, 1])
    rows = np.arange(len(codes))[:, None]
    kept, classes = sampling.at_most_of_classes(rows, codes, 900, 0)
    assert np.bincount(classes).tolist() == [600, 300, 2, 1]
    assert (codes[kept[:, 0]] == classes).all()
