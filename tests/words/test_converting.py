"""The folder that is mapped into memory: the same words and vectors, whole or not at all."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlkit import words
from tlkit.errors import DataError, StoreError, TakenError, UnknownNameError, WeightsError
from tlkit.words.converted import write_converted


@pytest.fixture
def found() -> words.WordVectors:
    listed = [f"word {at} ñ漢" for at in range(5_000)]
    return words.WordVectors(listed, np.random.default_rng(0).normal(size=(5_000, 4)), "many")


def test_every_word_is_found_again_and_no_other(found: words.WordVectors, tmp_path: Path) -> None:
    opened = words.convert(found, tmp_path / "made")
    assert len(opened.words) == 5_000
    assert [opened.words.find(word) for word in found.words] == list(range(5_000))
    assert tuple(opened.words) == tuple(found.words)
    assert opened.vectors.tobytes() == found.vectors.tobytes()
    assert opened.words[7:9] == found.words[7:9]
    for other in ("word", "word 5000 ñ漢", "", "\ud800"):
        assert other not in opened
    with pytest.raises(UnknownNameError, match="Spelled most like it"):
        opened.vector("wort 3 ñ漢")
    with pytest.raises(ValueError, match="read-only"):
        opened.vectors[0, 0] = 1


@settings(max_examples=8, deadline=None, database=None)
@given(listed=st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=8, unique=True))
def test_any_words_come_back(listed: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    made = words.WordVectors(listed, np.arange(len(listed))[:, None])
    folder = tmp_path_factory.mktemp("any") / "made"
    opened = words.convert(made, folder)
    assert list(opened.words) == listed
    assert [opened.vector(word)[0] for word in listed] == list(range(len(listed)))


def test_a_file_is_converted_as_a_stream_with_its_name_card_and_remarks(tmp_path: Path) -> None:
    path = tmp_path / "glove.txt"
    path.write_text("a 1 2\nb 3 4\na 5 6\nc 7 8\n")
    words.convert(path, tmp_path / "made", name="small", card={"name": "small", "licence_weights": "CC0-1.0"})
    opened = words.read(tmp_path / "made")
    assert (opened.name, tuple(opened.words)) == ("small", ("a", "b", "c"))
    assert opened.vectors.tolist() == [[1, 2], [3, 4], [7, 8]]
    assert opened.card.licence_weights == "CC0-1.0"
    assert "came again" in opened.remarks[0]
    assert tuple(words.read(tmp_path / "made", limit=2).words) == ("a", "b")
    assert len(words.convert(path, tmp_path / "part", limit=1)) == 1


def test_words_that_are_not_utf8_are_converted_as_they_are_read(tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_bytes(b"caf\xe9 1 2\ntea 3 4\n")
    with pytest.raises(DataError, match="line 1: the word"):
        words.convert(tmp_path / "old.txt", tmp_path / "strict")
    assert not (tmp_path / "strict").exists()
    made = words.convert(tmp_path / "old.txt", tmp_path / "made", encoding_errors="replace")
    assert tuple(made.words) == ("caf\ufffd", "tea")


def test_embedded_vectors_keep_their_card(tmp_path: Path) -> None:
    few = words.load("words:english").first(10)
    assert words.convert(few, tmp_path / "made").card == few.card


def test_a_bad_line_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "glove.txt"
    path.write_text("".join(f"w{at} 1 2\n" for at in range(5_000)) + "w 1\n")
    with pytest.raises(DataError, match="line 5001"):
        words.convert(path, tmp_path / "made")
    assert [one.name for one in tmp_path.iterdir()] == ["glove.txt"]


def test_a_folder_that_is_there_is_not_overwritten(found: words.WordVectors, tmp_path: Path) -> None:
    words.convert(found.first(3), tmp_path / "made")
    with pytest.raises(TakenError):
        words.convert(found.first(4), tmp_path / "made")
    assert len(words.read(tmp_path / "made")) == 3
    words.write(tmp_path / "some.txt", found.first(3), form="glove")
    for source in (found.first(3), tmp_path / "some.txt"):
        with pytest.raises(StoreError, match="Could not write"):
            words.convert(source, tmp_path / "made" / "about.json" / "below")


@pytest.mark.parametrize("file", ["vectors.f4", "words.utf8", "offsets.u8", "hashes.u8", "order.u4"])
def test_a_folder_that_lost_something_is_refused(file: str, found: words.WordVectors, tmp_path: Path) -> None:
    words.convert(found.first(3), tmp_path / "made")
    path = tmp_path / "made" / file
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(WeightsError, match="cut short or changed"):
        words.read(tmp_path / "made")
    path.unlink()
    with pytest.raises((WeightsError, DataError), match=r"cannot be read|is a folder, and none"):
        words.read(tmp_path / "made")


@pytest.mark.parametrize("file", ["vectors.f4", "words.utf8", "offsets.u8", "hashes.u8", "order.u4"])
def test_a_changed_byte_is_found_and_never_ends_in_an_error_of_python(
    file: str, found: words.WordVectors, tmp_path: Path
) -> None:
    words.convert(found.first(30), tmp_path / "made")
    words.verify(tmp_path / "made")
    path = tmp_path / "made" / file
    content = path.read_bytes()
    for at in range(0, len(content), 7):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0x81]) + content[at + 1 :])
        opened = words.read(tmp_path / "made")
        with suppress(WeightsError, UnknownNameError):
            assert all(isinstance(word, str) for word in opened.words)
            opened.rows(found.words[:30])
    with pytest.raises(WeightsError, match="was changed"):
        words.verify(tmp_path / "made")


@pytest.mark.parametrize(
    "key", ["words", "dimensions", "name", "card", "remarks", "bytes", "sha256", "format"]
)
def test_a_folder_whose_description_was_changed_is_refused(
    key: str, found: words.WordVectors, tmp_path: Path
) -> None:
    words.convert(found.first(3), tmp_path / "made")
    about = tmp_path / "made" / "about.json"
    about.write_text(about.read_text().replace(f'"{key}"', f'"{key}s"'))
    with pytest.raises(WeightsError):
        words.read(tmp_path / "made")


HALF = """
import sys, time, numpy
from pathlib import Path
from tlkit.words.converted import write_converted

def blocks():
    yield ["a"], numpy.ones((1, 2), numpy.float32)
    print("half", flush=True)
    time.sleep(600)

write_converted(Path(sys.argv[1]), blocks(), 2, name="x")
"""


def test_a_conversion_killed_half_way_leaves_nothing_of_that_name(tmp_path: Path) -> None:
    made = tmp_path / "made"
    with subprocess.Popen(
        [sys.executable, "-c", HALF, str(made)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        process.kill()
    assert not made.exists()
    assert len(words.convert(words.WordVectors(["b"], [[1]]), made)) == 1


def test_of_two_that_convert_at_once_one_is_refused(tmp_path: Path) -> None:
    def blocks() -> Iterator[tuple[list[str], np.ndarray]]:
        yield ["slow"], np.ones((1, 2), np.float32)
        words.convert(words.WordVectors(["fast"], [[1, 2]]), tmp_path / "made")

    with pytest.raises(TakenError):
        write_converted(tmp_path / "made", blocks(), 2, name="slow")
    assert list(words.read(tmp_path / "made").words) == ["fast"]
    assert [one.name for one in tmp_path.iterdir()] == ["made"]
