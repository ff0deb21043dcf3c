"""What holds for every test: the surroundings in which the lessons' outputs were stored, and a cache of its own."""

import atexit
import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tlkit.course.rehearse import SILENT, STEADY

# Before anything loads torch, in this process, in the workers of pytest-xdist and in the lessons' kernels.
os.environ.update(STEADY, **SILENT)
# Keras keeps the backend of its first import, whichever test that is in.
os.environ.setdefault("KERAS_BACKEND", "torch")
# No test, kernel or worker may reach beyond this machine: what only works online would fail here.
_OFFLINE = str(Path(__file__).parent / "tests" / "offline")
_SEARCHED = os.environ.get("PYTHONPATH", "").split(os.pathsep)
os.environ["PYTHONPATH"] = os.pathsep.join([_OFFLINE, *(one for one in _SEARCHED if one and one != _OFFLINE)])
# Nothing may come from a cache of whoever runs the tests: every number is computed anew, though only once where two
# tests run the same lesson. The workers of pytest-xdist inherit the folder of the process that started them.
if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ["TLKIT_CACHE"] = tempfile.mkdtemp(prefix="tlkit-tests-")
    atexit.register(shutil.rmtree, os.environ["TLKIT_CACHE"], ignore_errors=True)
# An example that takes long on a busy machine is no wrong one.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
# Started in the background of a script, a process is deaf to Ctrl-C, and so is every process that it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the lessons first, then files with slow tests: the last file to start should be a short one.

    A file of a few slow tests comes after the lessons also because it finds there what it would measure anew.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path.suffix != ".ipynb", item.path not in slow))
