"""Optimal transport: POT's solvers, imported when they are needed."""

from __future__ import annotations

import os
import sys
from threading import Lock
from types import ModuleType

_SETTING = "POT_BACKEND_DISABLE_TENSORFLOW"
# Panels measure in threads of their own.
_LOCK = Lock()


def solvers() -> ModuleType:
    """Import POT, without TensorFlow.

    POT imports every array library that it can work with. Where TensorFlow is installed, it takes seconds to import,
    and torch, imported after it, can end the process.

    Examples
    --------
    >>> solvers().emd2([0.5, 0.5], [1.0], [[0.0], [2.0]])
    1.0
    """
    with _LOCK:
        if "ot" not in sys.modules:
            before = os.environ.get(_SETTING)
            os.environ[_SETTING] = "1"
            try:
                import ot  # noqa: F401
            finally:
                if before is None:
                    os.environ.pop(_SETTING, None)
                else:
                    os.environ[_SETTING] = before
        return sys.modules["ot"]
