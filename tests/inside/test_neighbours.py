"""Neighbours: the same as scikit-learn finds, with the pictures and words that belong to them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from tlkit import backbones, data, inside, train
from tlkit.data import Split
from tlkit.errors import DataError, StoppedError, UnknownNameError


def test_the_nearest_are_those_of_scikit_learn() -> None:
    net, greek = backbones.load("zoo:resnet-letters"), data.load("greek")
    asked = greek.validation.images[:7]
    found = inside.neighbours(net, asked, greek.train, count=4)
    oracle = NearestNeighbors(n_neighbors=4, algorithm="brute").fit(net.features(greek.train.images))
    distances, positions = oracle.kneighbors(net.features(asked))
    np.testing.assert_allclose(found.distances, distances, rtol=1e-4)
    assert (found.positions == positions).mean() > 0.95, "ties may come in another order"
    assert found.names(0) == [greek.classes[label] for label in greek.train.labels[found.positions[0]]]
    assert found.words(0) in repr(found)
    html = found._repr_html_()
    assert html.count("<img ") == html.count('alt="') == 7 * 5


def test_a_run_looks_among_what_it_learned_from_and_a_stage_can_be_chosen() -> None:
    task = data.load("greek").few_shot(1, seed=0)
    run = train.fit(backbones.load("zoo:resnet-letters"), task, test=False)
    found = inside.neighbours(run, task.train.images[3], stage="layer1", count=100)
    assert found.among is task.train
    assert found.positions.shape == (1, len(task.train))
    assert found.positions[0, 0] == 3
    assert found.distances[0, 0] == pytest.approx(0, abs=1e-3)
    assert (np.diff(found.distances) >= 0).all()
    assert found.stage == "layer1"


def test_pictures_that_are_read_piece_by_piece_give_the_same(tmp_path: Path) -> None:
    from tlkit.data.stored import StoredImages

    bytes_ = np.random.default_rng(0).integers(0, 256, (40, 1, 32, 32), dtype=np.uint8)
    stored = Split(StoredImages(bytes_), np.zeros(40, dtype=np.int64), ("one",))
    plain = Split(bytes_ / np.float32(255), np.zeros(40, dtype=np.int64), ("one",))
    net = backbones.load("zoo:vgg-letters")
    first, second = (inside.neighbours(net, plain.images[5], one) for one in (stored, plain))
    np.testing.assert_array_equal(first.positions, second.positions)


def test_bad_input_is_refused_and_it_can_be_stopped() -> None:
    net, greek = backbones.load("zoo:resnet-letters"), data.load("greek")
    with pytest.raises(DataError, match="Where to look"):
        inside.neighbours(net, greek.train.images[0])
    with pytest.raises(DataError, match="no pictures to look among"):
        inside.neighbours(net, greek.train.images[0], greek.train.select([]))
    with pytest.raises(UnknownNameError, match="layer3"):
        inside.neighbours(net, greek.train.images[0], greek.train, stage="layer4")
    with pytest.raises(DataError, match="count is 0"):
        inside.neighbours(net, greek.train.images[0], greek.train, count=0)

    def stop() -> None:
        raise StoppedError("Stopped.", "")

    with pytest.raises(StoppedError):
        inside.neighbours(net, greek.train.images[0], greek.train, should_stop=stop)
