"""Rows: a comparison as a CSV file, one row per cell."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tlkit import files

if TYPE_CHECKING:
    from tlkit.compare.comparison import Comparison

HEAD = (
    "dataset",
    "backbone",
    "labels_per_class",
    "arm",
    "seed",
    "accuracy",
    "right",
    "items",
    "trainable_parameters",
    "steps",
    "multiply_adds",
    "seconds",
    "recipe",
    "from_store",
)


def write_csv(path: str | Path, comparisons: Sequence[Comparison]) -> None:
    """Write one row per cell of some comparisons, whole or not at all.

    Parameters
    ----------
    path
        Of the file.
    comparisons
        Their cells follow each other.

    Raises
    ------
    StoreError
        The file cannot be written.
    """
    with files.atomic_write(path, "w") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEAD)
        for one in comparisons:
            for result in one.results:
                for cell in result.cells:
                    writer.writerow(
                        (
                            one.dataset,
                            one.backbone,
                            "all" if one.labels_per_class is None else one.labels_per_class,
                            result.name,
                            cell.seed,
                            repr(cell.accuracy),
                            int(cell.correct.sum()),
                            len(cell.correct),
                            cell.trainable_parameters,
                            cell.steps,
                            cell.multiply_adds,
                            f"{cell.seconds:.3f}",
                            cell.recipe.get("name", ""),
                            "yes" if cell.from_store else "no",
                        )
                    )
