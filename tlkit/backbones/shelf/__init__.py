"""The shelf: your organisation's own library of pretrained networks.

>>> from tlkit.backbones.shelf import Shelf
>>> Shelf("my-shelf").list()
There is no folder ...my-shelf yet; the first push makes it
"""

from tlkit.backbones.shelf.entry import Entry, Listing, Verified
from tlkit.backbones.shelf.library import DeprecatedModelWarning, Shelf
from tlkit.backbones.shelf.lineage import Lineage
from tlkit.backbones.shelf.store import shelf_place

__all__ = ["Shelf", "Entry", "Listing", "Verified", "Lineage", "DeprecatedModelWarning", "shelf_place"]
