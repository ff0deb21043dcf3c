"""The embedded files are what the scripts in the repository make."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from PIL import features

from tlkit import data
from tlkit.data import emoji
from tlkit.data.build.__main__ import BUILDERS, main
from tlkit.data.build.built import Built, read, write
from tlkit.data.build.glyphs import renderings
from tlkit.files import packaged, sha256


def _running(library: str) -> str | None:
    return features.version("freetype2") if library == "FreeType" else version(library)


def test_every_file_has_a_script() -> None:
    stored = {path.stem for path in packaged("data", "sets").glob("*.npz")}
    # Those of emoji are made from packages that have to be downloaded first: see test_emoji.py.
    assert stored - {"emoji-names"} == set(BUILDERS) == set(data.names()) - {"digits", *emoji.NAMES}


def assert_same_pictures(new: Built, old: Built, name: str) -> None:
    apart = np.abs(new.images.astype(int) - old.images.astype(int))
    if all(_running(library) == built for library, built in old.card.built_with.items()):
        # Computed textures go through sines, whose last digit may differ between processors.
        assert (apart > 0).mean() <= (1e-4 if name == "textures" else 0)
    else:
        assert apart.mean() < 2.5


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in BUILDERS if name != "letters"])
def test_building_again_gives_the_same_images(name: str, tmp_path: Path) -> None:
    old, new = read(packaged("data", "sets", f"{name}.npz")), BUILDERS[name]()
    for what in ("labels", "splits", "sources", "source_names"):
        assert np.array_equal(getattr(new, what), getattr(old, what))
    assert_same_pictures(new, old, name)
    write(new, tmp_path / "first.npz")
    write(new, tmp_path / "second.npz")
    assert sha256(tmp_path / "first.npz") == sha256(tmp_path / "second.npz")


@pytest.mark.slow
def test_letters_are_drawn_again_as_they_are() -> None:
    """Every font and every letter, but only a third of their pairs: the set is four times as large as Greek."""
    old = read(packaged("data", "sets", "letters.npz"))
    place = np.lexsort((old.labels, old.sources))
    assert np.array_equal(place, np.arange(len(place))), "font after font, letter after letter"
    drawn, chosen = [], []
    for source, font in enumerate(old.source_names):
        for label, letter in enumerate(old.card.classes):
            if (source + label) % 3 == 0:
                (at,) = np.nonzero((old.sources == source) & (old.labels == label))
                chosen.extend(at)
                drawn.extend(renderings(font, letter, len(at)))
    assert len(chosen) > len(old.images) / 4
    assert_same_pictures(
        replace(old, images=np.stack(drawn)), replace(old, images=old.images[chosen]), "letters"
    )


@pytest.mark.parametrize("name", BUILDERS)
def test_no_font_is_in_two_splits(name: str) -> None:
    stored = read(packaged("data", "sets", f"{name}.npz"))
    held = [set(stored.sources[stored.splits == split].tolist()) for split in range(3)]
    if name in ("letters", "greek", "printed-digits"):
        assert sum(map(len, held)) == len(set.union(*held)) == len(stored.source_names)


def test_the_test_fonts_of_greek_were_not_seen_by_networks_trained_on_letters() -> None:
    seen: set[str] = set()
    for name in ("letters", "printed-digits"):
        stored = read(packaged("data", "sets", f"{name}.npz"))
        seen |= {stored.source_names[at] for at in set(stored.sources[stored.splits < 2].tolist())}
    greek = read(packaged("data", "sets", "greek.npz"))
    tested = {greek.source_names[at] for at in set(greek.sources[greek.splits == 2].tolist())}
    assert len(tested) == 5
    assert not tested & seen


def test_check_compares_and_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    before = sha256(packaged("data", "sets", "shapes.npz"))
    main(["shapes", "--check"])
    assert capsys.readouterr().out.startswith("shapes: ")
    assert sha256(packaged("data", "sets", "shapes.npz")) == before


def test_an_unknown_set_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["shape"])
    assert "shapes" in capsys.readouterr().err
