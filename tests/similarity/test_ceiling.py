"""The ceiling's network: trained once, kept whole or not at all, and never taken for another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tlkit import backbones, data, similarity
from tlkit.backbones import Backbone
from tlkit.data import Dataset
from tlkit.errors import StoppedError
from tlkit.similarity import ceiling

FEW = ceiling.recipe(20).change(steps=3, augmentation=0.0)


@pytest.fixture(scope="module")
def net() -> Backbone:
    return backbones.load("zoo:vgg-letters")


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return data.load("digits")


def kept(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.rglob("*") if one.is_file())


def test_what_was_kept_is_not_trained_twice_and_sees_the_same(
    net: Backbone, digits: Dataset, tmp_path: Path
) -> None:
    split, images = digits.few_shot(2, 0).train, digits.train.images[:9]
    said: list[str] = []
    first, second = (
        ceiling.trained(
            net, digits, split, how=FEW, folder=tmp_path, say=lambda words, share: said.append(words)
        )
        for _ in range(2)
    )
    assert sum("3 steps" in one for one in said) == 1
    assert len(kept(tmp_path)) == 1
    assert np.allclose(first.features(images), second.features(images), atol=1e-6)
    assert np.allclose(first.source_probabilities(images), second.source_probabilities(images), atol=1e-6)
    assert digits.test.openings == 0


def test_other_items_another_seed_and_another_recipe_are_other_networks(
    net: Backbone, digits: Dataset, tmp_path: Path
) -> None:
    split, other = (digits.few_shot(2, seed).train for seed in (0, 1))
    ceiling.trained(net, digits, split, how=FEW, folder=tmp_path)
    ceiling.trained(net, digits, other, how=FEW, folder=tmp_path)
    ceiling.trained(net, digits, split, 1, how=FEW, folder=tmp_path)
    ceiling.trained(net, digits, split, how=FEW.change(steps=4), folder=tmp_path)
    assert len(kept(tmp_path)) == 4


def test_a_stop_leaves_no_file(net: Backbone, digits: Dataset, tmp_path: Path) -> None:
    asked = 0

    def should_stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 2

    with pytest.raises(StoppedError):
        ceiling.trained(net, digits, digits.few_shot(2, 0).train, 0, should_stop, how=FEW, folder=tmp_path)
    assert kept(tmp_path) == []


def test_a_damaged_file_is_made_anew(net: Backbone, digits: Dataset, tmp_path: Path) -> None:
    split, images = digits.few_shot(2, 0).train, digits.train.images[:9]
    first = ceiling.trained(net, digits, split, how=FEW, folder=tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    again = ceiling.trained(net, digits, split, how=FEW, folder=tmp_path)
    assert np.allclose(first.features(images), again.features(images), atol=1e-6)
    assert len(kept(tmp_path)) == 1


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(
    net: Backbone, digits: Dataset, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("not a folder")
    made = ceiling.trained(net, digits, digits.few_shot(2, 0).train, how=FEW, folder=tmp_path / "taken")
    assert made.name == "trained on digits"


def test_a_report_has_the_ceiling_by_default_and_trains_it_once(
    net: Backbone, digits: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TLKIT_CACHE", str(tmp_path))
    monkeypatch.setattr(ceiling, "_LEAST_STEPS", 3)
    monkeypatch.setattr(ceiling, "_MOST_STEPS", 3)
    letters = data.load("letters")
    said: list[str] = []
    one, two = (
        similarity.report(
            letters, digits, net, measures=["logme"], rows=60, draws=8,
            progress=lambda words, share: said.append(words),
        )
        for _ in range(2)
    )  # fmt: skip
    assert one.places == two.places
    assert one["logme"].ceiling is not None
    assert sum("3 steps, kept on disk" in words for words in said) == 1
    assert f"learned from {one.sizes.ceiling:,} other training pictures of digits" in str(one)


@pytest.mark.filterwarnings("ignore::tlkit.backbones.transform.ConversionWarning")
def test_without_a_way_to_train_one_a_report_says_so(net: Backbone, digits: Dataset) -> None:
    letters = data.load("letters")
    own = similarity.report(letters, letters, net, measures=["logme"], rows=104, draws=4)
    assert "The ceiling is zoo:vgg-letters itself" in own.notes[0]
    large = backbones.load("zoo:efficientnet-lite0@48")
    found = similarity.report(letters, digits, large, measures=["knn"], rows=20, draws=4)
    assert found["knn"].word == "no ceiling"
    assert "numbers from scratch takes too long here" in found.notes[0]
    rows = np.concatenate([np.flatnonzero(digits.train.labels == one)[:4] for one in range(10)])
    few = data.arrays(digits.train.images[rows], digits.train.labels[rows], name="few")
    assert "fewer than 4 training pictures" in str(
        similarity.report(letters, few, net, measures=["logme"], draws=4)
    )
    none = similarity.report(letters, digits, net, measures=["logme"], ceiling=None, rows=20, draws=4)
    assert not any("ceiling" in one for one in none.notes)
    assert "20 of 917 training items of digits were looked at" in none.notes[0]
