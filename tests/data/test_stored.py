from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlkit.data import Split, stored
from tlkit.data.stored import StoredImages
from tlkit.errors import DataError

PIXELS = np.random.default_rng(0).integers(0, 256, size=(7, 3, 4, 5), dtype=np.uint8)
FLOATS = PIXELS.astype(np.float32) / np.float32(255)
LABELS = np.arange(7) % 2


@given(rows=st.lists(st.integers(0, 6), max_size=9), data=st.data())
def test_it_reads_like_the_array_of_floats(rows: list[int], data: st.DataObject) -> None:
    images = StoredImages(PIXELS).select(rows)
    plain = FLOATS[rows]
    assert images.shape == plain.shape
    assert images.nbytes == plain.nbytes
    assert np.array_equal(np.asarray(images), plain)
    assert np.array_equal(list(images), list(plain))
    some = data.draw(st.slices(len(rows)))
    for at in (some, np.arange(len(rows)) % 2 == 0, (some, 1), (some, slice(None), 2), []):
        assert np.array_equal(images[at], plain[at])
    if rows:
        one = data.draw(st.integers(-len(rows), len(rows) - 1))
        assert np.array_equal(images[one], plain[one])
        assert images[one, 0, 1, 2] == plain[one, 0, 1, 2]
    with pytest.raises(IndexError):
        images[len(rows)]


def test_a_split_of_stored_images_is_the_split_of_the_floats(tmp_path: Path) -> None:
    np.save(tmp_path / "pixels.npy", PIXELS)
    mapped = np.load(tmp_path / "pixels.npy", mmap_mode="r")
    lazy = Split(StoredImages(mapped), LABELS, ("a", "b"))
    plain = Split(FLOATS, LABELS, ("a", "b"))
    assert isinstance(lazy.images, StoredImages)
    assert lazy.fingerprint == plain.fingerprint
    assert lazy.select([4, 1]).fingerprint == plain.select([4, 1]).fingerprint
    assert lazy.select(LABELS == 1).fingerprint == plain.select(LABELS == 1).fingerprint
    assert pickle.loads(pickle.dumps(lazy)).fingerprint == plain.fingerprint
    assert Split.from_bytes(PIXELS.transpose(0, 2, 3, 1), LABELS, ("a", "b")).fingerprint == plain.fingerprint


def test_only_what_is_too_large_stays_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "EAGER_BYTES", 5 * FLOATS[0].nbytes)
    split = Split.from_bytes(PIXELS.transpose(0, 2, 3, 1), LABELS, ("a", "b"))
    assert isinstance(split.images, StoredImages)
    assert isinstance(split.select(range(6)).images, StoredImages)
    few = split.select(range(5)).images
    assert isinstance(few, np.ndarray)
    assert not few.flags.writeable


def test_it_cannot_be_written_to_and_refuses_other_kinds() -> None:
    images = StoredImages(PIXELS)
    with pytest.raises(TypeError):
        images[0] = 0  # type: ignore[index]
    with pytest.raises(ValueError, match="copy"):
        np.array(images, copy=False)
    with pytest.raises(DataError, match="float32"):
        StoredImages(FLOATS)  # type: ignore[arg-type]
