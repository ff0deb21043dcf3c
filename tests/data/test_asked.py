from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.data.drawing import class_folders
from tlkit import data


def _again(dataset: data.Dataset, names: dict[str, object]) -> data.Dataset:
    assert dataset.asked is not None
    again = eval(dataset.asked.again(seed=1), {"data": data, **names})
    assert isinstance(again, data.Dataset)
    return again


@pytest.mark.parametrize("as_text", [True, False])
def test_the_call_of_a_folder_can_be_run_again_with_a_change(tmp_path: Path, as_text: bool) -> None:
    folder = class_folders(tmp_path / "pets", each=8)
    dataset = data.images(
        str(folder) if as_text else folder, size=16, cache=False, progress=False, leave_out=[], name="mine"
    )
    assert dataset.asked is not None
    named = "size=16, name='mine', leave_out=[], cache=False, progress=False, group='alike'"
    assert dataset.asked.again(group="alike") == f"data.images({str(folder)!r}, {named})"
    again = _again(dataset, {})
    assert (again.name, again.train.shape[1:]) == ("mine", (3, 16, 16))
    assert again.fingerprint != dataset.fingerprint


def test_what_cannot_be_written_is_named_as_its_parameter(tmp_path: Path) -> None:
    images, labels = np.random.default_rng(0).uniform(size=(40, 8, 8)), ["cat", "dog"] * 20
    dataset = data.arrays(images, labels, seed=3)
    assert dataset.asked is not None
    assert dataset.asked.again() == "data.arrays(images, labels, seed=3)"
    assert _again(dataset, {"images": images, "labels": labels}).classes == ("cat", "dog")
    folder = class_folders(tmp_path / "pets", each=8)
    grouped = data.images(folder, size=16, group=lambda name: name, cache=False, progress=False)
    assert grouped.asked is not None
    assert "group=group" in grouped.asked.again()


def test_a_table_knows_its_call_and_an_embedded_set_has_none() -> None:
    source = {"text": [f"text {at}" for at in range(8)], "label": [1, 0] * 4}
    table = data.table(source, text="text")
    assert table.asked is not None
    assert table.asked.again(seed=2) == "data.table(source, text='text', seed=2)"
    assert data.load("digits").asked is None
