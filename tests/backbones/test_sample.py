"""SourceSample: a copy that cannot be changed, with labels that name its classes."""

from __future__ import annotations

import numpy as np
import pytest

from tlkit.backbones import SourceSample
from tlkit.errors import DataError


def test_the_callers_arrays_stay_their_own() -> None:
    images, labels = np.zeros((2, 1, 4, 4), np.float32), np.array([0, 1])
    sample = SourceSample(images, labels, ("a", "b"))
    images[0], labels[0] = 1, 1
    assert sample.images.max() == 0
    assert sample.labels.tolist() == [0, 1]
    with pytest.raises(ValueError, match="read-only"):
        sample.images[0] = 1


@pytest.mark.parametrize(
    ("labels", "words"), [([0, 2], "from 0 to 2"), ([-1, 0], "from -1 to 0"), ([0], "one label for each")]
)
def test_labels_that_do_not_fit_are_refused(labels: list[int], words: str) -> None:
    with pytest.raises(DataError, match=words):
        SourceSample(np.zeros((2, 1, 4, 4), np.float32), np.array(labels), ("a", "b"))
