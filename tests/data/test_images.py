from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.data.drawing import class_folders, encoded, picture
from tests.data.rights import as_nobody, open_to_all
from tests.promise import is_kept
from tlkit import data
from tlkit.data import Dataset, stored
from tlkit.data.stored import StoredImages
from tlkit.errors import DataError, UnknownNameError


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLKIT_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    return class_folders(tmp_path / "pets", each=20)


def _read(folder: Path, **settings: Any) -> Dataset:
    return data.images(folder, **{"size": 16, "progress": False, **settings})


def _all_images(dataset: Dataset) -> np.ndarray:
    splits = (dataset.train, dataset.validation, dataset.test.open("test of reading"))
    return np.concatenate([np.asarray(split.images) for split in splits])


def _rules(dataset: Dataset) -> list[str]:
    return [one.rule for one in dataset.reading]


def test_class_folders_become_a_dataset(pets: Path) -> None:
    dataset = _read(pets)
    assert repr(dataset) == "Dataset('pets', 2 classes, 24 train, 6 validation, 10 test images, test sealed)"
    assert dataset.classes == ("cat", "dog")
    assert dataset.train.images.shape == (24, 3, 16, 16)
    assert not dataset.reading
    for split in ("train", "validation"):
        one = getattr(dataset, split)
        for at, label in enumerate(one.labels):
            folder, file = dataset.item_name(split, at).split("/")
            assert folder == dataset.classes[label]
            seed = 1000 * int(label) + int(file[:3])
            wanted = picture(seed).resize((16, 16), box=(8, 0, 40, 32), resample=2)
            assert np.array_equal(np.rint(one.images[at] * 255), np.moveaxis(np.asarray(wanted), -1, 0))
    assert "Brought to 16 x 16 in colour" in dataset.card.how_made
    assert dataset.test.openings == 0


def test_the_same_folder_gives_the_same_dataset_and_the_seed_decides(pets: Path) -> None:
    first, again, other = _read(pets), _read(pets), _read(pets, seed=1)
    assert first.fingerprint == again.fingerprint == _read(pets, cache=False).fingerprint
    assert other.fingerprint != first.fingerprint


def test_it_is_the_dataset_that_its_arrays_would_give(pets: Path) -> None:
    dataset = _read(pets)
    names = [f"{kind}/{at:03}.png" for kind in ("cat", "dog") for at in range(20)]
    where = {}
    for split, one in (
        ("train", dataset.train),
        ("validation", dataset.validation),
        ("test", dataset.test.open("comparison")),
    ):
        where.update(zip(dataset.item_names[split], one.images, strict=True))
    arrays = data.arrays(
        np.stack([where[name] for name in names]), [name[:3] for name in names], channels="first"
    )
    assert arrays.fingerprint == dataset.fingerprint


def test_everything_that_takes_a_dataset_takes_it(pets: Path) -> None:
    dataset = _read(pets)
    task = dataset.few_shot(2, seed=0)
    assert len(task.train) == 4
    assert dataset.preview().png.startswith(b"\x89PNG")
    assert "pets" in str(dataset.card)


