"""The card of a Keras network: what is known of its weights."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from tlkit import files
from tlkit.backbones.card import ModelCard
from tlkit.backbones.hubs.keras_files import WeightsFile

# Neither Keras nor the files say it, and who ported weights from elsewhere could not choose freely.
_NOT_STATED = "unknown: Keras states none for the files of its applications"

_UNCHECKED = "Keras gives no hash for this file: the SHA-256 says what was loaded, not that it is what Keras published."


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
    published = file is not None
    return ModelCard(
        name=name,
        title=f"{application} of Keras Applications, "
        + ("trained on ImageNet." if published else "with weights of your own."),
        architecture=application,
        origin="" if file is None else f"Keras Applications' own file {file.url}",
        data="ImageNet-1k (ILSVRC 2012)" if published else "",
        classes=_imagenet() if published and head is not None and head.out_features == 1000 else (),
        licence_code="Apache-2.0",
        licence_weights=_NOT_STATED if published else "",
        licence_data=(
            "ImageNet's terms of access (image-net.org/download): for research and education without commercial aims"
        )
        if published
        else "",
        lineage={"file": file.url if file is not None else place.name},
        limits=(
            (
                "Photographs of the web of about 2012: objects, animals, few people; weak on drawings and documents.",
                *([_UNCHECKED] if file is not None and not file.digest else []),
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
