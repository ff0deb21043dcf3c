"""The zoo: pretrained networks inside the package, read and checked against their cards."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from tlkit.backbones import efficientnet
from tlkit.backbones.backbone import Backbone
from tlkit.backbones.card import ModelCard
from tlkit.backbones.initialise import linear_head
from tlkit.backbones.nets import ARCHITECTURES, build
from tlkit.backbones.sample import SourceSample
from tlkit.backbones.transform import InputTransform
from tlkit.backbones.weights_file import fill, read_weights
from tlkit.errors import DataError, WeightsError, unknown_name
from tlkit.files import packaged, read_json

PREFIX = "zoo:"
#: What the small networks take: grey pictures of 32 x 32, from -1 to 1.
TRANSFORM = InputTransform(channels=1, height=32, width=32, mean=(0.5,), std=(0.5,))
FOLDER = packaged("backbones", "weights")


def zoo_names() -> list[str]:
    """Return the names of all embedded networks, by architecture.

    Examples
    --------
    >>> zoo_names()[0]
    'zoo:resnet-letters'
    """
    found = [path.stem for path in FOLDER.glob("*-*.json") if not path.stem.startswith("sample-")]
    return [PREFIX + name for name in sorted(found, key=_order)]


def _order(name: str) -> tuple[int, str]:
    architecture = name.partition("-")[0]
    return (ARCHITECTURES.index(architecture) if architecture in ARCHITECTURES else len(ARCHITECTURES), name)


def load_from_zoo(name: str, folder: Path = FOLDER) -> Backbone:
    """Read one network of the zoo.

    Parameters
    ----------
    name
        With the prefix: ``"zoo:resnet-letters"``; perhaps with the side of its pictures:
        ``"zoo:efficientnet-lite0@96"``.
    folder
        Where weights and cards are.

    Raises
    ------
    UnknownNameError
        There is no such network.
    DataError
        The network does not take pictures of this size.
    WeightsError
        Its file is missing, was changed or cut short; nothing of it is used.
    """
    base, asks, asked = name.partition("@")
    stem = base.removeprefix(PREFIX)
    path = folder / f"{stem}.json"
    if base not in zoo_names() and (folder == FOLDER or not path.is_file()):
        raise unknown_name("backbone", name, zoo_names())
    card = ModelCard.from_dict(read_json(path))
    small = card.architecture in ARCHITECTURES
    usual = _usual_side(card)
    if asks and not _is_side(asked, card):
        smallest, largest = _sides(card)
        possible = f"{smallest}" if smallest == largest else f"a whole number from {smallest} to {largest}"
        raise DataError(
            f"The side of the pictures for {card.name} is {asked!r}, expected {possible} (pixels).",
            "Pictures of every size are brought to it by the network's transform.",
        )
    side = int(asked) if asks else usual
    tensors = read_weights(path.with_suffix(".safetensors"), card.sha256)
    module = build(card.architecture, seed=0) if small else efficientnet.build_efficientnet()
    body = {key: value for key, value in tensors.items() if key.startswith("stages.")}
    fill(module, body, base)
    return Backbone(
        base if side == usual else f"{base}@{side}",
        module.eval(),
        TRANSFORM if small else efficientnet.transform(side),
        card,
        _head(tensors, len(card.classes), base),
        # ImageNet's terms do not allow a sample of it to travel with the network.
        load_sample(stem.removeprefix(f"{card.architecture}-"), folder) if small else None,
        # Measured on emoji at 64 px, 5 labels: 43 % on stored statistics, 32 % on those of the batch.
        "trainable" if small else "stored_stats",
    )


def takes_side(name: str, asked: str) -> bool:
    """Say whether a network of the zoo takes pictures of a side that is given as text.

    Examples
    --------
    >>> takes_side("zoo:efficientnet-lite0", "224"), takes_side("zoo:resnet-letters", "64")
    (True, False)
    """
    return _is_side(asked, ModelCard.from_dict(read_json(FOLDER / f"{name.removeprefix(PREFIX)}.json")))


def _is_side(asked: str, card: ModelCard) -> bool:
    smallest, largest = _sides(card)
    # As it would be printed: "096" would be a second name for the same network.
    return asked.isdecimal() and str(int(asked)) == asked and smallest <= int(asked) <= largest


def _sides(card: ModelCard) -> tuple[int, int]:
    return (card.sides[0], card.sides[1]) if card.sides else (_usual_side(card),) * 2


def _usual_side(card: ModelCard) -> int:
    return TRANSFORM.height if card.architecture in ARCHITECTURES else efficientnet.SIDE


def load_sample(source: str, folder: Path = FOLDER) -> SourceSample:
    """Read the sample of a source's test set that the networks trained on it share.

    Raises
    ------
    WeightsError
        The file is missing, was changed or cut short.
    """
    card = read_json(folder / f"sample-{source}.json")
    # The same read-only images serve every network of a source.
    return _sample(folder / f"sample-{source}.safetensors", card["sha256"], tuple(card["classes"]))


@lru_cache(maxsize=16)
def _sample(path: Path, sha256: str, classes: tuple[str, ...]) -> SourceSample:
    tensors = read_weights(path, sha256)
    images = tensors["images"].numpy().astype(np.float32) / np.float32(255)
    return SourceSample(images, tensors["labels"].numpy().astype(np.int64), classes)


def _head(tensors: dict[str, Tensor], classes: int, name: str) -> torch.nn.Linear:
    try:
        weight, bias = tensors["head.weight"], tensors["head.bias"]
    except KeyError as error:
        raise WeightsError(
            f"The weights {name} hold no source head: {error} is missing.", "Install tlkit again."
        ) from error
    head = linear_head(weight.shape[1], classes, None)
    fill(head, {"weight": weight, "bias": bias}, f"{name}, head")
    return head
