"""train: fit a task on a frozen, partly frozen or open backbone, and prove what stayed as it was."""

from tlkit.train.augmented_preview import preview_augmented
from tlkit.train.fit import epochs, fit
from tlkit.train.learning_rate import LearningRates, find_learning_rate
from tlkit.train.recipe import Recipe
from tlkit.train.report import Epoch
from tlkit.train.run import Run

__all__ = [
    "fit",
    "epochs",
    "Recipe",
    "Run",
    "Epoch",
    "find_learning_rate",
    "LearningRates",
    "preview_augmented",
]
