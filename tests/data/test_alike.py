"""Pictures of two sets that look the same."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tlkit import data
from tlkit.data.alike import THUMB, alike_across, alike_pairs, thumbnails
from tlkit.data.unopened import unopened_splits


def _thumbs(count: int, seed: int, channels: int = 1) -> NDArray[np.float32]:
    return np.random.default_rng(seed).uniform(size=(count, channels, THUMB, THUMB)).astype(np.float32)


def test_two_sets_give_the_pairs_that_both_in_one_give() -> None:
    photos = data.load("photos")
    whole = thumbnails(photos.train)
    noise = np.random.default_rng(0).normal(scale=0.01, size=whole.shape).astype(np.float32)
    known, asked = whole[::2], np.clip(0.95 * whole + noise, 0, 1)
    nearest, correlation = alike_across(known, asked)
    pairs = alike_pairs(np.concatenate([known, asked]))
    pairs = pairs[(pairs[:, 0] < len(known)) & (pairs[:, 1] >= len(known))] - [0, len(known)]
    assert set(pairs[:, 1]) == set(np.flatnonzero(nearest >= 0))
    assert {(int(one), at) for at, one in enumerate(nearest) if one >= 0} <= {
        tuple(one) for one in pairs.tolist()
    }
    assert (correlation[nearest >= 0] >= 0.994).all()
    assert not correlation[nearest < 0].any()


def test_the_most_alike_is_named_and_repeated_ones_all_are() -> None:
    known = _thumbs(50, 0, 3)
    close = 0.999 * known[7] + 0.001 * known[8]
    asked = np.stack([0.9 * known[7], _thumbs(1, 1, 3)[0], 0.9 * known[7], np.zeros_like(known[0])])
    nearest, _ = alike_across(np.concatenate([[close], known]), asked)
    assert nearest.tolist() == [8, -1, 8, -1]


def test_many_nearly_equal_known_ones_hide_none() -> None:
    # All hashes agree in nearly all bits: more candidates than are ever compared.
    base = _thumbs(1, 0)[0]
    known = np.clip(base + np.random.default_rng(1).normal(scale=1e-3, size=(500, 1, THUMB, THUMB)), 0, 1)
    nearest, _ = alike_across(
        known.astype(np.float32), np.concatenate([known[250:251].astype(np.float32), _thumbs(1, 9)])
    )
    assert nearest[0] >= 0
    assert nearest[1] == -1


def test_nothing_to_compare() -> None:
    empty = np.empty((0, 1, THUMB, THUMB), dtype=np.float32)
    for known, asked in (
        (empty, _thumbs(2, 0)),
        (_thumbs(2, 0), empty),
        (np.ones_like(_thumbs(2, 0)), _thumbs(2, 0)),
    ):
        nearest, _ = alike_across(known, asked)
        assert nearest.tolist() == [-1] * len(asked)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("letters", "greek"),
        ("photos", "textures"),
        ("digits", "printed-digits"),
        ("emoji:noto", "emoji:fluent"),
    ],
)
def test_different_embedded_sets_have_no_copies(one: str, other: str) -> None:
    known, asked = (
        np.concatenate([thumbnails(part) for part in unopened_splits(data.load(name)).values()])
        for name in (one, other)
    )
    assert (alike_across(known, asked)[0] == -1).all()
