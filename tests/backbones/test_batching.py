"""How many pictures go through a network at once."""

from __future__ import annotations

import numpy as np
import pytest

from tlkit import backbones
from tlkit.backbones.batching import pictures_at_once


@pytest.mark.parametrize("side", [1, 32, 48, 224, 1000])
def test_larger_pictures_go_in_smaller_batches(side: int) -> None:
    batch = pictures_at_once((3, side, side))
    assert 8 <= batch <= 256
    assert pictures_at_once((3, side + 60, side + 60)) <= batch
    assert pictures_at_once((1280,)) == 256


def test_what_comes_out_does_not_depend_on_what_else_goes_in() -> None:
    net = backbones.load("zoo:efficientnet-lite0", side=224)
    images = np.random.default_rng(0).uniform(size=(13, 3, 224, 224)).astype(np.float32)
    together = net.features(images)
    alone = np.concatenate([net.features(images[at : at + 1]) for at in (0, 9, 12)])
    np.testing.assert_allclose(together[[0, 9, 12]], alone, atol=1e-4)
