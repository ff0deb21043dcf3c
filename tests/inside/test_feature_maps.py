"""Feature maps: they are the activations of each stage, and the channels that are drawn vary most."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tlkit import backbones, data, inside
from tlkit.errors import DataError, UnknownNameError

NAMES = ["zoo:resnet-letters", "zoo:vgg-letters", "zoo:inception-letters"]


@pytest.mark.parametrize("name", NAMES)
def test_maps_are_the_activations_of_each_stage(name: str) -> None:
    net = backbones.load(name)
    image = data.load("greek").validation.images[0]
    found = inside.feature_maps(net, image, count=4)
    assert [one.stage for one in found.stages] == list(net.stages)
    x = net.transform(image[None])
    for place, stage in enumerate(net.stages):
        after = net.stages[place + 1] if place + 1 < len(net.stages) else None
        with torch.no_grad():
            expected = net.module(x, stop=after)[0].numpy()
        maps = found[stage].maps
        np.testing.assert_allclose(maps, expected, rtol=1e-4, atol=1e-5)
        assert found[stage].active_share == pytest.approx(np.mean(maps > 0))
        assert found[stage].silent_channels == sum(len(np.unique(one)) == 1 for one in maps)
        spread = maps.std(axis=(1, 2))
        hidden = np.setdiff1d(np.arange(len(maps)), found[stage].shown)
        assert spread[found[stage].shown].min() >= spread[hidden].max()
        assert found[stage].drawn.shape == (4, 3, *maps.shape[1:])


def test_text_and_html_name_every_stage_and_every_picture() -> None:
    net = backbones.load("zoo:resnet-letters")
    found = inside.feature_maps(net, data.load("greek").validation.images[:1], count=3)
    html = found._repr_html_()
    for stage, channels, places, active, _ in found.rows():
        assert stage in repr(found)
        assert f"{stage}: {channels} channels of {places} places, {active}" in html
    assert html.count("<img ") == html.count('alt="') == 1 + 3 * len(net.stages)


def test_bad_input_is_refused_in_words() -> None:
    net = backbones.load("zoo:resnet-letters")
    images = data.load("greek").validation.images
    with pytest.raises(DataError, match="2 pictures"):
        inside.feature_maps(net, images[:2])
    with pytest.raises(DataError, match="count is 0"):
        inside.feature_maps(net, images[0], count=0)
    with pytest.raises(UnknownNameError, match="layer3"):
        inside.feature_maps(net, images[0])["layer4"]
