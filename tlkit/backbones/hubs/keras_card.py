"""The card of a Keras network: what is known of its weights."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from tlkit import files
from tlkit.backbones.card import ModelCard
from tlkit.backbones.hubs.keras_files import WeightsFile

# By the beginning of a name: who trained the weights first, and their licence where one is stated.
_SOURCES = {
    "VGG": ("the Visual Geometry Group, Oxford", "CC-BY-4.0"),
    "InceptionResNet": ("Google", "Apache-2.0"),
    "Inception": ("Google", "Apache-2.0"),
    "MobileNet": ("Google", "Apache-2.0"),
    "EfficientNet": ("Google", "Apache-2.0"),
    "NASNet": ("Google", "Apache-2.0"),
    "DenseNet": ("the authors of DenseNet", "BSD-3-Clause"),
    "ConvNeXt": ("Meta", "MIT"),
    "Xception": ("François Chollet", "MIT"),
    "ResNet": ("Microsoft's ResNet, ported", ""),
}


def card_of(
    name: str, application: str, file: WeightsFile | None, place: Path, head: nn.Linear | None
) -> ModelCard:
    """Return a card.

    Parameters
    ----------
    name
        As ``backbones.load`` takes it.
    application
        Keras's name of the network.
    file
        The published file; None for weights of your own.
    place
        Where the weights were read.
    head
        The last layer.
    """
    source, licence = next(
        (found for start, found in _SOURCES.items() if application.startswith(start)), ("", "")
    )
    published = file is not None
    return ModelCard(
        name=name,
        title=f"{application} of Keras Applications, "
        + ("trained on ImageNet." if published else "with weights of your own."),
        architecture=application,
        origin=f"Keras Applications; weights by {source}" if published and source else "",
        data="ImageNet-1k (ILSVRC 2012)" if published else "",
        classes=_imagenet() if published and head is not None and head.out_features == 1000 else (),
        licence_code="Apache-2.0",
        licence_weights=licence if published else "",
        licence_data="ImageNet's terms of access: research and education, not commercial"
        if published
        else "",
        lineage={"file": file.url if file is not None else place.name},
        limits=(
            (
                "Photographs of the web of about 2012: objects, animals, few people; weak on drawings and documents.",
            )
            if published
            else ()
        ),
        sha256=files.sha256(place),
        file_bytes=place.stat().st_size,
    )


def _imagenet() -> tuple[str, ...]:
    from torchvision.models import ResNet18_Weights

    # The thousand classes have one order everywhere: that of their numbers in WordNet.
    return tuple(ResNet18_Weights.DEFAULT.meta["categories"])
