"""Reports of seals: marks, words and records say what happened and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.freeze.networks import learn, network
from tests.freeze.test_modes import MOVES, STILL, frozen
from tlkit import freeze
from tlkit.errors import RecordError, UnknownNameError
from tlkit.freeze import SealReport
from tlkit.freeze.marks import Movement


def report(mode: str, layers: str = "everything") -> SealReport:
    net = network(layers)
    freeze.plan(net, frozen(mode)).apply(net)
    seal = freeze.seal(net)
    learn(net)
    return seal.check(net)


@pytest.mark.parametrize("mode", freeze.MODES)
def test_sentence(mode: str) -> None:
    sentence = report(mode).sentence
    if mode in ("strict", "batch_stats"):
        assert sentence == "Nothing frozen moved."
    elif mode in freeze.LEARNING:
        assert sentence == "Nothing was frozen."
    else:
        drifted = "running statistics and other buffers drifted though their weights did not move."
        assert sentence == f"s0's and s1's {drifted}"


def test_a_broken_promise_comes_first() -> None:
    net = network("everything")
    freeze.plan(net, frozen("strict")).apply(net)
    seal = freeze.seal(net)
    with torch.no_grad():
        net.backbone.stages["s1"][0].weight.add_(1)
        net.backbone.stages["s1"][1].running_mean.add_(1)
    found = seal.check(net)
    assert found["s1"].broken == ("weights", "statistics")
    assert found["s0"].broken == ()
    assert found["s1"].mark("weights").startswith("✗ moved by ")
    assert found["s1"].mark("weights").endswith(" %, though frozen")
    assert found["s1"].mark("affine") == found["s0"].mark("weights") == "✓ bit for bit"
    assert "s1's weights and running statistics moved under strict" in found.sentence
    assert "Nothing frozen moved" not in str(found)


def test_without_a_plan_it_says_what_moved_and_what_stayed() -> None:
    net = network("everything")
    seal = freeze.seal(net)
    assert seal.check(net).sentence == "Nothing moved."
    with torch.no_grad():
        net.head.bias.add_(1)
    assert seal.check(net).sentence == "head moved; s0, s1 and s2 stayed bit for bit."
    learn(net)
    assert seal.check(net).sentence == "s0, s1, s2 and head moved; nothing stayed bit for bit."


@pytest.mark.parametrize("mode", freeze.MODES)
def test_marks_match_what_moved(mode: str) -> None:
    found = report(mode)
    for row, one in zip(found.rows(), found.stages, strict=True):
        assert row[:2] == (one.name, one.mode)
        for mark, kind in zip(row[2:6], ("weights", "affine", "statistics", "buffers"), strict=True):
            moved = one.kinds[kind]
            frozen = one.mode not in freeze.LEARNING and one.name in ("s0", "s1")
            drifts = frozen and kind in ("statistics", "buffers")
            assert mark[0] == ("n" if moved is None else "✓" if moved.unchanged else "≈" if drifts else "▲")
        assert row[6] == ("none" if one.name == "head" else "off" if one.mode in STILL else "on")
    assert set(found.moved) == {"s2", "head", *(("s0", "s1") if MOVES[mode] else ())}


def test_a_column_without_content_is_left_out() -> None:
    assert "other buffers" in repr(report("strict"))
    assert "other buffers" not in repr(report("strict", "batch norm"))
    assert "other buffers" not in report("strict", "batch norm")._repr_html_()


def test_text_and_html_hold_the_same_cells() -> None:
    found = report("weights_only")
    text, html = repr(found), found._repr_html_()
    for row in found.rows():
        for cell in row:
            assert cell in text
            assert f">{cell}<" in html
    assert found.sentence in text


@pytest.mark.parametrize(
    ("movement", "words"),
    [
        (Movement(4, (), 0, 0, 0), "✓ bit for bit"),
        (Movement(4, ("a",), 1, 0.034, 1), "▲ moved by 3.4 %"),
        (Movement(4, ("a",), 1, 0.0000123, 1), "▲ moved by 0.0012 %"),
        (Movement(4, ("a",), 1, 12.5, 1), "▲ moved by 1,250 %"),
        (Movement(4, ("a",), 1, None, 1), "▲ moved from zero"),
        (Movement(4, ("a",), 0, 0, 0), "▲ moved, by no distance"),
        (Movement(1, ("1.num_batches_tracked",), 0, 0, 0), "▲ counted on, nothing else"),
        (Movement(4, ("a",), 1, 0.5, 1, 1200), "▲ moved, 1,200 became NaN or infinite"),
    ],
)
def test_movement_in_words(movement: Movement, words: str) -> None:
    assert str(movement) == words
    assert movement.words("drifted") == words[2:].replace("moved", "drifted")


@given(st.sampled_from(freeze.MODES), st.sampled_from(["everything", "layer norm", "tied weights"]))
def test_survives_its_record(mode: str, layers: str) -> None:
    found = report(mode, layers)
    again = SealReport.from_record(json.loads(json.dumps(found.record(), allow_nan=False)))
    assert again == found
    assert repr(again) == repr(found)
    assert again.sentence == found.sentence


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "plan"}, "record of 'plan', not of a seal"),
        ({"schema": 99}, r"schema 99.*newer tlkit"),
        ({"schema": None}, "schema is None"),
        ({"stages": None}, "damaged"),
        ({"stages": [{}]}, "damaged"),
        ({"stages": ["s0"]}, "damaged"),
    ],
)
def test_other_newer_and_damaged_records_are_refused(change: dict[str, Any], words: str) -> None:
    record = report("strict").record()
    with pytest.raises(RecordError, match=words):
        SealReport.from_record({**record, **change})
    record["stages"][0]["mode"] = "frozen"
    with pytest.raises(RecordError, match="damaged"):
        SealReport.from_record(record)


def test_unknown_stages_are_refused_with_the_nearest() -> None:
    found = report("strict")
    for ask in (found.unchanged, found.__getitem__):
        with pytest.raises(UnknownNameError, match="'head'"):
            ask("haed")
