"""Ended: what a comparison says when it ends early, and what to do then."""

from __future__ import annotations

from tlkit.errors import ComparisonError, StoppedError

_GO_ON = "Finished cells are kept: run it again to go on"
# By name, since joblib, Dask and Ray each bring their own and none of them has to be installed.
_DIED = (
    "TerminatedWorkerError",
    "BrokenProcessPool",
    "ShutdownExecutorError",
    "KilledWorker",
    "ActorDiedError",
    "RayActorError",
    "WorkerCrashedError",
    "OutOfMemoryError",
)


def stopped() -> StoppedError:
    """Return the error of a comparison that was asked to stop.

    Examples
    --------
    >>> str(stopped())
    'The comparison was stopped on request. Finished cells are kept; a new run goes on from there.'
    """
    return StoppedError(
        "The comparison was stopped on request.", "Finished cells are kept; a new run goes on from there."
    )


def lost(what: str, cure: str = "") -> ComparisonError:
    """Return the error of a comparison whose cells will not come back.

    Parameters
    ----------
    what
        One sentence: what happened.
    cure
        What helps besides running it again.

    Examples
    --------
    >>> str(lost("The cluster was closed."))
    'The cluster was closed. Finished cells are kept: run it again to go on.'
    """
    return ComparisonError(what, f"{_GO_ON}{', ' + cure if cure else ''}.")


def explained(error: BaseException) -> BaseException:
    """Say in words that a process died or cannot measure; any other error is returned as it is.

    Parameters
    ----------
    error
        What measuring a cell elsewhere ended with.
    """
    if type(error).__name__ in _DIED:
        told = lost(
            "A process that measured cells ended on its own, perhaps for lack of memory.",
            "with fewer of them (n_jobs=1: none) or more memory for each",
        )
    elif isinstance(error, ImportError):
        told = ComparisonError(
            f"A process that should measure cells cannot load what it needs: {error}.",
            "Install tlkit, and whatever your own network is made of, in the same versions on every machine.",
        )
    else:
        return error
    told.__cause__ = error
    return told
