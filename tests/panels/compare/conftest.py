"""Compare panels that the tests share: two quick arms, Latin to Greek letters."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tlkit import backbones, data, panels
from tlkit.backbones import Backbone
from tlkit.data import Dataset

ARMS = ["random-frozen", "frozen"]


@pytest.fixture(scope="package", autouse=True)
def _own_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TLKIT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="package")
def net() -> Backbone:
    return backbones.load("zoo:resnet-letters")


@pytest.fixture(scope="package")
def greek() -> Dataset:
    return data.load("greek")


@pytest.fixture
def panel(net: Backbone, greek: Dataset) -> panels.Compare:
    return panels.Compare(greek, net, arms=ARMS, seeds=2)


@pytest.fixture
def closed(net: Backbone, greek: Dataset) -> panels.Compare:
    """A panel that waits for a guess."""
    return panels.Compare(greek, net, arms=ARMS, seeds=2, predict=True)


@pytest.fixture(scope="package")
def finished(net: Backbone, greek: Dataset) -> panels.Compare:
    panel = panels.Compare(greek, net, arms=ARMS, seeds=2, predict=True)
    panel.commit(guess=20, reason="letters <b>look</b> like letters").run()
    return panel