def test_large_folders_stay_bytes_in_a_mapped_file(pets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = _read(pets)
    monkeypatch.setattr(stored, "EAGER_BYTES", 1)
    lazy = _read(pets)
    assert isinstance(lazy.train.images, StoredImages)
    assert isinstance(lazy.train.images._pixels, np.memmap)
    assert lazy.fingerprint == plain.fingerprint
    assert lazy.few_shot(3, seed=1).fingerprint == plain.few_shot(3, seed=1).fingerprint
    assert [str(one) for one in lazy.findings] == [str(one) for one in plain.findings]
    assert np.array_equal(lazy.preview().grid(), plain.preview().grid())


def test_split_folders_are_taken_over_and_a_missing_one_is_cut(tmp_path: Path) -> None:
    for split, each in (("train", 20), ("Test", 5)):
        class_folders(tmp_path / "pets" / split, each=each)
    for seed, path in enumerate(sorted((tmp_path / "pets" / "Test").rglob("*.png")), start=5000):
        path.write_bytes(encoded(picture(seed), "PNG"))
    dataset = _read(tmp_path / "pets")
    assert [len(dataset.train), len(dataset.validation), len(dataset.test)] == [34, 6, 10]
    assert all(name.startswith("Test/") for name in dataset.item_names["test"])
    assert not any(name.startswith("Test/") for name in dataset.item_names["train"])
    assert "given with the data" in dataset.card.limits[0]


def test_classes_may_be_called_train_and_test(tmp_path: Path) -> None:
    dataset = _read(class_folders(tmp_path / "things", ("train", "test")))
    assert dataset.classes == ("test", "train")


def test_deeper_folders_belong_to_their_class_and_hidden_ones_to_none(pets: Path) -> None:
    for path in ("cat/more/deep/x.PNG", "cat/.hidden/y.png", ".git/z.png", "__MACOSX/cat/w.png"):
        (pets / path).parent.mkdir(parents=True, exist_ok=True)
        picture(9000 + len(path)).save(pets / path)
    dataset = _read(pets)
    names = {name for split in dataset.item_names.values() for name in split}
    assert len(names) == 41
    assert "cat/more/deep/x.PNG" in names
    assert not dataset.reading


def test_links_are_followed_inside_the_folder_and_not_out_of_it(pets: Path, tmp_path: Path) -> None:
    outside = class_folders(tmp_path / "elsewhere", ("secret",), each=2)
    (pets / "cat" / "out.png").symlink_to(outside / "secret" / "000.png")
    (pets / "cat" / "outside").symlink_to(outside)
    (pets / "cat" / "nowhere.png").symlink_to(pets / "no such file")
    (pets / "cat" / "circle.png").symlink_to(pets / "cat" / "circle.png")
    (pets / "cat" / "loop").symlink_to(pets)
    picture(4000).save(pets / "dog" / "real.png")
    (pets / "cat" / "inside.png").symlink_to(pets / "dog" / "real.png")
    dataset = _read(pets)
    names = {name for split in dataset.item_names.values() for name in split}
    assert names - {f"{kind}/{at:03}.png" for kind in ("cat", "dog") for at in range(20)} == {
        "cat/inside.png",
        "dog/real.png",
    }
    (finding,) = dataset.reading
    assert finding.rule == "outside-folder"
    assert set(finding.where) == {
        f"cat/{one}" for one in ("out.png", "outside", "nowhere.png", "circle.png", "loop")
    }


def test_a_pipe_does_not_hang_it(pets: Path) -> None:
    os.mkfifo(pets / "cat" / "pipe.png")
    assert _rules(_read(pets)) == ["other-files"]


def test_a_pipe_in_place_of_a_listed_file_does_not_hang_it(
    pets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tlkit.data import pictures

    real = pictures.decode_all

    def late(*arguments: Any, **settings: Any) -> Any:
        (pets / "cat" / "000.png").unlink()
        os.mkfifo(pets / "cat" / "000.png")
        return real(*arguments, **settings)

    monkeypatch.setattr(pictures, "decode_all", late)
    (finding,) = _read(pets).reading
    assert finding.where == ("cat/000.png is no file",)


def test_a_folder_that_changes_while_it_is_read(pets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tlkit.data import pictures

    real = pictures.decode_all

    def late(*arguments: Any, **settings: Any) -> Any:
        for path in (pets / "dog").iterdir():
            path.unlink()
        picture(4711).save(pets / "cat" / "000.png")
        return real(*arguments, **settings)

    monkeypatch.setattr(pictures, "decode_all", late)
    with pytest.raises(DataError, match="only one class, 'cat'"):
        _read(pets)
    class_folders(pets, ("dog", "fox"))
    dataset = _read(pets, leave_out=["dog"])
    assert dataset.classes == ("cat", "fox")


def test_what_is_no_picture_is_named_and_left_out(pets: Path) -> None:
    (pets / "cat" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no jpeg")
    (pets / "cat" / "empty.png").write_bytes(b"")
    (pets / "dog" / "half.png").write_bytes(encoded(picture(1, 100, 100), "PNG")[:-2000])
    (pets / "dog" / "notes.txt").write_text("hello")
    picture(3).save(pets / "loose.png")
    (pets / "fox").mkdir()
    dataset = _read(pets)
    assert len(_all_images(dataset)) == 40
    found = {one.rule: one for one in dataset.reading}
    assert list(found) == ["no-class", "other-files", "empty-class", "unreadable-file"]
    assert found["no-class"].where == ("loose.png",)
    assert found["other-files"].where == ("dog/notes.txt",)
    assert found["empty-class"].where == ("fox",)
    told = found["unreadable-file"].where
    assert [one.split(" is ")[0] for one in told] == ["cat/broken.jpg", "cat/empty.png", "dog/half.png"]
    assert "3 problems while reading: see .findings" in repr(dataset)
    with pytest.raises(DataError, match=r"broken\.jpg"):
        _read(pets, strict=True)
    assert set(found) <= {one.rule for one in dataset.findings}


def test_what_may_not_be_read_is_named(pets: Path, tmp_path: Path) -> None:
    open_to_all(tmp_path)
    class_folders(pets, ("fox",), each=4)
    (pets / "cat" / "000.png").chmod(0)
    (pets / "fox").chmod(0)
    try:
        with as_nobody():
            dataset = _read(pets)
    finally:
        (pets / "fox").chmod(0o755)
    found = {one.rule: one.where for one in dataset.reading}
    assert found == {
        "unreadable-folder": ("fox",),
        "unreadable-file": ("cat/000.png may not be read by you",),
    }
    pets.chmod(0)
    try:
        with as_nobody(), pytest.raises(DataError, match="cannot be read: Permission denied"):
            _read(pets)
    finally:
        pets.chmod(0o755)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "There is no folder"),
        (lambda path: path.write_text("x"), "is a file, expected a folder"),
        (lambda path: path.mkdir(), "There is no picture in"),
        (lambda path: class_folders(path, ("cat",)), "only one class, 'cat'"),
        (lambda path: class_folders(path, each=2), "Class 'cat' has 2 images: too few.*1 more such"),
        (lambda path: (path.mkdir(), picture(0).save(path / "a.png")), "1 lie in it without a folder"),
        (lambda path: path.symlink_to(path), "cannot be read"),
    ],
)
def test_folders_that_cannot_be_used_say_why(tmp_path: Path, make: Any, words: str) -> None:
    make(tmp_path / "x")
    with pytest.raises(DataError, match=words):
        _read(tmp_path / "x")


def test_only_damaged_files_are_an_error(tmp_path: Path) -> None:
    class_folders(tmp_path / "x")
    for path in (tmp_path / "x").rglob("*.png"):
        path.write_bytes(b"damaged")
    with pytest.raises(
        DataError, match=r"None of the 20 pictures of 'x' can be read: cat/000.png is no picture"
    ):
        _read(tmp_path / "x")


def test_classes_can_be_left_out(pets: Path) -> None:
    class_folders(pets, ("fox",), each=1)
    with pytest.raises(DataError, match="'fox' has 1 image"):
        _read(pets)
    assert _read(pets, leave_out=["fox"]).classes == ("cat", "dog")
    with pytest.raises(DataError, match="leave_out names every class: cat, dog, fox"):
        _read(pets, leave_out=["fox", "cat", "dog"])
    with pytest.raises(DataError, match="leave_out is None"):
        _read(pets, leave_out=None)
    with pytest.raises(UnknownNameError, match="nearest is 'fox'"):
        _read(pets, leave_out=["foxx"])


def test_grey_is_one_channel(pets: Path) -> None:
    grey, colour = _read(pets, channels=1), _read(pets)
    assert grey.train.images.shape[1:] == (1, 16, 16)
    luminance = np.tensordot([0.299, 0.587, 0.114], np.moveaxis(np.asarray(colour.train.images), 1, 0), 1)
    assert np.abs(grey.train.images[:, 0] - luminance).max() < 1.5 / 255


def test_a_function_groups_by_the_name_of_the_file(pets: Path) -> None:
    def of(name: str) -> tuple[str, int]:
        return name[:3], int(name[4:7]) % 5

    dataset = _read(pets, group=of)
    groups: dict[tuple[str, int], set[str]] = {}
    for split, names in dataset.item_names.items():
        for name in names:
            groups.setdefault(of(name), set()).add(split)
    assert len(groups) == 10
    assert all(len(splits) == 1 for splits in groups.values())


def test_pictures_that_look_the_same_stay_together(pets: Path) -> None:
    for kind, place in (("cat", 0), ("dog", 1000)):
        for at in range(20):
            picture(place + at, 96, 64).save(pets / kind / f"{at:03}.png")
            content = encoded(picture(place + at, 96, 64).resize((80, 54)), "JPEG", quality=70)
            (pets / kind / f"{at:03}-again.jpg").write_bytes(content)
    apart = _read(pets, size=32)
    assert "near-copies-across-splits" in [one.rule for one in apart.findings]
    together = _read(pets, size=32, group="alike")
    assert not together.findings.of("near-copies-across-splits")
    assert not together.findings.of("copies-across-splits")
    for names in together.item_names.values():
        assert {name[:7] for name in names if "again" in name} == {
            name[:7] for name in names if "again" not in name
        }


def test_whoever_keeps_copies_together_is_not_told_to(pets: Path) -> None:
    for at in range(20):
        (pets / "cat" / f"{at:03}-copy.png").write_bytes((pets / "cat" / f"{at:03}.png").read_bytes())
    advice = {one.rule: one.cure for one in _read(pets).findings}
    assert advice["copies-within-a-split"] == "Keep one of each, or read with group='alike'."
    together = {one.rule: one.cure for one in _read(pets, group="alike").findings}
    assert together["copies-within-a-split"] == "Keep one of each."


def test_progress_is_told_step_by_step(pets: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    _read(pets, progress=lambda *one: told.append(one))
    assert told[-1] == ("decoding", 40, 40)
    assert ("listing", 40, None) in told


def test_a_full_disk_is_told_and_costs_nothing_else(pets: Path, tmp_path: Path) -> None:
    expected = _read(pets, cache=False)
    (tmp_path / "cache").write_text("in the way of the cache")
    dataset = _read(pets)
    assert dataset.fingerprint == expected.fingerprint
    (finding,) = dataset.reading
    assert (finding.rule, finding.level) == ("not-cached", "note")
    assert _read(pets, strict=True).fingerprint == expected.fingerprint, "a note is no error"


def test_small_pictures_are_noted(pets: Path) -> None:
    assert "small-picture" in _rules(_read(pets, size=64))


def test_twenty_thousand_names_are_listed_in_seconds(tmp_path: Path) -> None:
    from tlkit.data.image_files import list_classes

    for kind in ("a", "b"):
        (tmp_path / kind).mkdir()
        for at in range(10_000):
            os.close(os.open(tmp_path / kind / f"{at}.png", os.O_CREAT | os.O_WRONLY))

    def seconds() -> float:
        began = time.perf_counter()
        assert len(list_classes(tmp_path, progress=False).items) == 20_000
        return time.perf_counter() - began

    assert is_kept(5, seconds), "100,000 take about a second on two idle cores"
