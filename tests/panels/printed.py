"""One finished Similarity panel, measured once for all tests that only look at it."""

from __future__ import annotations

from functools import cache
from typing import Any

from tlkit import backbones, data, panels


@cache
def _record() -> dict[str, Any]:
    # The network learned the target itself, so that none is trained for a ceiling.
    net = backbones.load("zoo:resnet-printed-digits")
    panel = panels.Similarity(data.load("digits"), data.load("printed-digits"), net)
    panel.run()
    return panel.record()


def measured() -> panels.Similarity:
    """Return a panel of its own with digits → printed-digits, opened from the record of one run."""
    return panels.Similarity.from_record(_record())
