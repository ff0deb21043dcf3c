"""The old-head test: put the source head back and measure the source task, before and after."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Any

from torch import nn

from tlkit.backbones import Backbone, Network
from tlkit.errors import PlanError, expect_kind


@dataclass(frozen=True, repr=False)
class OldHead:
    """How well the source task is still solved with its own old head.

    Parameters
    ----------
    before, after
        Share of the source's test sample that is right, 0 to 1.
    items
        Size of the sample.

    Examples
    --------
    >>> print(OldHead(0.98, 0.61, 520))
    The old task with its old head: 98.0 % before, 61.0 % after, on 520 items. 37.0 points were forgotten.
    """

    before: float
    after: float
    items: int

    @property
    def forgotten(self) -> float:
        """Before minus after; negative if the source task got better."""
        return self.before - self.after

    @property
    def sentence(self) -> str:
        """The finding in words."""
        changed = round((self.after - self.before) * self.items)
        points = abs(100 * self.forgotten)
        if changed == 0:
            end = "Nothing was forgotten." if self.before == self.after else "As good as before."
        elif changed < 0:
            end = f"{points:.1f} points were forgotten."
        else:
            end = f"{points:.1f} points better than before."
        return (
            f"The old task with its old head: {100 * self.before:.1f} % before, {100 * self.after:.1f} %"
            f" after, on {self.items:,} items. {end}"
        )

    def record(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {"before": self.before, "after": self.after, "items": self.items, "sentence": self.sentence}

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.sentence)}</p>"


def old_head_test(backbone: Backbone, network: Network) -> OldHead | None:
    """Put the source head back on a trained network and measure the source task again.

    A frozen network can forget: under ``weights_only`` the running statistics drift, and the old head no
    longer gets the features that it was made for.

    Parameters
    ----------
    backbone
        As it was before training.
    network
        After training; it is left as it is.

    Returns
    -------
    OldHead or None
        None if no source head or no sample of the source travels with the backbone.

    Raises
    ------
    PlanError
        One of the two is something else, or the network's features are not those of the backbone.

    Examples
    --------
    >>> from tlkit import backbones
    >>> net = backbones.load("zoo:resnet-letters")
    >>> test = old_head_test(net, net.with_head(10, seed=0))
    >>> test.before == test.after
    True
    """
    expect_kind("The backbone", backbone, Backbone, PlanError, "Give what backbones.load returned.")
    # Not by class: a compiled network is of another one.
    if not isinstance(network, nn.Module) or not isinstance(getattr(network, "backbone", None), nn.Module):
        raise PlanError(
            f"The trained network is of the kind {type(network).__name__}, without a backbone in it.",
            "Give backbone.with_head(...) after training, or run.model.",
        )
    if backbone.source_head is None or backbone.source_sample is None:
        return None
    before = backbone.source_accuracy()
    was_training = [(part, part.training) for part in network.modules()]
    try:
        after = backbone.source_accuracy(network.backbone)
    finally:
        for part, training in was_training:
            part.training = training
    if before is None or after is None:
        return None
    return OldHead(before, after, len(backbone.source_sample.labels))
