"""threads: as many inside, as before outside, after an error too."""

from __future__ import annotations

import threading

import pytest
import scipy.linalg  # noqa: F401  # its linear algebra is the one that is looked at
import torch
from threadpoolctl import threadpool_info, threadpool_limits

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
            second_in.wait(300)
        first_out.set()

    def second() -> None:
        first_in.wait(300)
        with threads(3):
            second_in.set()
            first_out.wait(300)

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


def blas_threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_the_linear_algebra_of_numpy_and_scipy_has_one_thread_inside_and_as_many_as_before_outside() -> None:
    with threadpool_limits(2, user_api="blas"):
        with threads(2):
            assert blas_threads() == {1}
            with threads(1):
                assert blas_threads() == {1}
            assert blas_threads() == {1}
        assert blas_threads() == {2}


def test_a_run_that_goes_on_keeps_its_count_when_another_one_ends() -> None:
    with threadpool_limits(2, user_api="blas"):
        longer, shorter = threads(1), threads(1)
        shorter.__enter__()
        longer.__enter__()
        shorter.__exit__(None, None, None)
        assert blas_threads() == {1}
        longer.__exit__(None, None, None)
        assert blas_threads() == {2}
