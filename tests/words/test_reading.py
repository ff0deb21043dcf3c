"""Files of word vectors: every format comes back bit for bit, gensim reads ours and we read gensim's."""

from __future__ import annotations

import codecs
import gzip
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gensim.models import KeyedVectors
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tlkit import words
from tlkit.errors import DataError, UnknownNameError, WeightsError

# Letters of several alphabets, and what programs stumble over: signs that Python counts as line breaks or spaces.
LETTERS = "ab-.\x85\u2028\u00a0\x0bñ漢😀'\"1"
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
QUICK = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)


@st.composite
def vectors(draw: st.DrawFn, letters: str = LETTERS) -> words.WordVectors:
    listed = draw(st.lists(st.text(letters, min_size=1, max_size=5), min_size=1, max_size=6, unique=True))
    shape = (len(listed), draw(st.integers(2, 4)))
    return words.WordVectors(listed, draw(arrays.arrays(np.float32, shape, elements=FLOATS)))


def same(a: words.WordVectors, b: words.WordVectors) -> bool:
    return tuple(a.words) == tuple(b.words) and a.vectors.tobytes() == b.vectors.tobytes()


EDGES = words.WordVectors(["largest", "smallest"], np.float32([[3.4028235e38, -3.4028235e38], [1e-45, -0.0]]))


@QUICK
@example(found=EDGES, form="word2vec", packed="")
@example(found=EDGES, form="word2vec-binary", packed="")
@given(
    found=vectors(),
    form=st.sampled_from(["word2vec", "word2vec-binary"]),
    packed=st.sampled_from(["", ".gz", ".zip"]),
)
def test_word2vec_comes_back_bit_for_bit_and_gensim_reads_it(
    found: words.WordVectors, form: Any, packed: str, tmp_path: Path
) -> None:
    path = tmp_path / f"some.vec{packed}"
    words.write(path, found, form=form)
    assert same(words.read(path), found)
    if packed != ".zip":
        theirs = KeyedVectors.load_word2vec_format(str(path), binary=form == "word2vec-binary")
        assert theirs.index_to_key == list(found.words)
        assert theirs.vectors.tobytes() == found.vectors.tobytes()


@QUICK
@example(found=EDGES)
@given(found=vectors(LETTERS + "  x"))
def test_glove_comes_back_bit_for_bit_or_is_refused(found: words.WordVectors, tmp_path: Path) -> None:
    path = tmp_path / "glove.txt"
    try:
        words.write(path, found)
        assert same(words.read(path, dimensions=found.dimensions), found)
    except DataError as error:
        refused = str(error)
        assert "cannot hold the word" in refused and any(" " in word for word in found.words), refused  # noqa: PT018


@QUICK
@given(found=vectors())
def test_we_read_what_gensim_writes(found: words.WordVectors, tmp_path: Path) -> None:
    theirs = KeyedVectors(found.dimensions)
    theirs.add_vectors(list(found.words), found.vectors)
    for binary in (False, True):
        path = tmp_path / f"gensim-{binary}"
        theirs.save_word2vec_format(str(path), binary=binary)
        back = words.read(path)
        assert tuple(back.words) == tuple(found.words)
        assert np.array_equal(back.vectors, found.vectors)
    assert same(words.from_gensim(theirs), found)


def test_glove_words_may_have_spaces_and_gensim_reads_what_has_none(tmp_path: Path) -> None:
    path = tmp_path / "glove.txt"
    path.write_text(". . . 0.5 1 2\nat name@domain.com 1 2 3\nthe -1e-3 0 7\n")
    found = words.read(path)
    assert tuple(found.words) == (". . .", "at name@domain.com", "the")
    assert found.vector("the").tolist() == np.float32([-1e-3, 0, 7]).tolist()
    words.write(tmp_path / "glove-2.txt", found.first(1))
    assert same(words.read(tmp_path / "glove-2.txt"), found.first(1))
    words.write(tmp_path / "glove-3.txt", words.WordVectors(["a", "b"], [[1, 2], [3, 4]]))
    theirs = KeyedVectors.load_word2vec_format(str(tmp_path / "glove-3.txt"), no_header=True)
    assert theirs["b"].tolist() == [3, 4]


