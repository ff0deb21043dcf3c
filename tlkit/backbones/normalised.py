"""How a batch was normalised, of the ways that are in use: told by where its values lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tlkit.backbones.transform import InputTransform

_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_CAFFE_MEAN = (103.939 / 255, 116.779 / 255, 123.68 / 255)
_KNOWN: tuple[tuple[str, tuple[float, ...], tuple[float, ...]], ...] = (
    ("with the means and spreads of ImageNet's colours", *_IMAGENET),
    ("to values from -1 to 1", (0.5,), (0.5,)),
    (
        "as Caffe did it: ImageNet's means taken from bytes, blue first",
        _CAFFE_MEAN,
        (1 / 255,),
    ),
)
# Values may lie this far outside of 0 to 1 once normalisation is undone.
_ROUNDING = 0.02
# Photographs use most of the range from 0 to 1; a way to normalise that leaves less of it is not the one.
_LEAST, _LITTLE, _MUCH = 0.2, 0.5, 0.8
# Means and spreads that differ by less are one and the same to a network.
_SAME = 0.01
# So many values come out as whole bytes if the pictures were bytes and were not resized.
_BYTES = 0.99


@dataclass(frozen=True)
class Normalisation:
    """A way to normalise.

    Parameters
    ----------
    name
        In words; empty if none fits.
    mean, std
        Per channel.
    own
        Whether it is what the network expects.
    sure
        Whether values show it beyond doubt; otherwise it fits best.
    """

    name: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    own: bool
    sure: bool

    def undo(self, x: Tensor) -> Tensor:
        """Return the pictures as they were, from 0 to 1."""
        return x * _shaped(self.std, x) + _shaped(self.mean, x)

    def line(self, is_tensor: bool) -> str:
        """Return the line of Python that undoes it in an array or a tensor; the transform then does its own."""
        mean, std = (
            f"{values[0]:.6g}" if len(set(values)) == 1 else _written(values, is_tensor)
            for values in (self.mean, self.std)
        )
        if self.mean == _CAFFE_MEAN:
            return f"batch = (batch * {std} + {mean})[:, [2, 1, 0]]"
        return f"batch = batch * {std} + {mean}"


def _written(values: Sequence[float], is_tensor: bool) -> str:
    listed = [float(f"{one:.6g}") for one in values]
    return f"batch.new_tensor({listed}).reshape(3, 1, 1)" if is_tensor else f"np.reshape({listed}, (3, 1, 1))"


def _shaped(values: Sequence[float], x: Tensor) -> Tensor:
    return x.new_tensor(values).reshape(1, -1, 1, 1)


def how_normalised(x: Tensor, transform: InputTransform) -> Normalisation:
    """Return which of the ways in use fits a batch best.

    Parameters
    ----------
    x
        (n, c, h, w), with values outside of 0 to 1.
    transform
        What the network expects; it is believed unless the values speak against it.

    Examples
    --------
    >>> transform = InputTransform(channels=1, height=2, width=2, mean=(0.5,), std=(0.2,))
    >>> how_normalised(torch.tensor([[[[-2.5, 2.5], [0.5, 1.0]]]]), transform).own
    True
    >>> how_normalised(torch.tensor([[[[-1.0, 1.0], [0.5, 1.0]]]]), transform).name
    'to values from -1 to 1'
    """
    own = Normalisation("", transform.mean, transform.std, own=True, sure=True)
    ways = [own, _twice(transform)]
    ways += [
        Normalisation(name, mean, std, own=False, sure=True)
        for name, mean, std in _KNOWN
        if len(mean) in (1, x.shape[1]) and not _same(mean, std, transform)
    ]
    ways = [one for one in ways if len(one.mean) in (1, x.shape[1])]
    raws = [(one, one.undo(x)) for one in ways]
    fits = [
        (one, raw)
        for one, raw in raws
        if float(raw.min()) >= -_ROUNDING and float(raw.max()) <= 1 + _ROUNDING
    ]
    for one, raw in fits:
        if _were_bytes(raw):
            return one
    spreads = [(float(raw.max() - raw.min()), one) for one, raw in fits]
    spreads = [(spread, one) for spread, one in spreads if one.own or spread >= _LEAST]
    if not spreads:
        return Normalisation("", (0.0,), (1.0,), own=False, sure=True)
    widest, best = max(spreads, key=lambda pair: pair[0])
    mine = next((spread for spread, one in spreads if one.own), None)
    if mine is not None and (mine >= _LITTLE or widest < _MUCH):
        return _unsure(own)
    return _unsure(best)


def _twice(transform: InputTransform) -> Normalisation:
    mean = tuple(m + s * m for m, s in zip(transform.mean, transform.std, strict=True))
    std = tuple(s * s for s in transform.std)
    return Normalisation("twice", mean, std, own=False, sure=True)


def _unsure(one: Normalisation) -> Normalisation:
    return Normalisation(one.name, one.mean, one.std, one.own, sure=False)


def _same(mean: tuple[float, ...], std: tuple[float, ...], transform: InputTransform) -> bool:
    pairs = [
        (a, b)
        for one, other in ((mean, transform.mean), (std, transform.std))
        for a, b in zip(_three(one), _three(other), strict=True)
    ]
    return all(abs(a - b) < _SAME for a, b in pairs)


def _three(values: tuple[float, ...]) -> tuple[float, ...]:
    return values * 3 if len(values) == 1 else values


def _were_bytes(raw: Tensor) -> bool:
    scaled = raw * 255
    whole = (scaled - scaled.round()).abs() < _ROUNDING
    return bool(whole.double().mean() >= _BYTES) and len(torch.unique(scaled.round())) > 2
