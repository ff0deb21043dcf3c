"""Caches on disk: what they hold is listed, bounded and deleted, and nothing else is touched."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.data.rights import as_nobody, open_to_all
from tlkit import backbones, caches, cli, compare, data
from tlkit.errors import StoreError, UnknownNameError
from tlkit.train.features import boundary_activations

MB = 10**6


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TLKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def fill(home: Path, name: str, count: int, size: int = MB) -> list[Path]:
    """Write files of a cache, the first the oldest."""
    cache = caches.named(name)
    (home / name).mkdir(parents=True, exist_ok=True)
    made = []
    for at in range(count):
        path = home / name / f"{at:064x}{cache.ending}"
        path.write_bytes(bytes(size))
        os.utime(path, (1000 + at, 1000 + at))
        made.append(path)
    return made


def test_an_empty_machine_has_empty_caches(home: Path) -> None:
    told = caches.listed()
    assert str(home) in told
    assert all(name in told for name in ("activations", "decoded", "cells", "ceilings"))
    assert caches.clear().count("0 files deleted") == 4
    assert not home.exists()


def test_what_was_kept_is_listed_with_its_size_and_limit(home: Path) -> None:
    fill(home, "decoded", 2)
    line = next(one for one in caches.listed().splitlines() if one.startswith("decoded"))
    assert line.split()[1:6] == ["2", "2", "MB", "20", "GB"]


def test_a_smaller_limit_deletes_the_oldest_and_stays(home: Path) -> None:
    oldest, older, newest = fill(home, "decoded", 3)
    assert caches.set_limit("decoded", 2 * MB) == [oldest]
    assert not oldest.exists()
    assert older.exists()
    assert newest.exists()
    assert caches.named("decoded").limit_bytes == 2 * MB
    assert caches.named("activations").limit_bytes == 4 * 10**9


def test_activations_keep_to_the_limit(home: Path) -> None:
    net, split = backbones.load("zoo:resnet-letters"), data.load("greek").train
    network = net.with_head(31, seed=0)
    old, _ = fill(home, "activations", 2)
    caches.set_limit("activations", 3 * MB)
    found = boundary_activations(
        network, net.transform, split.select(range(120)), "layer1", memory_limit_bytes=0
    )
    assert MB < found.values.nbytes < 3 * MB
    assert Path(found.where).exists()
    assert not old.exists()
    assert sum(one.stat().st_size for one in (home / "activations").iterdir()) <= 3 * MB + 128


def test_activations_above_the_limit_are_refused_and_delete_nothing(home: Path) -> None:
    net, split = backbones.load("zoo:resnet-letters"), data.load("greek").train
    (kept,) = fill(home, "activations", 1)
    caches.set_limit("activations", MB)
    with pytest.raises(StoreError, match="tlkit cache limit activations"):
        boundary_activations(net.with_head(31, seed=0), net.transform, split, "layer1", memory_limit_bytes=0)
    assert list((home / "activations").iterdir()) == [kept]


def test_cells_keep_to_the_limit_in_tlkits_own_folder_only(home: Path, tmp_path: Path) -> None:
    old = fill(home, "cells", 3)
    caches.set_limit("cells", 3 * MB)
    thesis = tmp_path / "results" / "thesis.json"
    thesis.parent.mkdir()
    thesis.write_bytes(bytes(4 * MB))
    greek, net = data.load("greek"), backbones.load("zoo:resnet-letters")
    card = compare.run(
        greek, net, ["frozen", "random-frozen"], 1, store=thesis.parent, n_jobs=1, progress=False
    )
    assert thesis.exists()
    assert len(list(thesis.parent.iterdir())) == 3
    old[0].write_bytes(bytes(2 * MB))
    again = compare.run(greek, net, ["frozen", "random-frozen"], 1, n_jobs=1, progress=False)
    assert not old[1].exists()
    assert len(list((home / "cells").iterdir())) == 4
    assert again["frozen"].mean == card["frozen"].mean


def test_clearing_one_cache_leaves_the_others_links_and_strangers_files(home: Path, tmp_path: Path) -> None:
    (mine,) = fill(home, "activations", 1)
    (other,) = fill(home, "cells", 1)
    strangers = [home / "activations" / name for name in ("thesis.txt", "thesis.npy")]
    for stranger in strangers:
        stranger.write_text("mine", encoding="utf-8")
    outside = tmp_path / "outside.npy"
    outside.write_bytes(b"precious")
    (home / "activations" / f"{9:064x}.npy").symlink_to(outside)
    assert caches.clear("activations") == "activations: 1 file deleted, 1 MB"
    assert not mine.exists()
    assert other.exists()
    assert all(stranger.exists() for stranger in strangers)
    assert outside.read_bytes() == b"precious"


@pytest.mark.parametrize("name", sorted(caches.CACHES))
def test_what_a_killed_process_left_is_cleared_away_after_a_day(home: Path, name: str) -> None:
    cache = caches.named(name)
    cache.folder.mkdir(parents=True)
    old, new = (cache.folder / f".{at:064x}{cache.ending}.{at}.part" for at in range(2))
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (1000, 1000))
    caches.clear(name)
    assert not old.exists()
    assert new.exists()


def test_damaged_settings_count_as_none(home: Path) -> None:
    fill(home, "cells", 1)
    settings = home / "limits" / "cells.json"
    settings.parent.mkdir()
    for text in ("{", "[1]", '{"bytes": "much"}', '{"bytes": -1}', '{"bytes": true}', '{"other": 5}'):
        settings.write_text(text, encoding="utf-8")
        assert caches.named("cells").limit_bytes == 50 * MB
        assert "holds no limit" in caches.listed()
    caches.set_limit("cells", 5 * MB)
    assert caches.named("cells").limit_bytes == 5 * MB
    assert "holds no limit" not in caches.listed()


def test_limits_that_are_set_at_the_same_time_all_stay(home: Path) -> None:
    with ThreadPoolExecutor(len(caches.CACHES)) as pool:
        for size in range(1, 21):
            list(pool.map(lambda name, size=size: caches.set_limit(name, size * MB), caches.CACHES))
            assert [one.limit_bytes for one in caches.CACHES.values()] == [size * MB] * len(caches.CACHES)


def test_a_folder_that_cannot_be_read_is_not_told_to_be_empty(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home.mkdir()
    (home / "cells").write_text("in the way", encoding="utf-8")
    assert cli.main(["cache"]) == 0
    told = capsys.readouterr().out
    line = next(one for one in told.splitlines() if one.startswith("cells"))
    assert line.split()[1:3] == ["?", "?"]
    assert f"{home / 'cells'} cannot be read" in told
    assert "cells a folder that cannot be read" in caches.summary()
    assert cli.main(["cache", "clear"]) == 1
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="rights are set the POSIX way")
def test_a_folder_of_somebody_else_is_told(home: Path, tmp_path: Path) -> None:
    open_to_all(tmp_path)
    fill(home, "cells", 1)
    (home / "cells").chmod(0)
    with as_nobody():
        told = caches.listed()
    (home / "cells").chmod(0o700)
    assert f"The cache folder {home / 'cells'} cannot be read: Permission denied." in told


@pytest.mark.parametrize("text", ["", "much", "-1GB", "2i", "1e9", "0", "10 kB", "nan", "2 PB"])
def test_what_is_no_size_is_refused_in_words(text: str) -> None:
    with pytest.raises(StoreError, match=r"1MB|500MB"):
        caches.parse_size(text)


def test_a_wrong_name_is_told_the_nearest(home: Path) -> None:
    with pytest.raises(UnknownNameError, match="'cells'"):
        caches.clear("cell")
    with pytest.raises(UnknownNameError, match="'cells'"):
        caches.set_limit("cell", MB)
    assert not home.exists()


def test_the_command_lists_limits_and_clears(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fill(home, "cells", 3)
    assert cli.main(["cache"]) == 0
    assert "50 MB" in capsys.readouterr().out
    assert cli.main(["cache", "limit", "cells", "2MB"]) == 0
    assert "1 of the oldest files deleted" in capsys.readouterr().out
    assert cli.main(["cache", "clear"]) == 0
    assert "cells: 2 files deleted, 2 MB" in capsys.readouterr().out
    assert cli.main(["cache", "limit", "cells", "lots"]) == 1
    assert "'lots' is no size" in capsys.readouterr().err
