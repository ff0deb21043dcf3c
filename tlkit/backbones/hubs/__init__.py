"""Hubs: the outside worlds that backbones come from, one thin adapter each, imported on demand.

>>> from tlkit.backbones import hubs
>>> sorted(hubs.HUBS)[:3]
['file', 'hf', 'kaggle']
"""

from tlkit.backbones.hubs.hub import HUBS, Adapter, Asked, Hub, Present, adapter, split_name
from tlkit.backbones.hubs.missing import missing_part, not_here, size_in_words

__all__ = [
    "HUBS",
    "Hub",
    "Adapter",
    "Asked",
    "Present",
    "adapter",
    "split_name",
    "not_here",
    "missing_part",
    "size_in_words",
]
