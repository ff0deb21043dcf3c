"""Pooling: from activations to one row of features per item."""

from __future__ import annotations

from torch import Tensor

from tlkit.errors import DataError, expect_kind


def pool_features(activations: Tensor) -> Tensor:
    """Return one row of features per item: the mean over all positions, of a text over all that hold a word.

    Parameters
    ----------
    activations
        (n, c, h, w); of texts (n, length, d), where rows of zeros are padding; or (n, d), which stays as it is.

    Returns
    -------
    Tensor
        (n, c) or (n, d). A text without a word gives zeros.

    Raises
    ------
    DataError
        No tensor, or one of another shape.

    Examples
    --------
    >>> import torch
    >>> pool_features(torch.arange(8.0).reshape(1, 2, 2, 2))
    tensor([[1.5000, 5.5000]])
    >>> pool_features(torch.tensor([[[2.0, 4.0], [4.0, 0.0], [0.0, 0.0]]]))
    tensor([[3., 2.]])
    """
    expect_kind("What a stage gives", activations, Tensor, DataError, "Let it give one tensor.")
    if activations.ndim == 2:
        return activations
    if activations.ndim == 3:
        return activations.sum(dim=1) / words_of(activations).sum(dim=1).clamp(min=1)
    if activations.ndim != 4:
        raise DataError(
            f"Activations of shape {tuple(activations.shape)} cannot be pooled, expected (n, c, h, w),"
            " (n, length, d) or (n, d).",
            "Let the last stage end with a layer that gives one of these shapes.",
        )
    return activations.mean(dim=(2, 3))


def words_of(activations: Tensor) -> Tensor:
    """Return which places of texts hold a word, (n, length, 1), booleans: the others are rows of zeros.

    Parameters
    ----------
    activations
        (n, length, d).

    Examples
    --------
    >>> import torch
    >>> words_of(torch.tensor([[[0.0, 4.0], [0.0, 0.0]]])).flatten()
    tensor([ True, False])
    """
    return activations.ne(0).any(dim=2, keepdim=True)
