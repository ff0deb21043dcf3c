"""`tlkit try --target FOLDER` as somebody uses it who has a folder of pictures and nothing else."""

from __future__ import annotations

import base64
import html
import io
import json
import os
import re
import shlex
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.data.drawing import class_folders, picture
from tests.data.rights import as_nobody, open_to_all
from tlkit import cli

QUICK = ["try", "--arms", "random-frozen,frozen", "--seeds", "2"]
GREY = ["--source", "zoo:resnet-photos"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TLKIT_CACHE", str(tmp_path / "cache"))
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    return class_folders(tmp_path / "pets", ("cat", "dog"), each=14)


def _two_colours_of_one_grey() -> Image.Image:
    pixels = np.zeros((64, 64, 3), dtype=np.uint8)
    pixels[:, :32], pixels[:, 32:] = (255, 0, 0), (0, 130, 0)
    return Image.fromarray(pixels)


def _text(report: Path) -> str:
    page = re.sub(r"<style.*?</style>|<[^>]+>", "\n", report.read_text(encoding="utf-8"), flags=re.S)
    return html.unescape(page)


def test_the_report_shows_counts_the_split_and_what_the_network_gets(
    pets: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _two_colours_of_one_grey().save(pets / "dog" / "two colours.png")
    assert cli.main([*QUICK, *GREY, "--target", str(pets), "--json"]) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert found["pictures"]["classes"] == ["cat", "dog"]
    assert [sum(found["pictures"][name]) for name in ("train", "validation", "test")] == [17, 4, 8]
    assert found["pictures"]["read_as"] == [3, 96, 96]
    assert found["pictures"]["given_to_the_network_as"] == [1, 32, 32]
    # Judged in colour, two colours are two; and a picture below 96 pixels is no small one for 32.
    assert not any("one colour" in one or "enlarged" in one for one in found["found_in_the_data"])
    told = "The network gets each picture at 32 x 32 pixels in grey"
    assert told in said.err
    text = _text(here / "tlkit-report.html")
    assert told in text
    assert (
        "29 pictures of 2 classes. 17 are there to learn from; 8 are the sealed test; 4 are held back" in text
    )
    cells = re.findall(r'<th scope="row"[^>]*>(\w+)</th>((?:<td[^>]*>\d+</td>){3})', _page(here))
    assert [(name, re.findall(r">(\d+)<", row)) for name, row in cells] == [
        ("cat", ["8", "2", "4"]),
        ("dog", ["9", "2", "4"]),
    ]


def _page(here: Path) -> str:
    return (here / "tlkit-report.html").read_text(encoding="utf-8")


def test_the_report_has_small_pictures_of_each_class_as_read_as_given_and_distorted(
    pets: Path, here: Path
) -> None:
    assert cli.main([*QUICK, *GREY, "--target", str(pets)]) == 0
    figures = re.findall(r"<figure><figcaption>(\w+)</figcaption>(.*?)</figure>", _page(here))
    assert [name for name, _ in figures] == ["cat", "dog"]
    for _, content in figures:
        strips = [
            np.asarray(Image.open(io.BytesIO(base64.b64decode(one))), dtype=float)
            for one in re.findall(r"base64,([\w+/=]+)", content)
        ]
        assert len(strips) == 3
        colourful = [float(np.ptp(one, axis=-1).mean()) for one in strips]
        assert colourful[0] > 10
        assert max(colourful[1:]) < 4, "the network gets grey"
        views = [strips[2][:, at * 68 : at * 68 + 64] for at in range(5)]
        assert all(abs(one - views[0]).mean() > 1 for one in views[1:]), "each view is another"
        assert not re.search(r'alt=""', content)
    assert len(_page(here)) < 400_000


def test_as_many_labels_as_classes_allow_are_taken_and_said(
    pets: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*QUICK, *GREY, "--target", str(pets), "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["labels_per_class"] == 5
    assert "Labels per class: 5; up to 8 are possible with --labels" in said.err
    assert "--labels 5" in _text(here / "tlkit-report.html")
    for path in sorted((pets / "dog").iterdir())[5:]:
        path.unlink()
    assert cli.main([*QUICK, *GREY, "--target", str(pets), "--curve", "--json"]) == 0
    said = capsys.readouterr()
    assert "Labels per class: 1, 2, as many as the smallest class allows." in said.err
    assert [one["labels_per_class"] for one in json.loads(said.out)["curve"]] == [1, 2]


def test_a_report_is_not_written_over_unless_asked(
    pets: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*QUICK, *GREY, "--target", str(pets)]
    (here / "tlkit-report.html").write_text("mine", encoding="utf-8")
    assert cli.main(arguments) == 0
    assert str(here / "tlkit-report-2.html") in capsys.readouterr().out
    assert (here / "tlkit-report-2.html").stat().st_size > 1000
    named = [*arguments, "--report", "tlkit-report.html"]
    assert cli.main(named) == 1
    assert "There is a file" in capsys.readouterr().err
    assert (here / "tlkit-report.html").read_text(encoding="utf-8") == "mine"
    assert cli.main([*named, "--overwrite"]) == 0
    assert "<!DOCTYPE html>" in _page(here)
    assert sorted(one.name for one in here.iterdir()) == ["tlkit-report-2.html", "tlkit-report.html"]


def test_advice_can_be_typed_and_helps(pets: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for at in range(6):
        content = (pets / "cat" / f"{at:03}.png").read_bytes()
        (pets / "cat" / f"copy {at}.png").write_bytes(content)
    arguments = [*QUICK, *GREY, "--target", str(pets), "--json"]
    assert cli.main(arguments) == 0
    found = " ".join(json.loads(capsys.readouterr().out)["found_in_the_data"])
    assert "Keep one of each, or add --group alike." in found
    assert "in more than one split" in found
    assert cli.main([*arguments, "--group", "alike", "--report", "again.html"]) == 0
    found = " ".join(json.loads(capsys.readouterr().out)["found_in_the_data"])
    assert "in more than one split" not in found
    assert "--group" not in found
    typed = next(line for line in _text(here / "again.html").splitlines() if line.startswith("tlkit try "))
    assert cli.parser().parse_args(shlex.split(typed)[1:]).group == "alike"


def test_no_name_of_a_rule_and_no_python_is_in_what_is_said(
    pets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (pets / "cat" / "bad.png").write_bytes(b"no picture")
    (pets / "cat" / "notes.txt").write_text("for me")
    (pets / "empty").mkdir()
    for at in range(3):
        (pets / "dog" / f"copy {at}.png").write_bytes((pets / "cat" / f"{at:03}.png").read_bytes())
    Image.new("RGB", (40, 40), "red").save(pets / "dog" / "red.png")
    assert cli.main([*QUICK, *GREY, "--target", str(pets)]) == 0
    said = capsys.readouterr()
    assert said.err.count("Found in the data.") >= 6
    for text in (said.err, said.out):
        assert not re.search(
            r"='|\.preview|\b(tiny-class|unreadable-file|copies-|one-colour|empty-class)", text
        )
    assert cli.main([*QUICK, *GREY, "--target", str(pets), "--strict"]) == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.endswith("Mend the data, or leave --strict out.")
    assert "bad.png" in last
    assert not re.search(r"\[[a-z-]+\]", last)


def test_a_flat_folder_with_a_table_is_read_by_its_columns(
    tmp_path: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "flat"
    folder.mkdir()
    rows = ["photo;animal;taken"]
    for at in range(30):
        picture(at).save(folder / f"{at}.png")
        rows.append(f"{at};{('cat', 'dog', 'fox')[at % 3]};{at // 5}")
    (folder / "list.csv").write_text("\n".join(rows), encoding="utf-8")
    arguments = [*QUICK, *GREY, "--target", str(folder), "--json"]
    assert cli.main(arguments) == 1
    assert "--file-column NAME" in capsys.readouterr().err
    columns = ["--file-column", "photo", "--label-column", "animal", "--suffix", ".png", "--leave-out", "fox"]
    assert cli.main([*arguments, *columns, "--group", "taken", "--split-seed", "3"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["pictures"]["classes"] == ["cat", "dog"]
    typed = next(
        line for line in _text(here / "tlkit-report.html").splitlines() if line.startswith("tlkit try ")
    )
    given = cli.parser().parse_args(shlex.split(typed)[1:])
    assert (given.group, given.split_seed, given.suffix) == ("taken", 3, ".png")
    assert given.leave_out == ["fox"]


def test_a_large_network_gets_a_first_answer_in_short_and_says_what_it_leaves_out(
    pets: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["try", "--seeds", "2", "--labels", "2", "--source", "zoo:efficientnet-lite0@224"]
    assert cli.main([*arguments, "--target", str(pets), "--json"]) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert list(found["arms"]) == ["random-frozen", "frozen"]
    (told,) = (one for one in found["notes"] if one.startswith("Left out"))
    assert "--arms scratch,random-frozen,frozen,fine-tuned" in told
    assert told in _text(here / "tlkit-report.html")
    assert "in colour" in said.err


def _huge_png() -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(bytes(1000))), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _table(rows: list[str]) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        folder.mkdir()
        for at in range(12):
            picture(at).save(folder / f"{at}.png")
        (folder / "labels.csv").write_text("\n".join(rows), encoding="utf-8")

    return make


def _small(folder: Path) -> None:
    class_folders(folder, each=2)


def _all_bad(folder: Path) -> None:
    for path in class_folders(folder, each=3).rglob("*.png"):
        path.write_bytes(b"")


def _loose(folder: Path) -> None:
    folder.mkdir()
    picture(1).save(folder / "a.png")


def _one_class_is_damaged(folder: Path) -> None:
    class_folders(folder, each=4)
    for path in (folder / "dog").iterdir():
        path.write_bytes(b"no picture")


BAD: dict[str, tuple[Callable[[Path], None], str]] = {
    "nothing": (Path.mkdir, "There is no picture in"),
    "loose": (
        _loose,
        "Put one folder per class into it, or name files and classes in a CSV file: --csv labels.csv",
    ),
    "a file": (lambda folder: folder.write_text("x") and None, "is a file, expected a folder"),
    "empty table": (_table([]), "The table labels.csv is empty"),
    "a head alone": (_table(["file,label"]), "has no rows"),
    "all files missing": (_table(["file,label", "x.png,a", "y.png,b"]), "None of the 2 files"),
    "one class": (_table(["file,label", *(f"{at}.png,a" for at in range(12))]), "only one class, 'a'"),
    "ragged": (_table(["file,label", "0.png,a,b"]), "Line 2 of labels.csv has 3 cells"),
    "too small": (_small, "Class 'cat' has 2 images: too few"),
    "all damaged": (_all_bad, "None of the 6 pictures"),
    "one class damaged": (_one_class_is_damaged, "Files that cannot be read, left out: 4."),
}


@pytest.mark.parametrize("name", BAD)
def test_a_folder_that_cannot_be_used_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, here: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make, words = BAD[name]
    make(tmp_path / "bad")
    assert cli.main([*QUICK, *GREY, "--target", str(tmp_path / "bad")]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("tlkit: ")
    assert said.err.count("\n") == 1
    assert words in said.err
    assert list(here.iterdir()) == []
    assert not list(tmp_path.rglob("*.part"))


def test_single_bad_pictures_and_rows_are_named_and_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = [f"{at}.png,{('cat', '7')[at % 2]}" for at in range(14)]
    _table(["file,label", *labels])(tmp_path / "mixed")
    (tmp_path / "mixed" / "0.png").write_bytes(_huge_png())
    assert cli.main([*QUICK, *GREY, "--target", str(tmp_path / "mixed"), "--json"]) == 0
    found = " ".join(json.loads(capsys.readouterr().out)["found_in_the_data"])
    assert "0.png is a decompression bomb" in found
    assert "not there: 2." in found
    assert "12.png; 13.png" in found
    assert "Labels that are numbers, beside others that are words: 1 of 2." in found


@pytest.mark.skipif(os.name == "nt", reason="rights are set the POSIX way")
def test_what_may_not_be_read_is_told(pets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    open_to_all(tmp_path)
    closed = (
        (pets / "dog", "Folders that could not be opened: 1. Found in: dog."),
        (pets, "Permission denied"),
    )
    for folder, words in closed:
        folder.chmod(0)
        try:
            with as_nobody():
                assert cli.main([*QUICK, *GREY, "--target", str(pets)]) == 1
        finally:
            folder.chmod(0o755)
        assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--csv", "no.csv"], "The table no.csv cannot be read"),
        (["--group", "author"], "give --group alike"),
        (["--leave-out", "ct"], "The nearest is 'cat'"),
        (["--labels-per-class", "99"], "Ask for at most 8"),
        (["--report", "/dev/null/report.html"], "cannot be written"),
        (["--report", "r" * 300], "File name too long"),
    ],
)
def test_an_option_that_does_not_fit_is_told(
    pets: Path, here: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*QUICK, *GREY, "--target", str(pets), *arguments]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert words in said.err.splitlines()[-1]
    assert list(here.iterdir()) == []


def test_options_for_a_folder_are_refused_for_an_embedded_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*QUICK, "--target", "greek", "--group", "alike"]) == 1
    assert "--group alike is for folders of your own" in capsys.readouterr().err
