"""torchvision's families: cut into stages they say, bit for bit, what they said before."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torchvision.models import (
    AlexNet,
    ConvNeXt,
    DenseNet,
    GoogLeNet,
    MaxVit,
    SwinTransformer,
    VisionTransformer,
    get_model,
)
from torchvision.models.convnext import CNBlockConfig

from tlkit.backbones import StagedModule, pool_features
from tlkit.backbones.families import cut
from tlkit.backbones.initialise import initialise

# A small one of each family; of those whose smallest is large, the class with smaller numbers.
SMALL: dict[str, Callable[[], nn.Module]] = {
    "alexnet": lambda: AlexNet(7),
    "convnext": lambda: ConvNeXt([CNBlockConfig(8, 16, 1), CNBlockConfig(16, None, 2)], num_classes=7),
    "densenet": lambda: DenseNet(8, (1, 2, 1, 1), 8, num_classes=7),
    "efficientnet": lambda: get_model("efficientnet_b0", num_classes=7),
    "googlenet": lambda: GoogLeNet(7, transform_input=True, init_weights=False),
    "maxvit": lambda: MaxVit((64, 64), 8, 8, [8, 16], [1, 1], 8, 0.1, num_classes=7),
    "mnasnet": lambda: get_model("mnasnet0_5", num_classes=7),
    "mobilenet": lambda: get_model("mobilenet_v2", num_classes=7),
    "mobilenet, third": lambda: get_model("mobilenet_v3_small", num_classes=7),
    "regnet": lambda: get_model("regnet_x_400mf", num_classes=7),
    "shufflenet": lambda: get_model("shufflenet_v2_x0_5", num_classes=7),
    "squeezenet": lambda: get_model("squeezenet1_1", num_classes=7),
    "swin": lambda: SwinTransformer([4, 4], 8, [2, 2], [1, 2], [7, 7], num_classes=7),
    "vision_transformer": lambda: VisionTransformer(64, 16, 5, 2, 16, 32, num_classes=7),
}


def built(family: str) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = SMALL[family]().eval()
        # Weights and statistics as if it had learned: of zeros and ones many a mistake would not show.
        with torch.no_grad():
            for one in (*net.parameters(), *net.buffers()):
                if one.ndim == 1 and one.is_floating_point():
                    one.add_(0.1 * torch.rand(one.shape))
    return net


@pytest.mark.parametrize("family", SMALL)
def test_a_cut_changes_nothing_of_what_a_network_says(family: str) -> None:
    net = built(family)
    found = cut(net)
    assert found is not None
    assert found.family == family.partition(",")[0]
    staged = StagedModule(found.stages).eval()
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        activations = staged(x)
        if found.last is None:
            given = net.get_submodule("classifier")(activations).flatten(1)
        else:
            given = found.last(pool_features(activations))
        assert torch.equal(given, net(x))
    parts = [*staged.parameters(), *(found.last.parameters() if found.last is not None else ())]
    left = {key for key, one in net.named_parameters() if not any(one is part for part in parts)}
    assert all(key.startswith(("aux", "classifier.1") if found.last is None else "aux") for key in left)
    assert len(found.stages) >= 3


@pytest.mark.parametrize("family", SMALL)
def test_weights_are_drawn_anew_from_a_seed_alone(family: str) -> None:
    found = cut(built(family))
    assert found is not None
    staged = StagedModule(found.stages).eval()
    with torch.no_grad():
        before = {key: one.add_(0.01).clone() for key, one in staged.named_parameters()}
    state = torch.random.get_rng_state()
    initialise(staged, torch.Generator().manual_seed(5))
    assert torch.equal(torch.random.get_rng_state(), state)
    first = {key: one.clone() for key, one in staged.named_parameters()}
    assert not any(torch.equal(first[key], before[key]) for key in first)
    initialise(staged, torch.Generator().manual_seed(5))
    assert all(torch.equal(first[key], one) for key, one in staged.named_parameters())
    with torch.no_grad():
        given = staged(torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1)))
    assert given.isfinite().all()
    assert given.std() > 0
