"""Pictures section: what of a data set stands in a report: counts, what the network gets, and a look at some."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tlkit.compare import html_report
from tlkit.compare.own_pictures import Pictures, gets
from tlkit.data.dataset import Dataset
from tlkit.table import Table

if TYPE_CHECKING:
    from tlkit.backbones.transform import InputTransform

# A report stays small enough to be sent by mail.
_CLASSES_SHOWN = 12
_CLASSES_COUNTED = 40
_EACH = 5
_SIDE = 64
_GAP = 4
_QUALITY = 85


def pictures_section(
    pictures: Pictures, form: InputTransform, *, distorted: bool, seed: int = 0
) -> html_report.Section:
    """Return the section about the pictures.

    Parameters
    ----------
    pictures
        The data set, as it was read and as the network gets it.
    form
        What the network takes.
    distorted
        Whether training distorts pictures.
    seed
        Of the distortions that are shown.
    """
    seen, dataset = pictures.seen, pictures.dataset
    shown = seen.classes[:_CLASSES_SHOWN]
    more = len(seen.classes) - len(shown)
    is_other = dataset is not seen or seen.train.shape[1:] != form.shape
    rows = ["as they were read", *(["as the network gets them"] if is_other else [])]
    rows += ["one of them as training distorts it anew at each look"] if distorted else []
    looks = html_report.Looks(
        f"Some pictures to learn from: {'; '.join(rows)}",
        tuple(
            (name, tuple(_strips(pictures, label, form, is_other, distorted, seed)))
            for label, name in enumerate(shown)
        ),
    )
    parts: list[html_report.Part] = [f"{_split_words(seen)} {gets(form)}", _counts(seen)]
    parts += [dataset.card.how_made] if dataset.card.how_made else []
    parts += [f"Of each class, from above: {'; '.join(rows)}.", looks]
    parts += [f"And {more:,} more classes."] if more else []
    return html_report.Section("The pictures", parts)


def _split_words(dataset: Dataset) -> str:
    counts = dataset.card.counts or {
        "train": len(dataset.train), "validation": len(dataset.validation), "test": len(dataset.test)
    }  # fmt: skip
    total = sum(counts.values())
    return (
        f"{total:,} pictures of {len(dataset.classes)} classes. {len(dataset.train):,} are there to learn from;"
        f" {len(dataset.test):,} are the sealed test; {len(dataset.validation):,} are held back and play no part here."
    )


def _counts(dataset: Dataset) -> Table:
    columns = [dataset.train.counts(), dataset.validation.counts(), dataset.test.counts()]
    rows = [
        (name, *(f"{int(column[at]):,}" for column in columns)) for at, name in enumerate(dataset.classes)
    ]
    if len(rows) > _CLASSES_COUNTED:
        left = len(rows) - _CLASSES_COUNTED
        rest = (
            f"{left:,} more classes",
            *(f"{int(column[_CLASSES_COUNTED:].sum()):,}" for column in columns),
        )
        rows = [*rows[:_CLASSES_COUNTED], rest]
    return Table("Pictures of each class", ("class", "to learn from", "held back", "to test"), tuple(rows))


def _strips(
    pictures: Pictures, label: int, form: InputTransform, is_other: bool, distorted: bool, seed: int
) -> list[html_report.Picture]:
    train = pictures.seen.train
    mine = np.flatnonzero(train.labels == label)
    at = mine[np.unique(np.linspace(0, len(mine) - 1, min(_EACH, len(mine))).round().astype(int))]
    name = train.classes[label]
    some = f"{len(at)} pictures" if len(at) > 1 else "1 picture"
    strips = [_strip(np.asarray(train.images[at]), f"{some} of {name}")]
    network = _as_the_network_gets(pictures.dataset, at, form)
    if is_other:
        strips.append(
            _strip(network, f"The same, as the network gets them: {form.height} x {form.width} pixels")
        )
    if distorted:
        strips.append(_strip(_distorted(network[0], seed + label), f"{_EACH} distorted views of the first"))
    return strips


def _as_the_network_gets(
    dataset: Dataset, at: NDArray[np.int64], form: InputTransform
) -> NDArray[np.float32]:
    from tlkit.data.brought import split_brought_to

    few = dataset.train.select(at)
    if few.shape[1:] != form.shape and form.height == form.width:
        few = split_brought_to(few, form.height, form.channels)
    return np.asarray(few.images)


def _distorted(image: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    import torch

    from tlkit.train.augment import augment

    views = torch.from_numpy(np.repeat(image[None], _EACH, axis=0))
    found: NDArray[np.float32] = augment(views, torch.Generator().manual_seed(seed)).numpy()
    return found


def _strip(images: NDArray[np.float32], alt: str) -> html_report.Picture:
    """Draw pictures side by side, each at one size; small ones are enlarged without smoothing."""
    from PIL import Image

    row = Image.new("RGB", (len(images) * (_SIDE + _GAP) - _GAP, _SIDE), (190, 195, 200))
    for place, image in enumerate(images):
        pixels = np.rint(255 * np.clip(image, 0, 1).transpose(1, 2, 0)).astype(np.uint8)
        one = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).convert("RGB")
        smooth = Image.Resampling.BILINEAR if one.width > _SIDE else Image.Resampling.NEAREST
        row.paste(one.resize((_SIDE, _SIDE), smooth), (place * (_SIDE + _GAP), 0))
    file = io.BytesIO()
    row.save(file, "JPEG", quality=_QUALITY)
    return html_report.Picture(file.getvalue(), alt, kind="image/jpeg")
