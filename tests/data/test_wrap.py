from __future__ import annotations

from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pyarrow
import pytest
import torch
from torch.utils.data import DataLoader, Subset, TensorDataset
from torchvision.datasets import FakeData, ImageFolder
from torchvision.transforms import v2

from tests.data.drawing import class_folders, encoded, picture
from tlkit import data
from tlkit.data import Dataset
from tlkit.errors import DataError, UnknownNameError

TO_TENSOR = v2.Compose([v2.ToImage(), v2.Resize((16, 16)), v2.ToDtype(torch.float32, scale=True)])


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLKIT_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    return class_folders(tmp_path / "pets", each=20)


def _wrap(source: Any, **settings: Any) -> Dataset:
    return data.wrap(source, **{"size": 16, "progress": False, **settings})


def test_an_image_folder_is_the_folder(pets: Path) -> None:
    wrapped = _wrap(ImageFolder(pets))
    assert wrapped.classes == ("cat", "dog")
    assert wrapped.fingerprint == data.images(pets, size=16, progress=False).fingerprint
    assert wrapped.item_name("train", 0).startswith("train[")
    with pytest.raises(UnknownNameError, match="'train'"):
        wrapped.item_name("training", 0)


def test_tensors_of_a_transform_stay_as_they_are(pets: Path) -> None:
    source = ImageFolder(pets, transform=TO_TENSOR)
    wrapped = _wrap(source)
    images = torch.stack([source[at][0] for at in range(40)])
    plain = data.arrays(images, [source.classes[source[at][1]] for at in range(40)])
    assert wrapped.fingerprint == plain.fingerprint
    loader = DataLoader(source, batch_size=7)
    assert _wrap(loader).fingerprint == plain.fingerprint
    half = Subset(source, range(0, 40, 2))
    assert _wrap(half).classes == ("0", "1"), "a subset has no names of classes"


def test_a_loader_that_shuffles_and_works_in_other_processes(pets: Path) -> None:
    images, labels = torch.rand(30, 3, 8, 8), torch.arange(30) % 3
    before = torch.get_rng_state()
    wrapped = _wrap(DataLoader(TensorDataset(images, labels), batch_size=4, shuffle=True, num_workers=1))
    assert torch.equal(torch.get_rng_state(), before)
    pairs = {image.numpy().tobytes(): str(int(label)) for image, label in zip(images, labels, strict=True)}
    for split in (wrapped.train, wrapped.validation, wrapped.test.open("comparison")):
        for image, label in zip(split.images, split.labels, strict=True):
            assert pairs.pop(image.tobytes()) == wrapped.classes[label]
    assert not pairs


def test_given_splits_are_kept(pets: Path, tmp_path: Path) -> None:
    other = tmp_path / "test"
    for place, name in enumerate(("cat", "dog")):
        (other / name).mkdir(parents=True)
        for at in range(5):
            picture(7000 + 100 * place + at).save(other / name / f"{at}.png")
    wrapped = _wrap(ImageFolder(pets), test=ImageFolder(other))
    assert [len(wrapped.train), len(wrapped.validation), len(wrapped.test)] == [34, 6, 10]
    assert all(name.startswith("test[") for name in wrapped.item_names["test"])
    as_dict = _wrap({"train": ImageFolder(pets), "test": ImageFolder(other)})
    assert as_dict.fingerprint == wrapped.fingerprint
    assert "for validation." in wrapped.card.how_made
    assert "for test" not in wrapped.card.how_made


def test_fake_data_of_torchvision() -> None:
    wrapped = _wrap(FakeData(60, (3, 20, 20), num_classes=3))
    assert len(wrapped.classes) == 3
    assert wrapped.train.images.shape[1:] == (3, 16, 16)


class _Features(dict):  # type: ignore[type-arg]
    """What `datasets` calls features: for each column what is in it."""


class _ClassLabel:
    names = ("cat", "dog")


class _Rows:
    """A dataset as of Hugging Face: items are mappings, classes are numbers with names."""

    def __init__(self, items: list[dict[str, Any]]) -> None:
        self._items = items
        self.features = _Features(image=object(), label=_ClassLabel())

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, at: int) -> dict[str, Any]:
        return self._items[at]


def test_rows_as_mappings_with_named_numbers() -> None:
    items = [{"image": picture(at), "label": at % 2, "id": at} for at in range(24)]
    wrapped = _wrap(_Rows(items))
    assert wrapped.classes == ("cat", "dog")
    by_bytes = [{**one, "image": {"bytes": encoded(one["image"], "PNG"), "path": None}} for one in items]
    assert _wrap(_Rows(by_bytes)).fingerprint == wrapped.fingerprint
    other = [{"photo": one["image"], "kind": one["label"]} for one in items]
    assert _wrap(other, image="photo", label="kind").classes == ("0", "1")
    with pytest.raises(DataError, match="'photo', 'kind'; which is the picture"):
        _wrap(other)
    items[3]["label"] = -1
    with pytest.raises(DataError, match=r"train\[3\] has label -1.*kept back"):
        _wrap(_Rows(items))


