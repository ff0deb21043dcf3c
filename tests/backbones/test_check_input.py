"""check_input: real photographs, prepared wrongly in the usual ways, and what that does to the answer."""

from __future__ import annotations

import html
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from skimage import data as photographs
from torch import Tensor

from tlkit import backbones
from tlkit.backbones.input_findings import InputCheck
from tlkit.errors import DataError

Pictures = NDArray[np.float32]
IMAGENET = np.reshape([0.485, 0.456, 0.406], (3, 1, 1)), np.reshape([0.229, 0.224, 0.225], (3, 1, 1))
CAFFE = np.reshape([103.939, 116.779, 123.68], (3, 1, 1))


@pytest.fixture(scope="module")
def net() -> backbones.Backbone:
    return backbones.load("zoo:efficientnet-lite0")


@pytest.fixture(scope="module")
def photos() -> Pictures:
    """A cat and a cup of coffee, 128 x 128, not resized: as they were photographed."""
    found = [photographs.chelsea()[20:276:2, 100:356:2], photographs.coffee()[8:392:3, 160:544:3]]
    return (np.stack(found).transpose(0, 3, 1, 2) / 255).astype(np.float32)


def told(check: InputCheck) -> list[tuple[str, bool]]:
    return [(one.subject, one.sure) for one in check.findings if one.wrong]


def best(net: backbones.Backbone, ready: Tensor) -> list[str]:
    """What the network says of pictures as they are given to it, whatever it expects."""
    assert net.source_head is not None
    with torch.no_grad():
        scores = net.source_head(backbones.pool_features(net.module(ready.float())))
    return [net.card.classes[at] for at in scores.argmax(1)]


def test_pictures_that_are_right_are_left_in_peace(net: backbones.Backbone, photos: Pictures) -> None:
    before = photos.copy()
    check = net.check_input(photos)
    assert check.ok
    assert check.findings == ()
    assert "red and blue" in check.untold[0]
    assert "nothing is wrong" in str(check)
    assert np.array_equal(photos, before)


@pytest.mark.parametrize(
    ("spoil", "wrong", "words"),
    [
        (lambda x: x.transpose(0, 2, 3, 1), [("layout", True)], "batch.transpose(0, 3, 1, 2)"),
        (lambda x: torch.from_numpy(x).permute(0, 2, 3, 1), [("layout", True)], "batch.permute(0, 3, 1, 2)"),
        (lambda x: x[0], [("layout", True)], "batch[None]"),
        (lambda x: np.round(x * 255).astype(np.uint8), [("values", True)], 'batch.astype("float32") / 255'),
        (lambda x: torch.from_numpy(x * 255), [("values", True)], "batch.float() / 255"),
        (lambda x: x / 255, [("values", False)], "divided by 255 twice"),
        (lambda x: (x - IMAGENET[0]) / IMAGENET[1], [("normalisation", True)], "ImageNet's colours"),
        (lambda x: x[:, ::-1] * 255 - CAFFE, [("normalisation", True)], "blue first"),
        (
            lambda x: ((x - 0.498039) / 0.501961 - 0.498039) / 0.501961,
            [("normalisation", True)],
            "normalised twice",
        ),
        (lambda x: x * 7 - 3, [("normalisation", True)], "neither pictures from 0 to 1 nor normalised with"),
        (lambda x: np.where(x > 0.9, np.nan, x), [("values", True)], "not finite"),
        (lambda x: x[:, :, ::4, ::4], [("size", True)], "enlarged 4.0 times to 128 x 128"),
        (lambda x: x[:, :, ::4, ::4] * 2 - 1, [("size", True)], "not resized any more"),
    ],
)
def test_what_is_wrong_is_said_with_the_line_that_mends_it(
    net: backbones.Backbone,
    photos: Pictures,
    spoil: Callable[[Pictures], object],
    wrong: list[tuple[str, bool]],
    words: str,
) -> None:
    check = net.check_input(spoil(photos))
    assert told(check) == wrong
    assert not check.ok
    assert words in str(check)
    assert html.escape(words) in check._repr_html_()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda x: x[:, :, :, :64], "2.0 times wider or narrower"),
        (lambda x: x.mean(1, keepdims=True), "grey pictures, and the network knows colour"),
        (lambda x: (x - 127 / 255) * 255 / 128, "already normalised, as the network's transform does it"),
    ],
)
def test_what_is_good_to_know_is_no_mistake(
    net: backbones.Backbone, photos: Pictures, spoil: Callable[[Pictures], Pictures], words: str
) -> None:
    check = net.check_input(spoil(photos))
    assert check.ok
    assert words in str(check)


@pytest.mark.parametrize("as_tensor", [False, True])
@pytest.mark.parametrize("kind", ["ImageNet's colours", "Caffe", "bytes", "channels last"])
def test_the_line_it_gives_brings_the_answer_back(
    net: backbones.Backbone, photos: Pictures, kind: str, as_tensor: bool
) -> None:
    right = best(net, net.transform(photos))
    assert right == ["Egyptian cat", "espresso"]
    batch: Pictures = {
        "ImageNet's colours": ((photos - IMAGENET[0]) / IMAGENET[1]),
        "Caffe": photos[:, ::-1] * 255 - CAFFE,
        "bytes": np.round(photos * 255).astype(np.uint8),
        "channels last": photos.transpose(0, 2, 3, 1),
    }[kind]
    if kind == "bytes":
        # Bytes that are only normalised: the network has never seen such numbers.
        assert best(net, (torch.from_numpy(batch).float() - 127 / 255) * 255 / 128) != right
    given: Any = torch.from_numpy(np.ascontiguousarray(batch)) if as_tensor else batch
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for finding in net.check_input(given).findings:
            names = {"batch": given, "np": np}
            exec(finding.cure, names)
            given = names["batch"]
        assert type(given) is (torch.Tensor if as_tensor else np.ndarray)
        assert best(net, net.transform(given.clip(0, 1))) == right


def test_red_and_blue_exchanged_change_the_answer_and_it_says_that_it_cannot_see_it(
    net: backbones.Backbone, photos: Pictures
) -> None:
    exchanged = photos[:, ::-1].copy()
    right, wrong = net.source_probabilities(photos), net.source_probabilities(exchanged)
    kinds = right.argmax(axis=1)
    assert (right[[0, 1], kinds] - wrong[[0, 1], kinds] > 0.2).all()
    assert net.check_input(exchanged).untold == net.check_input(photos).untold != ()


def test_a_network_for_grey_pictures_and_what_is_no_batch(net: backbones.Backbone, photos: Pictures) -> None:
    grey = backbones.load("zoo:resnet-letters")
    assert "turned into grey" in str(grey.check_input(photos))
    assert grey.check_input(photos).untold == ()
    assert told(net.check_input(np.zeros((2, 5, 8, 8)))) == [("layout", True)]
    assert told(net.check_input(np.zeros((128, 128))))[0] == ("layout", True)
    for bad in ("pictures", [[1, 2], [3]], np.zeros((0, 3, 8, 8)), None):
        with pytest.raises(DataError):
            net.check_input(bad)
