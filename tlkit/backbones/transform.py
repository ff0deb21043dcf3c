"""InputTransform: the preprocessing that belongs to a network's weights."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from tlkit.backbones.intake import Transform
from tlkit.errors import DataError, expect_whole, level_of_the_caller

if TYPE_CHECKING:
    from tlkit.data import Split

# How bright red, green and blue look to the eye (ITU-R BT.601).
_LUMINANCE = (0.299, 0.587, 0.114)
_ROUNDING = 1e-3
_MOST_PIXELS = 65_536


class ConversionWarning(UserWarning):
    """Images were converted to what a network takes: their size or their channels."""


@dataclass(frozen=True)
class InputTransform(Transform):
    """Turns images into what a network was trained on: channels, size, mean and spread.

    Parameters
    ----------
    channels
        1 (grey) or 3 (red, green, blue).
    height, width
        In pixels.
    mean, std
        Per channel: each value v becomes (v - mean) / std.
    resizes
        Whether images of another size are brought to this one; otherwise they are refused.
    converts_channels
        Whether colour becomes grey by luminance and grey is repeated for colour; otherwise refused.

    Raises
    ------
    DataError
        Settings that make no sense.

    Examples
    --------
    >>> transform = InputTransform(channels=1, height=32, width=32, mean=(0.5,), std=(0.5,))
    >>> transform(np.ones((2, 1, 32, 32), dtype=np.float32))[0, 0, 0, :3]
    tensor([1., 1., 1.])
    >>> transform.notes((2, 3, 64, 64))
    ['Colour was turned into grey by luminance.', 'Images of 64 x 64 were resized to 32 x 32.']
    """

    takes: ClassVar[str] = "images"

    channels: int
    height: int
    width: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    resizes: bool = True
    converts_channels: bool = True

    def __post_init__(self) -> None:
        for name in ("channels", "height", "width"):
            object.__setattr__(
                self, name, expect_whole(name, getattr(self, name), 1, DataError, _MOST_PIXELS)
            )
        for name in ("mean", "std"):
            object.__setattr__(self, name, _numbers(name, getattr(self, name)))
        if self.channels not in (1, 3):
            raise DataError(
                f"The transform has {self.channels} channels, expected 1 (grey) or 3 (colour).",
                "Give channels=1 or channels=3.",
            )
        if len(self.mean) != self.channels or len(self.std) != self.channels:
            raise DataError(
                f"The transform has {self.channels} channel(s), but {len(self.mean)} mean(s) and"
                f" {len(self.std)} standard deviation(s).",
                "Give one of each per channel.",
            )
        if not (np.isfinite(self.mean).all() and np.isfinite(self.std).all() and min(self.std) > 0):
            raise DataError(
                f"Mean {self.mean} and standard deviation {self.std} must be finite, the latter above 0.",
                "Give those of the images that the network was trained on.",
            )

    @property
    def shape(self) -> tuple[int, int, int]:
        """Shape of one transformed image: (channels, height, width)."""
        return self.channels, self.height, self.width

    def __call__(self, items: NDArray[Any] | Tensor) -> Tensor:
        """Return images as the network wants them; a conversion is told once, as a warning.

        Parameters
        ----------
        items
            (n, c, h, w), floats in 0..1; never changed.

        Returns
        -------
        Tensor
            (n, channels, height, width), float32, on the device of the images.

        Raises
        ------
        DataError
            Another layout, values that are not finite or outside 0..1, sizes or channels that this transform
            does not convert.
        """
        x = _as_tensor(items)
        for note in self.notes(tuple(x.shape)):
            warnings.warn(note, ConversionWarning, stacklevel=level_of_the_caller())
        _check_values(x)
        if x.shape[1] != self.channels:
            if self.channels == 1:
                x = (x * x.new_tensor(_LUMINANCE).reshape(1, 3, 1, 1)).sum(dim=1, keepdim=True)
            else:
                x = x.expand(-1, 3, -1, -1)
        if x.shape[2:] != (self.height, self.width):
            size = [self.height, self.width]
            x = functional.interpolate(x, size, mode="bilinear", antialias=True).clamp(0, 1)
        mean = x.new_tensor(self.mean).reshape(1, -1, 1, 1)
        std = x.new_tensor(self.std).reshape(1, -1, 1, 1)
        return (x - mean) / std

    def checked(self, items: Any) -> Any:
        """Return images as an array or a tensor of four dimensions, or refuse them."""
        return as_array(items)

    def notes_of(self, split: Split) -> list[str]:
        """Say in words what is converted for the images of a split; empty if nothing is."""
        return self.notes(split.shape)

    def blank(self) -> Tensor:
        """Return one image of zeros, (1, channels, height, width)."""
        return torch.zeros((1, *self.shape))

    def probe(self, shape: tuple[int, ...]) -> Tensor:
        """Return two images of noise, always the same."""
        return torch.rand((2, *shape), generator=torch.Generator().manual_seed(0))

    def notes(self, shape: tuple[int, ...]) -> list[str]:
        """Say in words what is converted for images of a shape; empty if nothing is.

        Parameters
        ----------
        shape
            (n, c, h, w).

        Raises
        ------
        DataError
            Images of this shape are refused.
        """
        if len(shape) != 4 or 0 in shape[1:]:
            raise DataError(
                f"The images have shape {tuple(shape)}, expected (n, channels, height, width).",
                "tlkit.data.arrays converts other layouts.",
            )
        _, channels, height, width = shape
        told = []
        if channels != self.channels:
            if channels not in (1, 3) or not self.converts_channels:
                raise DataError(
                    f"The images have {channels} channels, the network takes {self.channels}.",
                    "Convert them first, or use another backbone.",
                )
            told.append(
                "Colour was turned into grey by luminance."
                if self.channels == 1
                else "Grey was repeated for red, green and blue."
            )
        if (height, width) != (self.height, self.width):
            if not self.resizes:
                raise DataError(
                    f"The images are {height} x {width} pixels, the network takes {self.height} x"
                    f" {self.width}.",
                    "Resize them first, or use another backbone.",
                )
            squeezed = (
                ", which changes their proportions" if height * self.width != width * self.height else ""
            )
            told.append(
                f"Images of {height} x {width} were resized to {self.height} x {self.width}{squeezed}."
            )
        return told


def as_array(images: Any) -> Any:
    """Return images as an array, or as the tensor or the array-like of their own kind that they are.

    What is read from a file piece by piece stays so.

    Raises
    ------
    DataError
        They are no (n, channels, height, width) numbers.
    """
    found = images
    if not all(hasattr(images, name) for name in ("dtype", "ndim", "shape", "__getitem__")):
        try:
            found = np.asarray(images)
        except ValueError:  # lists of unequal lengths
            found = None
    if found is None or (not isinstance(found, Tensor) and np.dtype(found.dtype).kind not in "fiub"):
        raise DataError(
            f"The images are of the kind {type(images).__name__}, expected an array of numbers.",
            "Give floats in 0..1 of shape (n, channels, height, width).",
        )
    if found.ndim != 4:
        raise DataError(
            f"The images have shape {tuple(found.shape)}, expected (n, channels, height, width).",
            "tlkit.data.arrays converts other layouts.",
        )
    return found


def _numbers(name: str, values: object) -> tuple[float, ...]:
    if isinstance(values, Iterable) and not isinstance(values, str):
        with suppress(TypeError, ValueError):
            return tuple(float(one) for one in values)
    raise DataError(
        f"{name} is {values!r}, expected one number per channel.", f"Give {name}=(0.5,) for grey images."
    )


def _as_tensor(images: NDArray[Any] | Tensor) -> Tensor:
    images = as_array(images)
    if not isinstance(images, Tensor):
        if images.dtype.kind != "f":
            _refuse_kind(str(images.dtype))
        # A copy: torch warns of tensors that could write to read-only memory.
        return torch.from_numpy(np.array(images, dtype=np.float32))
    if not images.is_floating_point():
        _refuse_kind(str(images.dtype))
    return images.to(torch.float32)


def _refuse_kind(kind: str) -> None:
    raise DataError(
        f"The images are of type {kind}, expected floats in 0..1.", "Divide bytes by 255: images / 255."
    )


def _check_values(x: Tensor) -> None:
    if not x.numel():
        return
    low, high = (float(one) for one in x.aminmax())
    if not (np.isfinite(low) and np.isfinite(high)):
        finite = torch.isfinite(x).flatten(1).all(dim=1)
        bad = int((~finite).nonzero()[0, 0])
        raise DataError(
            f"Image {bad} holds values that are not finite (NaN or infinite);"
            f" {int((~finite).sum())} in all do.",
            "Remove these images or repair them.",
        )
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        raise DataError(
            f"The images have values from {low:.4g} to {high:.4g}, expected 0..1.",
            "Divide bytes by 255; the transform subtracts the mean itself.",
        )
