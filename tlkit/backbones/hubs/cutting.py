"""Cutting: stages out of a library's network by its own forward pass, and proof that they are the same function."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from tlkit.backbones.evaluating import evaluating
from tlkit.backbones.pooling import pool_features

# Pooled by the library or by us: sums in another order.
_ROUNDING = 1e-5


class Through(nn.Module):
    """Gives what it gets, whatever else it is called with: stands where a part was taken out."""

    def forward(self, x: Tensor, *_: Any, **__: Any) -> Tensor:
        """Return the first argument."""
        return x


class Called(nn.Module):
    """A network of which one method runs.

    Parameters
    ----------
    net
        The network.
    method
        Name of the method.
    settings
        What it is called with besides the input.
    """

    def __init__(self, net: nn.Module, method: str, **settings: Any) -> None:
        super().__init__()
        self.net = net
        self.method = method
        self.settings = settings

    def forward(self, x: Tensor) -> Tensor:
        """Return what the method gives."""
        given: Tensor = getattr(self.net, self.method)(x, **self.settings)
        return given

    def extra_repr(self) -> str:
        """Tell the method: it is part of what the network does."""
        return f"method={self.method}, settings={self.settings}"


def with_parts(net: nn.Module, parts: Mapping[str, nn.Module]) -> nn.Module:
    """Return a network in which some parts are others; all that is not named is shared, and the network stays.

    Parameters
    ----------
    net
        Any network.
    parts
        Path of a part to what is to stand there.

    Examples
    --------
    >>> net = nn.Sequential(nn.Sequential(nn.ReLU(), nn.Tanh()), nn.Sigmoid())
    >>> print(with_parts(net, {"0.1": nn.Identity()})[0], net[0][1])
    Sequential(
      (0): ReLU()
      (1): Identity()
    ) Tanh()
    """
    found = copy.copy(net)
    for name in ("_modules", "_parameters", "_buffers"):
        object.__setattr__(found, name, dict(getattr(net, name)))
    below: dict[str, dict[str, nn.Module]] = {}
    for path, part in parts.items():
        first, _, rest = path.partition(".")
        if rest:
            below.setdefault(first, {})[rest] = part
        else:
            found._modules[first] = part
    for first, rest_of in below.items():
        inner = found._modules[first]
        assert inner is not None
        found._modules[first] = with_parts(inner, rest_of)
    return found


def bare(net: nn.Module) -> nn.Module:
    """Take a network's own parameters and buffers, not those of its parts, away from it, and return it."""
    net._parameters.clear()
    net._buffers.clear()
    return net


@contextmanager
def order_of(net: nn.Module, paths: Iterable[str]) -> Any:
    """Write down in which order parts of a network are called.

    Examples
    --------
    >>> net = nn.Sequential(nn.ReLU(), nn.Tanh())
    >>> with order_of(net, ["0", "1"]) as called:
    ...     _ = net(torch.zeros(1))
    >>> called
    ['0', '1']
    """
    called: list[str] = []

    def note(path: str) -> Any:
        return lambda *_: called.append(path)

    handles = [net.get_submodule(path).register_forward_pre_hook(note(path)) for path in paths]
    try:
        yield called
    finally:
        for handle in handles:
            handle.remove()


def chained(stages: Mapping[str, nn.Module], x: Tensor, expected: Tensor, exact: bool) -> bool:
    """Say whether stages, one after the other, give what the network gives.

    Parameters
    ----------
    stages
        From the input on.
    x
        Inputs.
    expected
        What the network gives for them: activations, or features if the stages' are to be pooled.
    exact
        Whether bit for bit; otherwise pooled and up to rounding.
    """
    try:
        with evaluating(*stages.values()), torch.no_grad():
            for stage in stages.values():
                x = stage(x)
            x = x if exact else pool_features(x)
    except Exception:  # whatever a part says that needs more than one input
        return False
    if not isinstance(x, Tensor) or x.shape != expected.shape:
        return False
    return torch.equal(x, expected) if exact else torch.allclose(x, expected, _ROUNDING, _ROUNDING)


def last_linear(net: nn.Module, classes: int) -> tuple[str, nn.Linear] | None:
    """Return the last linear layer that gives so many scores, with its path; None if there is none."""
    found = [
        (path, part)
        for path, part in net.named_modules()
        if isinstance(part, nn.Linear) and part.out_features == classes
    ]
    return found[-1] if found else None
