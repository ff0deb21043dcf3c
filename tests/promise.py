"""Promises about time, which hold on a machine that does nothing else, measured beside other tests."""

from __future__ import annotations

from collections.abc import Callable

#: How soon a run ends after a click on Stop, or when ``should_stop`` says so.
STOP_SECONDS = 0.5


def is_kept(limit: float, measure: Callable[[], float], tries: int = 5) -> bool:
    """Whether something took less than it promises in one of a few tries.

    Other tests hold the processors for moments, so that one slow try is no broken promise; what really takes longer
    does so every time.
    """
    return any(measure() < limit for _ in range(tries))
