"""check_input: is a batch of pictures what a network's weights expect? What is found, why it matters, what mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from tlkit.backbones.input_findings import InputCheck, InputFinding
from tlkit.backbones.normalised import Normalisation, how_normalised
from tlkit.backbones.transform import InputTransform
from tlkit.errors import DataError

if TYPE_CHECKING:
    from tlkit.backbones.backbone import Backbone

_ROUNDING = 1e-3
# Enlarged more than this, a picture is a blur; squeezed more than this, things have other shapes.
_MOST_ENLARGED, _MOST_SQUEEZED = 2.0, 1.34
_ORDER = (
    "whether red and blue are exchanged (OpenCV reads blue first): the values do not show it, so look at one picture;"
    " if red things are blue, batch = batch[:, [2, 1, 0]]"
)


def check_input(backbone: Backbone, batch: Any) -> InputCheck:
    """Say whether a batch is what a network's weights expect.

    Parameters
    ----------
    backbone
        Its transform says what they expect.
    batch
        Pictures, raw or already prepared, as an array or a tensor; never changed.

    Returns
    -------
    InputCheck
        Layout and sizes are told surely, and how values were normalised as far as they show it. That red and blue are
        exchanged they do not show: that is said.

    Raises
    ------
    DataError
        It is no array of numbers, is empty, or the network takes no pictures.

    Examples
    --------
    >>> from tlkit import backbones
    >>> net = backbones.load("zoo:efficientnet-lite0")
    >>> print(check_input(net, np.full((1, 160, 160, 1), 200, dtype=np.uint8)))
    What goes into zoo:efficientnet-lite0: it is not what the weights expect.
    - layout: the channels come last, (1, 160, 160, 1)
      Height, width and channels would be taken for one another.
      → batch = batch.transpose(0, 3, 1, 2)
    - values: bytes from 0 to 255 (here 200 to 200)
      The weights were trained on pictures from 0 to 1, which are then normalised.
      → batch = batch.astype("float32") / 255
    - channels: grey pictures, and the network knows colour
      Grey is repeated for red, green and blue; what it learned of colours cannot help.
      → Give the pictures in colour if there are any.
    """
    transform = backbone.transform
    if not isinstance(transform, InputTransform):
        raise DataError(f"{backbone.name} takes no pictures.", "check_input looks at pictures alone.")
    tensor, is_tensor = _as_tensor(batch)
    findings: list[InputFinding] = []
    x = _layout(tensor, is_tensor, findings)
    if x is None:
        return InputCheck(backbone.name, tuple(findings))
    raw, normalised = _values(x, transform, is_tensor, findings)
    _size(x, transform, normalised, findings)
    _channels(raw, transform, findings)
    return InputCheck(backbone.name, tuple(findings), _untold(raw, transform))


def _as_tensor(batch: Any) -> tuple[Tensor, bool]:
    if isinstance(batch, Tensor):
        tensor = batch.detach().cpu()
    else:
        try:
            array = np.asarray(batch)
        except ValueError:
            array = np.empty(0, dtype=object)
        if array.dtype.kind not in "fiub":
            raise DataError(
                f"The batch is of the kind {type(batch).__name__}, expected an array of numbers.",
                "Give pictures of one size as one array: numpy.stack(pictures).",
            )
        tensor = torch.from_numpy(np.array(array, dtype=np.float64 if array.dtype.kind == "f" else None))
    if tensor.numel() == 0:
        raise DataError(
            f"The batch is empty: its shape is {tuple(tensor.shape)}.", "Give at least one picture."
        )
    return tensor, isinstance(batch, Tensor)


def _layout(tensor: Tensor, is_tensor: bool, findings: list[InputFinding]) -> Tensor | None:
    """Return the batch as (n, c, h, w); None if no channels are to be seen in it."""
    shape = tuple(tensor.shape)
    if tensor.ndim in (2, 3):
        index = "batch[None, None]" if tensor.ndim == 2 else "batch[None]"
        findings.append(
            InputFinding(
                "layout",
                f"one picture alone, {shape}",
                "A network takes a batch of them.",
                f"batch = {index}",
            )
        )
        tensor = tensor[None, None] if tensor.ndim == 2 else tensor[None]
    if tensor.ndim == 4 and tensor.shape[1] in (1, 3):
        return tensor
    if tensor.ndim == 4 and tensor.shape[3] in (1, 3):
        line = "permute" if is_tensor else "transpose"
        findings.append(
            InputFinding(
                "layout",
                f"the channels come last, {shape}",
                "Height, width and channels would be taken for one another.",
                f"batch = batch.{line}(0, 3, 1, 2)",
            )
        )
        return tensor.permute(0, 3, 1, 2)
    findings.append(
        InputFinding(
            "layout",
            f"no channels in the shape {shape}",
            "A network takes (n, channels, height, width), with 1 or 3 channels.",
            "Give pictures in grey or in red, green and blue.",
        )
    )
    return None


def _values(
    x: Tensor, transform: InputTransform, is_tensor: bool, findings: list[InputFinding]
) -> tuple[Tensor, bool]:
    """Return the pictures from 0 to 1 as they must have been, and whether they were normalised already."""
    whole = not x.is_floating_point()
    x = x.double()
    finite = torch.isfinite(x)
    if not finite.all():
        count = int((~finite).flatten(1).any(1).sum())
        findings.append(
            InputFinding(
                "values",
                f"{count} of {len(x)} pictures hold values that are not finite (NaN or infinite)",
                "One such value makes the whole answer one.",
                "Remove these pictures or repair them.",
            )
        )
        x = torch.where(finite, x, torch.zeros_like(x))
    low, high = (float(one) for one in x.aminmax())
    if low >= -_ROUNDING and (high > 4 or (whole and high > 1)):
        cast = "batch.float()" if is_tensor else 'batch.astype("float32")'
        findings.append(
            InputFinding(
                "values",
                f"bytes from 0 to 255 (here {low:.4g} to {high:.4g})",
                "The weights were trained on pictures from 0 to 1, which are then normalised.",
                f"batch = {cast} / 255",
                sure=whole or high > 64,
            )
        )
        return (x / 255).clamp(0, 1), False
    if low >= -_ROUNDING and high <= 1 + _ROUNDING:
        if 0 < high <= 1 / 255 + 1e-6 and not whole:
            findings.append(
                InputFinding(
                    "values",
                    f"nothing but black: at most {high:.4g}",
                    "It looks as if bytes had been divided by 255 twice; the network sees black.",
                    "batch = batch * 255",
                    sure=False,
                )
            )
            return (x * 255).clamp(0, 1), False
        return x, False
    found = how_normalised(x, transform)
    findings.append(_about(found, transform, low, high, is_tensor))
    return found.undo(x).clamp(0, 1), True


def _about(
    found: Normalisation, transform: InputTransform, low: float, high: float, is_tensor: bool
) -> InputFinding:
    span = f"values from {low:.3g} to {high:.3g}"
    if found.own:
        return InputFinding(
            "normalisation",
            f"{span}: already normalised, as the network's transform does it",
            "`features`, training and panels normalise themselves, and refuse it; the network as such takes it.",
            "Give the pictures from 0 to 1, or call net.module(batch).",
            sure=found.sure,
            wrong=False,
        )
    expected = f"mean {_listed(transform.mean)}, spread {_listed(transform.std)}"
    if not found.name:
        return InputFinding(
            "normalisation",
            f"{span}: neither pictures from 0 to 1 nor normalised with {expected}",
            "The network sees other colours and contrasts than those it learned from.",
            "Give the pictures from 0 to 1; the transform does the rest.",
        )
    return InputFinding(
        "normalisation",
        f"{span}: normalised {found.name}, and not with {expected}",
        "The network sees other colours and contrasts than those it learned from.",
        found.line(is_tensor),
        sure=found.sure,
    )


def _size(x: Tensor, transform: InputTransform, normalised: bool, findings: list[InputFinding]) -> None:
    height, width = x.shape[2:]
    if (height, width) == (transform.height, transform.width):
        return
    here, wanted = f"{height} x {width}", f"{transform.height} x {transform.width}"
    times = min(transform.height / height, transform.width / width)
    squeezed = height * transform.width / (width * transform.height)
    squeezed = max(squeezed, 1 / squeezed)
    if normalised or not transform.resizes:
        findings.append(
            InputFinding(
                "size",
                f"{here} pixels instead of {wanted}",
                "What is normalised already is not resized any more: things have another size than the network knows.",
                f"Resize the pictures to {wanted} before they are normalised.",
            )
        )
    elif times > _MOST_ENLARGED:
        findings.append(
            InputFinding(
                "size",
                f"{here} pixels, enlarged {times:.1f} times to {wanted}",
                "Enlarged pictures are a blur: the network learned from sharp ones.",
                "Take larger pictures, or a network for smaller ones: backbones.load(name, side=…).",
            )
        )
    if squeezed > _MOST_SQUEEZED:
        findings.append(
            InputFinding(
                "size",
                f"{here} pixels, and the network's are {wanted}: other proportions",
                f"Things become {squeezed:.1f} times wider or narrower than the network knows them.",
                "Cut the pictures to the same proportions first, around what matters.",
                wrong=False,
            )
        )


def _channels(raw: Tensor, transform: InputTransform, findings: list[InputFinding]) -> None:
    channels = raw.shape[1]
    grey = channels == 3 and bool(torch.equal(raw[:, 0], raw[:, 1]) and torch.equal(raw[:, 1], raw[:, 2]))
    if transform.channels == 3 and (channels == 1 or grey):
        findings.append(
            InputFinding(
                "channels",
                "grey pictures, and the network knows colour",
                "Grey is repeated for red, green and blue; what it learned of colours cannot help.",
                "Give the pictures in colour if there are any.",
                wrong=False,
            )
        )
    elif transform.channels == 1 and channels == 3 and not grey:
        findings.append(
            InputFinding(
                "channels",
                "pictures in colour, and the network knows grey alone",
                "They are turned into grey by luminance: what tells things apart by colour is lost.",
                "Take a network for colour if colour matters: backbones.load('zoo:efficientnet-lite0').",
                wrong=False,
            )
        )


def _untold(raw: Tensor, transform: InputTransform) -> tuple[str, ...]:
    """Say what no statistic shows: even a trained network is as certain of pictures in false colours."""
    if transform.channels != 3 or raw.shape[1] != 3 or torch.equal(raw[:, 0], raw[:, 2]):
        return ()
    return (_ORDER,)


def _listed(values: tuple[float, ...]) -> str:
    return ", ".join(f"{one:.3g}" for one in dict.fromkeys(values))
