"""Closer: more of one test item in the Freeze panel: where the network looked, what is alike, its feature maps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tlkit import inside
from tlkit.backbones.intake import image_transform
from tlkit.pictures import looks_like_ink, picture

if TYPE_CHECKING:
    from tlkit.train import Run

#: Name of a view of a picture to its label.
WHATS = {
    "looked": "Where it looked",
    "near": "Nearest training pictures",
    "maps": "Feature maps",
}
_LARGEST_PIXELS = 160
_NEIGHBOURS = 5
Shown = tuple[dict[str, Any], dict[str, str]]


def look(run: Run, position: int, what: str, stage: str | None, should_stop: Callable[[], None]) -> Shown:
    """Return what is shown of an item, as plain JSON, and its pictures by name.

    Parameters
    ----------
    run
        The run.
    position
        Of the item in the test set.
    what
        One of `WHATS`.
    stage
        Whose; None is the last that suits.
    should_stop
        Ends the work by raising.
    """
    image_transform(run.backbone, "Looking closer is")  # of a text there is no map, and no picture beside it
    made = _Made()
    item = run.answers.at([position], "")
    name = item[0].name
    ink = looks_like_ink(item.images)
    itself = made.one(item.images[0], f"{name}: {item[0].truth}", item[0].words, ink)
    stages: tuple[str, ...] = ()
    if what == "looked":
        both = list(dict.fromkeys([int(item.given[0]), int(item.truth[0])]))
        maps = inside.grad_cam(run, np.repeat(item.images, len(both), axis=0), both, stage=stage)
        laid = [
            made.one(overlay, f"Map for {run.task.classes[label]}", maps.words(at))
            for at, (overlay, label) in enumerate(zip(maps.overlays, both, strict=True))
        ]
        groups, stage, stages = [_group("", [itself, *laid])], maps.stage, inside.stages_with_places(run)
        title = f"Where it looked in {name}, at {stage}"
        note = "Grad-CAM: bright places raised the score of the class. The map is as coarse as the stage's places."
    elif what == "near":
        near = inside.neighbours(run, item.images, stage=stage, count=_NEIGHBOURS, should_stop=should_stop)
        found = zip(near.positions[0], near.names(0), near.distances[0], strict=True)
        alike = [
            made.one(near.among.images[at], f"Training picture: {label}", f"{label}, distance {far:.3g}", ink)
            for at, label, far in found
        ]
        groups, stage, stages = [_group("", [itself, *alike])], near.stage, run.backbone.stages
        title = f"What it finds most like {name}, by the features of {stage}"
        note = "Distances of the features, as means over all places; those of one stage can be compared."
    else:
        seen = inside.feature_maps(run, item.images)
        groups = [_group("", [itself])]
        for one, row in zip(seen.stages, seen.rows(), strict=True):
            tiles = [
                made.one(tile, f"channel {channel}", "")
                for tile, channel in zip(one.drawn, one.shown, strict=True)
            ]
            groups.append(
                _group(f"{row[0]}: {row[1]} channels of {row[2]} places, {row[3]} above zero", tiles)
            )
        title = f"What each stage makes of {name}"
        note = (
            "The channels that vary most over the picture, each from its lowest value (dark) to its highest."
        )
    shown = {
        "what": what,
        "whats": [{"name": one, "label": label} for one, label in WHATS.items()],
        "title": title,
        "position": position,
        "stage": stage or "",
        "stages": [{"name": one, "label": one} for one in stages],
        "groups": groups,
        "pixels": {"looked": 128, "near": 72, "maps": 48}[what],
        "note": note,
    }
    return shown, made.uris


class _Made:
    """Pictures, each under a name of its own."""

    def __init__(self) -> None:
        self.uris: dict[str, str] = {}

    def one(self, image: NDArray[np.float32], alt: str, said: str, ink: bool = False) -> dict[str, str]:
        name = f"map-{len(self.uris)}"
        self.uris[name] = picture(image, ink=ink, largest_pixels=_LARGEST_PIXELS)
        return {"picture": name, "alt": alt, "said": said}


def _group(words: str, pictures: list[dict[str, str]]) -> dict[str, Any]:
    return {"words": words, "pictures": pictures}
