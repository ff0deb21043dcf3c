"""Packed: what is sent to other processes is all that a draw needs, little, and still the same data."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from tlkit import data
from tlkit.data import Dataset, SealedSplit, Split
from tlkit.data.packed import sealed_only
from tlkit.data.stored import StoredImages
from tlkit.errors import SealedError


@pytest.fixture
def mapped(tmp_path: Path) -> Dataset:
    """Sixty pictures whose bytes stay in one mapped file, as those of large sets do."""
    pixels = np.random.default_rng(0).integers(0, 256, size=(60, 1, 16, 16), dtype=np.uint8)
    np.save(tmp_path / "pixels.npy", pixels)
    images = StoredImages(np.load(tmp_path / "pixels.npy", mmap_mode="r"))

    def part(first: int, end: int) -> Split:
        at = np.arange(first, end)
        return Split(images.select(at), at % 2, ("cat", "dog"))

    test = SealedSplit(part(50, 60), "pets")
    return Dataset("pets", part(0, 40), part(40, 50), test, data.load("digits").card)


@pytest.mark.parametrize("known", [True, False])
def test_a_packed_split_is_the_same_split_with_no_other_bytes(known: bool, mapped: Dataset) -> None:
    split = mapped.train
    if known:
        assert split.fingerprint  # is kept, not computed again
    packed = split.packed()
    assert packed.fingerprint == split.fingerprint
    assert np.array_equal(np.asarray(packed.images), np.asarray(split.images))
    assert len(pickle.dumps(packed)) < 40 * 256 + 2_000 < len(pickle.dumps(split))
    assert pickle.loads(pickle.dumps(packed)).fingerprint == split.fingerprint
    assert packed.packed() is not split
    assert packed.images.packed() is packed.images, "nothing is copied twice"


def test_a_packed_test_set_stays_sealed_and_counts_on_its_own(mapped: Dataset) -> None:
    mapped.test.open("before")
    packed = mapped.test.packed()
    with pytest.raises(SealedError):
        packed.images  # noqa: B018
    packed.open("elsewhere")
    assert (packed.openings, mapped.test.openings) == (2, 1)
    mapped.test.absorb(packed.log)
    assert mapped.test.openings == 2, "what was known already is not counted twice"


@pytest.mark.parametrize("pack", [True, False])
def test_without_its_items_a_data_set_is_still_that_data_set(pack: bool, mapped: Dataset) -> None:
    alone = sealed_only(mapped, pack=pack)
    assert (alone.name, alone.classes) == ("pets", ("cat", "dog"))
    assert (len(alone.train), len(alone.validation), len(alone.test)) == (0, 0, 10)
    assert pickle.loads(pickle.dumps(alone)).fingerprint == mapped.fingerprint
    assert alone.test.fingerprint == mapped.test.fingerprint


def test_arrays_of_floats_need_no_packing() -> None:
    digits = data.load("digits")
    assert digits.train.packed() is digits.train
    assert digits.test.packed() is digits.test
    assert sealed_only(digits, pack=True).test is digits.test
