"""How torchvision's other families are cut: what is neither ResNet, VGG nor Inception v3.

Every stage takes and gives one tensor, pictures' activations as (n, channels, height, width) and those of a vision
transformer as (n, places, d). Layers are shared with the network that is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models import (
    AlexNet,
    ConvNeXt,
    DenseNet,
    EfficientNet,
    GoogLeNet,
    MaxVit,
    MNASNet,
    MobileNetV2,
    MobileNetV3,
    RegNet,
    ShuffleNetV2,
    SqueezeNet,
    SwinTransformer,
    VisionTransformer,
)
from torchvision.ops import Permute

from tlkit.backbones.recoloured import Recoloured

Stages = dict[str, nn.Module]
# So many stages the blocks of a transformer make: each alone would be a list too long to choose from.
_GROUPS = 4


def known_family(net: nn.Module) -> tuple[str, Stages, nn.Module] | None:
    """Return the name of a network's family, its stages, and its last layer; None for what is not known here.

    Examples
    --------
    >>> from torchvision.models import shufflenet_v2_x0_5
    >>> family, stages, last = known_family(shufflenet_v2_x0_5())
    >>> family, list(stages)
    ('shufflenet', ['stem', 'stage2', 'stage3', 'stage4', 'conv5'])
    """
    for kind, (family, cut) in _FAMILIES.items():
        if isinstance(net, kind):
            return family, *cut(net)
    return None


def _by_size(layers: Iterable[nn.Module]) -> Stages:
    """Cut a chain of layers before each one that makes the picture smaller, but for the first."""
    groups: list[list[nn.Module]] = []
    for layer in layers:
        if not groups or _makes_smaller(layer):
            groups.append([])
        groups[-1].append(layer)
    names = ["stem", *(f"block{at}" for at in range(1, len(groups)))]
    return {name: nn.Sequential(*group) for name, group in zip(names, groups, strict=True)}


def _makes_smaller(layer: nn.Module) -> bool:
    strides = [getattr(part, "stride", 1) for part in layer.modules()]
    return any(max(one) > 1 if isinstance(one, tuple) else one > 1 for one in strides)


def _alexnet(net: Any) -> tuple[Stages, nn.Module]:
    return {
        **_by_size(net.features),
        "classifier": nn.Sequential(net.avgpool, nn.Flatten(), *net.classifier[:-1]),
    }, net.classifier[-1]


def _convnext(net: Any) -> tuple[Stages, nn.Module]:
    stem, *parts = net.features
    blocks = [parts[0], *(nn.Sequential(*parts[at : at + 2]) for at in range(1, len(parts), 2))]
    return {
        "stem": stem,
        **{f"stage{at}": block for at, block in enumerate(blocks, start=1)},
        # The norm works on what was pooled: a mean of normed places would be another number.
        "norm": nn.Sequential(net.avgpool, *net.classifier[:-1]),
    }, net.classifier[-1]


def _densenet(net: Any) -> tuple[Stages, nn.Module]:
    parts = dict(net.features.named_children())
    stages = {
        "stem": nn.Sequential(*(parts[name] for name in ("conv0", "norm0", "relu0", "pool0"))),
        "denseblock1": parts["denseblock1"],
    }
    for at in range(2, 5):
        stages[f"denseblock{at}"] = nn.Sequential(parts[f"transition{at - 1}"], parts[f"denseblock{at}"])
    stages["norm5"] = nn.Sequential(parts["norm5"], nn.ReLU(inplace=True))
    return stages, net.classifier


def _efficientnet(net: Any) -> tuple[Stages, nn.Module]:
    stem, *blocks, last = net.features
    named = {f"block{at}": block for at, block in enumerate(blocks, start=1)}
    return {"stem": stem, **named, "conv_head": last}, net.classifier[-1]


def _googlenet(net: Any) -> tuple[Stages, nn.Module]:
    colours = [Recoloured()] if net.transform_input else []
    third, fifth = (net.inception3a, net.inception3b), (net.inception5a, net.inception5b)
    fourth = (net.inception4a, net.inception4b, net.inception4c, net.inception4d, net.inception4e)
    return {
        "stem": nn.Sequential(*colours, net.conv1, net.maxpool1, net.conv2, net.conv3, net.maxpool2),
        "inception3": nn.Sequential(*third),
        "inception4": nn.Sequential(net.maxpool3, *fourth),
        "inception5": nn.Sequential(net.maxpool4, *fifth),
    }, net.fc


def _maxvit(net: Any) -> tuple[Stages, nn.Module]:
    named = {f"block{at}": block for at, block in enumerate(net.blocks, start=1)}
    return {"stem": net.stem, **named, "classifier": net.classifier[:-1]}, net.classifier[-1]


def _mnasnet(net: Any) -> tuple[Stages, nn.Module]:
    return _by_size(net.layers), net.classifier[-1]


def _mobilenet_v2(net: Any) -> tuple[Stages, nn.Module]:
    return _by_size(net.features), net.classifier[-1]


def _mobilenet_v3(net: Any) -> tuple[Stages, nn.Module]:
    return {
        **_by_size(net.features),
        "classifier": nn.Sequential(net.avgpool, nn.Flatten(), *net.classifier[:-1]),
    }, net.classifier[-1]


def _regnet(net: Any) -> tuple[Stages, nn.Module]:
    return {"stem": net.stem, **dict(net.trunk_output.named_children())}, net.fc


def _shufflenet(net: Any) -> tuple[Stages, nn.Module]:
    stages = {f"stage{at}": getattr(net, f"stage{at}") for at in (2, 3, 4)}
    return {"stem": nn.Sequential(net.conv1, net.maxpool), **stages, "conv5": net.conv5}, net.fc


def _squeezenet(net: Any) -> tuple[Stages, nn.Module]:
    # Its last layer is a convolution whose scores are cut at zero and then pooled: no linear layer gives the same.
    return _by_size(net.features), net.classifier


def _swin(net: Any) -> tuple[Stages, nn.Module]:
    stem, *parts = net.features
    in_front, behind = Permute([0, 2, 3, 1]), Permute([0, 3, 1, 2])
    blocks = [[parts[0]], *(parts[at : at + 2] for at in range(1, len(parts), 2))]
    blocks[-1] = [*blocks[-1], net.norm]
    named = {
        f"stage{at}": nn.Sequential(in_front, *block, behind) for at, block in enumerate(blocks, start=1)
    }
    return {"stem": nn.Sequential(stem, behind), **named}, net.head


class _Patches(nn.Module):
    """The beginning of a vision transformer: patches, the class token in front of them, and where each is."""

    def __init__(self, net: Any) -> None:
        super().__init__()
        self.conv_proj = net.conv_proj
        self.class_token = net.class_token
        self.pos_embedding = net.encoder.pos_embedding
        self.dropout = net.encoder.dropout

    def forward(self, x: Tensor) -> Tensor:
        patches = self.conv_proj(x).flatten(2).permute(0, 2, 1)
        token = self.class_token.expand(len(x), -1, -1)
        placed: Tensor = self.dropout(torch.cat([token, patches], dim=1) + self.pos_embedding)
        return placed

    def draw_anew(self, generator: torch.Generator) -> None:
        """Draw what belongs to no layer, as Dosovitskiy et al. 2021 begin; the layer in it is drawn by itself."""
        self.class_token.zero_()
        self.pos_embedding.copy_(0.02 * torch.randn(self.pos_embedding.shape, generator=generator))


class _ClassToken(nn.Module):
    """The end of a vision transformer: of all places only the class token is looked at."""

    def __init__(self, net: Any) -> None:
        super().__init__()
        self.ln = net.encoder.ln
        self.rest = net.heads[:-1]

    def forward(self, x: Tensor) -> Tensor:
        token: Tensor = self.rest(self.ln(x)[:, 0])
        return token


def _vision_transformer(net: Any) -> tuple[Stages, nn.Module]:
    layers = list(net.encoder.layers)
    each = -(-len(layers) // _GROUPS)
    groups = [layers[at : at + each] for at in range(0, len(layers), each)]
    named = {f"block{at}": nn.Sequential(*group) for at, group in enumerate(groups, start=1)}
    return {"stem": _Patches(net), **named, "class_token": _ClassToken(net)}, net.heads[-1]


_FAMILIES: dict[type[nn.Module], tuple[str, Callable[[Any], tuple[Stages, nn.Module]]]] = {
    AlexNet: ("alexnet", _alexnet),
    ConvNeXt: ("convnext", _convnext),
    DenseNet: ("densenet", _densenet),
    EfficientNet: ("efficientnet", _efficientnet),
    GoogLeNet: ("googlenet", _googlenet),
    MaxVit: ("maxvit", _maxvit),
    MNASNet: ("mnasnet", _mnasnet),
    MobileNetV2: ("mobilenet", _mobilenet_v2),
    MobileNetV3: ("mobilenet", _mobilenet_v3),
    RegNet: ("regnet", _regnet),
    ShuffleNetV2: ("shufflenet", _shufflenet),
    SqueezeNet: ("squeezenet", _squeezenet),
    SwinTransformer: ("swin", _swin),
    VisionTransformer: ("vision_transformer", _vision_transformer),
}
