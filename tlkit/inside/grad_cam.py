"""Grad-CAM: where in a picture a network saw what speaks for a class."""

from __future__ import annotations

import html
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch.nn import functional

from tlkit import pictures
from tlkit.backbones.batching import pictures_at_once
from tlkit.backbones.evaluating import evaluating
from tlkit.errors import DataError
from tlkit.inside.colours import laid_over
from tlkit.inside.subject import Subject, pictures_of, subject_of
from tlkit.train.answered import percent

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.train import Run

_LARGEST_PIXELS = 128
_ROWS, _COLUMNS = ("upper", "middle", "lower"), ("left", "centre", "right")


@dataclass(frozen=True, eq=False, repr=False)
class GradCam:
    """Maps of what speaks for a class, one for each picture.

    Parameters
    ----------
    images
        (n, c, h, w), the pictures in 0..1.
    maps
        (n, a, b) float32, at least 0, with the places of the stage: how much each speaks for the class, in
        units of its score.
    stage
        Whose activations these are.
    classes
        Names of all classes.
    of
        (n,) int64, the class that each map is about.
    given
        (n,) int64, what the network says of each picture.
    probabilities
        (n,) float32, how sure it is of the class that the map is about.
    """

    images: NDArray[np.float32]
    maps: NDArray[np.float32]
    stage: str
    classes: tuple[str, ...]
    of: NDArray[np.int64]
    given: NDArray[np.int64]
    probabilities: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def heat(self) -> NDArray[np.float32]:
        """(n, h, w), the maps at the size of the pictures, the strongest place of each 1; 0 where a map is empty."""
        size = list(self.images.shape[2:])
        large = functional.interpolate(
            torch.from_numpy(self.maps)[:, None], size, mode="bilinear", align_corners=False
        )[:, 0]
        most = large.amax(dim=(1, 2), keepdim=True)
        return np.asarray((large / torch.where(most > 0, most, torch.ones_like(most))).numpy())

    @property
    def overlays(self) -> NDArray[np.float32]:
        """(n, 3, h, w), the pictures in grey with the maps laid over them, in 0..1."""
        return laid_over(self.images, self.heat)

    def words(self, at: int) -> str:
        """Say what a map shows, for who cannot see it.

        Parameters
        ----------
        at
            Position of the picture.
        """
        name, found = self.classes[self.of[at]], self.maps[at].astype(np.float64)
        sure = f"{percent(float(self.probabilities[at]))} sure"
        if found.max() <= 0:
            return f"For {name} ({sure}): no place in {self.stage} speaks for it."
        heat = self.heat[at].astype(np.float64)
        row, column = np.unravel_index(int(heat.argmax()), heat.shape)
        third = 3 * int(row) // heat.shape[0], 3 * int(column) // heat.shape[1]
        where = "middle" if third == (1, 1) else f"{_ROWS[third[0]]} {_COLUMNS[third[1]]}"
        falling = np.sort(heat, axis=None)[::-1].cumsum()
        half = 1 + int(np.searchsorted(falling, 0.5 * falling[-1]))
        return (
            f"For {name} ({sure}): strongest in the {where}; half of what speaks for it lies in"
            f" {100 * half / heat.size:.0f} % of the picture."
        )

    @property
    def caption(self) -> str:
        """What is shown, in words."""
        return f"Grad-CAM at {self.stage}: where it saw what speaks for a class"

    def __repr__(self) -> str:
        return "\n".join([self.caption, *(f"  {at}  {self.words(at)}" for at in range(len(self)))])

    def _repr_html_(self) -> str:
        ink = pictures.looks_like_ink(self.images)
        shown = []
        for at, (image, overlay) in enumerate(zip(self.images, self.overlays, strict=True)):
            name = self.classes[self.given[at]]
            plain = pictures.picture(image, ink=ink, largest_pixels=_LARGEST_PIXELS)
            laid = pictures.picture(overlay, largest_pixels=_LARGEST_PIXELS)
            shown += [
                pictures.Shown(plain, f"Picture {at}, said to be {name}", f"said: {name}"),
                pictures.Shown(laid, f"Map of picture {at}. {self.words(at)}", self.words(at)),
            ]
        return f"<p><strong>{html.escape(self.caption)}</strong></p>{pictures.row_of(shown, pixels=128)}"


