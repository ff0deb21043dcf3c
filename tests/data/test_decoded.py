from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.data.drawing import class_folders, picture
from tlkit import caches
from tlkit.data import decoded, decoded_file, items
from tlkit.data.decoded import Decoded, decode_all
from tlkit.data.image_files import list_classes
from tlkit.data.picture import Working

WORKING = Working(16)


@pytest.fixture(autouse=True)
def _trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    # The files of these tests are seconds old; those that test for this put the time back.
    monkeypatch.setattr(items, "_RACY_SECONDS", -1.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return class_folders(tmp_path / "pets", each=20)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "decoded"


def _decoded(folder: Path, home: Path, working: Working = WORKING) -> Decoded:
    listed = list_classes(folder, progress=False).items
    return decode_all(listed, working, origin=str(folder), progress=False, folder=home)


def _expected(folder: Path) -> np.ndarray:
    listed = list_classes(folder, progress=False).items
    return decode_all(listed, WORKING, origin="", cache=False, progress=False).pixels


def test_the_second_reading_maps_what_the_first_decoded(folder: Path, home: Path) -> None:
    first = _decoded(folder, home)
    second = _decoded(folder, home)
    assert (first.fresh, second.fresh) == (40, 0)
    assert first.where == second.where
    assert isinstance(second.pixels, np.memmap)
    assert np.array_equal(first.pixels, _expected(folder))
    assert np.array_equal(second.pixels, first.pixels)
    assert list(second.reads) == list(first.reads)
    with pytest.raises(ValueError, match="read-only"):
        second.pixels[0] = 0
    assert [path.suffix for path in home.iterdir()] == [".pictures"]


def test_a_changed_file_is_decoded_anew_and_the_others_are_taken_over(folder: Path, home: Path) -> None:
    _decoded(folder, home)
    victim = folder / "cat" / "003.png"
    before = victim.stat()
    content = victim.read_bytes()
    picture(77).save(victim)
    changed = victim.read_bytes()
    # Of the same size and with its old time put back: only the time that cannot be set shows the change.
    victim.write_bytes(changed[: len(content)].ljust(len(content), b"\0"))
    picture(78, 8, 8).save(folder / "dog" / "new.png")
    os.utime(victim, ns=(before.st_atime_ns, before.st_mtime_ns))
    found = _decoded(folder, home)
    assert found.fresh == 2
    assert np.array_equal(found.pixels, _expected(folder))
    (folder / "cat" / "000.png").unlink()
    found = _decoded(folder, home)
    assert found.fresh == 0
    assert np.array_equal(found.pixels, _expected(folder))


def test_a_file_that_was_changed_just_before_is_not_trusted_next_time(
    folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(items, "_RACY_SECONDS", 3600.0)
    assert [_decoded(folder, home).fresh for _ in range(2)] == [40, 40]


def test_each_working_form_has_its_own_entry(folder: Path, home: Path) -> None:
    for working in (
        WORKING,
        Working(16, channels=1),
        Working(16, fit="pad"),
        Working(16, background=(0, 0, 0)),
    ):
        assert _decoded(folder, home, working).fresh == 40
    assert len(list(home.iterdir())) == 4


def test_an_entry_of_another_version_is_made_again(
    folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(_decoded(folder, home).where)
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"format": 2', b'"format": 0'))
    assert _decoded(folder, home).fresh == 40
    monkeypatch.setattr("PIL.__version__", "0.1")
    assert _decoded(folder, home).fresh == 40


def test_an_older_state_of_a_folder_is_deleted_once_all_that_is_still_so_is_in_a_newer_one(
    folder: Path, home: Path
) -> None:
    first = _decoded(folder, home)
    before = np.array(first.pixels)
    picture(78, 8, 8).save(folder / "dog" / "new.png")
    second = _decoded(folder, home)
    assert list(home.iterdir()) == [Path(second.where)]
    # Who had mapped the old one reads on, as another process would.
    assert np.array_equal(first.pixels, before)
    (folder / "cat" / "000.png").unlink()
    picture(79).save(folder / "cat" / "001.png")
    third = _decoded(folder, home)
    assert third.fresh == 1
    assert list(home.iterdir()) == [Path(third.where)]
    assert np.array_equal(third.pixels, _expected(folder))


def test_an_entry_with_pictures_that_were_left_out_this_time_stays(folder: Path, home: Path) -> None:
    whole = _decoded(folder, home)
    listed = list_classes(folder, progress=False).items
    some = decode_all(listed[:10], WORKING, origin=str(folder), progress=False, folder=home)
    assert some.fresh == 0
    assert {Path(whole.where), Path(some.where)} == set(home.iterdir())
    assert _decoded(folder, home).fresh == 0
    # Of another size: another family.
    other = _decoded(folder, home, Working(8))
    assert len(list(home.iterdir())) == 3
    assert Path(other.where).exists()


@pytest.mark.parametrize("keep", [0, 5, 1000, -1, -30, -300])
def test_an_entry_that_was_cut_short_is_made_again(folder: Path, home: Path, keep: int) -> None:
    path = Path(_decoded(folder, home).where)
    content = path.read_bytes()
    path.write_bytes(content[:keep])
    found = _decoded(folder, home)
    assert found.fresh == 40
    assert np.array_equal(found.pixels, _expected(folder))
    assert path.read_bytes() == content


def test_what_cannot_be_read_is_remembered_only_if_it_stays_so(folder: Path, home: Path) -> None:
    (folder / "cat" / "bad.png").write_bytes(b"no picture")
    listed = list_classes(folder, progress=False).items
    (folder / "cat" / "000.png").unlink()
    (folder / "cat" / "001.png").unlink()
    (folder / "cat" / "001.png").mkdir()
    found = decode_all(listed, WORKING, origin="x", progress=False, folder=home)
    problems = {
        item.name: read.problem for item, read in zip(listed, found.reads, strict=True) if read.problem
    }
    assert problems == {
        "cat/000.png": "is not there (any more)",
        "cat/001.png": "is a folder",
        "cat/bad.png": "is no picture of a known format",
    }
    again = decode_all(listed, WORKING, origin="x", progress=False, folder=home)
    assert again.fresh == 2
    assert list(again.reads) == list(found.reads)


def test_a_file_that_never_stands_still_is_left_out(
    folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = folder / "cat" / "000.png"
    real = os.fstat

    def written_to(handle: int) -> os.stat_result:
        found = real(handle)
        if os.path.samestat(found, victim.stat()):
            with open(victim, "ab") as file:
                file.write(b"\0")
        return found

    monkeypatch.setattr(items.os, "fstat", written_to)
    found = _decoded(folder, home)
    assert found.reads[0].problem == "changes while it is read"
    assert not any(read.problem for read in found.reads[1:])


def test_a_file_that_changed_after_it_was_listed_is_never_kept_under_its_old_stamp(
    folder: Path, home: Path
) -> None:
    listed = list_classes(folder, progress=False).items
    victim = folder / "cat" / "000.png"
    picture(99).save(victim)
    first = decode_all(listed, WORKING, origin="x", progress=False, folder=home)
    assert np.array_equal(first.pixels, _expected(folder))
    picture(98).save(victim)
    listed = list_classes(folder, progress=False).items
    second = decode_all(listed, WORKING, origin="x", progress=False, folder=home)
    assert second.fresh == 1
    assert np.array_equal(second.pixels, _expected(folder))


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoded, "_AT_ONCE", 16)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("blocks", [0, 1, 2])
def test_a_disk_that_fills_up_costs_the_cache_and_nothing_else(folder: Path, home: Path, blocks: int) -> None:
    # The system itself refuses to let the file grow beyond a limit, in the middle of a block.
    limit = int((blocks + 0.5) * 16 * 3 * 16 * 16)
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, old[1]))
    try:
        found = _decoded(folder, home)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert found.where == "memory"
    assert "Could not write" in found.not_kept
    assert np.array_equal(found.pixels, _expected(folder))
    assert len(found.reads) == 40
    assert list(home.iterdir()) == []


def test_a_full_disk_is_seen_before_the_work(
    folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")._replace(free=100)
    monkeypatch.setattr(decoded_file.shutil, "disk_usage", lambda _: usage)
    found = _decoded(folder, home)
    assert "MiB free" in found.not_kept
    assert np.array_equal(found.pixels, _expected(folder))


def test_a_cache_folder_that_cannot_be_made_costs_the_cache_alone(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    found = _decoded(folder, tmp_path / "file" / "decoded")
    assert found.where == "memory"
    assert found.not_kept
    assert np.array_equal(found.pixels, _expected(folder))


def _limit(monkeypatch: pytest.MonkeyPatch, size_bytes: int) -> None:
    smaller = replace(caches.CACHES["decoded"], default_bytes=size_bytes)
    monkeypatch.setitem(caches.CACHES, "decoded", smaller)


def test_old_entries_make_room(folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Path(_decoded(folder, home).where)
    _limit(monkeypatch, int(1.5 * first.stat().st_size))
    second = Path(_decoded(folder, home, Working(16, fit="pad")).where)
    assert list(home.iterdir()) == [second]
    _limit(monkeypatch, 10)
    assert "more than the" in _decoded(folder, home).not_kept


def test_what_a_killed_process_left_is_cleared_away_after_a_day(folder: Path, home: Path) -> None:
    home.mkdir(parents=True)
    old, new = home / ".a.pictures.x.part", home / ".b.pictures.y.part"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 2 * 86400,) * 2)
    _decoded(folder, home)
    assert not old.exists()
    assert new.exists()


_SLOW = """
    import sys, time
    from pathlib import Path
    from tlkit.data import decoded, images, items
    real = decoded.read_item
    def slowly(*arguments):
        time.sleep(0.02)
        return real(*arguments)
    decoded.read_item = slowly
    decoded._AT_ONCE = 16
    print("begins", flush=True)
    def tell(what, done, of):
        if what == "decoding":
            print("decodes", flush=True)
    try:
        images(Path(sys.argv[1]), size=16, progress=tell)
    except KeyboardInterrupt:
        print("stopped", flush=True)
        import threading
        print([one.name for one in threading.enumerate() if "decode" in one.name], flush=True)
"""


@pytest.mark.parametrize("wanted", ["begins", "decodes"])
def test_an_interrupt_ends_the_work_and_leaves_nothing(tmp_path: Path, wanted: str) -> None:
    folder = class_folders(tmp_path / "pets", each=200)
    environment = {**os.environ, "TLKIT_CACHE": str(tmp_path / "cache")}
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(_SLOW), str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdout is not None
    while process.stdout.readline().strip() != wanted:
        pass
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    told = process.stdout.read().split("\n")
    assert process.wait(timeout=300) == 0
    assert told[-3:] == ["stopped", "[]", ""], "no thread goes on"
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []
