"""Limits: modules that come from elsewhere and cannot be frozen in every mode say in which they can, and why."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

_KEY = "_tlkit_limit"


def limit(module: nn.Module, modes: tuple[str, ...], why: str) -> None:
    """Say in which freeze modes a module can be; the first is the one to be advised.

    Parameters
    ----------
    module
        A stage or a part of one.
    modes
        Names of freeze modes.
    why
        What holds the others back, as a clause that begins with a capital letter and has no full stop.

    Examples
    --------
    >>> layer = nn.Identity()
    >>> limit(layer, ("strict",), "It runs in another process")
    >>> list(limits_of(nn.Sequential(layer)))
    [(('strict',), 'It runs in another process')]
    """
    module.__dict__[_KEY] = (modes, why)


def limits_of(module: nn.Module) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield what the parts of a module say of themselves."""
    for part in module.modules():
        if _KEY in part.__dict__:
            yield part.__dict__[_KEY]