def test_hugging_face_datasets_themselves() -> None:
    features = datasets.Features(
        {"image": datasets.Image(), "label": datasets.ClassLabel(names=["cat", "dog"])}
    )
    columns = {
        "image": [{"bytes": encoded(picture(at), "PNG"), "path": None} for at in range(24)],
        "label": [at % 2 for at in range(24)],
    }
    table = datasets.table.InMemoryTable(pyarrow.table(columns).cast(features.arrow_schema))
    # With a fingerprint of our own nothing is pickled: not every version of its parts can.
    rows = datasets.Dataset(table, info=datasets.DatasetInfo(features=features), fingerprint="pets")
    expected = _wrap(_Rows([{"image": picture(at), "label": at % 2} for at in range(24)]))
    assert _wrap(rows).fingerprint == expected.fingerprint
    assert _wrap(rows.cast_column("image", datasets.Image(decode=False))).fingerprint == expected.fingerprint
    both = datasets.DatasetDict({"train": rows, "test": rows.select(range(6))})
    assert len(_wrap(both).test) == 6
    grouped = _wrap(both).findings.of("copies-across-splits")
    assert grouped
    with pytest.raises(DataError, match="has no length"):
        _wrap(rows.to_iterable_dataset())


def test_what_cannot_be_read_is_named_and_left_out() -> None:
    items: list[Any] = [(picture(at), at % 2) for at in range(24)]
    items[5] = (None, 1)
    items[6] = (b"no picture", 0)
    wrapped = _wrap(items)
    (finding,) = wrapped.reading
    assert finding.where == ("train[5] is missing", "train[6] is no picture of a known format")
    with pytest.raises(DataError, match="is missing"):
        _wrap(items, strict=True)


def test_classes_can_be_left_out_and_pictures_grouped() -> None:
    items = [(picture(at // 2), ("cat", "dog", "fox")[at // 2 % 3]) for at in range(90)]
    assert _wrap(items, leave_out=["fox"]).classes == ("cat", "dog")
    assert not _wrap(items, group="alike").findings.of("copies-across-splits")


nan = torch.rand(12, 1, 4, 4)
nan[3, 0, 1, 1] = float("nan")
NORMALISED = (torch.rand(12, 3, 4, 4) - 0.5) / 0.2
LABELS = torch.arange(12) % 2


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (TensorDataset(nan, LABELS), "1 pixels in 1 of 12 images are NaN or infinite, the first in image 3"),
        (TensorDataset(NORMALISED, LABELS), "expected 0 to 1.*a backbone normalises by itself"),
        (TensorDataset(torch.rand(12, 4, 6, 6), LABELS), "neither one nor three channels"),
        (TensorDataset(torch.rand(12, 3, 4, 4)), "Item 0 is a tuple, expected a pair"),
        ([(torch.rand(1, 4, 4), 0), (torch.rand(1, 5, 5), 1)] * 6, "different sizes"),
        ([(torch.rand(1, 4, 4), 0), (picture(0), 1)] * 6, "is an array and others are pictures"),
        ([(picture(0), 0)] * 6, "only one class"),
        ([(picture(at), [0, 1]) for at in range(6)], "cannot name a class"),
        ([(picture(at), None) for at in range(6)], "Label 0 is missing"),
        ([], "has no items"),
        (iter([]), "has no length"),
        (7, "has no length"),
        ({"valid": []}, "but none to train on"),
        ({"train": [], "extra": []}, "a split named 'extra'"),
        ({"train": [], "val": [], "validation": []}, "two splits for validation, 'validation' and another"),
    ],
)
def test_what_cannot_be_used_says_why(source: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        _wrap(source)


def test_settings_are_checked() -> None:
    items = [(picture(at), at % 2) for at in range(12)]
    for settings, words in (
        ({"group": "scene"}, "group is 'scene'"),
        ({"test": "a"}, "test is 'a'"),
        ({"size": 1}, "size is 1"),
        ({"channels": 1.0}, "channels is 1.0"),
        ({"fit": ["crop"]}, "fit is"),
    ):
        with pytest.raises(DataError, match=words):
            _wrap(items, **settings)


def test_an_interrupt_passes_through() -> None:
    class Interrupted(_Rows):
        def __getitem__(self, at: int) -> dict[str, Any]:
            if at == 5:
                raise KeyboardInterrupt
            return super().__getitem__(at)

    before = torch.get_rng_state()
    with pytest.raises(KeyboardInterrupt):
        _wrap(Interrupted([{"image": picture(at), "label": at % 2} for at in range(12)]))
    assert torch.equal(torch.get_rng_state(), before)


def test_the_learners_arrays_are_not_shared() -> None:
    images = np.random.default_rng(0).uniform(size=(12, 1, 4, 4)).astype(np.float32)
    wrapped = _wrap([(images[at], at % 2) for at in range(12)])
    before = wrapped.fingerprint
    images[:] = 0
    assert wrapped.train.images.max() > 0
    assert wrapped.fingerprint == before
