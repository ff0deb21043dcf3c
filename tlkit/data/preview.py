"""Preview: some training items of every class: a picture with a text that says the same, or a table of texts."""

from __future__ import annotations

import base64
import html
import io
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tlkit.data.texts import TextSplit
from tlkit.errors import DataError

if TYPE_CHECKING:
    from tlkit.data.dataset import Dataset

_GAP = 2
_WIDEST = 16


@dataclass(frozen=True, eq=False, repr=False)
class Preview:
    """A grid of images, one column per class, in as many bands as are needed.

    Parameters
    ----------
    columns
        For each class its images, (m, channels, height, width) in 0..1.
    classes
        Names of the classes.
    title
        What is shown, for the text twin and the alternative text.
    """

    columns: tuple[NDArray[np.float32], ...]
    classes: tuple[str, ...]
    title: str

    def grid(self) -> NDArray[np.uint8]:
        """Return the picture, (height, width, 3)."""
        deep = max(len(column) for column in self.columns)
        channels, height, width = self.columns[0].shape[1:]
        wide = min(len(self.columns), _WIDEST)
        bands = -(-len(self.columns) // wide)
        cell_height, cell_width = height + _GAP, width + _GAP
        picture = np.full(
            (bands * (deep * cell_height + 2 * _GAP), wide * cell_width + _GAP, 3), 128, dtype=np.uint8
        )
        for place, column in enumerate(self.columns):
            band, across = divmod(place, wide)
            for down, image in enumerate(column):
                top = band * (deep * cell_height + 2 * _GAP) + _GAP + down * cell_height
                left = _GAP + across * cell_width
                pixels = np.rint(image.transpose(1, 2, 0) * 255).astype(np.uint8)
                picture[top : top + height, left : left + width] = pixels[
                    ..., [0] * 3 if channels < 3 else [0, 1, 2]
                ]
        return picture

    @cached_property
    def png(self) -> bytes:
        """The picture as a PNG file, twice as large as the pixels are."""
        from PIL import Image

        picture = Image.fromarray(self.grid())
        file = io.BytesIO()
        picture.resize((picture.width * 2, picture.height * 2), Image.Resampling.NEAREST).save(file, "png")
        return file.getvalue()

    @property
    def alt(self) -> str:
        """What the picture shows, for someone who cannot see it."""
        bands = [self.classes[at : at + _WIDEST] for at in range(0, len(self.classes), _WIDEST)]
        return (
            f"{self.title}, one column per class: " + "; then ".join(", ".join(band) for band in bands) + "."
        )

    def __str__(self) -> str:
        return self.alt

    def __repr__(self) -> str:
        return self.alt

    def _repr_png_(self) -> bytes:
        return self.png

    def _repr_html_(self) -> str:
        encoded = base64.b64encode(self.png).decode()
        return (
            f'<img alt="{html.escape(self.alt)}" src="data:image/png;base64,{encoded}"'
            f' style="max-width:100%"><p>{html.escape(self.alt)}</p>'
        )


@dataclass(frozen=True, repr=False)
class TextPreview:
    """Some texts of every class.

    Parameters
    ----------
    rows
        For each class its name and its texts.
    title
        What is shown.

    Examples
    --------
    >>> TextPreview((("cat", ("tabby", "lynx")),), "Training texts of pets")
    Training texts of pets
      cat: tabby; lynx
    """

    rows: tuple[tuple[str, tuple[str, ...]], ...]
    title: str

    def __str__(self) -> str:
        return "\n".join([self.title, *(f"  {name}: {'; '.join(texts)}" for name, texts in self.rows)])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th scope="row" style="text-align:left">{html.escape(name)}</th>'
            f'<td style="text-align:left">{html.escape("; ".join(texts))}</td></tr>'
            for name, texts in self.rows
        )
        return f"<table><caption>{html.escape(self.title)}</caption><tbody>{rows}</tbody></table>"


def preview(dataset: Dataset, images_per_class: int) -> Preview | TextPreview:
    """Return some training images of every class as a picture, or some texts as a table.

    Raises
    ------
    DataError
        Not even one image per class is asked for.
    """
    whole = isinstance(images_per_class, int | np.integer) and not isinstance(images_per_class, bool)
    if not whole or images_per_class < 1:
        raise DataError(
            f"images_per_class is {images_per_class!r}, expected a whole number of at least 1.",
            "Give images_per_class=4, for example.",
        )
    train = dataset.train
    chosen = []
    for label in range(len(train.classes)):
        mine = np.flatnonzero(train.labels == label)
        # Evenly spaced, since neighbours are often renderings of one font or patches of one photograph.
        at = np.unique(np.linspace(0, len(mine) - 1, min(images_per_class, len(mine))).round().astype(int))
        chosen.append(mine[at])
    if isinstance(train, TextSplit):
        rows = tuple(
            (name, tuple(train.texts[at] for at in mine.tolist()))
            for name, mine in zip(train.classes, chosen, strict=True)
        )
        return TextPreview(rows, f"Training texts of {dataset.name}")
    columns = tuple(train.images[mine] for mine in chosen)
    return Preview(columns, train.classes, f"Training images of {dataset.name}")
