"""Where a record is saved: beside the notebook, never over another file."""

from __future__ import annotations

from pathlib import Path


def free_name(dataset: str, labels_per_class: int | None) -> Path:
    """Return the name of a file that is not there yet, in the folder of the notebook.

    Parameters
    ----------
    dataset
        Its name; characters that do not belong in a file name become dashes.
    labels_per_class
        None for all.

    Examples
    --------
    >>> free_name("my / set", None).name
    'comparison-my---set-all-labels.json'
    """
    labels = "all-labels" if labels_per_class is None else f"{labels_per_class}-per-class"
    stem = "".join(one if one.isalnum() or one in "-." else "-" for one in f"{dataset}-{labels}")
    number, target = 1, Path(f"comparison-{stem}.json")
    while target.exists():
        number += 1
        target = Path(f"comparison-{stem}-{number}.json")
    return target
