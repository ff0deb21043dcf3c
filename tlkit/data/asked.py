"""Asked: the call that a dataset came from, as Python that can be run again with a change."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

# A longer list, such as one label for each item, is no setting.
_LONGEST = 12


@dataclass(frozen=True)
class Asked:
    """A call with the settings that differ from their defaults.

    Parameters
    ----------
    call
        What was called, such as ``"data.images"``.
    first
        How the arguments without a name are written.
    named
        Names of the others, and how their values are written. A value that cannot be written, such as a
        function or an array, is written as the name of its parameter.

    Examples
    --------
    >>> Asked("data.images", ("'pets'",), {"size": "64"}).again(group="alike")
    "data.images('pets', size=64, group='alike')"
    """

    call: str
    first: tuple[str, ...]
    named: Mapping[str, str]

    @classmethod
    def of(cls, call: str, function: Callable[..., Any], values: Mapping[str, Any]) -> Asked:
        """Return the call of a function.

        Parameters
        ----------
        call
            What is called.
        function
            The function.
        values
            What it was given: all its parameters by name.
        """
        first: list[str] = []
        named: dict[str, str] = {}
        for name, one in inspect.signature(function).parameters.items():
            value = values[name]
            if one.default is inspect.Parameter.empty:
                first.append(_written(name, value))
            elif value is not one.default and _written(name, value) != _written(name, one.default):
                named[name] = _written(name, value)
        return cls(call, tuple(first), named)

    @property
    def keeps_copies_together(self) -> bool:
        """Whether pictures that look alike were asked to stay in one split: ``group="alike"``."""
        return self.named.get("group") == repr("alike")

    def again(self, **changes: Any) -> str:
        """Return the call as Python, with some settings changed or added."""
        named = {**self.named, **{name: _written(name, value) for name, value in changes.items()}}
        return (
            f"{self.call}({', '.join([*self.first, *(f'{name}={value}' for name, value in named.items())])})"
        )


def _written(name: str, value: Any) -> str:
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if isinstance(value, np.generic):
        value = value.item()
    return repr(value) if _is_plain(value) else name


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return len(value) <= _LONGEST and all(map(_is_plain, value))
    return value is None or isinstance(value, str | int | float)
