"""Small networks of every kind that the tests of freezing share, and how they are trained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from tlkit.backbones import Network, StagedModule

CLASSES = 3


class MovingMean(nn.Module):
    """A learner's own layer with a buffer that every training batch moves."""

    mean: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            with torch.no_grad():
                self.mean.lerp_(x.mean((0, 2, 3), keepdim=True), 0.2)
        return x - self.mean


class ChannelNorm(nn.Module):
    """LayerNorm over the channels of each position."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.norm(x.movedim(1, -1)).movedim(-1, 1)
        return found


class Tied(nn.Module):
    """Two convolutions with one weight."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 1)
        self.second = nn.Conv2d(channels, channels, 1)
        self.second.weight = self.first.weight

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.second(torch.tanh(self.first(x)))
        return found


def _conv(before: int, after: int) -> nn.Conv2d:
    return nn.Conv2d(before, after, 3, padding=1)


# Each: what a stage holds besides its convolution.
LAYERS: dict[str, Callable[[], list[nn.Module]]] = {
    "everything": lambda: [nn.BatchNorm2d(4), MovingMean(4), nn.Dropout(0.3)],
    "batch norm": lambda: [nn.BatchNorm2d(4)],
    "batch norm without affine": lambda: [nn.BatchNorm2d(4, affine=False)],
    "cumulative batch norm": lambda: [nn.BatchNorm2d(4, momentum=None)],
    "layer norm": lambda: [ChannelNorm(4)],
    "group norm": lambda: [nn.GroupNorm(2, 4)],
    "instance norm": lambda: [nn.InstanceNorm2d(4, affine=True, track_running_stats=True)],
    "dropout only": lambda: [nn.Dropout2d(0.4)],
    "tied weights": lambda: [Tied(4), nn.BatchNorm2d(4)],
    "spectral norm": lambda: [parametrizations.spectral_norm(_conv(4, 4))],
    "old spectral norm": lambda: [nn.utils.spectral_norm(_conv(4, 4))],
    "own buffer": lambda: [MovingMean(4)],
}


def network(layers: str = "everything", seed: int = 0, stages: int = 3) -> Network:
    """Return a network with the stages ``s0``, ``s1``, … and a head, with statistics from a few batches."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        parts: dict[str, nn.Module] = {}
        for number in range(stages):
            parts[f"s{number}"] = nn.Sequential(_conv(4 if number else 1, 4), *LAYERS[layers](), nn.Tanh())
        made = Network(StagedModule(parts), nn.Linear(4, CLASSES))
        with torch.no_grad():
            for x, _ in batches(2, seed + 1):
                made(x)
    return made


def batches(count: int, seed: int = 0, items: int = 4) -> list[tuple[Tensor, Tensor]]:
    """Return batches of images that are not centred, so that statistics move, and labels."""
    generator = torch.Generator().manual_seed(seed)
    return [
        (
            1 + torch.randn(items, 1, 5, 5, generator=generator),
            torch.randint(CLASSES, (items,), generator=generator),
        )
        for _ in range(count)
    ]


def step(
    made: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor, y: Tensor, dropout_seed: int = 0
) -> None:
    """Train on one batch as a learner's loop does."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(dropout_seed)
        optimizer.zero_grad()
        nn.functional.cross_entropy(made(x).float(), y).backward()
        optimizer.step()


def sgd(parameters: Iterable[Tensor]) -> torch.optim.Optimizer:
    """Return an optimizer that moves whatever has a gradient, even one of zero."""
    return torch.optim.SGD(parameters, lr=0.05, momentum=0.9, weight_decay=0.01)


def learn(made: nn.Module, steps: int = 2, seed: int = 5) -> None:
    """Train by a loop that knows nothing of plans: all parameters, ``train()`` before each step."""
    optimizer = sgd(made.parameters())
    for number, (x, y) in enumerate(batches(steps, seed)):
        made.train()
        step(made, optimizer, x, y, number)


def learn_by_hand(
    made: Network, modes: Mapping[str, str], steps: int = 2, seed: int = 5, dtype: torch.dtype = torch.float32
) -> None:
    """Train as the table of modes says, written out in plain torch without tlkit.freeze."""
    norms = (nn.BatchNorm2d, nn.InstanceNorm2d)
    fixed: list[nn.Parameter] = []
    for name, stage in made.backbone.stages.items():
        for part in stage.modules():
            for parameter in part.parameters(recurse=False):
                learns = modes[name] in ("trainable", "stored_stats") or (
                    modes[name] == "train_bn" and isinstance(part, norms)
                )
                if not learns:
                    fixed.append(parameter)
    for parameter in fixed:
        parameter.requires_grad = False
    optimizer = sgd([parameter for parameter in made.parameters() if parameter.requires_grad])
    for number, (x, y) in enumerate(batches(steps, seed)):
        made.train()
        kept = []
        for name, stage in made.backbone.stages.items():
            if modes[name] in ("strict", "stored_stats"):
                stage.eval()
            if modes[name] == "batch_stats":
                kept += [(buffer, buffer.clone()) for buffer in stage.buffers()]
        step(made, optimizer, x.to(dtype), y, number)
        for buffer, before in kept:
            buffer.data.copy_(before)
    for parameter in fixed:
        assert parameter.grad is None


def snapshot(made: nn.Module) -> dict[str, Tensor]:
    """Return copies of all parameters and buffers by name."""
    return {name: tensor.detach().clone() for name, tensor in made.state_dict().items()}


def same(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    """Say whether two snapshots hold the same bits."""
    return list(one) == list(other) and all(
        bytes(one[name].contiguous().reshape(-1).view(torch.uint8).numpy())
        == bytes(other[name].contiguous().reshape(-1).view(torch.uint8).numpy())
        for name in one
    )
