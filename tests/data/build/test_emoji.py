"""How the emoji are made from their packages, on small packages of our own drawing; no network is needed."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tlkit.data import emoji
from tlkit.data.build.emoji import PACKAGES, Package, cut, main, on_white, read_packages, sheet, write
from tlkit.data.build.emoji_cards import KINDS
from tlkit.errors import DataError
from tlkit.files import packaged, read_json, sha256

STORED = packaged("data", "sets")


def _png(colour: tuple[int, int, int, int], size: tuple[int, int] = (64, 64)) -> bytes:
    file = io.BytesIO()
    Image.new("RGBA", size, colour).save(file, "png")
    return file.getvalue()


def _entry(code: str, kind: str, order: int, **more: Any) -> dict[str, Any]:
    unqualified = more.pop("non_qualified", None)
    return {
        "name": f"THING {code}",
        "unified": code,
        "non_qualified": unqualified,
        "image": f"{code.lower()}.png",
        "subcategory": kind,
        "sort_order": order,
    }


def _pack(path: Path, files: Mapping[str, bytes]) -> None:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


@pytest.fixture
def packages(tmp_path: Path) -> dict[str, Package]:
    """Pack sixty drawn animals and sixty sweets, one thing without a Fluent drawing, and one flag."""
    rows = [_entry(f"1F{at:03X}", ["animal-bird", "food-sweet"][at % 2], 200 - at) for at in range(120)]
    rows += [_entry("2600-FE0F", "animal-bird", 500, non_qualified="2600"), _entry("1FFFF", "flag", 501)]
    rows += [_entry("1EEEE", "animal-bird", 502)]
    made = {}
    for red, (style, package) in enumerate(PACKAGES.items()):
        suffix, wide = (".webp", 256) if style == "fluent" else (".png", 64)
        files = {"package/emoji.json": json.dumps(rows).encode()}
        for at, row in enumerate(rows):
            if style == "fluent" and row["unified"] == "1EEEE":
                continue
            name = row["non_qualified"] or row["unified"] if style == "fluent" else row["unified"]
            files[f"{package.drawings}{name.lower()}{suffix}"] = _png((red, at, 7, 255), (wide, wide))
        _pack(tmp_path / package.file, files)
        made[style] = replace(package, sha256=sha256(tmp_path / package.file))
    return made


def test_only_things_of_the_twelve_classes_that_all_styles_draw_are_kept(
    packages: dict[str, Package], tmp_path: Path
) -> None:
    found = read_packages(tmp_path, packages)
    assert len(found.things.names) == 121
    assert "1EEEE" not in found.things.codes
    assert "1FFFF" not in found.things.codes
    assert found.things.codes[-1] == "2600-FE0F", "in Unicode's order"
    assert found.things.codes[0] == "1F077"
    assert found.things.names[0] == "thing 1f077"
    assert set(found.things.labels.tolist()) == {0, 3}
    for red, style in enumerate(emoji.STYLES):
        assert found.drawings[style].shape == (121, 64, 64, 3)
        assert (found.drawings[style][..., 0] == red).all()
        # Each thing has its own drawing in every style.
        expected = [120 if code == "2600-FE0F" else int(code[2:], 16) for code in found.things.codes]
        assert found.drawings[style][:, 5, 5, 1].tolist() == expected


def test_what_is_written_is_read_again_and_the_same_twice(
    packages: dict[str, Package], tmp_path: Path
) -> None:
    found = read_packages(tmp_path, packages)
    for folder in ("one", "two"):
        write(found, tmp_path / folder)
    for path in sorted((tmp_path / "one").iterdir()):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
    things = emoji.read_things(tmp_path / "one")
    assert (things.names, things.codes, things.kinds) == (
        found.things.names,
        found.things.codes,
        found.things.kinds,
    )
    np.testing.assert_array_equal(things.splits, found.things.splits)
    for style in emoji.STYLES:
        pixels, card = emoji.read_style(f"emoji:{style}", tmp_path / "one")
        np.testing.assert_array_equal(pixels, found.drawings[style])
        assert sum(card.counts.values()) == 121


def test_another_or_a_missing_package_is_refused(
    packages: dict[str, Package], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(DataError, match="SHA-256"):
        read_packages(tmp_path)
    (tmp_path / packages["fluent"].file).unlink()
    with pytest.raises(DataError, match="cannot be read"):
        read_packages(tmp_path, packages)
    before = {path: sha256(path) for path in STORED.glob("emoji-*")}
    assert main([str(tmp_path)]) == 1
    assert "npm pack" in capsys.readouterr().err
    assert before == {path: sha256(path) for path in STORED.glob("emoji-*")}


def test_a_drawing_lies_on_white_and_keeps_its_proportions() -> None:
    half = on_white(_png((0, 0, 0, 128)))
    assert half.shape == (64, 64, 3)
    assert set(half.reshape(-1).tolist()) == {127}
    assert (on_white(_png((9, 9, 9, 0))) == 255).all()
    tall = on_white(_png((0, 0, 0, 255), (128, 256)))
    assert (tall[:, :16] == 255).all()
    assert (tall[:, 16:48] == 0).all()
    assert (tall[:, 48:] == 255).all()


def test_reducing_takes_the_mean_of_whole_boxes() -> None:
    fine = np.random.default_rng(0).integers(0, 256, size=(256, 256, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(fine).save(file, "png")
    means = fine.reshape(64, 4, 64, 4, 3).mean(axis=(1, 3))
    assert np.abs(on_white(file.getvalue()) - means).max() <= 1


def test_a_sheet_gives_back_every_pixel() -> None:
    drawings = np.random.default_rng(0).integers(0, 256, size=(11, 64, 64, 3), dtype=np.uint8)
    np.testing.assert_array_equal(emoji.tiles(sheet(drawings), 11), drawings)


def test_every_class_is_cut_alike() -> None:
    labels = np.repeat(np.arange(3), [20, 40, 129])
    places = cut(labels)
    for label, size in enumerate((20, 40, 129)):
        shares = np.bincount(places[labels == label], minlength=3) / size
        assert shares == pytest.approx([0.55, 0.10, 0.35], abs=0.02)


def test_the_embedded_table_is_what_the_script_makes_of_it() -> None:
    things = emoji.read_things(STORED)
    label_of = {kind: label for label, kinds in enumerate(KINDS.values()) for kind in kinds}
    assert things.labels.tolist() == [label_of[kind] for kind in things.kinds]
    np.testing.assert_array_equal(things.splits, cut(things.labels))


@pytest.mark.parametrize("style", emoji.STYLES)
def test_the_embedded_sheets_are_what_the_script_makes_of_their_drawings(style: str) -> None:
    path = emoji.file_of(f"emoji:{style}", STORED)
    pixels, card = emoji.read_style(f"emoji:{style}", STORED)
    again = sheet(pixels)
    np.testing.assert_array_equal(emoji.tiles(again, len(pixels)), pixels)
    if version("Pillow") == card.built_with["Pillow"]:
        assert again == path.read_bytes()
    assert read_json(path.with_suffix(".json"))["sha256"] == sha256(path)
