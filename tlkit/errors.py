"""Typed errors: each says what was wrong, with which value, and what to do next."""

from __future__ import annotations

import difflib
import inspect
import linecache
import operator
import sys
import textwrap
import traceback
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

_MOST_LINES = 8


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

    _shown = False

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows: the words and the learner's own lines; when asked again, all.

        IPython asks for it once when the error ends a cell, and once more for each ``%tb``. Plain Python never
        does.
        """
        shell = sys.modules["IPython"].get_ipython()
        if self._shown or shell.InteractiveTB.mode != "Context":
            found: list[str] = shell.InteractiveTB.structured_traceback(type(self), self, self.__traceback__)
            return found
        self._shown = True
        said = [f"\x1b[1m{type(self).__name__}\x1b[0m: {self.what}", *([self.cure] if self.cure else [])]
        return [*said, *_own_lines(self, shell), "", "For the whole traceback, run %tb in a new cell."]


def _own_lines(error: BaseException, shell: Any) -> list[str]:
    """Return where in the learner's own cells the error began and where it left them."""
    steps = zip(
        traceback.walk_tb(error.__traceback__), traceback.extract_tb(error.__traceback__), strict=True
    )
    own = [where for (frame, _), where in steps if frame.f_globals is shell.user_global_ns]
    told = []
    for where in own[:1] + own[1:][-1:]:
        first = where.lineno or 1
        lines = [
            linecache.getline(where.filename, at) for at in range(first, (where.end_lineno or first) + 1)
        ]
        cell = shell.compile.format_code_name(where.filename) or (where.filename,)
        text = textwrap.indent(textwrap.dedent("".join(lines[:_MOST_LINES])), "    ").rstrip()
        told += ["", f"{' '.join(cell)}, line {first}:", text, *(["    ..."] if lines[_MOST_LINES:] else [])]
    return told


class UnknownNameError(TlkitError, LookupError):
    """A name that does not exist, with the nearest names that do."""


class DataError(TlkitError, ValueError):
    """Images, labels or arrays that cannot be used as they are."""


class SealedError(TlkitError):
    """The test set was asked for outside a final evaluation."""


class WeightsError(TlkitError):
    """A weights file that is missing, changed, truncated or of an unsafe kind."""


class NotFetchedError(WeightsError, FileNotFoundError):
    """Weights that are not on this machine and were not asked to be fetched, or could not be."""

    def __str__(self) -> str:
        return f"{self.what} {self.cure}".strip()

    #: How large they are, as far as that is known.
    bytes: int | None = None


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


class TakenError(StoreError):
    """A file of this name is there already, and is not to be overwritten."""


class ShelfError(TlkitError, ValueError):
    """A network, a name or a version that a shelf does not take, or a shelf that is not one."""


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
    if name is ...:
        listed = ", ".join(repr(one) for one in names)
        return UnknownNameError(
            f"The {kind} is still to be named.", f"Put one in place of the dots: {listed}."
        )
    near = difflib.get_close_matches(str(name), names, n=3, cutoff=0.5)
    listed = ", ".join(repr(one) for one in names)
    nearest = (
        f"The nearest {'is' if len(near) == 1 else 'are'} {', '.join(repr(one) for one in near)}; "
        if near
        else ""
    )
    cure = f"{nearest}known: {listed}." if names else "None are known."
    return UnknownNameError(f"There is no {kind} named {str(name)!r}.", cure[0].upper() + cure[1:])


def expect_kind(
    what: str, value: object, wanted: type | tuple[type, ...], kind: type[TlkitError], cure: str
) -> None:
    """Refuse a value of another kind, naming the kind that it has.

    Parameters
    ----------
    what
        The value's name with its article: ``"The optimizer"``.
    value
        What was given.
    wanted
        A class or several, as for ``isinstance``.
    kind
        Of the error.
    cure
        What to give instead.

    Examples
    --------
    >>> expect_kind("The plan", "head", dict, PlanError, "Make one with freeze.plan.")
    Traceback (most recent call last):
        ...
    tlkit.errors.PlanError: The plan is of the kind str. Make one with freeze.plan.
    """
    if not isinstance(value, wanted):
        named = "None" if value is None else f"of the kind {type(value).__name__}"
        raise kind(f"{what} is {named}.", cure)


def a_kind(value: object) -> str:
    """Return the kind of a value with its article.

    Examples
    --------
    >>> a_kind(3), a_kind("cat"), a_kind(None)
    ('an int', 'a str', 'None')
    """
    name = type(value).__name__
    return "None" if value is None else f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def expect_whole(name: str, value: Any, least: int, kind: type[TlkitError], most: int | None = None) -> int:
    """Return a whole number, Python's or numpy's, that lies within its limits.

    Parameters
    ----------
    name
        Of the argument.
    value
        What was given.
    least, most
        The limits, both included; no upper one if None.
    kind
        Of the error.

    Examples
    --------
    >>> expect_whole("seed", -1, 0, TrainingError)
    Traceback (most recent call last):
        ...
    tlkit.errors.TrainingError: seed is -1, expected a whole number of at least 0. Give seed=0, for example.
    """
    if not isinstance(value, bool):
        with suppress(TypeError):
            whole = operator.index(value)
            if least <= whole and (most is None or whole <= most):
                return whole
    limits = f"of at least {least:,}" if most is None else f"from {least:,} to {most:,}"
    raise kind(
        f"{name} is {value!r}, expected a whole number {limits}.", f"Give {name}={least}, for example."
    )


def level_of_the_caller() -> int:
    """Return the stack level, for `warnings.warn`, of the first line outside of tlkit: the one that can be changed."""
    level, frame = 1, inspect.currentframe()
    frame = frame.f_back if frame is not None else None
    while frame is not None and str(frame.f_globals.get("__name__")).startswith("tlkit."):
        level, frame = level + 1, frame.f_back
    return level
