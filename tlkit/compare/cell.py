"""Cell: what one arm gave on one draw; the smallest part of a comparison that is measured and stored."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlkit.errors import RecordError

SCHEMA = 1


@dataclass(frozen=True, eq=False)
class Cell:
    """One arm on one draw.

    Parameters
    ----------
    arm, seed, labels_per_class
        Which one; labels_per_class is None for all training labels.
    correct
        (items,) whether each test item was right.
    recipe
        Every choice of the training.
    chosen
        How the recipe came about, in words.
    steps, trainable_parameters, multiply_adds, seconds
        What the training took.
    cached
        Where each step began, in words.
    head_strength
        How the convex head's strength came about, in words.
    seal, kept
        What the seal said, and whether it held.
    task
        Fingerprint of the labels and the test set.
    threads, device
        Repeat these and the numbers repeat.
    from_store
        Whether it was measured before and taken from the store.
    """

    arm: str
    seed: int
    labels_per_class: int | None
    correct: NDArray[np.bool_]
    recipe: dict[str, Any]
    chosen: str
    steps: int
    trainable_parameters: int
    multiply_adds: int
    seconds: float
    cached: str
    head_strength: str
    seal: str
    kept: bool
    task: str
    threads: int
    device: str
    from_store: bool = False

    @property
    def accuracy(self) -> float:
        """Share of the test items that is right, 0 to 1."""
        return float(self.correct.mean())

    def record(self) -> dict[str, Any]:
        """Return the cell as plain JSON values."""
        values = {name: getattr(self, name) for name in _PLAIN}
        return {"schema": SCHEMA, **values, "accuracy": self.accuracy, "correct": pack(self.correct)}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Cell:
        """Return the cell that a record holds.

        Raises
        ------
        RecordError
            The record is damaged or from a newer version.
        """
        try:
            if record["schema"] > SCHEMA:
                raise RecordError(
                    f"The cell has schema {record['schema']}; this tlkit reads up to {SCHEMA}.",
                    "Update tlkit.",
                )
            values = {name: record[name] for name in _PLAIN}
            for name, kind in _KINDS.items():
                if not isinstance(values[name], kind):
                    raise TypeError(f"{name} is {values[name]!r}")
            return cls(**values, correct=unpack(record["correct"]))
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, RecordError):
                raise
            raise RecordError(f"The cell is damaged: {error!r}.", "Measure it again.") from error


_KINDS: dict[str, type | tuple[type, ...]] = {
    "arm": str,
    "seed": int,
    "labels_per_class": (int, type(None)),
    "recipe": dict,
    "chosen": str,
    "steps": int,
    "trainable_parameters": int,
    "multiply_adds": int,
    "seconds": (int, float),
    "cached": str,
    "head_strength": str,
    "seal": str,
    "kept": bool,
    "task": str,
    "threads": int,
    "device": str,
    "from_store": bool,
}
_PLAIN = tuple(_KINDS)


def pack(correct: NDArray[np.bool_]) -> dict[str, Any]:
    """Write booleans as text, eight to a byte.

    Examples
    --------
    >>> pack(np.array([True, False, True]))
    {'items': 3, 'bits': 'oA=='}
    """
    return {"items": len(correct), "bits": base64.b64encode(np.packbits(correct).tobytes()).decode("ascii")}


def unpack(packed: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Read the booleans that `pack` wrote.

    Raises
    ------
    RecordError
        They are damaged.

    Examples
    --------
    >>> unpack({"items": 3, "bits": "oA=="})
    array([ True, False,  True])
    """
    try:
        content = np.frombuffer(base64.b64decode(packed["bits"], validate=True), dtype=np.uint8)
        items = packed["items"]
        if items < 1 or len(content) != -(-items // 8):
            raise ValueError(f"{items} items in {len(content)} bytes")
        return np.unpackbits(content, count=items).astype(bool)
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise RecordError(f"The list of right answers is damaged: {error}.", "Measure it again.") from error
