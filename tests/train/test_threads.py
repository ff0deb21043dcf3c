"""threads: as many inside, as before outside, after an error too."""

from __future__ import annotations

import threading

import pytest
import torch

from tlkit.train.threads import threads


def test_the_count_comes_back_after_an_error() -> None:
    before = torch.get_num_threads()
    with pytest.raises(ZeroDivisionError), threads(before + 1):
        assert torch.get_num_threads() == before + 1
        _ = 1 / 0
    assert torch.get_num_threads() == before


def test_two_runs_that_overlap_leave_the_count_for_new_threads_as_it_was() -> None:
    before = torch.get_num_threads()
    first_in, second_in, first_out = threading.Event(), threading.Event(), threading.Event()

    def first() -> None:
        with threads(1):
            first_in.set()
            second_in.wait(10)
        first_out.set()

    def second() -> None:
        first_in.wait(10)
        with threads(3):
            second_in.set()
            first_out.wait(10)

    running = [threading.Thread(target=one) for one in (first, second)]
    for one in running:
        one.start()
    for one in running:
        one.join()
    seen: list[int] = []
    later = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
    later.start()
    later.join()
    assert seen == [before]
