"""EfficientNet, as timm builds it, cut into stages: the real ImageNet network of the zoo."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from tlkit.backbones.staged import StagedModule
from tlkit.backbones.transform import InputTransform

ARCHITECTURE = "efficientnet-lite0"
#: The network of timm that has the same layers, in the same order, as the published weights.
TIMM_NAME = "tf_efficientnet_lite0"
#: Smallest and largest side of its pictures in pixels; it was trained at the largest.
SIDES = (48, 224)
#: What it takes unless asked for another size: a third of the work of 224 pixels.
SIDE = 128


def transform(side: int = SIDE) -> InputTransform:
    """Return the preprocessing of the weights for pictures of side x side pixels.

    EfficientNet-Lite was trained on ``(byte - 127) / 128``, alike for red, green and blue, and not on the means
    and spreads of ImageNet's colours, which most networks take.

    Examples
    --------
    >>> transform(96).shape
    (3, 96, 96)
    """
    return InputTransform(channels=3, height=side, width=side, mean=(127 / 255,) * 3, std=(128 / 255,) * 3)


def empty_efficientnet() -> nn.Module:
    """Return timm's network without any numbers in it: on torch's meta device."""
    import timm

    # On the meta device nothing is drawn and nothing is allocated.
    with torch.device("meta"):
        net: nn.Module = timm.create_model(TIMM_NAME, pretrained=False)
    return net


def build_efficientnet() -> StagedModule:
    """Return the stages of EfficientNet-Lite0, in evaluation mode; their weights still have to be filled in.

    Examples
    --------
    >>> list(build_efficientnet().stages)
    ['stem', 'block1', 'block2', 'block3', 'block4', 'block5', 'block6', 'block7', 'conv_head']
    """
    staged = StagedModule(efficientnet_stages(empty_efficientnet())).to_empty(device="cpu")
    return staged.to(memory_format=torch.channels_last).eval()


def efficientnet_stages(net: Any) -> dict[str, nn.Module]:
    """Return the stages of any EfficientNet of timm; they share their layers with it.

    Parameters
    ----------
    net
        A ``timm.models.efficientnet.EfficientNet``.
    """
    blocks = {f"block{at}": block for at, block in enumerate(net.blocks, start=1)}
    return {
        "stem": nn.Sequential(net.conv_stem, net.bn1),
        **blocks,
        "conv_head": nn.Sequential(net.conv_head, net.bn2),
    }


def is_efficientnet(module: nn.Module) -> bool:
    """Say whether a module is an EfficientNet of timm, without importing timm for others."""
    if type(module).__module__.partition(".")[0] != "timm":
        return False
    from timm.models.efficientnet import EfficientNet

    return isinstance(module, EfficientNet)
