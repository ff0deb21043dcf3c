"""What may be asked of a hub."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tlkit import backbones
from tlkit.backbones.hubs.hub import HUBS, Asked
from tlkit.errors import DataError


@pytest.mark.parametrize("side", [0, -1, 7, 5000, True, "96", 96.0])
@pytest.mark.parametrize("prefix", ["timm", "file"])
def test_a_side_that_is_none_is_refused_by_every_hub_before_it_looks(prefix: str, side: Any) -> None:
    with pytest.raises(DataError, match=r"side is .*, expected a whole number from 8 to 4,096"):
        backbones.load(HUBS[prefix].example, side=side)


def test_a_side_may_be_a_number_of_numpy() -> None:
    assert Asked(side=np.int64(96)) == Asked(side=96)  # type: ignore[arg-type]
