"""Fingerprints: what makes one network another, in 64 digits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from types import CodeType

import torch
from torch import Tensor, nn

from tlkit.backbones.intake import Transform

# Modules of these packages do what their names and settings say; those of anybody else are told by their code too.
KNOWN = ("torch", "torchvision", "timm", "tlkit")


def fingerprint(module: nn.Module, transform: Transform) -> str:
    """Return the SHA-256 of a network's structure, settings, weights and buffers, and of its transform.

    Parameters
    ----------
    module
        Only looked at.
    transform
        Of its inputs.

    Examples
    --------
    >>> from tlkit.backbones import InputTransform
    >>> transform = InputTransform(channels=1, height=8, width=8, mean=(0.5,), std=(0.5,))
    >>> fingerprint(nn.ReLU(), transform) == fingerprint(nn.Tanh(), transform)
    False
    """
    digest = hashlib.sha256(repr(transform).encode())
    for text in _structure(module):
        digest.update(text)
    for name, value in module.state_dict().items():
        if isinstance(value, Tensor):
            digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
            digest.update(tensor_bytes(value))
    return digest.hexdigest()


def tensor_bytes(tensor: Tensor) -> memoryview:
    """Return a tensor's numbers as bytes, whatever its number format and device."""
    # Viewed as bytes: numpy does not know every number format of torch.
    return tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data


def _structure(module: nn.Module) -> Iterator[bytes]:
    for path, part in module.named_modules():
        kind = type(part)
        yield f"{path} {kind.__module__}.{kind.__qualname__} {part.extra_repr()}".encode()
        if kind.__module__.partition(".")[0] not in KNOWN:
            code = getattr(kind.forward, "__code__", None)
            if code is not None:
                yield from _instructions(code)


def _instructions(code: CodeType) -> Iterator[bytes]:
    yield code.co_code
    yield repr(code.co_names).encode()
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _instructions(constant)
        else:
            yield repr(constant).encode()