@pytest.mark.parametrize("form", ["word2vec", "word2vec-binary", "glove"])
def test_a_limit_reads_only_the_first_words(form: Any, tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    found = words.WordVectors([f"w{at}" for at in range(9_000)], generator.normal(size=(9_000, 3)))
    path = tmp_path / "many"
    words.write(path, found, form=form)
    assert same(words.read(path, limit=5_000), found.first(5_000))
    assert same(words.read(path, limit=10_000), found)
    assert same(words.read(path), found)
    # What comes after the limit is not looked at, so that a part that was fetched can be used.
    path.write_bytes(path.read_bytes()[:-100])
    assert same(words.read(path, limit=5_000), found.first(5_000))
    with pytest.raises(DataError, match="at least 1"):
        words.read(path, limit=0)


def _lines(count: int) -> list[str]:
    return [f"w{at} {at} 0.5 1" for at in range(1, count + 1)]


@pytest.mark.parametrize(
    ("at", "line", "said"),
    [
        (5_000, "w 1 2", "line 5000, has 2 numbers after its first word, expected 3"),
        (7, "w 1 2 3 4", "line 7, has 4 numbers after its first word, expected 3"),
        (7, "New York 1 2", "line 7: 'York' is no number"),
        (7, "w 1 nan 2", "line 7: 'nan' is no number"),
        (7, "w 1 1e99 2", "line 7: '1e99' is no number"),
        (7, "w 1 1_0 2", "line 7: '1_0' is no number"),
        (7, " 1 2 3", "line 7, has no word"),
        (7, "", "line 7, is empty"),
        (7, "w", "line 7, has 0 numbers"),
        (7, "w x 1 2\t3 4", "line 7, has 5 numbers"),
        (7, "w\t1\t2\t3", "line 7, begins with .* its numbers do not stand apart by single spaces"),
        (7, "w" + "x" * (1 << 20), "line 7, is longer than"),
        (7, "\udcff 1 2 3", "line 7: the word b'\\\\xff' is not UTF-8"),
    ],
)
def test_a_line_that_does_not_fit_is_named_by_its_number(
    at: int, line: str, said: str, tmp_path: Path
) -> None:
    lines = _lines(5_002)
    lines[at - 1] = line
    path = tmp_path / "glove.txt"
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogateescape") + b"\n\n")
    with pytest.raises(DataError, match=said):
        words.read(path)


def test_words_that_are_not_utf8_can_be_read_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "old.txt"
    path.write_bytes(b"caf\xe9 1 2\ntea 3 4\n")
    assert list(words.read(path, encoding_errors="replace").words) == ["caf\ufffd", "tea"]


@pytest.mark.parametrize("content", [b"a 1 2\nb 3 4\n", b"2 2\na 1 2\nb 3 4\n", b"2 1\na \0\0\x80?b \0\0\0@"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_mark_before_utf8_is_no_part_of_the_first_word(
    content: bytes, packed: bool, tmp_path: Path
) -> None:
    path = tmp_path / "marked"
    marked = codecs.BOM_UTF8 + content
    path.write_bytes(gzip.compress(marked) if packed else marked)
    found = words.read(path)
    assert list(found.words) == ["a", "b"]
    assert found.vectors[0, 0] == 1


def test_a_word_that_comes_again_is_read_once_and_said(tmp_path: Path) -> None:
    path = tmp_path / "twice.txt"
    path.write_text("a 1 2\nb 3 4\na 5 6\n")
    found = words.read(path)
    assert found.vectors.tolist() == [[1, 2], [3, 4]]
    assert found.remarks == ("1 word came again; the first vector was kept.",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"3 2\na 1 2\nb 3 4\n", "holds 2 words, and its first line says 3"),
        (b"1 2\na 1 2\nb 3 4\n", "holds 2 words, and its first line says 1"),
        (b"2 2\na \0\0\0\0\0\0\0\0b \0\0", "ends after 1 of the 2 words"),
        (b"1 1\na \0\0\0\0b \0\0\0\0", "goes on after them"),
        (b"1 1\na \0\0\xc0\x7f", "'a' has a number that is not finite"),
        (b"1 1\n" + b"\xff" * 9_000, "word 1 is longer than"),
        (b"1 999999999\na 1\n", "999,999,999 numbers stand for a word"),
        (b"1 0\na\n", "0 numbers stand for a word"),
        (b"hello\nworld\n", "no word followed by numbers"),
        (b"0 5\n", "holds no words"),
        (codecs.BOM_UTF8, "is empty"),
        ("a 1 2\n".encode("utf-16"), "marked as UTF-16"),
    ],
)
def test_a_damaged_file_is_refused(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "damaged"
    path.write_bytes(content)
    with pytest.raises(DataError, match=said):
        words.read(path)


def test_a_gzip_that_was_cut_short_or_damaged_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "some.gz"
    whole = gzip.compress("\n".join(_lines(2_000)).encode())
    for content in (whole[:-20], whole[: len(whole) // 2], whole[:-6] + b"xxxxxx"):
        path.write_bytes(content)
        with pytest.raises(DataError, match="damaged or cut short"):
            words.read(path)


def test_a_bomb_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tlkit.words.unpacking._HARMLESS_BYTES", 5_000_000)
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"99999 1000\n" + (b"a " + bytes(4_000)) * 1_500))
    assert path.stat().st_size < 25_000
    with pytest.raises(DataError, match="grows to more than"):
        words.read(path)


def test_a_long_line_that_is_looked_at_only_in_part_is_not_counted(tmp_path: Path) -> None:
    path = tmp_path / "wide.txt"
    path.write_text("".join(f"w{at}" + " 0.000000" * 90_000 + "\n" for at in range(2)))
    assert words.read(path).dimensions == 90_000


def test_of_several_files_in_a_zip_one_is_named_and_nothing_is_extracted(tmp_path: Path) -> None:
    path = tmp_path / "glove.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../outside.txt", "a 1 2\n")
        archive.writestr("glove.2d.txt", "b 1 2\n")
    with pytest.raises(DataError, match=r"holds 2 files \(../../outside.txt, glove.2d.txt\), expected one"):
        words.read(path)
    assert list(words.read(path, member="glove.2d.txt").words) == ["b"]
    assert list(words.read(path, member="../../outside.txt").words) == ["a"]
    assert [one.name for one in tmp_path.iterdir()] == ["glove.zip"]
    assert not (tmp_path.parent.parent / "outside.txt").exists()
    with pytest.raises(UnknownNameError, match=r"nearest is 'glove\.2d\.txt'"):
        words.read(path, member="glove.3d.txt")


def test_gensims_own_file_is_a_pickle_and_read_only_on_trust(tmp_path: Path) -> None:
    theirs = KeyedVectors(2)
    theirs.add_vectors(["a", "b"], np.float32([[1, 2], [3, 4]]))
    theirs.save(str(tmp_path / "own.kv"))
    with pytest.raises(WeightsError, match="can run any code"):
        words.read(tmp_path / "own.kv")
    found = words.read(tmp_path / "own.kv", trust=True)
    assert tuple(found.words) == ("a", "b")
    assert found.vectors.tolist() == [[1, 2], [3, 4]]
    with pytest.raises(WeightsError, match=r"can run any code.*trust=True"):
        words.convert(tmp_path / "own.kv", tmp_path / "made")
    made = words.convert(tmp_path / "own.kv", tmp_path / "made", limit=1, trust=True)
    assert (made.name, tuple(made.words), made.vectors.tolist()) == ("own.kv", ("a",), [[1, 2]])
    (tmp_path / "broken.kv").write_bytes(b"\x80nonsense")
    with pytest.raises(DataError, match="gensim cannot read"):
        words.read(tmp_path / "broken.kv", trust=True)


def test_what_is_not_there_or_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read: No such file"):
        words.read(tmp_path / "none.txt")
    with pytest.raises(DataError, match="is a folder"):
        words.read(tmp_path)
    (tmp_path / "a").write_text("a 1\n")
    with pytest.raises(UnknownNameError, match="word2vec"):
        words.read(tmp_path / "a", form="word2veck")  # type: ignore[arg-type]
    with pytest.raises(DataError, match="no word vectors"):
        words.from_gensim([1, 2])


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("New York", "word2vec"),
        ("a\nb", "glove"),
        ("a 5", "glove"),
        ("a\nb", "word2vec-binary"),
        ("\ud800", "glove"),
    ],
)
def test_a_word_that_would_not_come_back_is_refused_and_leaves_no_file(
    word: str, form: Any, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=r"cannot (hold the word|be written)"):
        words.write(tmp_path / "some.txt", words.WordVectors(["fine", word], [[1, 2], [3, 4]]), form=form)
    assert list(tmp_path.iterdir()) == []


def test_the_same_vectors_give_the_same_packed_bytes(tmp_path: Path) -> None:
    found = words.WordVectors(["a", "b"], [[1, 2], [3, 4]])
    for name in ("x.txt.gz", "x.txt.zip"):
        words.write(tmp_path / "1" / name, found)
        words.write(tmp_path / "2" / name, found)
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()
