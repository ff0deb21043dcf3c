"""Families: how torchvision's networks and timm's EfficientNet are cut into stages."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn
from torchvision.models import VGG, Inception3, ResNet

from tlkit.backbones.efficientnet import efficientnet_stages, is_efficientnet
from tlkit.backbones.recoloured import Recoloured
from tlkit.backbones.torchvision_families import known_family


@dataclass(frozen=True)
class Cut:
    """A network as stages and a last layer.

    Parameters
    ----------
    family
        Name of the architecture.
    stages
        Name to module, from the input on.
    last
        The last layer, from pooled features to scores; None if it is no plain linear layer.
    """

    family: str
    stages: dict[str, nn.Module]
    last: nn.Linear | None


def cut(module: nn.Module) -> Cut | None:
    """Return the stages of a network of torchvision or timm that is known here, or None for any other module.

    The stages share their layers with the module. An Inception's auxiliary head is left out: it takes part in
    nothing but its first training; so is dropout right before the last layer.

    Examples
    --------
    >>> from torchvision.models import resnet18
    >>> list(cut(resnet18()).stages)
    ['stem', 'layer1', 'layer2', 'layer3', 'layer4']
    >>> cut(nn.Linear(1, 1)) is None
    True
    """
    if isinstance(module, ResNet):
        return Cut("resnet", _resnet(module), _linear(module.fc))
    if isinstance(module, VGG):
        return Cut("vgg", _vgg(module), _linear(module.classifier[-1]))
    if isinstance(module, Inception3):
        return Cut("inception", _inception(module), _linear(module.fc))
    if is_efficientnet(module):
        return Cut("efficientnet", efficientnet_stages(module), _linear(module.get_submodule("classifier")))
    found = known_family(module)
    if found is not None:
        family, stages, last = found
        return Cut(family, stages, _linear(last))
    return None


def _linear(layer: nn.Module) -> nn.Linear | None:
    return layer if isinstance(layer, nn.Linear) else None


def _resnet(net: ResNet) -> dict[str, nn.Module]:
    return {
        "stem": nn.Sequential(net.conv1, net.bn1, net.relu, net.maxpool),
        "layer1": net.layer1,
        "layer2": net.layer2,
        "layer3": net.layer3,
        "layer4": net.layer4,
    }


def _vgg(net: VGG) -> dict[str, nn.Module]:
    stages: dict[str, nn.Module] = {}
    layers: list[nn.Module] = []
    for layer in net.features:
        layers.append(layer)
        if isinstance(layer, nn.MaxPool2d):
            stages[f"block{len(stages) + 1}"] = nn.Sequential(*layers)
            layers = []
    # The classifier's first layers belong to the backbone: all but the task's last layer.
    stages["classifier"] = nn.Sequential(*layers, net.avgpool, nn.Flatten(), *net.classifier[:-1])
    return stages


def _inception(net: Inception3) -> dict[str, nn.Module]:
    colours = [Recoloured()] if net.transform_input else []
    return {
        "stem": nn.Sequential(
            *colours,
            *(net.Conv2d_1a_3x3, net.Conv2d_2a_3x3, net.Conv2d_2b_3x3, net.maxpool1),
            *(net.Conv2d_3b_1x1, net.Conv2d_4a_3x3, net.maxpool2),
        ),
        "mixed5": nn.Sequential(net.Mixed_5b, net.Mixed_5c, net.Mixed_5d),
        "mixed6": nn.Sequential(net.Mixed_6a, net.Mixed_6b, net.Mixed_6c, net.Mixed_6d, net.Mixed_6e),
        "mixed7": nn.Sequential(net.Mixed_7a, net.Mixed_7b, net.Mixed_7c),
    }
