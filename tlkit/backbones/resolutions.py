"""resolutions: what pictures of each size cost a network, counted and measured on this machine."""

from __future__ import annotations

import html
import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from tlkit.backbones.backbone import Backbone
from tlkit.backbones.intake import image_transform
from tlkit.backbones.loading import load
from tlkit.errors import DataError

_SIDES = (48, 64, 96, 128, 160, 192, 224)
#: So many pictures at a time are timed.
BATCH = 32
_REPEATS = 3


@dataclass(frozen=True)
class Resolution:
    """What one picture of a size costs.

    Parameters
    ----------
    side
        In pixels.
    positions
        (height, width) of what the last stage gives.
    multiply_adds
        Of one picture's forward pass.
    seconds_per_hundred
        For a hundred pictures on this machine, with the threads that torch has; None if it was not measured.
    """

    side: int
    positions: tuple[int, ...]
    multiply_adds: int
    seconds_per_hundred: float | None = None


@dataclass(frozen=True, repr=False)
class Resolutions:
    """The sizes of pictures that a network takes, and their costs.

    Parameters
    ----------
    name
        Of the network.
    usual
        The side it takes unless told otherwise, in pixels.
    rows
        One per side, smallest first.
    """

    name: str
    usual: int
    rows: tuple[Resolution, ...]

    def cells(self) -> list[tuple[str, ...]]:
        """Return the table as text, its heading first."""
        measured = any(row.seconds_per_hundred is not None for row in self.rows)
        head = ("side", "gives", "multiply-adds", *(("seconds for 100",) if measured else ()))
        return [head, *(self._cells(row) for row in self.rows)]

    def _cells(self, row: Resolution) -> tuple[str, ...]:
        seconds = row.seconds_per_hundred
        return (
            f"{row.side}{' (usual)' if row.side == self.usual else ''}",
            " x ".join(str(size) for size in row.positions),
            f"{row.multiply_adds / 1e6:,.0f} million",
            *(() if seconds is None else (f"{seconds:.2f}",)),
        )

    def __str__(self) -> str:
        cells = self.cells()
        widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells
        ]
        return "\n".join([self.name, *(line.rstrip() for line in lines)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head, *rows = self.cells()
        heads = "".join(f'<th scope="col" style="text-align:left">{one}</th>' for one in head)
        body = "".join(
            "<tr>" + "".join(f'<td style="text-align:left">{one}</td>' for one in row) + "</tr>"
            for row in rows
        )
        caption = f"<caption>{html.escape(self.name)}</caption>"
        return f"<table>{caption}<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


def resolutions(name: str, sides: Sequence[int] | None = None, *, measure: bool = False) -> Resolutions:
    """Say what pictures of each size cost a network of the zoo.

    Parameters
    ----------
    name
        As for `load`.
    sides
        In pixels; None for some between the smallest and the largest that the network takes.
    measure
        Also run it on this machine and take the time: the best of three runs. In a terminal,
        ``python -m tlkit.backbones zoo:efficientnet-lite0`` does it.

    Raises
    ------
    UnknownNameError
        There is no such network.
    DataError
        It does not take one of these sides.

    Examples
    --------
    >>> print(resolutions("zoo:efficientnet-lite0", [64, 128]))
    zoo:efficientnet-lite0
    side         gives  multiply-adds
    64           2 x 2  31 million
    128 (usual)  4 x 4  125 million
    """
    usual = load(name)
    height = _height(usual)
    known = usual.card.sides or (height,) * 2
    asked = tuple(one for one in _SIDES if known[0] <= one <= known[1]) if sides is None else tuple(sides)
    if sides is None and not asked:
        asked = (height,)
    if not asked:
        raise DataError("No side is given.", f"Give some from {known[0]} to {known[1]}, or leave sides out.")
    base = usual.name.partition("@")[0]
    rows = tuple(_row(load(base, side=side), measure) for side in sorted(asked))
    return Resolutions(base, _height(load(base)), rows)


def _height(net: Backbone) -> int:
    return image_transform(net, "Resolutions are").height


def _row(net: Backbone, measure: bool) -> Resolution:
    summary = net.summary()
    return Resolution(
        _height(net),
        summary.stages[-1].output_shape[1:],
        summary.multiply_adds,
        _seconds(net) if measure else None,
    )


def _seconds(net: Backbone) -> float:
    images = torch.full((BATCH, *net.transform.shape), 0.5)
    net.features(images[:2])  # the first pass chooses the kernels
    best = float("inf")
    for _ in range(_REPEATS):
        began = time.perf_counter()
        net.features(images)
        best = min(best, time.perf_counter() - began)
    return best * 100 / BATCH
