"""compare: arms on the same draws and the same sealed test set, with paired intervals and a verdict in words.

Importing this, and opening, drawing and printing a record, loads no torch; running a comparison does.
"""

from tlkit.compare.arms import ARMS, Arm, arm_names
from tlkit.compare.comparing import run, running
from tlkit.compare.comparison import Comparison
from tlkit.compare.curves import Curve, curve, curve_running
from tlkit.compare.progress import Progress
from tlkit.compare.repeat import Reproduction, rerun
from tlkit.compare.result import ArmResult
from tlkit.compare.stats import paired_interval, verdict
from tlkit.compare.store import Store

__all__ = [
    "run",
    "running",
    "curve",
    "curve_running",
    "rerun",
    "Comparison",
    "ArmResult",
    "Curve",
    "Progress",
    "Reproduction",
    "Store",
    "Arm",
    "ARMS",
    "arm_names",
    "paired_interval",
    "verdict",
]
