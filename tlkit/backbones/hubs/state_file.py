"""Weights files as torch writes them: read without running any code in them, and with the right hash only."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path
from typing import Any

import torch

from tlkit.backbones.hubs.missing import fetch_command
from tlkit.errors import WeightsError


def read_state(path: Path, sha256: str, name: str) -> tuple[dict[str, Any], str]:
    """Read a state dict that ``torch.save`` wrote.

    Parameters
    ----------
    path
        The file.
    sha256
        The first digits of its SHA-256, or all; empty if it is not known.
    name
        What the weights belong to, for messages.

    Returns
    -------
    tuple of dict and str
        Tensors by name, and the whole SHA-256.

    Raises
    ------
    WeightsError
        The file cannot be read, was changed or cut short, or holds something else than tensors.
    """
    again = f"Delete {path} and run {fetch_command(name)}."
    try:
        with open(path, "rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            if not found.startswith(sha256):
                raise WeightsError(
                    f"The weights {path.name} were changed or cut short: their SHA-256 is {found}, expected one that"
                    f" begins with {sha256}.",
                    again,
                )
            file.seek(0)
            state = torch.load(file, map_location="cpu", weights_only=True)
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {error.strerror or error}.", again) from error
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise WeightsError(
            f"{path.name} does not hold tensors alone, or is damaged: {' '.join(str(error).split())[:160]}.",
            again,
        ) from error
    if not isinstance(state, dict) or not all(
        isinstance(key, str) and isinstance(value, torch.Tensor) for key, value in state.items()
    ):
        raise WeightsError(f"{path.name} holds no tensors by name.", "Use a file that holds a state dict.")
    return state, found
