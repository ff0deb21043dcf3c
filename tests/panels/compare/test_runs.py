"""Runs of a Compare panel: the comparison itself, cell by cell, and Stop."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.panels.compare.conftest import ARMS
from tests.promise import STOP_SECONDS, is_kept
from tlkit import compare, panels
from tlkit.backbones import Backbone
from tlkit.data import Dataset
from tlkit.errors import PanelError


def wait(panel: panels.Compare, seconds: float = 300) -> None:
    until = time.monotonic() + seconds
    while panel.status in ("running", "stopping"):
        assert time.monotonic() < until, f"still {panel.status}"
        time.sleep(0.01)


def test_the_result_is_the_comparison(finished: panels.Compare, net: Backbone, greek: Dataset) -> None:
    found = compare.run(greek, net, arms=ARMS, seeds=2, progress=False)
    for name in ARMS:
        assert (found[name].correct == finished.result[name].correct).all()
    assert finished.result.verdict.sentence == found.verdict.sentence


def test_a_click_shows_each_cell_when_it_is_finished(panel: panels.Compare) -> None:
    seen: list[dict[str, int]] = []
    show = panel._show

    def watched() -> None:
        if panel._cells:
            seen.append({name: len(shares) for name, shares in panel._cells.items()})
        show()

    panel.set(seeds=3)
    panel._show = watched  # type: ignore[method-assign]  # looks on, changes nothing
    panel._heard({"run": True})
    panel._heard({"run": True})  # the second half of a double click
    wait(panel)
    assert panel.status == "finished"
    totals = [sum(one.values()) for one in seen]
    assert set(range(7)) <= set(totals), "a finished cell was not shown by itself"
    assert totals == sorted(totals)
    assert panel._view()["outcome"] is not None


def test_a_stop_ends_the_run_within_half_a_second_and_keeps_the_earlier_result(
    panel: panels.Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel.run()
    words = panel.result.verdict.sentence
    monkeypatch.setenv("TLKIT_CACHE", str(tmp_path))  # with the cells of earlier runs it would be too quick
    panel.set(arms=["scratch", "frozen"], seeds=10)

    def seconds_to_stop() -> float:
        panel._heard({"run": True})
        until = time.monotonic() + 3
        while time.monotonic() < until and panel.status == "running":
            time.sleep(0.01)
        assert panel.status == "running"
        with pytest.raises(PanelError, match="during a run"):
            panel.set(seeds=3)
        since = time.monotonic()
        panel._heard({"stop": True})
        wait(panel)
        assert panel.status == "stopped"
        return time.monotonic() - since

    assert is_kept(STOP_SECONDS, seconds_to_stop)
    assert panel._view()["outcome"]["verdict"] == words
    assert panel._full_view()["stale"]
