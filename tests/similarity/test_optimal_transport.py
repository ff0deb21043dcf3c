"""POT is imported alone."""

from __future__ import annotations

import os
import subprocess
import sys

_PROGRAM = """
import os, sys
import numpy as np
from tlkit import similarity
rows = np.random.default_rng(0).random((20, 3))
print(round(similarity.otdd(rows, np.arange(20) % 2, rows, np.arange(20) % 2), 9))
assert not [name for name in os.environ if name.startswith("POT_")]
assert "ot" in sys.modules and "tensorflow" not in sys.modules
from tlkit import backbones
print(backbones.load("zoo:resnet-letters").name)
"""


def test_what_is_measured_with_pot_brings_no_tensorflow_and_torch_comes_after_it() -> None:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("POT_")}
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], env=plain, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["0.0", "zoo:resnet-letters"]
