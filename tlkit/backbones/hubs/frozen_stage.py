"""Stages that another library computes: frozen for good, since nothing of them can learn here."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tlkit.backbones.limits import limit
from tlkit.errors import WeightsError


class Extractor(Protocol):
    """What computes."""

    def features(self, pictures: NDArray[Any]) -> NDArray[Any]:
        """Return (n, d), or (n, h, w, c) or (n, c, h, w), for pictures in its own layout."""


class FrozenStage(nn.Module):
    """A feature extractor as a stage; the only freeze mode it can be in is ``strict``.

    Parameters
    ----------
    extractor
        What computes; it is shared by copies.
    sha256
        Of its files: what tells it from another.
    channels_last
        Whether its pictures are (n, h, w, c).
    why
        Why nothing of it can learn, as a clause.
    """

    def __init__(self, extractor: Extractor, sha256: str, channels_last: bool, why: str) -> None:
        super().__init__()
        self.extractor = extractor
        self.sha256 = sha256
        self.channels_last = channels_last
        limit(self, ("strict",), why)

    def forward(self, x: Tensor) -> Tensor:
        """Return features (n, d), or activations (n, c, h, w), without a way back to the pictures."""
        pictures = x.detach().float().cpu()
        given = self.extractor.features(
            (pictures.permute(0, 2, 3, 1) if self.channels_last else pictures).contiguous().numpy()
        )
        if given.ndim not in (2, 4) or len(given) != len(pictures):
            raise WeightsError(
                f"The model gives an array of shape {given.shape} for {len(pictures)} pictures.",
                "Use one that gives (n, features), or (n, height, width, channels).",
            )
        found = torch.from_numpy(np.asarray(given, dtype=np.float32)).to(x.device)
        return found.permute(0, 3, 1, 2) if found.ndim == 4 and self.channels_last else found

    def draw_anew(self, generator: torch.Generator) -> None:
        """Refuse: what another library computes cannot be given random weights.

        Raises
        ------
        WeightsError
            Always.
        """
        raise WeightsError(
            "The weights of this stage cannot be drawn anew: another library computes it.",
            "Leave out what starts from random weights: the arms scratch, scratch-long and random-frozen.",
        )

    def extra_repr(self) -> str:
        """Return the hash of its files."""
        return f"sha256={self.sha256}, channels_last={self.channels_last}"
