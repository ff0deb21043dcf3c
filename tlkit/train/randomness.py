"""Dropout that draws from a generator of our own and leaves the global one alone."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from tlkit.backbones.fingerprint import KNOWN


class _OwnRandomness(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's base has no types
    """Give every operation that would draw from the global generator another generator.

    PyTorch's dropout offers no generator argument. Saving and restoring the global state around a run would
    be wrong while another thread draws: its numbers would be rewound with ours. A dispatch mode belongs to
    one thread and sees each drawing operation, so the global state is never touched at all.
    """

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # as above
        self.generator = generator
        self.draws = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if func is torch.ops.aten.native_dropout.default:
            self.draws += 1
            return self._native_dropout(*args, **kwargs)
        if torch.Tag.nondeterministic_seeded in func.tags:
            self.draws += 1
            names = {argument.name for argument in func._schema.arguments}
            if "generator" in names and kwargs.get("generator") is None:
                kwargs["generator"] = self.generator
            elif "generator" not in names:
                func, kwargs = self._with_generator(func, kwargs)
        return func(*args, **kwargs)

    def _native_dropout(self, x: Tensor, p: float, train: bool | None = True) -> tuple[Tensor, Tensor]:
        # CUDA's fused dropout: same result type, drawn from our generator.
        if train is False or p == 0:
            return x, torch.ones_like(x, dtype=torch.bool)
        keep = torch.empty_like(x).bernoulli_(1 - p, generator=self.generator)
        scale = 0.0 if p == 1 else 1 / (1 - p)
        return x * keep * scale, keep.bool()

    def _with_generator(self, func: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        # Some operations (torch.rand) have a second form that takes the generator.
        packet = func.overloadpacket
        other = f"{func._overloadname}_generator".replace("default_", "")
        if other in packet.overloads():
            return getattr(packet, other), {**kwargs, "generator": self.generator}
        return func, kwargs


@contextmanager
def own_randomness(generator: torch.Generator | None) -> Iterator[None]:
    """Let everything drawn inside, dropout included, come from ``generator``; None changes nothing.

    Parameters
    ----------
    generator
        On the device where the network runs.

    Examples
    --------
    >>> before = torch.get_rng_state()
    >>> with own_randomness(torch.Generator().manual_seed(0)):
    ...     kept = nn.functional.dropout(torch.ones(1000), 0.5).count_nonzero()
    >>> bool(400 < kept < 600), torch.equal(before, torch.get_rng_state())
    (True, True)
    """
    if generator is None:
        yield
        return
    with _OwnRandomness(generator):
        yield


def draws_random_numbers(network: nn.Module, forward: Callable[[Any], Any], device: torch.device) -> bool:
    """Return whether a network's forward pass, in the mode it is in, draws random numbers.

    Running statistics stay as they are. Knowing it spares networks without dropout the cost of being watched.

    Parameters
    ----------
    network
        Not changed.
    forward
        Runs the network that it is given.
    device
        Where the network is.
    """
    mode = _OwnRandomness(torch.Generator(device=device).manual_seed(0))
    # Modules of these packages remember in buffers alone; those of anybody else may in other ways too.
    known = all(type(part).__module__.partition(".")[0] in KNOWN for part in network.modules())
    before = [(buffer, buffer.clone()) for buffer in network.buffers()] if known else []
    try:
        with torch.no_grad(), mode:
            forward(network if known else copy.deepcopy(network))
    finally:
        with torch.no_grad():
            for buffer, value in before:
                buffer.copy_(value)
    return mode.draws > 0
