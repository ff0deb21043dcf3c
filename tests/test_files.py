"""Writes are whole or not at all."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tlkit import files
from tlkit.errors import StoreError, TakenError


def test_an_error_while_writing_keeps_the_old_file_and_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "value.txt"
    target.write_text("old")
    with pytest.raises(KeyboardInterrupt), files.atomic_write(target, "w") as file:
        file.write("half of the n")
        raise KeyboardInterrupt
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["value.txt"]


def test_a_file_in_the_way_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(StoreError, match="taken"), files.atomic_write(tmp_path / "taken" / "x.txt") as file:
        file.write(b"")


def test_numbers_that_json_cannot_hold_are_refused_before_the_file_is_touched(tmp_path: Path) -> None:
    target = tmp_path / "value.json"
    files.write_json(target, {"a": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        files.write_json(target, {"a": float("nan")})
    assert files.read_json(target) == {"a": 1}


def test_damaged_json_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"a": ')
    with pytest.raises(StoreError, match=r"bad\.json"):
        files.read_json(tmp_path / "bad.json")


def test_sha256_agrees_with_hashlib(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc" * 100_000)
    assert files.sha256(tmp_path / "x") == hashlib.sha256(b"abc" * 100_000).hexdigest()


def test_an_error_of_the_caller_is_not_blamed_on_the_file_that_is_written(tmp_path: Path) -> None:
    missing = tmp_path / "input.txt"
    with (
        pytest.raises(FileNotFoundError, match=r"input\.txt"),
        files.atomic_write(tmp_path / "out.txt", "w") as file,
    ):
        file.write(missing.read_text())
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_is_said_and_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "out.bin"
    target.write_bytes(b"old")
    with pytest.raises(StoreError, match="No space left"), files.atomic_write(target) as file:
        file.write(b"half")
        # What the system says when the disk is full; /dev/full says it for real where there is one.
        with open("/dev/full", "wb", buffering=0) as full:
            full.write(b"x")
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["out.bin"]


def test_of_many_that_write_a_new_file_one_does_and_the_others_are_told(tmp_path: Path) -> None:
    target = tmp_path / "report.html"

    def write(at: int) -> bool:
        try:
            with files.atomic_write(target, "w", overwrite=False) as file:
                file.write(str(at))
        except TakenError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        wrote = list(pool.map(write, range(8)))
    assert sum(wrote) == 1
    assert target.read_text() == str(wrote.index(True))
    assert os.listdir(tmp_path) == ["report.html"]


@pytest.mark.parametrize("taken", [True, False])
def test_where_the_file_system_knows_no_links_a_file_is_not_written_over_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: bool
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(files.os, "link", refused)
    target = tmp_path / "report.html"
    if taken:
        target.write_text("mine")
        with pytest.raises(TakenError), files.atomic_write(target, "w", overwrite=False) as file:
            file.write("new")
    else:
        with files.atomic_write(target, "w", overwrite=False) as file:
            file.write("mine")
    assert target.read_text() == "mine"
    assert os.listdir(tmp_path) == ["report.html"]
