from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.data.drawing import encoded, picture
from tlkit import data
from tlkit.data import Dataset, TextSplit
from tlkit.errors import DataError, MissingPartError, UnknownNameError


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLKIT_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "flat"
    root.mkdir()
    for at in range(24):
        picture(at).save(root / f"{at:02}.png")
    return root


def _csv(folder: Path, lines: list[str], name: str = "labels.csv") -> Path:
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / name


def _lines(count: int = 24) -> list[str]:
    return ["file,label", *(f"{at:02}.png,{'cat' if at % 2 else 'dog'}" for at in range(count))]


def _read(folder: Path, **settings: Any) -> Dataset:
    return data.images(folder, **{"size": 16, "progress": False, **settings})


def test_a_flat_folder_with_its_only_table(folder: Path) -> None:
    path = _csv(folder, _lines())
    dataset = _read(folder)
    assert dataset.classes == ("cat", "dog")
    assert [len(dataset.train), len(dataset.validation), len(dataset.test)] == [14, 4, 6]
    for split in ("train", "validation"):
        for at, label in enumerate(getattr(dataset, split).labels):
            assert int(dataset.item_name(split, at)[:2]) % 2 == 1 - label
    named = _read(folder, csv="labels.csv", file="file", label="label")
    assert named.fingerprint == dataset.fingerprint
    by_table = data.table(path, image="file", size=16, progress=False)
    assert by_table.fingerprint == dataset.fingerprint
    assert by_table.name == "labels"


