"""Progress: a bar only where someone watches a terminal."""

from __future__ import annotations

import io
import sys

import pytest

from tlkit.train import Epoch
from tlkit.train.report import Bar

EPOCH = Epoch(3, 10, 0.5, 0.75, 1.25, "layer3, head")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("shown", "stream", "seen"),
    [(True, Terminal(), True), (False, Terminal(), False), (True, io.StringIO(), False)],
)
def test_shows_only_in_a_terminal(
    monkeypatch: pytest.MonkeyPatch, shown: bool, stream: io.StringIO, seen: bool
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    bar = Bar(shown)
    bar.show(EPOCH)
    bar.close()
    assert ("layer3, head" in stream.getvalue()) == seen


def test_an_epoch_in_words_and_as_json() -> None:
    assert str(EPOCH) == "3/10 layer3, head: loss 0.500, training accuracy 75 %"
    assert EPOCH.record()["seconds"] == 1.25
