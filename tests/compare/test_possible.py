"""Arms that a network allows: features of another library are compared with the pictures' own pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.backbones.hubs.onnx_bytes import pooling_and_matrix
from tests.optional import optional
from tlkit import backbones, compare, data, panels
from tlkit.backbones import Backbone
from tlkit.compare.arms import arm_names
from tlkit.compare.choosing import chosen, usual
from tlkit.compare.pixel_arm import pixel_backbone
from tlkit.data import Task
from tlkit.errors import ComparisonError, WeightsError


@pytest.fixture
def few() -> Task:
    return data.load("emoji:noto").few_shot(1, seed=0)


@pytest.fixture
def extractor(tmp_path: Path) -> Backbone:
    optional("onnxruntime", "onnx")
    path = tmp_path / "net.onnx"
    path.write_bytes(pooling_and_matrix(np.eye(3, 5), ["n", 3, 12, 12]))
    return backbones.load(f"file:{path}")


def test_a_frozen_extractor_is_compared_with_pixels_and_the_record_is_run_again(
    extractor: Backbone, few: Task
) -> None:
    panel = panels.Compare(few, extractor, seeds=1)
    assert [arm["name"] for arm in panel._view()["arms"]] == ["pixels", "frozen"]
    card = panel.run()
    assert card.arms == ("pixels", "frozen")
    # A head of 12 classes on 16 x 16 pixels in three colours, and on the 5 features of the file.
    assert [card[arm].trainable_parameters for arm in card.arms] == [12 * (3 * 16 * 16 + 1), 12 * (5 + 1)]
    assert card["pixels"].mean > 1.5 / 12
    assert compare.rerun(card.record(), backbone=extractor, n_jobs=1, progress=False).same
    with pytest.raises(ComparisonError, match=r"needs at least two arms, not 1. Add one of 'pixels'\.$"):
        compare.run(few, extractor, ["frozen"], seeds=1)
    with pytest.raises(WeightsError, match="Compare 'pixels' and 'frozen' instead"):
        compare.run(few, extractor, ["scratch", "frozen"], seeds=1)


def test_pixels_are_the_means_of_small_copies() -> None:
    halves = np.zeros((1, 1, 32, 32), dtype=np.float32)
    halves[..., 16:] = 1.0
    found = pixel_backbone((1, 32, 32)).features(halves).reshape(16, 16)
    assert np.allclose(found[:, :7], -1)
    assert np.allclose(found[:, 9:], 1)


def test_pixels_are_for_images_and_offered_where_they_are_asked_for(few: Task) -> None:
    net = backbones.load("zoo:resnet-photos")
    assert usual("images", net) == usual("images")
    shown = [
        [arm["name"] for arm in panels.Compare(few, net, arms)._view()["arms"]]
        for arms in (None, ["pixels", "frozen"])
    ]
    assert shown[0] == list(compare.ARMS)
    assert shown[1] == arm_names()
    assert shown[1].index("pixels") < shown[1].index("frozen")
    with pytest.raises(ComparisonError, match=r"'pixels' is for images.*these items are texts"):
        chosen(["pixels", "frozen"], "texts")


def test_settings_that_a_network_was_loaded_with_are_in_the_code_and_the_record(
    tmp_path: Path, few: Task
) -> None:
    optional("onnxruntime", "onnx")
    path = tmp_path / "net.onnx"
    path.write_bytes(pooling_and_matrix(np.eye(3, 5), ["n", 3, "h", "w"]))
    net = backbones.load(f"file:{path}", side=20, trust=True)
    assert f"backbones.load({net.name!r}, side=20, trust=True)" in panels.Freeze(net, few).code
    assert backbones.load(f"file:{path}").fingerprint != net.fingerprint
    card = compare.run(few, net, seeds=1, n_jobs=1, progress=False)
    # Whoever runs a record of somebody else decides anew whether its code is trusted.
    assert (card.record()["origin"]["side"], "trust" in card.record()["origin"]) == (20, False)
    assert compare.rerun(card.record(), n_jobs=1, progress=False).same
