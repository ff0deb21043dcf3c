"""Typed errors: each says what was wrong, with which value, and what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class TlkitError(Exception):
    """Base of every error that tlkit raises on purpose.

    Parameters
    ----------
    what
        One sentence that names the wrong value and what was expected.
    cure
        One sentence that says what to do next; may be empty.

    Examples
    --------
    >>> print(TlkitError("The image folder 'x' is empty.", "Put one folder per class into it."))
    The image folder 'x' is empty. Put one folder per class into it.
    """

    def __init__(self, what: str, cure: str = "") -> None:
        self.what = what
        self.cure = cure
        super().__init__(f"{what} {cure}".strip())

    def __reduce__(self) -> tuple[type[TlkitError], tuple[str, str]]:
        return type(self), (self.what, self.cure)


class UnknownNameError(TlkitError, LookupError):
    """A name that does not exist, with the nearest names that do."""


class DataError(TlkitError, ValueError):
    """Images, labels or arrays that cannot be used as they are."""


class SealedError(TlkitError):
    """The test set was asked for outside a final evaluation."""


class WeightsError(TlkitError):
    """A weights file that is missing, changed, truncated or of an unsafe kind."""


class PlanError(TlkitError, ValueError):
    """A freeze plan that cannot be made or does not fit the module."""


class TrainingError(TlkitError):
    """Training that cannot start or went wrong (for example a loss that is not finite)."""


class StoppedError(TlkitError):
    """A run was stopped on request before its end; nothing half-written was left."""


class RecordError(TlkitError, ValueError):
    """A record of another kind, from a newer version, or damaged."""


class StoreError(TlkitError, OSError):
    """A folder that cannot be read or written (full, read-only, locked)."""

    def __str__(self) -> str:
        return f"{self.what} {self.cure}".strip()


class SimilarityError(TlkitError, ValueError):
    """Features or labels from which a similarity score cannot be computed."""


class ComparisonError(TlkitError, ValueError):
    """Arms, draws or a backbone that cannot be compared as they are."""


class PanelError(TlkitError, ValueError):
    """A panel setting that does not exist or does not fit."""


class MissingPartError(TlkitError, ImportError):
    """An optional library is not installed."""


def unknown_name(kind: str, name: object, known: Iterable[object]) -> UnknownNameError:
    """Build the error for a name that does not exist, naming the nearest ones.

    Parameters
    ----------
    kind
        What the name stands for, as a noun: ``"dataset"``.
    name
        The name that was asked for.
    known
        All names that exist.

    Returns
    -------
    UnknownNameError
        To be raised by the caller.

    Examples
    --------
    >>> print(unknown_name("dataset", "leters", ["digits", "letters"]))
    There is no dataset named 'leters'. The nearest is 'letters'; known: 'digits', 'letters'.
    """
    names = [str(one) for one in known]
    near = difflib.get_close_matches(str(name), names, n=3, cutoff=0.5)
    listed = ", ".join(repr(one) for one in names)
    nearest = (
        f"The nearest {'is' if len(near) == 1 else 'are'} {', '.join(repr(one) for one in near)}; "
        if near
        else ""
    )
    cure = f"{nearest}known: {listed}." if names else "None are known."
    return UnknownNameError(f"There is no {kind} named {str(name)!r}.", cure[0].upper() + cure[1:])
