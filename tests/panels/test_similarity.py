"""The Similarity panel without a browser: choices, floors and ceilings, the map, words, records."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from sklearn.decomposition import PCA

from tests.promise import STOP_SECONDS, is_kept
from tlkit import backbones, data, panels
from tlkit.backbones import Backbone
from tlkit.data import Dataset
from tlkit.errors import PanelError, RecordError, UnknownNameError
from tlkit.panels import similarity_words as words
from tlkit.panels.sheet import sheet, tile
from tlkit.panels.similarity_map import nearest, principal
from tlkit.pictures import looks_like_ink


@pytest.fixture(scope="module")
def net() -> Backbone:
    return backbones.load("zoo:resnet-letters")


@pytest.fixture(scope="module")
def letters() -> Dataset:
    return data.load("letters")


@pytest.fixture(scope="module")
def greek() -> Dataset:
    return data.load("greek")


@pytest.fixture
def panel(letters: Dataset, greek: Dataset, net: Backbone) -> panels.Similarity:
    return panels.Similarity(letters, greek, net)


@pytest.fixture(scope="module")
def finished(letters: Dataset, greek: Dataset, net: Backbone) -> panels.Similarity:
    panel = panels.Similarity(letters, greek, net)
    panel.run()
    return panel


def own(name: str = "stripes", classes: int = 2, each: int = 20, channels: int = 1) -> Dataset:
    """Pictures of stripes, across or along; a third class is noise."""
    rng = np.random.default_rng(0)
    labels = np.arange(classes * each) % classes
    pixels = 0.2 * rng.random((len(labels), channels, 32, 32))
    pixels[labels == 0, :, ::4] = 1
    pixels[labels == 1, :, :, ::4] = 1
    return data.arrays(pixels, labels, name=name, channels="first")


# Settings


def test_a_new_source_brings_its_network(panel: panels.Similarity) -> None:
    panel.set(source="printed-digits")
    assert panel.state.backbone == "zoo:resnet-printed-digits"
    panel.set(source="digits")  # no network was trained on it
    assert panel.state.backbone == "zoo:resnet-printed-digits"
    panel.set(source="letters", backbone="zoo:resnet-printed-digits")
    assert panel.state.backbone == "zoo:resnet-printed-digits"


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"sorce": "letters"}, PanelError, "The nearest is 'source'"),
        ({"source": "leters"}, UnknownNameError, r"The nearest .* 'letters'"),
        ({"target": "greek!"}, UnknownNameError, r"The nearest .* 'greek'"),
        ({"backbone": "zoo:resnet-leters"}, UnknownNameError, "zoo:resnet-letters"),
        ({"seed": -1}, PanelError, "seed"),
        ({"picture": -1}, PanelError, "picture"),
        ({"picture": "λ"}, PanelError, "Call run"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    panel: panels.Similarity, changes: dict[str, Any], error: type[Exception], said: str
) -> None:
    before = panel.state
    with pytest.raises(error, match=said):
        panel.set(**changes)
    assert panel.state == before


def test_own_sets_come_first_and_two_sets_of_one_name_are_refused(net: Backbone, letters: Dataset) -> None:
    panel = panels.Similarity(own(), letters, net)
    assert panel._view()["choose"][0]["options"][:2] == ["stripes", "letters"]
    with pytest.raises(PanelError, match="one name, 'letters'"):
        panels.Similarity(own("letters"), letters, net)


# The run


def test_every_measure_stands_between_a_floor_and_a_ceiling(finished: panels.Similarity) -> None:
    found = finished.result
    assert [one.name for one in found.places] == ["logme", "knn", "leep", "proxy_a_distance", "frechet"]
    for one in found.places:
        assert one.ceiling is not None
        assert one.low <= one.value <= one.high
        better = 1 if one.kind == "score" else -1
        assert better * one.ceiling > better * one.floor
        assert one.position == pytest.approx((one.value - one.floor) / (one.ceiling - one.floor))
    # With 31 classes, chance is one in 31.
    assert found["knn"].floor == pytest.approx(1 / 31, abs=0.02)
    assert found["proxy_a_distance"].floor > 1.8
    assert found["proxy_a_distance"].ceiling == pytest.approx(0, abs=0.25)


def test_letters_say_more_about_greek_than_random_numbers_do(
    finished: panels.Similarity, letters: Dataset, greek: Dataset, net: Backbone
) -> None:
    blank = net.reinitialised(0)
    panel = panels.Similarity(letters, greek, blank)
    panel.run()
    for name in ("logme", "knn"):
        assert finished.result[name].position > panel.result[name].position + 0.2  # type: ignore[operator]
    assert "leep" not in [one.name for one in panel.result.places]


def test_no_test_set_is_opened(finished: panels.Similarity, letters: Dataset, greek: Dataset) -> None:
    assert finished.status == "finished"
    assert (letters.test.openings, greek.test.openings) == (0, 0)


def test_the_network_itself_is_the_ceiling_of_what_it_learned(letters: Dataset, net: Backbone) -> None:
    panel = panels.Similarity(letters, letters, net)
    panel.run()
    assert panel.result["logme"].position == 1
    assert panel.result["proxy_a_distance"].position > 0.8  # type: ignore[operator]
    assert "itself, since it learned from letters" in str(panel)


def test_own_pictures_in_colour_are_measured_and_the_change_is_said(letters: Dataset, net: Backbone) -> None:
    panel = panels.Similarity(letters, own(channels=3), net)
    with pytest.warns(UserWarning, match="grey"):
        panel.run()
    assert panel.result["knn"].value > 0.9
    assert panel.result.unrelated == "shuffled pixels"
    assert "stripes: Colour was turned into grey" in str(panel)


def test_the_same_seed_gives_the_same_twin_and_a_map_of_the_same_bytes(
    finished: panels.Similarity, letters: Dataset, greek: Dataset, net: Backbone
) -> None:
    again = panels.Similarity(letters, greek, net)
    again.run()
    assert again._repr_mimebundle_() == finished._repr_mimebundle_()


def test_a_stopped_run_ends_soon_and_changes_nothing(panel: panels.Similarity, net: Backbone) -> None:
    before = net.fingerprint
    panel.set(seed=5)  # no ceiling of this seed is remembered

    def seconds_to_stop() -> float:
        panel._heard({"run": True})
        time.sleep(1.0)
        assert panel.status == "running"
        since = time.monotonic()
        panel._heard({"stop": True})
        while panel.status in ("running", "stopping"):
            time.sleep(0.001)
        assert panel.status == "stopped"
        return time.monotonic() - since

    assert is_kept(STOP_SECONDS, seconds_to_stop)
    assert panel._outcome is None
    assert net.fingerprint == before
    assert not [one for one in threading.enumerate() if one.name == "tlkit-panel" and one.is_alive()][1:]


# The map


def test_the_map_is_scikit_learns_pca_up_to_sign_and_scale() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(50, 6)) * [5, 3, 1, 1, 1, 1]
    places, shares = principal(features)
    pca = PCA(2).fit(features)
    expected = pca.transform(features)
    for axis in range(2):
        assert abs(np.corrcoef(places[:, axis], expected[:, axis])[0, 1]) == pytest.approx(1, abs=1e-9)
    assert shares == pytest.approx(pca.explained_variance_ratio_)
    assert np.abs(places).max() == pytest.approx(1)
    assert np.ptp(places[:, 0]) / np.ptp(places[:, 1]) == pytest.approx(
        np.ptp(expected[:, 0]) / np.ptp(expected[:, 1])
    )


def test_a_map_of_equal_rows_and_of_one_feature_is_drawn() -> None:
    places, shares = principal(np.ones((4, 3)))
    assert not places.any()
    assert not shares.any()
    assert principal(np.arange(4.0)[:, None])[1].tolist() == [1, 0]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_nearest_are_nearest(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ours, theirs = rng.normal(size=(4, 3)), rng.normal(size=(9, 3))
    distances, rows = nearest(ours, theirs, 3)
    whole = cdist(ours, theirs)
    for one in range(4):
        left = np.delete(whole[one], rows[one])
        assert whole[one][rows[one]].max() <= left.min()
        np.testing.assert_allclose(distances[one] * np.median(whole), whole[one][rows[one]])


def test_the_chosen_picture_and_its_nearest_are_those_of_the_network(
    finished: panels.Similarity, net: Backbone
) -> None:
    finished.set(picture="ω")
    chosen = finished._view()["outcome"]["chosen"]
    assert chosen["label"] == "ω"
    made = finished._outcome["map"]["sheet"]  # type: ignore[index]
    # The sheet is drawn dark on white, in 16 shades: close enough to find the same neighbours again.
    target, *near = (
        1 - tile(made, one["tile"])[:1][None].astype(np.float32) for one in (chosen, *chosen["nearest"])
    )
    features = net.features(np.concatenate([target, *near]))
    distances = np.linalg.norm(features[1:] - features[0], axis=1)
    assert (np.diff(distances) > -0.1 * distances.mean()).all()
    finished.set(picture=0)


def test_choosing_a_picture_makes_no_result_stale(finished: panels.Similarity) -> None:
    assert not finished.set(picture=3)._full_view()["stale"]
    assert finished.set(target="digits")._full_view()["stale"]
    assert not finished.set(target="greek")._full_view()["stale"]
    with pytest.raises(PanelError, match="0 to 123"):
        finished.set(picture=124)
    with pytest.raises(UnknownNameError, match="Ω"):
        finished.set(picture="omega")
    finished.set(picture=0)


# Pictures


@pytest.mark.parametrize("ink", [True, False])
def test_a_tile_is_the_picture_again(ink: bool) -> None:
    images = np.random.default_rng(0).random((30, 1, 32, 32))
    made = sheet([(images, ink)])
    for number in (0, 23, 24, 29):
        expected = 1 - images[number, 0] if ink else images[number, 0]
        np.testing.assert_allclose(tile(made, number)[1], expected, atol=0.5 / 15 + 1 / 255)


def test_colour_and_other_sizes_become_tiles() -> None:
    images = np.zeros((2, 3, 64, 32))
    images[:, 0] = 1
    found = tile(sheet([(images, looks_like_ink(images)), (np.zeros((1, 1, 8, 8)), True)]), 1)
    assert found[:, 16, 16].tolist() == [1, 0, 0]
    assert found[:, 16, 0].tolist() == [1, 1, 1]  # beside the narrow picture


def test_ink_is_told_from_photographs() -> None:
    inked = {name: looks_like_ink(data.load(name).train.images) for name in data.names("image")}
    drawn = {"emoji:noto", "emoji:twemoji", "emoji:fluent"}
    assert {name for name, one in inked.items() if not one} == {"textures", "photos", *drawn}


# What is shown


def test_the_words_say_what_was_measured(finished: panels.Similarity) -> None:
    said, found = str(finished), finished.result
    assert found.verdict in said
    assert f"{found.sizes.target:,} greek pictures" in said
    assert "learned from 930 other training pictures" in said
    assert "The test set stayed sealed." in said
    assert "half of the pictures, none twice" in said
    assert "proxy A-distance" in said
    assert "No gain was measured here." in said
    html = finished._repr_mimebundle_()[0]["text/html"]
    assert "<svg" not in html
    assert 'alt="Map of the features: letters (416) as circles' in html
    assert 'alt="letters ' in html


def test_the_browser_is_told_every_bar_in_words(finished: panels.Similarity) -> None:
    bars = [bar for group in finished._view()["outcome"]["groups"] for bar in group["bars"]]
    assert len(bars) == 5
    for bar in bars:
        assert bar["label"] in bar["words"]
        assert bar["word"] in bar["words"]
        assert bar["spot"] in bar["words"]
    json.dumps(finished._full_view(), allow_nan=False)
    points = json.loads(finished._pictures()["map"])["points"]
    assert [one["tile"] for one in points] == list(range(540))
    assert points[0]["words"].startswith("letters, class ")
    assert points[-1]["words"] == "greek, class ω"


def test_a_place_beyond_the_ceiling_or_nowhere_is_said() -> None:
    one = {"name": "knn", "label": "nearest neighbour", "value": 0.9, "floor": 0.1, "ceiling": 0.8}
    place = {"position": 1.14, "position_low": 1.1, "position_high": 1.2, "word": "near the ceiling"}
    assert "114 %" in words._bar({**one, **place})["words"]
    nowhere = words._bar({**one, "ceiling": None, "position": None, "word": "no ceiling", "value": "inf"})
    assert (nowhere["position"], nowhere["value"], nowhere["ceiling"]) == (None, "infinite", "none")


@pytest.mark.parametrize("kind", ["score", "distance"])
def test_a_new_measure_is_shown_before_anybody_has_written_what_it_asks(kind: str) -> None:
    new = {"name": "new", "label": "New one", "kind": kind, "value": 0.5, "floor": 0.0, "ceiling": 1.0}
    place = {"position": 0.5, "position_low": 0.4, "position_high": 0.6, "word": "about halfway"}
    assert words._bar({**new, **place})["ask"]


def test_a_record_is_json_and_draws_the_same_panel(finished: panels.Similarity) -> None:
    record = json.loads(json.dumps(finished.record(), allow_nan=False))
    again = panels.Similarity.from_record(record)
    assert str(again) == str(finished)
    assert again._repr_mimebundle_() == finished._repr_mimebundle_()
    assert again.record() == record
    assert again._view()["outcome"] == finished._view()["outcome"]
    assert again.set(picture="λ").state.picture > 0
    with pytest.raises(PanelError, match="opened from a record"):
        again.run()


def test_a_record_of_a_wrong_state_is_refused(finished: panels.Similarity) -> None:
    record = finished.record()
    record["state"]["target"] = "klingon"
    with pytest.raises((RecordError, UnknownNameError), match="klingon"):
        panels.Similarity.from_record(record)


@pytest.mark.parametrize("name", ["zoo:vgg-letters", "zoo:inception-letters"])
def test_other_networks_see_too(name: str, letters: Dataset) -> None:
    panel = panels.Similarity(letters, own(each=12), backbones.load(name))
    panel.run()
    assert panel.result["knn"].value > 0.8
