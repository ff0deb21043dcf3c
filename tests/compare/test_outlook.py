from __future__ import annotations

import time

import pytest

from tlkit import backbones, data
from tlkit.compare import outlook
from tlkit.compare.outlook import Pulse, affordable, affordable_draws, expected
from tlkit.compare.setup import prepare
from tlkit.compare.store import Store


def test_it_says_that_it_is_alive_only_where_nothing_else_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    pulse = Pulse(said.append, time.perf_counter())
    assert pulse() is False
    assert said == []
    monkeypatch.setattr(outlook, "_SILENT_SECONDS", 0.0)
    assert pulse() is False
    assert "still training" in said[0]


def test_what_is_expected_grows_with_the_work_and_is_nothing_for_what_is_kept(tmp_path: object) -> None:
    greek, net = data.load("greek"), backbones.load("zoo:resnet-letters")
    store = Store(tmp_path)  # type: ignore[arg-type]
    few = prepare(greek, net, ["random-frozen", "frozen"], 2, (1,), store=store, n_jobs=1)
    many = prepare(greek, net, None, 5, (1,), store=store, n_jobs=1)
    assert 0 < expected(few) < expected(many)
    setup = prepare(greek, net, ["random-frozen", "frozen"], 1, (1,), store=store, n_jobs=1)
    from tlkit.compare.comparing import cells

    list(cells(setup))
    assert expected(setup) == 0
    assert expected(few) > 0


def test_large_networks_begin_with_what_is_quick_and_with_fewer_draws() -> None:
    emoji, net = data.load("emoji:twemoji"), backbones.load("zoo:efficientnet-lite0@224")
    setup = prepare(emoji, net, None, 2, (5,), store=False)
    assert [arm.name for arm in affordable(setup)] == ["random-frozen", "frozen"]
    assert affordable_draws(setup) == 2
    many = prepare(emoji, net, ["random-frozen", "frozen"], 40, (5,), store=False)
    assert affordable(many) == many.arms
    assert 2 < affordable_draws(many) < 40
    small = prepare(data.load("greek"), backbones.load("zoo:resnet-letters"), None, 5, (1,), store=False)
    assert affordable(small) == small.arms
    assert affordable_draws(small) == 5
