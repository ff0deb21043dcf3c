"""The order of batches."""

from __future__ import annotations

from itertools import islice

import torch
from hypothesis import given
from hypothesis import strategies as st

from tlkit.train.batches import shuffled_batches
from tlkit.train.finetune import REPORTS, report_every


@given(st.integers(2, 200), st.integers(2, 64), st.integers(0, 99))
def test_each_pass_sees_each_item_once_and_no_batch_has_one(count: int, size: int, seed: int) -> None:
    batches = shuffled_batches(count, size, torch.Generator().manual_seed(seed))
    for _ in range(2):
        seen: list[int] = []
        while len(seen) < count:
            batch = next(batches).tolist()
            assert 2 <= len(batch) <= size + 1
            seen += batch
        assert sorted(seen) == list(range(count))


@given(st.integers(0, 99))
def test_the_seed_makes_the_order(seed: int) -> None:
    first, second = (
        [part.tolist() for part in islice(shuffled_batches(50, 8, torch.Generator().manual_seed(seed)), 20)]
        for _ in range(2)
    )
    assert first == second


@given(st.integers(2, 2000), st.integers(2, 64), st.integers(1, 3000))
def test_a_phase_reports_at_most_about_twenty_times(items: int, size: int, steps: int) -> None:
    every = report_every(items, size, steps)
    assert 1 <= -(-steps // every) <= REPORTS + 1
