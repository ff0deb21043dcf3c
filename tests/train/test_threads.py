"""threads: as many inside, as before outside, after an error too."""

from __future__ import annotations

import pytest
import torch

from tlkit.train.threads import threads


def test_the_count_comes_back_after_an_error() -> None:
    before = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError), threads(before + 1):
        assert torch.get_num_threads() == before + 1
        _ = 1 / 0
    assert torch.get_num_threads() == before
