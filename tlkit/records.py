"""Opening records: the kind, the version and the fields are checked before anything is built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tlkit.errors import PlanError, RecordError, TlkitError, UnknownNameError


def opened(record: Any, kind: str, schema: int, said: str) -> Mapping[str, Any]:
    """Return a record if it is of this kind and not from a newer version.

    Parameters
    ----------
    record
        What is to be opened.
    kind, schema
        What the record has to say of itself, and the newest schema that can be read.
    said
        What such a record is of, in words: ``"a comparison"``.

    Raises
    ------
    RecordError
        It is not; the message says what it is.

    Examples
    --------
    >>> opened({"kind": "run", "schema": 1}, "tlkit.compare.comparison", 1, "a comparison")
    Traceback (most recent call last):
        ...
    tlkit.errors.RecordError: This is a record of 'run', not of a comparison ('tlkit.compare.comparison'). ...
    """
    if not isinstance(record, Mapping) or not isinstance(record.get("kind"), str):
        raise RecordError(
            f"This {type(record).__name__} is not a record of {said}.", "Give what its record() returned."
        )
    if record["kind"] != kind:
        raise RecordError(
            f"This is a record of {record['kind']!r}, not of {said} ({kind!r}).",
            "Open it with what wrote it.",
        )
    written = record.get("schema")
    if not isinstance(written, int) or isinstance(written, bool) or written < 1:
        raise RecordError(
            f"The record's schema is {written!r}, not a whole number.", "It is damaged: write it again."
        )
    if written > schema:
        raise RecordError(
            f"The record has schema {written}; this tlkit reads up to {schema}.", "Install a newer tlkit."
        )
    return record


@contextmanager
def damage_is_told() -> Iterator[None]:
    """Turn what goes wrong while a record is read into a RecordError.

    Raises
    ------
    RecordError
        Instead of a missing key, an unknown name, an impossible plan, a wrong type or a wrong value.
    """
    try:
        yield
    except (UnknownNameError, PlanError) as error:
        raise RecordError(f"The record is damaged: {error.what}", "Write it again.") from error
    except TlkitError:
        raise
    except (KeyError, IndexError) as error:
        raise RecordError(f"The record is damaged: {error} is missing.", "Write it again.") from error
    except (TypeError, ValueError, AttributeError) as error:
        raise RecordError(f"The record is damaged: {error}.", "Write it again.") from error
