"""Opening records: the kind, the version and the fields are checked before anything is built."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tlkit.errors import PanelError, RecordError


def checked(record: Mapping[str, Any], kind: str, version: int) -> dict[str, Any]:
    """Return a record's body, or say what is wrong with it.

    Raises
    ------
    RecordError
        The record is of another kind, from a newer version, or damaged.

    Examples
    --------
    >>> checked({"kind": "tlkit.panels.compare"}, "tlkit.panels.freeze", 1)
    Traceback (most recent call last):
        ...
    tlkit.errors.RecordError: This is a record of 'tlkit.panels.compare', not of 'tlkit.panels.freeze'. ...
    """
    if not isinstance(record, Mapping) or "kind" not in record:
        raise RecordError("This is not a record of a panel.", "Give what panel.record() returned.")
    if record["kind"] != kind:
        raise RecordError(
            f"This is a record of {record['kind']!r}, not of {kind!r}.",
            "Open it with the panel that wrote it.",
        )
    written = record.get("version")
    if not isinstance(written, int) or isinstance(written, bool) or written < 1:
        raise RecordError(
            f"The record's version is {written!r}, not a whole number.", "The record is damaged."
        )
    if written > version:
        raise RecordError(
            f"The record has version {written}; this tlkit reads versions up to {version}.", "Update tlkit."
        )
    for field in ("state", "about"):
        if not isinstance(record.get(field), Mapping):
            raise RecordError(f"The record has no {field!r}.", "The record is damaged: write it again.")
    outcome = record.get("outcome")
    if outcome is not None and not isinstance(outcome, Mapping):
        raise RecordError(
            "The record's 'outcome' is not an object.", "The record is damaged: write it again."
        )
    return {**record, "outcome": outcome}


def state_of(kind: type, values: Mapping[str, Any]) -> Any:
    """Build a state from a record's values.

    Raises
    ------
    RecordError
        A field is unknown or missing, or a value does not fit.
    """
    try:
        return kind(**{name: tuples(value) for name, value in values.items()})
    except (TypeError, ValueError) as error:
        raise RecordError(
            f"The record's settings do not fit: {error}.", "The record is damaged: write it again."
        ) from error


def tuples(value: Any) -> Any:
    """Turn JSON's lists into the tuples that states hold.

    Examples
    --------
    >>> tuples([1, [2, 3]])
    (1, (2, 3))
    """
    return tuple(tuples(one) for one in value) if isinstance(value, list) else value


def plain(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body as it would be read from a file: JSON's types only, and nothing shared.

    Examples
    --------
    >>> plain({"arms": ("scratch", "frozen")})
    {'arms': ['scratch', 'frozen']}
    """
    return dict(json.loads(json.dumps(body, allow_nan=False)))


@contextmanager
def damage_is_told() -> Iterator[None]:
    """Turn whatever a damaged record makes go wrong into a RecordError."""
    try:
        yield
    except RecordError:
        raise
    except (PanelError, LookupError, TypeError, ValueError, AttributeError) as error:
        what = error.what if isinstance(error, PanelError) else f"{type(error).__name__}: {error}."
        raise RecordError(
            f"The record does not fit together. {what}", "The record is damaged: write it again."
        ) from error


def reopened(anew: str) -> dict[str, str]:
    """Return what a panel from a record says in the place of its buttons.

    Parameters
    ----------
    anew
        How to make a panel that can run.
    """
    return {
        "reopened": f"Opened from a record: it shows what came out and cannot run. {anew}",
        "stale_words": "These results belong to the settings in the record.",
    }
