from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tlkit import data
from tlkit.data import embedded
from tlkit.errors import DataError, UnknownNameError
from tlkit.files import packaged

GREY = [name for name in data.names() if not name.startswith("emoji:")]


@pytest.mark.parametrize("name", GREY)
def test_every_set_is_whole(name: str) -> None:
    dataset = data.load(name)
    test = dataset.test.open("check of the embedded file")
    for split in (dataset.train, dataset.validation, test):
        assert split.images.shape[1:] == (1, 32, 32)
        assert split.images.min() >= 0
        assert split.images.max() <= 1
        assert split.counts().min() >= 10
        # As many of each class: accuracy then weighs all classes alike. Handwriting is as it was collected.
        assert np.ptp(split.counts()) == 0 or name == "digits"
        assert (split.images.reshape(len(split), -1).std(axis=1) > 0.02).all()
    assert dataset.fingerprint == dataset.card.fingerprint
    assert dataset.name == name


def test_the_sets_have_the_classes_they_are_named_for() -> None:
    assert "".join(data.load("letters").classes) == "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    assert len(data.load("greek").classes) == 31
    assert not set(data.load("greek").classes) & set("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο")
    for name in ("digits", "printed-digits"):
        assert data.load(name).classes == tuple("0123456789")


@pytest.mark.parametrize("name", ["letters", "greek", "printed-digits"])
def test_ink_is_one_on_paper_zero_and_nothing_is_clipped(name: str) -> None:
    dataset = data.load(name)
    images = np.concatenate([dataset.train.images, dataset.test.open("check").images])[:, 0]
    border = np.concatenate([images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]])
    assert border.max() == 0
    assert images.mean() < 0.3
    assert (images.max(axis=(1, 2)) > 0.5).all()
    # The ink's box lies in the middle, up to small moves and what turning an uneven letter adds.
    boxes = [np.nonzero(image) for image in images[::10]]
    middles = np.array([[(at.min() + at.max()) / 2 - 15.5 for at in box] for box in boxes])
    assert np.abs(middles).max() <= 6
    assert np.abs(middles.mean(axis=0)).max() < 0.3


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="nearest are 'letters'"):
        data.load("leters")


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the package find its sets in a folder of which they can be damaged."""
    for suffix in (".npz", ".json"):
        shutil.copy(packaged("data", "sets", f"greek{suffix}"), tmp_path)
    monkeypatch.setattr(embedded, "packaged", lambda *parts: tmp_path / parts[-1])
    embedded._read.cache_clear()
    yield tmp_path
    embedded._read.cache_clear()


def test_a_changed_or_truncated_or_missing_file_is_refused_by_name(copied: Path) -> None:
    path = copied / "greek.npz"
    whole = path.read_bytes()
    assert len(data.load("greek").test) == 1240
    for damaged in (whole[:-100], whole[:5000] + bytes([whole[5000] ^ 1]) + whole[5001:], b""):
        path.write_bytes(damaged)
        embedded._read.cache_clear()
        with pytest.raises(DataError, match="'greek' was changed or cut short"):
            data.load("greek")
    path.unlink()
    with pytest.raises(DataError, match="'greek' cannot be read"):
        data.load("greek")


def test_names_are_told_by_what_the_items_are() -> None:
    assert sorted(data.names("image") + data.names("text")) == sorted(data.names())
    assert all(data.load(name).card.modality == "text" for name in data.names("text"))
    with pytest.raises(UnknownNameError, match="'image'"):
        data.names("images")


def test_importing_and_loading_need_neither_torch_nor_the_network() -> None:
    code = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise OSError('no network')\n"
        "socket.socket.connect = refuse\n"
        "from tlkit import data\n"
        "for name in data.names(): data.load(name).few_shot(1, seed=0)\n"
        "print([one for one in ('torch', 'skimage', 'matplotlib') if one in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_digits_are_scikit_learns_images_enlarged() -> None:
    from sklearn.datasets import load_digits

    digits = data.load("digits")
    images = np.concatenate([digits.train.images, digits.validation.images, digits.test.open("check").images])
    # The middle of each block of 3 x 3 lies where the small picture had its pixel.
    small = np.rint(images[:, 0, 5:28:3, 5:28:3].reshape(-1, 64) * 16)
    labels = np.concatenate([digits.train.labels, digits.validation.labels, digits.test.open("check").labels])
    original = load_digits()
    found = sorted((*image, label) for image, label in zip(small.tolist(), labels.tolist(), strict=True))
    assert found == sorted(
        (*image, label) for image, label in zip(original.data.tolist(), original.target.tolist(), strict=True)
    )
