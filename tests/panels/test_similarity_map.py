"""The second map, t-SNE: what it keeps, when there is none, and that neither map makes a result stale."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from tests.panels.printed import measured
from tlkit import backbones, data, panels
from tlkit.errors import UnknownNameError
from tlkit.panels.similarity_map import neighbourhoods, perplexity
from tlkit.panels.similarity_seen import seen


def groups(each: int = 20, count: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Groups that two principal components cannot all keep apart."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(count), each)
    return rng.normal(size=(len(labels), count)) + 12 * np.eye(count)[labels], labels


def test_neighbours_stay_neighbours_and_groups_stay_apart() -> None:
    rows, labels = groups()
    found = neighbourhoods(rows, seed=0)
    assert found is not None
    assert np.abs(found).max() == pytest.approx(1)
    far = cdist(found, found) + 9 * np.eye(len(found))
    assert (labels[far.argmin(axis=1)] == labels).all()


def test_the_seed_decides_and_nothing_else_is_touched() -> None:
    rows, _ = groups()
    before = np.random.get_state(legacy=False)  # noqa: NPY002  # the global state is what must stay
    first = neighbourhoods(rows, seed=1)
    after = np.random.get_state(legacy=False)  # noqa: NPY002
    np.testing.assert_equal(after, before)
    np.testing.assert_array_equal(first, neighbourhoods(rows, seed=1))
    other = neighbourhoods(rows, seed=2)
    assert first is not None
    assert other is not None
    assert np.abs(other - first).max() > 0.1


def test_too_few_or_equal_points_have_no_second_map() -> None:
    rows, _ = groups(each=1)
    assert neighbourhoods(rows, seed=0) is None
    equal = np.ones((30, 3))
    assert neighbourhoods(equal, seed=0) is None
    assert perplexity(7) >= 1


def test_the_map_shows_some_of_what_was_seen_class_by_class() -> None:
    net = backbones.load("zoo:resnet-printed-digits")
    digits = data.load("digits")
    for side, most in zip(seen(digits, digits, net, 0, lambda: None), (416, 124), strict=True):
        images, labels, features = side.on_map()
        assert np.bincount(labels).tolist() == [most // 10] * 10
        np.testing.assert_allclose(features[:3], net.features(images[:3]), atol=1e-4)
        assert len(side.rows) > len(labels)
        assert (digits.train.labels[side.rows] == side.labels).all()


@pytest.fixture
def panel() -> panels.Similarity:
    return measured()


def test_the_other_map_needs_no_new_run_and_says_what_it_cannot_tell(panel: panels.Similarity) -> None:
    before = json.loads(panel._pictures()["map"])["points"]
    first = panel._view()["outcome"]
    panel.set(map="t-sne")
    assert not panel._full_view()["stale"]
    after = json.loads(panel._pictures()["map"])["points"]
    assert [one["words"] for one in after] == [one["words"] for one in before]
    assert [one["x"] for one in after] != [one["x"] for one in before]
    shown = panel._view()["outcome"]
    assert shown["maps"]["chosen"] == "t-sne"
    assert "means nothing" in shown["map_words"]
    assert "principal components" in first["map_words"]
    # Which pictures are nearest is the network's, not the map's.
    assert shown["chosen"] == first["chosen"]
    assert "t-SNE map of the features" in str(panel)
    again = panels.Similarity.from_record(panel.record())
    assert again.state.map == "t-sne"
    assert again._repr_mimebundle_() == panel._repr_mimebundle_()
    panel.set(map="pca")
    assert "t-SNE map" not in str(panel)


def test_a_map_that_does_not_exist_is_refused(panel: panels.Similarity) -> None:
    with pytest.raises(UnknownNameError, match=r"The nearest .* 't-sne'"):
        panel.set(map="tsne")
    assert panel.state.map == "pca"
