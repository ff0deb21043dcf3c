from __future__ import annotations

from pathlib import Path

import pytest

from tests.data.drawing import class_folders
from tlkit import data
from tlkit.errors import DataError, UnknownNameError


def test_a_folder_is_loaded_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLKIT_CACHE", str(tmp_path / "cache"))
    folder = class_folders(tmp_path / "digits")
    expected = data.images(folder, size=16, progress=False).fingerprint
    assert data.load(folder, size=16, progress=False).fingerprint == expected
    assert data.load(str(folder), size=16, progress=False).fingerprint == expected
    monkeypatch.chdir(tmp_path)
    assert data.load("./digits", size=16, progress=False).fingerprint == expected
    assert data.load("digits").train.images.shape[1:] == (1, 32, 32), "without a path it is the embedded set"
    folder.rename(tmp_path / "pets")
    assert data.load("pets", size=16, progress=False).fingerprint == expected
    lines = [
        "file,label",
        *(f"pets/{kind}/{at:03}.png,{kind}" for kind in ("cat", "dog") for at in range(10)),
    ]
    (tmp_path / "table.csv").write_text("\n".join(lines))
    by_table = data.load("table.csv", size=16, progress=False)
    assert by_table.fingerprint == expected
    assert by_table.name == "table"


def test_what_is_neither_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"nearest .*'letters'"):
        data.load("leters")
    with pytest.raises(UnknownNameError):
        data.load(1000 * "x")
    with pytest.raises(DataError, match="There is no folder"):
        data.load(tmp_path / "none")
    with pytest.raises(DataError, match="size cannot be set for the embedded set 'digits'"):
        data.load("digits", size=16)
