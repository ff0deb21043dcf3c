"""Pooling: from activations to one row of features per item."""

from __future__ import annotations

from torch import Tensor

from tlkit.errors import DataError, expect_kind


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
        No tensor, or one of another shape.

    Examples
    --------
    >>> import torch
    >>> pool_features(torch.arange(8.0).reshape(1, 2, 2, 2))
    tensor([[1.5000, 5.5000]])
    """
    expect_kind("What a stage gives", activations, Tensor, DataError, "Let it give one tensor.")
    if activations.ndim == 2:
        return activations
    if activations.ndim != 4:
        raise DataError(
            f"Activations of shape {tuple(activations.shape)} cannot be pooled, expected (n, c, h, w) or"
            " (n, d).",
            "Let the last stage end with a layer that gives one of these shapes.",
        )
    return activations.mean(dim=(2, 3))
