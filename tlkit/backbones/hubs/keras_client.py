"""Keras on the torch backend, imported on demand: there its layers compute with torch's tensors."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType

from tlkit.backbones.hubs import places
from tlkit.backbones.hubs.missing import missing_part
from tlkit.errors import MissingPartError

_BACKEND = "KERAS_BACKEND"


def keras_on_torch() -> ModuleType:
    """Import Keras on the torch backend.

    Keras chooses its backend when it is first imported and keeps it. ``KERAS_BACKEND`` is therefore set before the
    import, and what was there is put back after it.

    Raises
    ------
    MissingPartError
        Keras is not installed, or was imported with another backend before.
    """
    places.settle()
    before = os.environ.get(_BACKEND)
    fresh = "keras" not in sys.modules
    if fresh:
        os.environ[_BACKEND] = "torch"
    try:
        import keras
    except ImportError as error:
        raise missing_part("Keras", "keras") from error
    finally:
        if fresh and before is None:
            os.environ.pop(_BACKEND, None)
        elif fresh and before is not None:
            os.environ[_BACKEND] = before
    backend = keras.backend.backend()
    if backend != "torch":
        raise MissingPartError(
            f"Keras was imported on the backend {backend} before, and here it has to compute with torch.",
            f"Restart Python and set {_BACKEND}=torch before the first import of keras.",
        )
    found: ModuleType = keras
    return found


@contextmanager
def on_the_cpu() -> Iterator[None]:
    """Let Keras put what it makes into main memory, where every backbone begins; by itself it takes a GPU."""
    with keras_on_torch().device("cpu"):
        yield


@contextmanager
def without_tensorflow() -> Iterator[None]:
    """Keep Keras from importing TensorFlow only to ask whether something is one of its shapes.

    Reading and writing configurations does that: it would take seconds, and put TensorFlow into torch's process.
    """
    tensorflow = getattr(import_module("keras.src.utils.module_utils"), "tensorflow", None)
    asked = getattr(tensorflow, "_available", True)
    if asked is not None or "tensorflow" in sys.modules:
        yield
        return
    tensorflow._available = False  # type: ignore[union-attr]
    try:
        yield
    finally:
        tensorflow._available = None  # type: ignore[union-attr]


def keras_folder() -> Path:
    """Return the folder where Keras keeps the weights of its applications: ``models`` in ``KERAS_HOME`` or ~/.keras.

    Examples
    --------
    >>> keras_folder().name
    'models'
    """
    places.settle()
    return Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras").expanduser() / "models"
