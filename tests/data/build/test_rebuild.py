"""The embedded files are what the scripts in the repository make."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from PIL import features

from tlkit import data
from tlkit.data import emoji
from tlkit.data.build.__main__ import BUILDERS, main
from tlkit.data.build.built import read, write
from tlkit.files import packaged, sha256


def _running(library: str) -> str | None:
    return features.version("freetype2") if library == "FreeType" else version(library)


def test_every_file_has_a_script() -> None:
    stored = {path.stem for path in packaged("data", "sets").glob("*.npz")}
    # Those of emoji are made from packages that have to be downloaded first: see test_emoji.py.
    assert stored - {"emoji-names"} == set(BUILDERS) == set(data.names()) - {"digits", *emoji.NAMES}


@pytest.mark.slow
@pytest.mark.parametrize("name", BUILDERS)
def test_building_again_gives_the_same_images(name: str, tmp_path: Path) -> None:
    path = packaged("data", "sets", f"{name}.npz")
    old, new = read(path), BUILDERS[name]()
    for what in ("labels", "splits", "sources", "source_names"):
        assert np.array_equal(getattr(new, what), getattr(old, what))
    apart = np.abs(new.images.astype(int) - old.images.astype(int))
    if all(_running(library) == built for library, built in old.card.built_with.items()):
        # Computed textures go through sines, whose last digit may differ between processors.
        assert (apart > 0).mean() <= (1e-4 if name == "textures" else 0)
    else:
        assert apart.mean() < 2.5
    write(new, tmp_path / "first.npz")
    write(new, tmp_path / "second.npz")
    assert sha256(tmp_path / "first.npz") == sha256(tmp_path / "second.npz")


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
