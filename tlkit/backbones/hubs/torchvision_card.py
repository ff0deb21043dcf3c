"""The card, the transform and the sizes of torchvision's weights, from what its enums say about them."""

from __future__ import annotations

import math
import re
from typing import Any

from tlkit.backbones.card import ModelCard
from tlkit.backbones.transform import InputTransform

# Smaller pictures than this leave nothing to see for networks that halve them five times.
_LEAST_SIDE = 32
# These have one size built in: places are numbered, or cut into a fixed grid.
_ONE_SIZE = ("vit_", "maxvit_")
_SWAG = "https://github.com/facebookresearch/SWAG/blob/main/LICENSE"
_SEEN = (
    "Photographs of things and animals, mostly from North America and Europe: other pictures, other places and people"
    " are seen worse."
)


def side_of(weights: Any) -> int:
    """Return the side in pixels of the pictures that weights were made for."""
    return int(weights.transforms().crop_size[0])


def sides_of(network: str, weights: Any) -> tuple[int, int]:
    """Return the smallest and the largest side that a network takes, in pixels."""
    usual = side_of(weights)
    if network.startswith(_ONE_SIZE):
        return usual, usual
    return min(max(_LEAST_SIDE, *weights.meta.get("min_size", (1, 1))), usual), usual


def transform_of(weights: Any, side: int) -> InputTransform:
    """Return the preprocessing of weights for pictures of side x side pixels."""
    preset = weights.transforms()
    return InputTransform(channels=3, height=side, width=side, mean=tuple(preset.mean), std=tuple(preset.std))


def card_of(name: str, family: str, network: str, weights: Any, sha256: str, size: int) -> ModelCard:
    """Return what torchvision says about weights, and what it leaves open.

    Parameters
    ----------
    name
        As ``backbones.load`` takes it.
    family, network
        The architecture, and torchvision's name of the network.
    weights
        A member of one of torchvision's enums.
    sha256, size
        Of the file.
    """
    meta, preset = weights.meta, weights.transforms()
    scores = meta.get("_metrics", {}).get("ImageNet-1K", {})
    swag = meta.get("license") == _SWAG
    said = " ".join(re.sub(r"<[^>]*>|[`*]", "", meta.get("_docs", "")).split())
    resized, cropped = preset.resize_size[0], preset.crop_size[0]
    measured = (
        f"The accuracy was measured by torchvision on ImageNet's validation pictures, {preset.interpolation.value},"
        f" resized to {resized} and cropped to {cropped} pixels; here a picture is resized as a whole, which changes"
        " its proportions and costs a little."
    )
    return ModelCard(
        name=name,
        title=(
            f"{network} of torchvision, {weights.name}: {meta['num_params']:,} parameters,"
            f" {meta['_ops']:.2f} GFLOPs for a picture of {cropped} pixels."
        ),
        architecture=family,
        origin=f"torchvision's own file {weights.url}. {said}".strip(),
        data=(
            "pictures with hashtags from Instagram (SWAG), then ImageNet-1K (ILSVRC 2012), 1,000 classes"
            if swag
            else "ImageNet-1K (ILSVRC 2012), 1,000 classes"
        ),
        data_consent="not asked: the pictures were collected from the web",
        classes=tuple(meta["categories"] or ()),
        licence_code="BSD-3-Clause",
        licence_weights=(
            f"CC-BY-NC-4.0 ({_SWAG})"
            if swag
            else "unknown: torchvision states none for its weights, and says that terms of the training data may apply"
        ),
        licence_data=(
            "ImageNet's terms of access (image-net.org/download): for research and education without commercial aims;"
            " to be handed on only to colleagues who agree to the same terms"
        ),
        lineage={
            "data": "imagenet-1k",
            "parents": "none: trained from random weights"
            if not swag
            else "SWAG (https://arxiv.org/abs/2201.08371)",
        },
        recipe={"script": meta["recipe"], "parameters": meta["num_params"], "GFLOPs": meta["_ops"]},
        metrics={
            heading: round(scores[key] / 100, 5)
            for heading, key in (("accuracy", "acc@1"), ("accuracy_of_five", "acc@5"))
            if math.isfinite(scores.get(key, math.nan))
        },
        intended_use="Learning and teaching about transfer: a beginning for networks that see photographs.",
        limits=(measured, _SEEN),
        contact="https://github.com/pytorch/vision/issues",
        sha256=sha256,
        file_bytes=size,
        sides=sides_of(network, weights),
    )
