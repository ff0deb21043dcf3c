"""What every panel refuses in the same words, and how an error looks in a panel."""

from __future__ import annotations

import difflib
import traceback
from collections.abc import Sequence

from tlkit.errors import PanelError, TlkitError
from tlkit.panels.worker import NotFinished


def unknown_setting(panel: str, name: str, known: Sequence[str]) -> PanelError:
    """Name the settings there are, the nearest first.

    Examples
    --------
    >>> print(unknown_setting("Freeze", "sed", ["modes", "seed"]))
    The Freeze panel has no setting 'sed'. Check the spelling. The nearest is 'seed'; known: 'modes', 'seed'.
    """
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    nearest = f"The nearest is {near[0]!r}; known" if near else "Known"
    listed = ", ".join(repr(one) for one in known)
    return PanelError(
        f"The {panel} panel has no setting {name!r}.", f"Check the spelling. {nearest}: {listed}."
    )


def from_a_record(anew: str) -> PanelError:
    """Say why a panel that was opened from a record cannot run, and how to get one that can."""
    return PanelError("This panel was opened from a record, which holds no network and no pictures.", anew)


def no_result(opened: bool, busy: bool) -> PanelError:
    """Say why there is no result to give: it was not kept, is not there yet, or nobody asked for it."""
    if opened:
        return PanelError(
            "This panel was opened from a record, which holds the numbers but not the objects.",
            "Look at panel.record()['outcome'], or make the panel anew and call run().",
        )
    if busy:
        return NotFinished("The run is still going on.", "Wait for its end, then run this cell again.")
    return NotFinished("There is no result yet.", "Press the button in the panel, or call run() first.")


def problem(error: BaseException, *, asked: bool = False) -> dict[str, str]:
    """Return an error in words, and its traceback for those who ask for details.

    Parameters
    ----------
    error
        What went wrong.
    asked
        Whether a setting was asked for that does not fit: what a learner typed is answered in words alone.

    Examples
    --------
    >>> problem(PanelError("One step is no walk.", "Take more."), asked=True)
    {'words': 'One step is no walk. Take more.', 'details': ''}
    >>> problem(ZeroDivisionError("division by zero"))["words"]
    'ZeroDivisionError: division by zero'
    """
    ours = isinstance(error, TlkitError)
    words = str(error) if ours else f"{type(error).__name__}: {error}"
    details = "" if asked and ours else "".join(traceback.format_exception(error))
    return {"words": words, "details": details}
