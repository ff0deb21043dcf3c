"""Work: an estimate of how many multiply-adds a run took."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tlkit.backbones import Backbone, Network


class Work:
    """Counts the multiply-adds of training, stage by stage.

    Parameters
    ----------
    backbone
        Its summary gives the forward multiply-adds of each stage per item.
    classes
        Size of the head.
    """

    def __init__(self, backbone: Backbone, classes: int) -> None:
        summary = backbone.summary()
        self._costs = {stage.name: int(stage.multiply_adds) for stage in summary.stages}
        self._costs["head"] = backbone.feature_count * classes
        self.multiply_adds = 0

    def passed(self, items: int, start: str | None, stop: str | None) -> None:
        """Count items that ran forward through the stages from ``start`` up to ``stop``."""
        self.multiply_adds += items * sum(self._costs[name] for name in self._between(start, stop))

    def trained(self, items: int, start: str | None, first_trained: str) -> None:
        """Count items of training steps.

        From the first trained stage on each layer's product is formed three times: forward, for the gradient
        of its input and for that of its weights.
        """
        self.passed(items, start, None)
        self.multiply_adds += (
            2 * items * sum(self._costs[name] for name in self._between(first_trained, None))
        )

    def _between(self, start: str | None, stop: str | None) -> list[str]:
        names = list(self._costs)
        begin = 0 if start is None else names.index(start)
        end = len(names) if stop is None else names.index(stop)
        return names[begin:end]


def first_trained(network: Network) -> str:
    """Return the first stage from which on gradients are needed: where the first parameter may change.

    What comes before it, though its statistics may drift, only runs forward.

    Parameters
    ----------
    network
        With a freeze plan in force.

    Examples
    --------
    >>> from tlkit import backbones, freeze
    >>> net = backbones.load("zoo:resnet-letters")
    >>> [first_trained(freeze.plan(net, until="layer3", mode=mode).apply(net.with_head(3, seed=0)))
    ...  for mode in ("weights_only", "train_bn")]
    ['layer3', 'stem']
    """
    for name, module in network.stage_modules().items():
        if any(parameter.requires_grad for parameter in module.parameters()):
            return name
    return "head"
