"""Parts that tlkit can do without: a developer may lack them, the tests of a change may not."""

import os
from importlib import import_module
from typing import Any

import pytest

#: Set where a change is checked: what would be skipped fails there.
MAY_LACK = not os.environ.get("CI")


def optional(name: str, extra: str) -> Any:
    """Import a library, or skip the tests that need it."""
    try:
        return import_module(name)
    except ImportError:
        if not MAY_LACK:
            raise
        pytest.skip(f"the extra {extra} is not installed", allow_module_level=True)
