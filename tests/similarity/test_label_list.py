"""Labels of every kind of container, one for each row."""

from __future__ import annotations

import array
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from tlkit.similarity.label_list import one_per_row


@pytest.mark.parametrize(
    "labels",
    [
        [3, 1, 3],
        (3, 1, 3),
        iter([3, 1, 3]),
        [[3], [1], [3]],
        array.array("i", [3, 1, 3]),
        np.array([[3], [1], [3]]),
        torch.tensor([3, 1, 3]),
        torch.tensor([3, 1, 3], dtype=torch.bfloat16),
        pd.Series([3, 1, 3], index=[7, 8, 9]),
        pd.DataFrame({"label": [3, 1, 3]}),
        np.ma.array([3, 1, 3]),
    ],
)
def test_they_are_listed(labels: Any) -> None:
    listed = one_per_row(labels)
    assert list(listed) == [3, 1, 3]
    assert list(one_per_row(listed)) == [3, 1, 3]
