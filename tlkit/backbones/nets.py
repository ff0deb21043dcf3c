"""The small networks of the zoo: ResNet, VGG and Inception for grey pictures of 32 x 32.

Each has about 150,000 parameters and gives 64 features (the Inception 128), and is put together from
torchvision's own blocks. The first stage halves height and width, so that a pass takes well under a
millisecond a picture on one core.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torchvision.models import inception, resnet, vgg

from tlkit.backbones.initialise import initialise
from tlkit.backbones.staged import StagedModule
from tlkit.errors import unknown_name


def build(architecture: str, seed: int) -> StagedModule:
    """Return an untrained network of the zoo.

    Parameters
    ----------
    architecture
        ``"resnet"``, ``"vgg"`` or ``"inception"``.
    seed
        Of its weights; the global random state is not touched.

    Raises
    ------
    UnknownNameError
        There is no such architecture.

    Examples
    --------
    >>> net = build("resnet", seed=0)
    >>> list(net.stages), net(torch.zeros(2, 1, 32, 32)).shape
    (['stem', 'layer1', 'layer2', 'layer3'], torch.Size([2, 64, 4, 4]))
    """
    if architecture not in _BUILDERS:
        raise unknown_name("architecture", architecture, _BUILDERS)
    # On the meta device nothing is drawn and nothing is allocated.
    with torch.device("meta"):
        net = StagedModule(_BUILDERS[architecture]())
    net = net.to_empty(device="cpu")
    initialise(net, torch.Generator().manual_seed(seed))
    return net.to(memory_format=torch.channels_last)


def _resnet() -> dict[str, nn.Module]:
    return {
        "stem": nn.Sequential(
            nn.Conv2d(1, 16, 5, stride=2, padding=2, bias=False), nn.BatchNorm2d(16), nn.ReLU()
        ),
        "layer1": _basic_blocks(16, 16, 2),
        "layer2": _basic_blocks(16, 32, 1, stride=2),
        "layer3": _basic_blocks(32, 64, 2, stride=2),
    }


def _basic_blocks(before: int, after: int, count: int, stride: int = 1) -> nn.Sequential:
    shortcut = None
    if stride != 1 or before != after:
        shortcut = nn.Sequential(resnet.conv1x1(before, after, stride), nn.BatchNorm2d(after))
    first = resnet.BasicBlock(before, after, stride, shortcut)
    return nn.Sequential(first, *(resnet.BasicBlock(after, after) for _ in range(count - 1)))


def _vgg() -> dict[str, nn.Module]:
    # torchvision's features start from three channels, so the one-channel start is set in front.
    first = vgg.make_layers([16], batch_norm=True)
    first[0] = nn.Conv2d(1, 16, 3, padding=1)
    return {
        "block1": nn.Sequential(*first, nn.MaxPool2d(2)),
        "block2": _conv_block(16, 32, 2, 0.0),
        "block3": _conv_block(32, 64, 2, 0.1),
        "block4": _conv_block(64, 64, 2, 0.2),
    }


def _conv_block(before: int, after: int, count: int, dropout: float) -> nn.Sequential:
    layers = vgg.make_layers([after] * count + ["M"], batch_norm=True)
    layers[0] = nn.Conv2d(before, after, 3, padding=1)
    return nn.Sequential(*layers, *([nn.Dropout2d(dropout)] if dropout else []))


class _SmallInceptionA(inception.InceptionA):  # type: ignore[misc]  # torchvision has no types
    """torchvision's block A with an eighth of its widths: branches of 1x1, 5x5, twice 3x3, and pooling."""

    def __init__(self, before: int, width: int) -> None:
        nn.Module.__init__(self)
        conv = inception.BasicConv2d
        self.branch1x1 = conv(before, width, kernel_size=1)
        self.branch5x5_1 = conv(before, width // 2, kernel_size=1)
        self.branch5x5_2 = conv(width // 2, width, kernel_size=5, padding=2)
        self.branch3x3dbl_1 = conv(before, width, kernel_size=1)
        self.branch3x3dbl_2 = conv(width, width, kernel_size=3, padding=1)
        self.branch3x3dbl_3 = conv(width, width, kernel_size=3, padding=1)
        self.branch_pool = conv(before, width, kernel_size=1)


def _inception() -> dict[str, nn.Module]:
    conv = inception.BasicConv2d
    return {
        "stem": nn.Sequential(
            conv(1, 16, kernel_size=3, stride=2, padding=1), conv(16, 32, kernel_size=3, padding=1)
        ),
        "mixed1": _SmallInceptionA(32, 12),
        "mixed2": nn.Sequential(nn.MaxPool2d(2), _SmallInceptionA(48, 24)),
        "mixed3": nn.Sequential(nn.MaxPool2d(2), _SmallInceptionA(96, 32), _SmallInceptionA(128, 32)),
    }


_BUILDERS: dict[str, Callable[[], dict[str, nn.Module]]] = {
    "resnet": _resnet,
    "vgg": _vgg,
    "inception": _inception,
}
ARCHITECTURES = tuple(_BUILDERS)
