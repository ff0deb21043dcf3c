"""What the tests of the shelf share."""

from __future__ import annotations

import pytest

from tests.backbones.hubs.conftest import hub, serve
from tlkit import data
from tlkit.data import Dataset

__all__ = ["hub", "serve"]

ANIMALS, FRUIT = ("cat", "dog", "owl", "cow"), ("fig", "kiwi", "lime", "pear")


@pytest.fixture(scope="session")
def things(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Texts of one's own, from a file: animals and fruit."""
    path = tmp_path_factory.mktemp("own") / "things.csv"
    lines = [
        f"A {word} {colour},{kind}"
        for kind, words in (("animal", ANIMALS), ("fruit", FRUIT))
        for word in words
        for colour in ("red", "new", "old")
    ]
    path.write_text("\n".join(["sentence,kind", *lines]), encoding="utf-8")
    return data.table(path, text="sentence", label="kind")
