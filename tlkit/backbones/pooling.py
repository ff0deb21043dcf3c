"""Pooling: from activations to one row of features per item."""

from __future__ import annotations

from torch import Tensor

from tlkit.errors import DataError


def pool_features(activations: Tensor) -> Tensor:
    """Return one row of features per item: the mean over all positions.

    Parameters
    ----------
    activations
        (n, c, h, w), or (n, d), which stays as it is.

    Returns
    -------
    Tensor
        (n, c) or (n, d).

    Raises
    ------
    DataError
        Another shape.

    Examples
    --------
    >>> import torch
    >>> pool_features(torch.arange(8.0).reshape(1, 2, 2, 2))
    tensor([[1.5000, 5.5000]])
    """
    if activations.ndim == 2:
        return activations
    if activations.ndim != 4:
        raise DataError(
            f"Activations of shape {tuple(activations.shape)} cannot be pooled, expected (n, c, h, w) or"
            " (n, d).",
            "Let the last stage end with a layer that gives one of these shapes.",
        )
    return activations.mean(dim=(2, 3))
