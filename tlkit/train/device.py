"""Which device trains: named in words, refused in words."""

from __future__ import annotations

import torch

from tlkit.errors import TrainingError, unknown_name

_KINDS = ("cpu", "cuda", "mps", "auto")


def resolve_device(name: str | torch.device = "cpu") -> torch.device:
    """Return the device with this name, if this machine has it.

    Parameters
    ----------
    name
        ``"cpu"`` (the tested default), ``"cuda"``, ``"cuda:1"``, ``"mps"``, or ``"auto"`` for the first of
        CUDA, MPS and CPU that is there.

    Raises
    ------
    UnknownNameError
        No such kind of device.
    TrainingError
        This machine, or this build of PyTorch, does not have it.

    Examples
    --------
    >>> resolve_device("cpu")
    device(type='cpu')
    """
    text = str(name)
    kind, _, number = text.partition(":")
    if kind not in _KINDS or (number and not number.isdigit()):
        raise unknown_name("device", text, _KINDS)
    if kind == "auto":
        kind, number = ("cuda" if torch.cuda.is_available() else "mps" if _has_mps() else "cpu"), ""
    if kind == "cuda" and not torch.cuda.is_available():
        raise TrainingError("This machine has no CUDA device that PyTorch can use.", "Use device='cpu'.")
    if kind == "cuda" and number and int(number) >= torch.cuda.device_count():
        raise TrainingError(
            f"There is no device '{text}': this machine has {torch.cuda.device_count()} CUDA device(s).",
            "Use device='cuda'.",
        )
    if kind == "mps" and not _has_mps():
        raise TrainingError("This machine has no MPS device (Apple's GPU).", "Use device='cpu'.")
    return torch.device(f"{kind}:{number}" if number else kind)


def _has_mps() -> bool:
    return torch.backends.mps.is_available()
