"""A pass: each distinct item runs once, and what is shared is bit for bit what a run alone gives."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tlkit import data
from tlkit.backbones import Backbone, Network
from tlkit.data import Split
from tlkit.train import features
from tlkit.train.features import Activations, Views, boundary_activations, forget

BATCH = 32
PROBE = 2


@pytest.fixture
def split() -> Split:
    return data.load("digits").train.select(np.arange(300))


class Counting:
    """A network that counts the images that enter each of its stages."""

    def __init__(self, net: Backbone) -> None:
        self._net = net
        self.network: Network = net.with_head(10, seed=0)
        self.seen: dict[str, int] = {}
        for name, stage in self.network.stage_modules().items():
            stage.register_forward_pre_hook(lambda module, inputs, name=name: self._count(name, inputs[0]))

    def _count(self, name: str, x: Tensor) -> None:
        if len(x) != PROBE:
            self.seen[name] = self.seen.get(name, 0) + len(x)

    def run(self, split: Split, boundary: str = "head", views: Views | None = None) -> Activations:
        self.seen = {}
        return boundary_activations(self.network, self._net.transform, split, boundary, views=views)


def alone(net: Backbone, split: Split, boundary: str = "head", views: Views | None = None) -> bytes:
    forget()
    return Counting(net).run(split, boundary, views).values.tobytes()


def test_a_draw_runs_only_what_earlier_draws_did_not(net: Backbone, split: Split) -> None:
    first, second = split.select(np.arange(160)), split.select(np.arange(299, 95, -1))
    counting = Counting(net)
    counting.run(first)
    assert counting.seen["stem"] == 160
    found = counting.run(second).values.tobytes()
    # 140 new ones, filled up to whole batches, and one batch that is compared before anything is shared.
    assert counting.seen["stem"] == -(-140 // BATCH) * BATCH + BATCH
    counting.run(split.select(np.arange(50, 250)))
    assert counting.seen == {}
    assert found == alone(net, second)


def test_an_item_that_occurs_twice_runs_once(net: Backbone, split: Split) -> None:
    twice = split.select(np.tile(np.arange(BATCH), 5))
    counting = Counting(net)
    found = counting.run(twice)
    assert counting.seen["stem"] == BATCH
    np.testing.assert_array_equal(found.values[:BATCH], found.values[-BATCH:])
    assert len({row.tobytes() for row in found.values}) == BATCH


@pytest.mark.parametrize("views", [None, Views(2, seed=3)])
def test_a_deeper_boundary_goes_on_from_what_is_kept(
    net: Backbone, split: Split, views: Views | None
) -> None:
    counting = Counting(net)
    counting.run(split, "layer1", views)
    found = counting.run(split, "head", views)
    assert counting.seen["stem"] == BATCH  # one batch that is compared
    assert counting.seen["layer2"] >= len(found)
    assert found.values.tobytes() == alone(net, split, "head", views)


def test_draws_share_augmented_copies_too(net: Backbone, split: Split) -> None:
    views = Views(3)
    first, second = split.select(np.arange(160)), split.select(np.arange(299, 95, -1))
    counting = Counting(net)
    counting.run(first, views=views)
    found = counting.run(second, views=views).values.tobytes()
    assert counting.seen["stem"] == -(-140 * 4 // BATCH) * BATCH + BATCH
    assert found == alone(net, second, views=views)


def test_copies_made_with_another_seed_are_not_taken_for_these(net: Backbone, split: Split) -> None:
    counting = Counting(net)
    counting.run(split, "layer1", Views(1, seed=3))
    found = counting.run(split, "head", Views(1, seed=4))
    assert found.values.tobytes() == alone(net, split, "head", Views(1, seed=4))


class MinusMeanOfBatch(nn.Module):
    """A layer whose answer for an image depends on the others in the batch."""

    def forward(self, x: Tensor) -> Tensor:
        return x - x.mean(dim=0, keepdim=True)


@pytest.mark.parametrize("boundary", ["layer2", "head"])
def test_nothing_is_shared_where_the_company_counts(net: Backbone, split: Split, boundary: str) -> None:
    def spoiled() -> Counting:
        counting = Counting(net)
        layer = MinusMeanOfBatch()
        counting.network.stage_modules()["layer1"].register_forward_hook(lambda m, i, out: layer(out))
        return counting

    first, second = split.select(np.arange(160)), split.select(np.arange(100, 260))
    counting = spoiled()
    counting.run(first, boundary)
    shared = counting.run(second, boundary).values.tobytes()
    assert counting.seen["stem"] == 160 + BATCH  # compared, and found to differ
    forget()
    assert spoiled().run(second, boundary).values.tobytes() == shared


_READER = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np, torch
from conftest import make_backbone
from tlkit import data
from tlkit.train.features import boundary_activations
torch.set_num_threads(int(sys.argv[2]))
net = make_backbone()
network, seen = net.with_head(10, seed=0), []
network.stage_modules()["stem"].register_forward_pre_hook(lambda module, inputs: seen.append(len(inputs[0])))
split = data.load("digits").train.select(np.arange(40, 200))
found = boundary_activations(network, net.transform, split, "head")
print(sum(seen), found.values.tobytes().hex()[:4000])
"""


def test_another_process_takes_up_what_took_long(
    net: Backbone, split: Split, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "_WORTH_SECONDS", 0.0)
    Counting(net).run(split.select(np.arange(240)))
    command = [sys.executable, "-c", _READER, str(Path(__file__).parent), str(torch.get_num_threads())]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=dict(os.environ)).stdout
    ran, values = said.split()
    assert int(ran) == PROBE + BATCH
    assert alone(net, split.select(np.arange(40, 200))).hex()[:4000] == values


@pytest.mark.parametrize("count", [200, 240])
@pytest.mark.parametrize("limit", [2**28, 0])
def test_a_kept_file_of_other_bits_is_not_shared(
    net: Backbone, split: Split, monkeypatch: pytest.MonkeyPatch, count: int, limit: int
) -> None:
    monkeypatch.setattr(features, "_WORTH_SECONDS", 0.0)

    def run(items: int) -> Activations:
        some = split.select(np.arange(items))
        network = net.with_head(10, seed=0)
        return boundary_activations(network, net.transform, some, "head", memory_limit_bytes=limit)

    run(240)
    forget()
    (path,) = (Path(os.environ["TLKIT_CACHE"]) / "activations").glob("*.npy")
    kept = np.load(path, mmap_mode="r+")
    kept += 1
    kept.flush()
    # What is good in memory says nothing of a file.
    run(50)
    found = run(count).values.tobytes()
    assert found == alone(net, split.select(np.arange(count)))


def test_a_file_that_was_made_anew_is_trusted_again(net: Backbone, split: Split, tmp_path: Path) -> None:
    counting = Counting(net)

    def run() -> Activations:
        counting.seen = {}
        return boundary_activations(
            counting.network, net.transform, split, "head", folder=tmp_path, memory_limit_bytes=0
        )

    path = Path(run().where)
    forget()
    kept = np.load(path, mmap_mode="r+")
    kept += 1
    kept.flush()
    run()
    assert counting.seen["stem"] >= len(split)
    run()
    assert counting.seen["stem"] == BATCH  # compared once
    run()
    assert counting.seen == {}
