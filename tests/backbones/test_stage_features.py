"""Features after every stage: the same as forward hooks see, batch by batch, and the network is left as it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tlkit import backbones, data
from tlkit.backbones.stage_features import features_of_stages


@pytest.mark.parametrize("architecture", ["resnet", "vgg"])
def test_they_are_what_forward_hooks_see(architecture: str) -> None:
    net = backbones.load(f"zoo:{architecture}-letters")
    images = data.load("greek").train.images[:10]
    seen: dict[str, Any] = {}
    module = net.module.eval()
    hooks = [
        stage.register_forward_hook(lambda _, __, out, name=name: seen.update({name: out}))
        for name, stage in module.stages.items()
    ]
    with torch.no_grad():
        module(net.transform(images))
    for hook in hooks:
        hook.remove()
    found = features_of_stages(module, net.transform, [images[:7], images[7:]])
    assert list(found) == list(net.stages)
    for name, features in found.items():
        places = seen[name].flatten(2).mean(dim=2).numpy()
        np.testing.assert_allclose(features, places, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found[net.stages[-1]], net.features(images), rtol=1e-4, atol=1e-5)


def test_the_network_is_left_in_its_mode_with_its_statistics() -> None:
    net = backbones.load("zoo:resnet-letters")
    module = net.clone().module.train()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    features_of_stages(module, net.transform, [data.load("greek").train.images[:8]])
    assert module.training
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())
