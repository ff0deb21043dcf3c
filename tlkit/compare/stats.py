"""Statistics of a comparison: intervals and verdicts that allow for few draws and a finite test set.

Arrays in, numbers and sentences out; no torch.
"""

from tlkit.compare.intervals import Interval, ShareInterval, interval, paired_interval
from tlkit.compare.verdict import Verdict, verdict
from tlkit.compare.verdicts import Verdicts, holm, verdicts

__all__ = [
    "Interval",
    "ShareInterval",
    "Verdict",
    "Verdicts",
    "holm",
    "interval",
    "paired_interval",
    "verdict",
    "verdicts",
]
