"""The store: whole cells or none, whatever happens to the files."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from tlkit import backbones, compare
from tlkit.backbones import Backbone
from tlkit.compare import Arm, Comparison, Store
from tlkit.compare.cell import Cell, pack, unpack
from tlkit.compare.measure import Order
from tlkit.compare.store import key_of
from tlkit.data import Dataset
from tlkit.errors import RecordError

KEY = "a" * 64


@pytest.fixture
def cell(invented: Callable[..., Comparison]) -> Cell:
    return invented()["frozen"].cells[0]


def same(one: Cell, other: Cell) -> bool:
    return one.record() == other.record()


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_answers_are_packed_without_loss(correct: list[bool]) -> None:
    packed = json.loads(json.dumps(pack(np.array(correct))))
    assert unpack(packed).tolist() == correct


@pytest.mark.parametrize(
    "packed",
    [
        {},
        {"items": 3},
        {"items": 9, "bits": "oA=="},
        {"items": 0, "bits": ""},
        {"items": 3, "bits": "?"},
        {"items": "3", "bits": "oA=="},
        None,
    ],
)
def test_damaged_answers_are_refused(packed: object) -> None:
    with pytest.raises(RecordError, match="damaged"):
        unpack(packed)  # type: ignore[arg-type]


def test_a_cell_comes_back_as_it_was_and_says_where_from(cell: Cell, tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.get(KEY, 300) is None
    store.put(KEY, cell)
    found = Store(tmp_path).get(KEY, 300)
    assert found is not None
    assert found.from_store
    assert same(replace(found, from_store=False), cell)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: "\0" * 100,
        lambda text: text.replace('"key": "a', '"key": "b'),
        lambda text: text.replace('"bits": "', '"bits": "AAAA'),
        lambda text: text.replace('"steps": 400', '"steps": null'),
        lambda text: text.replace('"format": 1', '"format": 2'),
        lambda text: text.replace('"seal"', '"sael"'),
    ],
)
def test_a_damaged_entry_counts_as_none_and_is_made_anew(
    damage: Callable[[str], str], cell: Cell, tmp_path: Path
) -> None:
    store = Store(tmp_path)
    store.put(KEY, cell)
    (path,) = tmp_path.iterdir()
    path.write_text(damage(path.read_text()))
    assert store.get(KEY, 300) is None
    store.put(KEY, cell)
    assert store.get(KEY, 300) is not None


def test_an_entry_for_another_test_set_counts_as_none(cell: Cell, tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put(KEY, cell)
    assert store.get(KEY, 299) is None


def test_a_folder_that_cannot_be_written_ends_the_storing_only(cell: Cell, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = Store(tmp_path / "file" / "cells")
    store.put(KEY, cell)
    assert "could not be kept" in store.problem
    assert str(tmp_path / "file") in store.problem
    assert store.get(KEY, 300) is None


WRITER = """
import json, sys
from tlkit.compare import Comparison, Store
cell = Comparison.from_record(json.load(open(sys.argv[1])))["frozen"].cells[0]
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the limit is POSIX's")
def test_a_full_disk_ends_the_storing_only_and_leaves_no_half_file(
    invented: Callable[..., Comparison], tmp_path: Path
) -> None:
    record = tmp_path / "record.json"
    record.write_text(json.dumps(invented().record()))
    code = WRITER + (
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "store = Store(sys.argv[2]); store.put('a' * 64, cell); print(store.problem)"
    )
    folder = tmp_path / "cells"
    done = subprocess.run(
        [sys.executable, "-c", code, str(record), str(folder)], capture_output=True, text=True, check=True
    )
    assert "could not be kept" in done.stdout
    assert list(folder.iterdir()) == []


def test_two_processes_may_write_one_store(invented: Callable[..., Comparison], tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    record.write_text(json.dumps(invented().record()))
    code = WRITER + (
        "store, read = Store(sys.argv[2]), 0\n"
        "for turn in range(150):\n"
        "    key = str(turn % 3) * 64\n"
        "    store.put(key, cell)\n"
        "    found = store.get(key, 300)\n"
        "    assert found is not None and (found.correct == cell.correct).all()\n"
        "assert not store.problem, store.problem"
    )
    command = [sys.executable, "-c", code, str(record), str(tmp_path / "cells")]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for one in both:
        _, said = one.communicate()
        assert one.returncode == 0, said
    assert len(list((tmp_path / "cells").iterdir())) == 3


def test_the_key_changes_with_everything_that_changes_the_numbers(
    net: Backbone, dataset: Dataset, arms: tuple[Arm, ...]
) -> None:
    scratch, frozen, tuned = arms
    base = Order(frozen, dataset.few_shot(2, 0), net)
    others = [
        Order(tuned, dataset.few_shot(2, 0), net),
        Order(scratch, dataset.few_shot(2, 0), net),
        Order(frozen, dataset.few_shot(3, 0), net),
        Order(frozen, dataset.few_shot(2, 1), net),
        Order(frozen, dataset.few_shot(2, 0), net.reinitialised(0)),
        Order(frozen, dataset.few_shot(2, 0), net, tune=True),
        Order(frozen, dataset.few_shot(2, 0), net, device="cuda"),
    ]
    keys = {one.key for one in (base, *others)}
    assert len(keys) == 1 + len(others)
    assert Order(frozen, dataset.few_shot(2, 0), net).key == base.key
    renamed = replace(frozen, name="mine", label="another name for the same work")
    assert Order(renamed, dataset.few_shot(2, 0), net).key == base.key


@pytest.mark.parametrize(
    ("one", "other"), [(nn.ReLU(), nn.Tanh()), (nn.Dropout(0.1), nn.Dropout(0.9)), (nn.ELU(1.0), nn.ELU(2.0))]
)
def test_networks_that_differ_only_in_their_code_do_not_share_results(
    one: nn.Module, other: nn.Module, net: Backbone, dataset: Dataset, tmp_path: Path
) -> None:
    conv = nn.Conv2d(1, 8, 3, stride=4)
    first, second = (
        backbones.wrap(
            nn.Sequential(copy.deepcopy(conv), last),
            {"stem": ["0", "1"]},
            transform=net.transform,
            name="same",
        )
        for last in (one, other)
    )
    arms = ["random-frozen", "frozen"]
    before = compare.run(dataset, first, arms, seeds=2, store=tmp_path, n_jobs=1, progress=False)
    after = compare.run(dataset, second, arms, seeds=2, store=tmp_path, n_jobs=1, progress=False)
    assert before.origin["from_store"] == after.origin["from_store"] == 0
    again = compare.run(dataset, second, arms, seeds=2, store=tmp_path, n_jobs=1, progress=False)
    assert again.origin["from_store"] == 4


def test_the_order_of_the_parts_does_not_matter_to_the_key() -> None:
    assert key_of({"a": 1, "b": {"c": 2, "d": 3}}) == key_of({"b": {"d": 3, "c": 2}, "a": 1})
    assert key_of({"a": 1}) != key_of({"a": 2})
