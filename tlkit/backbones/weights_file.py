"""Weights files: safetensors with a known hash, and nothing else."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from tlkit import files
from tlkit.errors import WeightsError

# How a pickle (protocol 2 and later) and a zip archive, which torch.save writes, begin.
_PICKLES = (b"\x80", b"PK\x03\x04")


def read_weights(path: str | os.PathLike[str], sha256: str) -> dict[str, Tensor]:
    """Read a safetensors file whose content has a known hash.

    Parameters
    ----------
    path
        The file.
    sha256
        64 hexadecimal digits, as on the card.

    Returns
    -------
    dict of str to Tensor
        As stored; half precision is not widened.

    Raises
    ------
    WeightsError
        The file is missing, was changed or cut short, or is a pickle, which could run code when it is read.
    """
    place = Path(path)
    try:
        content = place.read_bytes()
    except OSError as error:
        raise WeightsError(
            f"The weights {place.name} cannot be read: {error.strerror or error}.", "Install tlkit again."
        ) from error
    if content.startswith(_PICKLES):
        raise WeightsError(
            f"{place.name} is a pickle, which could run any code when it is read.",
            "Use weights that are stored as safetensors.",
        )
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise WeightsError(
            f"The weights {place.name} were changed or cut short: their SHA-256 is {found}, the card says"
            f" {sha256}.",
            "Install tlkit again.",
        )
    try:
        return safetensors.torch.load(content)
    except (SafetensorError, ValueError) as error:
        raise WeightsError(
            f"{place.name} is not a whole safetensors file: {error}.", "Get it again from where it came."
        ) from error


def write_weights(path: str | os.PathLike[str], tensors: Mapping[str, Tensor], *, half: bool) -> str:
    """Write tensors as safetensors, whole or not at all, and return the file's SHA-256.

    Parameters
    ----------
    path
        The file.
    tensors
        By name.
    half
        Whether floating-point numbers are stored in half precision.

    Raises
    ------
    StoreError
        The folder cannot be written to.
    """
    stored = {
        name: (tensor.half() if half and tensor.is_floating_point() else tensor)
        .detach()
        .cpu()
        .contiguous()
        .clone()
        for name, tensor in sorted(tensors.items())
    }
    with files.atomic_write(path) as file:
        file.write(safetensors.torch.save(stored))
    return files.sha256(path)


def fill(module: nn.Module, tensors: Mapping[str, Tensor], what: str) -> None:
    """Copy tensors into a module that has exactly these names and shapes.

    Parameters
    ----------
    module
        Changed in place; numbers are converted to its own type.
    tensors
        By the names of ``module.state_dict()``.
    what
        Name of the weights, for messages.

    Raises
    ------
    WeightsError
        A tensor is missing, is left over, or has another shape.
    """
    own = module.state_dict()
    strange = sorted(set(own) ^ set(tensors))
    if strange:
        raise WeightsError(
            f"The weights {what} do not fit the network: {', '.join(strange[:3])} is in one of them only.",
            "Use the network that the weights were made for.",
        )
    with torch.no_grad():
        for name, target in own.items():
            if target.shape != tensors[name].shape:
                raise WeightsError(
                    f"The weights {what} do not fit the network: {name} has shape"
                    f" {tuple(tensors[name].shape)}, expected {tuple(target.shape)}.",
                    "Use the network that the weights were made for.",
                )
            target.copy_(tensors[name])
