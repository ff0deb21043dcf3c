"""Rights: what somebody sees who may not read everything, also where the tests are run by the administrator."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def open_to_all(folder: Path) -> None:
    """Let everybody go into a temporary folder, and write into ``cache`` in it."""
    for path in (folder, *folder.parents):
        if path == Path("/tmp"):
            break
        path.chmod(path.stat().st_mode | 0o055)
    (folder / "cache").mkdir(mode=0o777)
    (folder / "cache").chmod(0o777)


@contextmanager
def as_nobody() -> Iterator[None]:
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
