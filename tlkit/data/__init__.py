"""Datasets: embedded ones by name, your own arrays, and few-label tasks drawn from them.

The test set of every dataset is sealed: it opens only for a final evaluation, and every opening is counted.
"""

from tlkit.data.arrays import arrays
from tlkit.data.card import DataCard
from tlkit.data.dataset import Dataset
from tlkit.data.embedded import load, names
from tlkit.data.few_shot import Task
from tlkit.data.sealed import SealedSplit
from tlkit.data.split import Split

__all__ = ["load", "names", "arrays", "Dataset", "Task", "Split", "SealedSplit", "DataCard"]
