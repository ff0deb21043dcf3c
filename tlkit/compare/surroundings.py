"""Surroundings: what a cell's numbers depend on besides its order, here and on other machines."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import tlkit
from tlkit.compare.store import code_fingerprint
from tlkit.errors import ComparisonError

# Those that calculate: another version may round in another way.
_LIBRARIES = ("torch", "torchvision", "numpy", "scipy")


def surroundings() -> dict[str, Any]:
    """Return code, versions and kind of processor, as plain JSON values.

    Examples
    --------
    >>> sorted(surroundings())
    ['code', 'libraries', 'machine', 'tlkit']
    """
    import torch

    return {
        "code": code_fingerprint(),
        "tlkit": tlkit.__version__,
        "libraries": {name: version(name) for name in _LIBRARIES},
        # Other processors sum in another order.
        "machine": [platform.machine(), torch.backends.cpu.get_cpu_capability()],
    }


def expect_the_same(wanted: Mapping[str, Any], where: str) -> None:
    """Refuse to measure what would be kept as if it had been measured by whoever wants it, but differs.

    Parameters
    ----------
    wanted
        What `surroundings` returned there.
    where
        Which machine or worker this is.

    Raises
    ------
    ComparisonError
        Other versions, other code of tlkit or another kind of processor.

    Examples
    --------
    >>> expect_the_same({**surroundings(), "tlkit": "0.0.1"}, "node-7")
    Traceback (most recent call last):
    ...
    tlkit.errors.ComparisonError: node-7 does not calculate as this process does: tlkit ... instead of 0.0.1. ...
    """
    found = surroundings()
    if found == wanted:
        return
    mine, other = ({**one, **one["libraries"]} for one in (found, wanted))
    words = [
        "another state of tlkit's code" if name == "code" else f"{name} {mine.get(name)} instead of {value}"
        for name, value in other.items()
        if name != "libraries" and mine.get(name) != value
    ]
    raise ComparisonError(
        f"{where} does not calculate as this process does: {', '.join(words)}.",
        "Install the same versions there; for one kind of processor, start the comparison on such a machine, too.",
    )
