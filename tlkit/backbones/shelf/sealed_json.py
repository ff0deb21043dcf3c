"""JSON that says its own hash, so that one changed byte shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from tlkit.errors import WeightsError

_SEAL = "sha256_of_the_rest"


def write(values: Mapping[str, Any]) -> bytes:
    """Return values as JSON with their own hash.

    Examples
    --------
    >>> read(write({"reason": "biased"}), "a note")
    {'reason': 'biased'}
    """
    return _text({**values, _SEAL: _hash(values)})


def read(content: bytes, what: str) -> dict[str, Any]:
    """Return what :func:`write` wrote.

    Raises
    ------
    WeightsError
        A byte of it was changed.
    """
    try:
        values = json.loads(content.decode("utf-8"))
        sealed = values.pop(_SEAL)
        whole = sealed == _hash(values) and _text({**values, _SEAL: sealed}) == content
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        whole = False
    if not whole:
        raise WeightsError(f"{what} was changed or cut short.", "Push or pull it again.")
    return dict(values)


def _text(values: Mapping[str, Any]) -> bytes:
    return (json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _hash(values: Mapping[str, Any]) -> str:
    text = json.dumps(values, ensure_ascii=False, allow_nan=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
