"""Evaluation mode for a while, and afterwards each part as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluating(*modules: nn.Module) -> Iterator[None]:
    """Put modules into evaluation mode; afterwards every part is in the mode it was in.

    Parameters
    ----------
    modules
        Any number of modules.

    Examples
    --------
    >>> net = nn.Sequential(nn.Dropout(), nn.BatchNorm1d(2).eval())
    >>> with evaluating(net):
    ...     print([part.training for part in net])
    [False, False]
    >>> [part.training for part in net]
    [True, False]
    """
    changed = [part for module in modules for part in module.modules() if part.training]
    for part in changed:
        part.training = False
    try:
        yield
    finally:
        for part in changed:
            part.training = True
