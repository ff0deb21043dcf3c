"""Feature maps: what each stage makes of a picture, channel by channel."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from tlkit import pictures
from tlkit.backbones.evaluating import evaluating
from tlkit.errors import DataError, expect_whole, unknown_name
from tlkit.inside.colours import coloured
from tlkit.inside.subject import pictures_of, subject_of

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.train import Run

_TILE = 48


@dataclass(frozen=True, eq=False)
class StageMaps:
    """What one stage makes of a picture.

    Parameters
    ----------
    stage
        Its name.
    maps
        (channels, h, w) float32, its activations.
    shown
        (k,) int64, the channels that vary most over the picture, the strongest first.
    """

    stage: str
    maps: NDArray[np.float32]
    shown: NDArray[np.int64]

    @property
    def active_share(self) -> float:
        """Share of all activations above zero, 0 to 1."""
        return float((self.maps > 0).mean())

    @property
    def silent_channels(self) -> int:
        """How many channels say the same everywhere in the picture."""
        return int((np.ptp(self.maps, axis=(1, 2)) == 0).sum())

    @property
    def drawn(self) -> NDArray[np.float32]:
        """(k, 3, h, w), the shown channels in colours, each from its lowest value (dark) to its highest (bright)."""
        return coloured(self.maps[self.shown])


@dataclass(frozen=True, eq=False, repr=False)
class FeatureMaps:
    """What the stages make of a picture, from the input on.

    Parameters
    ----------
    image
        (c, h, w), the picture in 0..1.
    stages
        Of every stage that keeps places.
    name
        Of the network.
    """

    image: NDArray[np.float32]
    stages: tuple[StageMaps, ...]
    name: str

    def __getitem__(self, stage: str) -> StageMaps:
        for one in self.stages:
            if one.stage == stage:
                return one
        raise unknown_name("stage", stage, [one.stage for one in self.stages])

    def rows(self) -> list[tuple[str, ...]]:
        """Return, per stage: name, channels, places, share above zero, channels that are the same everywhere."""
        return [
            (
                one.stage,
                f"{len(one.maps):,}",
                " x ".join(str(size) for size in one.maps.shape[1:]),
                f"{100 * one.active_share:.0f} %",
                f"{one.silent_channels:,}",
            )
            for one in self.stages
        ]

    def __repr__(self) -> str:
        table = [_HEAD, *self.rows()]
        widths = [max(len(row[column]) for row in table) for column in range(len(_HEAD))]
        lines = [
            "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in table
        ]
        return "\n".join([f"Feature maps of {self.name}", *lines])

    def _repr_html_(self) -> str:
        ink = pictures.looks_like_ink(self.image[None])
        parts = [
            f"<p><strong>Feature maps of {html.escape(self.name)}</strong></p>",
            pictures.row_of(
                [pictures.Shown(pictures.picture(self.image, ink=ink), "The picture that goes in")]
            ),
        ]
        for one, (_, channels, places, active, silent) in zip(self.stages, self.rows(), strict=True):
            said = (
                f"{one.stage}: {channels} channels of {places} places, {active} of the activations above zero,"
                f" {silent} channels the same everywhere."
            )
            tiles = " ".join(
                f'<img src="{pictures.picture(tile, largest_pixels=_TILE)}" alt="channel {channel}" width="{_TILE}"'
                ' style="image-rendering:pixelated">'
                for tile, channel in zip(one.drawn, one.shown, strict=True)
            )
            parts.append(f"<p>{html.escape(said)}<br>{tiles}</p>")
        shown = (
            "Shown are the channels that vary most over the picture, each from its lowest value (dark) up."
        )
        return "".join([*parts, f"<p>{shown}</p>"])


_HEAD = ("stage", "channels", "places", "above zero", "same everywhere")


def feature_maps(model: Run | Backbone, image: Any, *, count: int = 8) -> FeatureMaps:
    """Show what each stage makes of a picture.

    Parameters
    ----------
    model
        A finished run, or a backbone.
    image
        (c, h, w), or (1, c, h, w), raw floats in 0..1.
    count
        How many channels of each stage are drawn: those that vary most over the picture. All are in ``maps``.

    Raises
    ------
    DataError
        Several pictures, one that the transform refuses, or a network of which no stage keeps places.

    Examples
    --------
    >>> from tlkit import backbones, data
    >>> shown = feature_maps(backbones.load("zoo:resnet-letters"), data.load("greek").validation.images[0])
    >>> [(one.stage, one.maps.shape) for one in shown.stages[:2]]
    [('stem', (16, 16, 16)), ('layer1', (16, 16, 16))]
    """
    subject = subject_of(model)
    most = expect_whole("count", count, 1, DataError)
    raw = pictures_of(image)
    if len(raw) != 1:
        raise DataError(f"These are {len(raw)} pictures, and maps are shown of one.", "Give images[0].")
    subject.stage_with_places(None)
    found = []
    with evaluating(subject.module), torch.inference_mode():
        x, start = subject.inputs(raw), None
        for stage in subject.shapes:
            after = subject.after(stage)
            x = subject.module(x, start=start, stop=after)
            start = after
            if stage in subject.places:
                maps = np.array(x[0].float().cpu().numpy(), order="C")
                shown = np.argsort(-maps.std(axis=(1, 2)), kind="stable")[:most]
                found.append(StageMaps(stage, maps, shown))
    return FeatureMaps(raw[0], tuple(found), subject.name)
