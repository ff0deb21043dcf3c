"""A look at augmentation before it is used: some pictures, views of each, and what caching views costs."""

from __future__ import annotations

import html
import math
import numbers
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tlkit.data import Dataset, Split, Task
from tlkit.data.preview import Preview
from tlkit.errors import DataError, expect_kind, expect_whole
from tlkit.train.augment import augment
from tlkit.train.recipe import Recipe

if TYPE_CHECKING:
    from tlkit.backbones import Backbone

_ROUNDING = 1e-3
_MOST_VIEWS = 32
_MOST_SEED = 2**63 - 1


@dataclass(frozen=True, eq=False, repr=False)
class AugmentedPreview(Preview):
    """A grid: one column per class, its picture on top and augmented views of it below.

    Parameters
    ----------
    costs
        What is cached of augmented views, and at what cost, in words.
    """

    costs: str = ""

    def __str__(self) -> str:
        return f"{self.alt} {self.costs}"

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return f"{super()._repr_html_()}<p>{html.escape(self.costs)}</p>"


def preview_augmented(
    items: Dataset | Task | Split,
    transform: Callable[[Tensor], Tensor] | None = None,
    *,
    views: int = 4,
    strength: float = 1.0,
    seed: int = 0,
    recipe: Recipe | None = None,
    backbone: Backbone | None = None,
) -> AugmentedPreview:
    """Show what augmentation makes of one training picture of each class, and say what caching it costs.

    Parameters
    ----------
    items
        Where the pictures come from; of a data set or a task the training part.
    transform
        What turns one picture, (channels, height, width) floats in 0..1, into a view of it, such as a
        composition of ``torchvision.transforms.v2``. None is tlkit's own augmentation.
    views
        How many of each picture, 1 to 32.
    strength
        Of tlkit's own augmentation.
    seed
        Of the views; the state of torch's global generator is left as it was.
    recipe
        Whose caching is told; None is ``Recipe.head()``.
    backbone
        Makes the cost of the cache exact.

    Raises
    ------
    DataError
        Something without pictures, an argument of another kind, or a transform that gives no pictures of 0..1 or
        several sizes of them.

    Examples
    --------
    >>> from tlkit import data
    >>> shown = preview_augmented(data.load("digits").few_shot(5, seed=0), views=3)
    >>> shown.columns[0].shape
    (4, 1, 32, 32)
    """
    views = expect_whole("views", views, 1, DataError, _MOST_VIEWS)
    seed = expect_whole("seed", seed, 0, DataError, _MOST_SEED)
    expect_kind(
        "What is shown", items, (Dataset, Task, Split), DataError, "Give a data set, a task or a split."
    )
    if transform is not None and not callable(transform):
        raise DataError(
            f"The transform is of the kind {type(transform).__name__}.",
            "Give a transform of torchvision.transforms.v2, or leave it out.",
        )
    given: object = strength
    if isinstance(given, bool) or not isinstance(given, numbers.Real) or not 0 <= float(given) < math.inf:
        raise DataError(
            f"strength is {strength!r}, expected a number of at least 0.", "Give strength=1, for example."
        )
    split = items if isinstance(items, Split) else items.train
    if split.kind != "images":
        raise DataError(
            f"These items are {split.kind}, which are not augmented.", "Give a data set of images."
        )
    shown = [int(np.flatnonzero(split.labels == label)[0]) for label in np.unique(split.labels)]
    classes = tuple(split.classes[split.labels[at]] for at in shown)
    originals = torch.from_numpy(np.array(split.images[shown], dtype=np.float32))
    generator = torch.Generator().manual_seed(seed)
    if transform is None:
        made = [augment(originals, generator, float(strength)) for _ in range(views)]
        name = "tlkit's own augmentation"
    else:
        made = _of_transform(originals, transform, views, seed)
        name = type(transform).__name__
    columns = _columns(originals, made)
    title = f"One training picture of each class, and below it {views} views by {name}"
    return AugmentedPreview(
        columns, classes, title, costs=_costs(len(split), recipe or Recipe.head(), backbone)
    )


def _of_transform(
    originals: Tensor, transform: Callable[[Tensor], Tensor], views: int, seed: int
) -> list[Tensor]:
    # Transforms of torchvision draw from the global generator.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = [[_checked(transform(one.clone())) for one in originals] for _ in range(views)]
    sizes = {tuple(one.shape) for several in made for one in several}
    if len(sizes) > 1:
        told = ", ".join(" x ".join(map(str, size)) for size in sorted(sizes))
        raise DataError(
            f"The transform gives pictures of different sizes: {told}.",
            "End it with v2.Resize or v2.RandomResizedCrop to one size.",
        )
    return [torch.stack(several) for several in made]


def _checked(view: object) -> Tensor:
    if not isinstance(view, Tensor) or view.ndim != 3 or view.shape[0] not in (1, 3):
        found = f"shape {tuple(view.shape)}" if isinstance(view, Tensor) else f"a {type(view).__name__}"
        raise DataError(
            f"The transform gives {found}, expected a tensor of (channels, height, width) with one or three channels.",
            "Transforms of torchvision.transforms.v2 take and give tensors.",
        )
    low, high = (float(one) for one in view.aminmax())
    if not view.is_floating_point() or not (low >= -_ROUNDING and high <= 1 + _ROUNDING):
        raise DataError(
            f"The transform gives {view.dtype} from {low:g} to {high:g}, expected floats from 0 to 1.",
            "Leave v2.Normalize out: the backbone's own transform normalises after the augmentation.",
        )
    return view.clamp(0, 1)


def _columns(originals: Tensor, made: list[Tensor]) -> tuple[NDArray[np.float32], ...]:
    channels, *size = made[0].shape[1:]
    if list(originals.shape[2:]) != size:
        originals = torch.nn.functional.interpolate(originals, size, mode="bilinear", antialias=True).clamp(
            0, 1
        )
    if originals.shape[1] != channels:
        originals = originals.mean(dim=1, keepdim=True).expand(-1, channels, -1, -1)
    together = torch.stack([originals, *made], dim=1).numpy()
    return tuple(np.ascontiguousarray(one, dtype=np.float32) for one in together)


def _costs(count: int, recipe: Recipe, backbone: Backbone | None) -> str:
    """Say what is cached of augmented views; a cache and augmentation that draws anew exclude each other."""
    views = recipe.views_for(count)
    lead = (
        "Augmentation draws anew at each step, and a cache keeps one result: where activations are cached, tlkit"
        " looks at views that are drawn once."
    )
    if not views:
        many = (
            f", of whose {recipe.most_rows:,} rows {count:,} pictures leave none"
            if recipe.augmented_views
            else ""
        )
        return f"{lead} The recipe {recipe.name!r} caches no augmented view{many}."
    rows = count * (views + 1)
    text = (
        f"{lead} With the recipe {recipe.name!r} these are {views} views of each of {count:,} pictures and the"
        f" picture itself: {rows:,} passes through the frozen part in place of {count:,}, once"
    )
    if backbone is None:
        return f"{text}, and 4 bytes for each of their features."
    return (
        f"{text}, and {rows * backbone.feature_count * 4 / 2**20:.1f} MiB for {backbone.feature_count:,} features"
        " of each before the head."
    )
