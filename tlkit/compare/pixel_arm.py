"""Pixel arm: a baseline of pictures that knows nothing but their own pixels, made small."""

from __future__ import annotations

from torch import nn

from tlkit.backbones import Backbone, InputTransform, ModelCard, StagedModule

STAGE = NAME = "pixels"
# A head on more pixels than this learns little more from few labels, and takes longer.
_SIDE = 16


def pixel_backbone(shape: tuple[int, ...]) -> Backbone:
    """Return a network whose features are the pixels of small copies: there is nothing in it that could learn.

    Parameters
    ----------
    shape
        (channels, height, width) of the pictures. What is longer than 16 is brought to 16 pixels, colours stay.

    Examples
    --------
    >>> pixel_backbone((3, 64, 32)).transform.shape, pixel_backbone((1, 8, 8)).feature_count
    ((3, 16, 8), 64)
    """
    channels, *sides = shape
    times = min(1.0, _SIDE / max(sides))
    height, width = (max(1, round(side * times)) for side in sides)
    transform = InputTransform(channels, height, width, mean=(0.5,) * channels, std=(0.5,) * channels)
    card = ModelCard(
        name=NAME, title="Pixels of small copies; it has learned nothing.", architecture="pixels"
    )
    return Backbone(NAME, StagedModule({STAGE: nn.Flatten()}), transform, card)
