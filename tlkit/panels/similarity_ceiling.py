"""The ceiling of scores in the run of a Similarity panel: which network it is, or how one is trained, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tlkit.panels.worker import Job
from tlkit.similarity.ceiling import too_large, trained

if TYPE_CHECKING:
    from tlkit.backbones import Backbone
    from tlkit.data import Dataset, Split

#: How much of the time of a run training one takes, as seen on one core.
CEILING = 0.75


class Ceiling:
    """A network that learned the target, for :func:`tlkit.similarity.report`.

    Parameters
    ----------
    network, target
        Gives the architecture, and what it learns.
    seed
        Of its weights.
    job
        Told how far training is, asked whether to stop.
    learned
        Whether the network itself was trained on the target.

    Attributes
    ----------
    network
        It, or how to train it, or None where there is none.
    words
        Where it comes from, or why there is none; known once it was trained.
    """

    network: Backbone | Callable[[Split], Backbone] | None

    def __init__(self, network: Backbone, target: Dataset, seed: int, job: Job, *, learned: bool) -> None:
        self._backbone, self._target, self._seed, self._job = network, target, seed, job
        self.words = ""
        if learned:
            # A fresh one would be the same, trained for less time.
            self.network = network
            self.words = f"The ceiling is {network.name} itself, since it learned from {target.name}."
        elif too_large(network):
            self.network = None
            numbers = network.summary().parameters
            self.words = (
                f"There is no ceiling: training {numbers:,} numbers from scratch takes too long here."
            )
        else:
            self.network = self._train

    def _train(self, split: Split) -> Backbone:
        learned = (
            f"knows by heart the {len(split):,} texts of {self._target.name} that the scores look at"
            if split.kind == "texts"
            else f"learned from {len(split):,} other training pictures of {self._target.name}"
        )
        self.words = f"The ceiling’s network has the same architecture and {learned}."
        return trained(
            self._backbone,
            self._target,
            split,
            self._seed,
            self._job.should_stop,
            lambda said, share: self._job.say(said, share * CEILING),
        )
