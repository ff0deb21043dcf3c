"""Others' ways to do what tlkit does, one file per peer, each written as that peer's own guide tells its users to.

Every peer gets the same copy of a network, the same pictures, already normalised, and the same labels, and is a module
with two functions:

``frozen_head(given, rate=RATE)``
    Freezes the network, trains a new last layer on ``given.train``, looks at ``given.validation`` after every pass, and
    returns what scores pictures.
``fine_tune(given, opened, passes, rate=...)``
    Trains the stages named in ``opened`` and a new last layer for so many passes over ``given.train``, without
    validation.

The rates are the best of a few that were tried on one to three draws, by accuracy on the validation split of the data
set, which no draw contains; ``python benchmarks/frozen_head.py --rates`` and ``python benchmarks/finetune.py --rates``
print such tables. No peer pays for resizing or normalising pictures, for loading the network, or for its own first
call.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType

import torch
from torch import Tensor, nn

#: Name on the command line: the module here, and the package it needs besides torch.
PEERS: dict[str, tuple[str, str]] = {
    "tutorial": ("tutorial", "torch"),
    "fastai": ("fastai_peer", "fastai"),
    "lightning": ("lightning_peer", "lightning"),
    "skorch": ("skorch_peer", "skorch"),
    "keras": ("keras_peer", "keras"),
}
#: Pictures at once when nothing is trained.
SCORED_AT_ONCE = 60

Scorer = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Labelled:
    """Pictures (n, c, h, w) as the network takes them, and their classes (n,)."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Given:
    """What a peer starts from; the stages are its own copy, in evaluation mode."""

    stages: dict[str, nn.Module]
    features: int
    classes: int
    train: Labelled
    validation: Labelled
    batch_size: int
    seed: int

    def body(self) -> nn.Sequential:
        """Return the stages and what pools their maps to features (n, d)."""
        stages = nn.Sequential(OrderedDict(self.stages))
        return nn.Sequential(OrderedDict(stages=stages, pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(1)))

    def network(self) -> nn.Sequential:
        """Return the body with a new last layer, which torch draws from the seed."""
        torch.manual_seed(self.seed)
        return nn.Sequential(OrderedDict(body=self.body(), head=nn.Linear(self.features, self.classes)))


def load(name: str) -> ModuleType | None:
    """Return a peer, or None if its package is not installed."""
    module, package = PEERS[name]
    if importlib.util.find_spec(package) is None:
        return None
    return importlib.import_module(f"peers.{module}")


def close(body: nn.Module, opened: Sequence[str] = ()) -> None:
    """Take every weight of a body from training but those of some stages; modes stay as they are."""
    wanted = tuple(f"stages.{name}." for name in opened)
    for name, parameter in body.named_parameters():
        parameter.requires_grad = name.startswith(wanted)


def scorer(network: nn.Module) -> Scorer:
    """Return what gives a network's scores (n, classes) for pictures."""

    def scores(images: Tensor) -> Tensor:
        network.eval()
        with torch.inference_mode():
            return torch.cat([network(part) for part in images.split(SCORED_AT_ONCE)])

    return scores