def grad_cam(
    model: Run | Backbone,
    images: Any,
    of: ArrayLike | str | None = None,
    *,
    stage: str | None = None,
) -> GradCam:
    r"""Show where in pictures a network saw what speaks for a class.

    With :math:`A^k` the k-th channel of a stage's activations, Z the number of its places and :math:`y^c` the
    score of class c before the softmax,

    .. math:: \alpha_k^c = \frac{1}{Z} \sum_{ij} \frac{\partial y^c}{\partial A_{ij}^k}, \qquad
        L^c = \mathrm{ReLU}\Big(\sum_k \alpha_k^c A^k\Big)

    The gradient is taken with respect to the activations, so that it does not matter which weights are
    frozen. Weights, gradients, modes and hooks stay as they are.

    Parameters
    ----------
    model
        A finished run, or a backbone with its source head.
    images
        (n, c, h, w) or one picture (c, h, w), raw floats in 0..1.
    of
        The class to explain, by name or position: one for all pictures or one for each. None is what the
        network says of each.
    stage
        Whose activations are shown; None is the last stage that still has places.

    Returns
    -------
    GradCam
        Maps, overlays, and words.

    Raises
    ------
    UnknownNameError
        There is no such stage or class.
    DataError
        No head, pictures that the transform refuses, a stage without places, or gradients that are not finite.

    Notes
    -----
    A coarse map of an early layer says little about the class, and one of the last is as coarse as its places:
    a 4 × 4 map cannot tell neighbouring strokes apart. It shows what raised the score, not what the network
    would do without it.

    References
    ----------
    Selvaraju, Cogswell, Das, Vedantam, Parikh, Batra: Grad-CAM: visual explanations from deep networks via
    gradient-based localization. ICCV 2017, equations 1 and 2.

    Examples
    --------
    >>> from tlkit import backbones, data
    >>> net = backbones.load("zoo:resnet-letters")
    >>> shown = grad_cam(net, data.load("letters").validation.images[:2])
    >>> shown.stage, shown.maps.shape, shown.heat.shape
    ('layer3', (2, 4, 4), (2, 32, 32))
    """
    subject = subject_of(model)
    network = subject.with_head
    stage = subject.stage_with_places(stage)
    raw = pictures_of(images)
    wanted = subject.labels(of, len(raw))
    size = pictures_at_once(subject.transform.shape)
    parts = []
    with evaluating(network):
        for start in range(0, len(raw), size):
            chosen = None if wanted is None else torch.from_numpy(wanted[start : start + size])
            parts.append(_batch(subject, raw[start : start + size], chosen, stage))
    maps, labels, given, sure = (np.concatenate(one) for one in zip(*parts, strict=True))
    wrong = ~np.isfinite(maps).all(axis=(1, 2))
    if wrong.any():
        raise DataError(
            f"The map of picture {int(wrong.argmax())} is not finite.",
            "Look at the network: its weights may have diverged.",
        )
    return GradCam(raw, maps, stage, subject.classes, labels, given, sure)


def _batch(
    subject: Subject, images: NDArray[np.float32], chosen: torch.Tensor | None, stage: str
) -> tuple[NDArray[Any], ...]:
    after, network = subject.after(stage), subject.with_head
    with torch.inference_mode(False):
        with torch.no_grad():
            before = network.backbone(subject.inputs(images), stop=after)
        with torch.enable_grad():
            activations = before.detach().requires_grad_(True)
            # A copy goes in: a stage that begins with a layer that works in place may not write into a leaf.
            scores = network(activations.clone(), start=after)
            said = scores.argmax(dim=1)
            of = said if chosen is None else chosen.to(said.device)
            own = scores.gather(1, of[:, None])
            (slopes,) = torch.autograd.grad(own.sum(), activations)
        with torch.no_grad():
            weights = slopes.mean(dim=(2, 3), keepdim=True)
            maps = torch.relu((weights * before).sum(dim=1))
            sure = torch.softmax(scores.detach().double(), dim=1).gather(1, of[:, None])[:, 0]
    return tuple(one.cpu().numpy() for one in (maps.float(), of, said, sure.float()))
