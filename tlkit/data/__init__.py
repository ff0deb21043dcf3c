"""Datasets: embedded ones by name, your own pictures, tables and arrays, and few-label tasks drawn from them.

The test set of every dataset is sealed: it opens only for a final evaluation, and every opening is counted.
"""

from tlkit.data.arrays import arrays
from tlkit.data.card import DataCard
from tlkit.data.dataset import Dataset
from tlkit.data.embedded import names
from tlkit.data.few_shot import Task
from tlkit.data.findings import Finding, Findings
from tlkit.data.images import images
from tlkit.data.loading import is_path, load
from tlkit.data.sealed import SealedSplit
from tlkit.data.split import Split
from tlkit.data.table import table
from tlkit.data.texts import TextSplit
from tlkit.data.wrap import wrap

__all__ = [
    "load",
    "names",
    "is_path",
    "images",
    "table",
    "arrays",
    "wrap",
    "Dataset",
    "Task",
    "Split",
    "TextSplit",
    "SealedSplit",
    "DataCard",
    "Finding",
    "Findings",
]
