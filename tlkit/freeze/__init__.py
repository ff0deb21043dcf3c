"""Freezing: say what training may change, keep it so, and prove it.

>>> from tlkit import backbones, freeze
>>> net = backbones.load("zoo:resnet-letters").with_head(10, seed=0)
>>> plan = freeze.plan(net, until="layer3", mode="strict")
>>> before = freeze.seal(net)
>>> net = plan.apply(net)
>>> before.check(net).sentence
'Nothing frozen moved.'
"""

from tlkit.freeze.apply import remove
from tlkit.freeze.modes import EXPLAIN, LEARNING, MODES
from tlkit.freeze.old_head import OldHead, old_head_test
from tlkit.freeze.optimizer import check_optimizer
from tlkit.freeze.plan import Plan
from tlkit.freeze.planning import plan
from tlkit.freeze.report import SealReport
from tlkit.freeze.seal import Seal, seal

# The functions `plan` and `seal` stand here for the modules of the same name.
__all__ = [
    "MODES",
    "LEARNING",
    "EXPLAIN",
    "plan",
    "Plan",
    "remove",
    "check_optimizer",
    "seal",
    "Seal",
    "SealReport",
    "old_head_test",
    "OldHead",
]
