"""Built: an embedded dataset on its way into a file, and the file's layout."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlkit.data.card import DataCard
from tlkit.data.embedded import assemble
from tlkit.files import atomic_write, read_json, sha256, write_json

TRAIN, VALIDATION, TEST = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Built:
    """The content of one embedded dataset.

    Parameters
    ----------
    images
        (n, 32, 32), uint8.
    labels
        (n,), uint8, positions in ``card.classes``.
    splits
        (n,), int8: 0 train, 1 validation, 2 test.
    sources
        (n,), uint8: positions in ``source_names``, the font or photograph an image comes from.
    source_names
        Names of fonts or photographs.
    card
        Without hash and counts.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    splits: NDArray[np.int8]
    sources: NDArray[np.uint8]
    source_names: tuple[str, ...]
    card: DataCard


def write(built: Built, path: Path) -> None:
    """Write a dataset and its card; the same content gives the same bytes."""
    arrays = {
        "images": built.images,
        "labels": built.labels,
        "splits": built.splits,
        "sources": built.sources,
        "source_names": np.array(built.source_names),
    }
    write_arrays(path, arrays)
    whole = assemble(built.images, built.labels, built.splits, built.card)
    card = replace(whole.card, sha256=sha256(path), fingerprint=whole.fingerprint)
    write_json(path.with_suffix(".json"), card.to_dict())


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays by name as one compressed file; the same content gives the same bytes."""
    with atomic_write(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), allow_pickle=False)
            # ZipInfo's own date is fixed; writing by name would store the time of the day.
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), content.getvalue(), zipfile.ZIP_DEFLATED, 9)


def read(path: Path) -> Built:
    """Read what ``write`` wrote."""
    card = DataCard.from_dict(read_json(path.with_suffix(".json")))
    with np.load(path, allow_pickle=False) as arrays:
        return Built(
            arrays["images"],
            arrays["labels"],
            arrays["splits"],
            arrays["sources"],
            tuple(arrays["source_names"].tolist()),
            card,
        )
