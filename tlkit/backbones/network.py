"""Network: a backbone's stages and a head for the task at hand."""

from __future__ import annotations

from torch import Tensor, nn

from tlkit.backbones.pooling import pool_features
from tlkit.backbones.staged import StagedModule
from tlkit.errors import PlanError, expect_kind


class Network(nn.Module):
    """A staged module with a head on its pooled features.

    Parameters
    ----------
    backbone
        The stages.
    head
        From features (n, d) to scores (n, classes).

    Raises
    ------
    PlanError
        One of them is no such module.

    Examples
    --------
    >>> import torch
    >>> network = Network(StagedModule({"stem": nn.Conv2d(1, 4, 3)}), nn.Linear(4, 10))
    >>> network(torch.zeros(2, 1, 8, 8)).shape
    torch.Size([2, 10])
    >>> list(network.stage_modules())
    ['stem', 'head']
    """

    backbone: StagedModule
    head: nn.Module

    def __init__(self, backbone: StagedModule, head: nn.Module) -> None:
        super().__init__()
        expect_kind(
            "The backbone", backbone, StagedModule, PlanError, "Give a StagedModule: backbone.module."
        )
        expect_kind("The head", head, nn.Module, PlanError, "Give a torch.nn.Module, such as nn.Linear.")
        self.backbone = backbone
        self.head = head

    def forward(self, x: Tensor, start: str | None = None) -> Tensor:
        """Return scores (n, classes).

        Parameters
        ----------
        x
            Transformed images, or the activations that enter ``start``.
        start
            The first stage that runs; None for the very first, ``"head"`` for the head alone.
        """
        scores: Tensor = self.head(pool_features(self.backbone(x, start=start)))
        return scores

    def stage_modules(self) -> dict[str, nn.Module]:
        """Return the stages by name, from the input on, and ``"head"`` last."""
        return {**dict(self.backbone.stages.items()), "head": self.head}