def test_pictures_in_a_folder_beside_the_table(folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "outer"
    root.mkdir()
    folder.rename(root / "pictures")
    _csv(root, [line.replace(".png", "") if line != "file,label" else line for line in _lines()])
    with pytest.raises(DataError, match=r"None of the 24 files.*suffix='\.jpg'"):
        _read(root)
    assert len(_read(root / "pictures", csv=root / "labels.csv", suffix=".png").train) == 14


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_usual_delimiter_and_quotes(folder: Path, delimiter: str) -> None:
    lines = [line.replace(",", delimiter) for line in _lines()]
    lines[1] = f'"00.png"{delimiter}"dog"'
    _csv(folder, ["\ufeff" + lines[0], *lines[1:]])
    assert _read(folder).classes == ("cat", "dog")


def test_labels_in_digits_are_numbers_in_order(folder: Path) -> None:
    _csv(folder, ["image,class", *(f"{at:02}.png,{9 + at % 2}" for at in range(24))])
    assert _read(folder).classes == ("9", "10")


def test_splits_and_groups_from_columns(folder: Path) -> None:
    lines = ["file,label,where,scene"]
    for at in range(24):
        where = "test" if at >= 16 else "train"
        lines.append(f"{at:02}.png,{'cat' if at % 2 else 'dog'},{where},{at // 4}")
    _csv(folder, lines)
    by_split = _read(folder, split="where")
    assert {int(name[:2]) for name in by_split.item_names["test"]} == set(range(16, 24))
    by_group = _read(folder, group="scene")
    scenes = [{int(name[:2]) // 4 for name in names} for names in by_group.item_names.values()]
    assert sum(map(len, scenes)) == len(set.union(*scenes)) == 6
    assert by_split.card.how_made.endswith(
        "Cut out of the training items by class with seed 0: 15% of them for validation."
    )
    assert "25% test" in by_group.card.how_made
    _csv(folder, [line.replace(",5", ",0") for line in lines])
    (torn,) = _read(folder, split="where", group="scene").findings.of("groups-across-splits")
    assert "were given: 1." in torn.what
    with pytest.raises(DataError, match="Row 2 has 'dog' in column 'label', which names no split"):
        _read(folder, split="label")


def test_rows_without_file_label_or_picture_are_named_and_left_out(folder: Path, tmp_path: Path) -> None:
    picture(99).save(tmp_path / "secret.png")
    (folder / "folder.png").mkdir()
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    extra = [
        "gone.png,cat",
        "../secret.png,cat",
        f"{tmp_path}/secret.png,dog",
        "link.png,cat",
        "folder.png,dog",
    ]
    _csv(folder, [*_lines(), *extra, "00.png,", ",cat", f"{folder}/01.png,cat"])
    dataset = _read(folder)
    found = {one.rule: one.where for one in dataset.reading}
    assert found == {
        "no-class": ("row 31",),
        "no-item": ("row 32",),
        "missing-file": ("gone.png", "folder.png"),
        "outside-folder": ("../secret.png", f"{tmp_path}/secret.png", "link.png"),
    }
    assert dataset.findings.of("copies-across-splits") or dataset.findings.of("copies-within-a-split")
    with pytest.raises(DataError, match=r"gone\.png"):
        _read(folder, strict=True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "The table labels.csv is empty"),
        (b"\n\n", "The table labels.csv is empty"),
        (b"file,label\n", "The table labels.csv has no rows"),
        (b"file,label\n00.png\n", "Line 2 of labels.csv has 1 cells, the first has 2"),
        (b"file,file\n00.png,cat\n", "two columns named 'file'"),
        (b"name,kind\n00.png,cat\n", "None of the columns of the table labels.csv is called 'file'"),
        (b"file,label\n\xff\xfe\x00,cat\n", "is not text in UTF-8"),
        (b'file,label\n"00.png,cat\n', "is damaged"),
        (b"file,label\n00.png,cat\n01.png,cat\n", "only one class, 'cat'"),
        (b"file,label\n00.png,\n01.png,\n", "No row of the table labels.csv has something in both columns"),
        (b"file,label\nx.png,cat\ny.png,dog\n", "None of the 2 files that the table names can be found"),
    ],
)
def test_tables_that_cannot_be_used_say_why(folder: Path, content: bytes, words: str) -> None:
    (folder / "labels.csv").write_bytes(content)
    with pytest.raises(DataError, match=words):
        _read(folder)


def test_a_table_that_is_not_there_or_no_table(folder: Path) -> None:
    with pytest.raises(DataError, match="cannot be read: No such file"):
        data.table(folder / "none.csv", image="file")
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        data.table(folder, image="file")
    with pytest.raises(DataError, match="cannot be read from a int"):
        data.table(3, image="file")
    with pytest.raises(DataError, match="not equally long"):
        data.table({"file": ["a"], "label": [1, 2]}, image="file")
    _csv(folder, _lines())
    with pytest.raises(UnknownNameError, match="nearest is 'label'"):
        _read(folder, label="lable")
    for wrong in ({}, {"image": "file", "text": "file"}):
        with pytest.raises(DataError, match="Exactly one of image and text"):
            data.table(folder / "labels.csv", **wrong)


def test_pictures_may_be_in_the_table_itself() -> None:
    images: list[Any] = [picture(at) for at in range(24)]
    labels = ["cat", "dog"] * 12
    in_memory = data.table({"image": images, "label": labels}, image="image", size=16, progress=False)
    content = [encoded(one, "PNG") for one in images]
    as_bytes = data.table({"image": content, "label": labels}, image="image", size=16, progress=False)
    as_structs = data.table(
        {"image": [{"bytes": one, "path": None} for one in content], "label": labels},
        image="image",
        size=16,
        progress=False,
    )
    assert in_memory.fingerprint == as_bytes.fingerprint == as_structs.fingerprint
    images[3] = "no such file.png"
    images[4] = 7
    found = data.table({"image": images, "label": labels}, image="image", size=16, progress=False).reading
    assert {one.rule: one.where for one in found} == {
        "missing-file": ("no such file.png",),
        "unreadable-file": ("row 5 is a int, no picture",),
    }
    labels[0] = ""
    found = data.table({"image": images, "label": labels}, image="image", size=16, progress=False).reading
    assert {one.rule: one.where for one in found}["unreadable-file"] == ("row 5 is a int, no picture",)


def test_texts_become_a_dataset_of_texts() -> None:
    words = {"sentence": [f"text number {at}" for at in range(40)], "mood": ["good", "bad"] * 20}
    dataset = data.table(words, text="sentence", label="mood", name="reviews")
    assert isinstance(dataset.train, TextSplit)
    assert dataset.classes == ("bad", "good")
    assert dataset.card.modality == "text"
    for text, label in zip(dataset.train.texts, dataset.train.labels, strict=True):
        assert int(text.split()[-1]) % 2 == 1 - label
    assert dataset.few_shot(2, seed=0).train.texts  # type: ignore[attr-defined]
    words["sentence"][1] = words["sentence"][3] = words["sentence"][0]
    words["sentence"][2] = words["sentence"][4] = "half a character: \ud83d"
    found = data.table(words, text="sentence", label="mood").findings
    assert "copies-with-other-labels" in [one.rule for one in found]
    assert "alike" not in str(found), "texts are not grouped by what they look like"


def test_labels_of_several_kinds_are_told() -> None:
    labels: list[Any] = ["1", "2"] * 10 + [3] * 10
    dataset = data.table({"text": [f"t{at}" for at in range(30)], "label": labels}, text="text")
    (finding,) = dataset.reading
    assert finding.rule == "mixed-labels"
    assert "10 int, 20 str" in finding.what
    labels[20:] = [1] * 10
    with pytest.raises(DataError, match="Two classes have the same name '1'"):
        data.table({"text": [f"t{at}" for at in range(30)], "label": labels}, text="text")


class _Frame:
    """What of a DataFrame is used: pandas' to_dict and what tells it from a Polars one."""

    def __init__(self, columns: dict[str, list[Any]]) -> None:
        self._columns = columns
        self.columns = list(columns)
        self.iloc = None

    def to_dict(self, orient: str) -> dict[str, list[Any]]:
        assert orient == "list"
        return self._columns


def test_a_data_frame_is_a_table() -> None:
    labels: list[Any] = [1.0, 0.0] * 14 + [float("nan"), None]
    frame = _Frame({"text": [f"t{at}" for at in range(30)], "label": labels})
    dataset = data.table(frame, text="text")
    assert dataset.classes == ("0", "1")
    assert dataset.reading[0].where == ("row 29", "row 30")


def test_parquet_without_pyarrow_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(MissingPartError, match="pip install pyarrow"):
        data.table(tmp_path / "x.parquet", text="text")


def test_pandas_and_parquet_give_the_same(tmp_path: Path) -> None:
    import pandas
    import pyarrow  # noqa: F401  # what pandas writes Parquet with

    columns = {"text": [f"t{at}" for at in range(30)], "label": ["a", "b", None] * 10}
    plain = data.table(columns, text="text")
    frame = pandas.DataFrame(columns)
    frame.to_parquet(tmp_path / "x.parquet")
    assert data.table(frame, text="text").fingerprint == plain.fingerprint
    assert data.table(tmp_path / "x.parquet", text="text").fingerprint == plain.fingerprint
    (tmp_path / "y.parquet").write_bytes(b"no parquet")
    with pytest.raises(DataError, match=r"y\.parquet cannot be read"):
        data.table(tmp_path / "y.parquet", text="text")


def test_arrays_can_be_grouped() -> None:
    images = np.random.default_rng(0).uniform(size=(40, 8, 8))
    group = [at // 4 for at in range(40)]
    dataset = data.arrays(images, [0, 1] * 20, group=group)
    place = {image.tobytes(): at for at, image in enumerate(images.astype(np.float32)[:, None])}
    found = [
        {group[place[one.tobytes()]] for one in split.images} for split in (dataset.train, dataset.validation)
    ]
    assert not found[0] & found[1]
    images[20:] = images[:20] * 0.97
    apart, together = (data.arrays(images, [0, 1] * 20, group=one) for one in (None, "alike"))
    assert apart.findings.of("near-copies-across-splits")
    assert not together.findings.of("near-copies-across-splits")
    for wrong, words in (
        ("like", "group is 'like'"),
        ([1, 2], "40 images but 2 groups"),
        ([None] * 40, "has no group"),
        (np.zeros((40, 2)), "cannot name a group"),
        (len, "group is of the kind builtin_function_or_method"),
    ):
        with pytest.raises(DataError, match=words):
            data.arrays(images, [0, 1] * 20, group=wrong)  # type: ignore[arg-type]
