"""The cache at the boundary: never stale, never half-written, the same from memory and from disk."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tlkit import data
from tlkit.backbones import Backbone
from tlkit.data import Split, Task
from tlkit.errors import StoppedError, StoreError, TrainingError
from tlkit.train.features import Activations, Views, boundary_activations, forget


def activations(net: Backbone, split: Split, boundary: str = "layer2", **settings: Any) -> Activations:
    return boundary_activations(
        net.with_head(10, seed=0), settings.pop("transform", net.transform), split, boundary, **settings
    )


def test_are_what_the_prefix_gives(net: Backbone, task: Task) -> None:
    found = activations(net, task.train)
    module = net.module.eval()
    with torch.no_grad():
        expected = module(net.transform(np.array(task.train.images)), stop="layer2").numpy()
    np.testing.assert_allclose(found.values, expected, atol=1e-5)
    np.testing.assert_array_equal(found.items, np.arange(len(task.train)))


def test_before_the_head_are_the_pooled_features(net: Backbone, task: Task) -> None:
    found = activations(net, task.train, "head")
    np.testing.assert_allclose(found.values, net.features(task.train.images), atol=1e-5)


def test_a_network_in_training_mode_is_left_in_it_and_its_statistics_too(net: Backbone, task: Task) -> None:
    network = net.with_head(10, seed=0).train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    first = boundary_activations(network, net.transform, task.train, "head")
    assert network.training
    assert all(module.training for module in network.modules())
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    forget()
    second = boundary_activations(network.eval(), net.transform, task.train, "head")
    assert first.values.tobytes() == second.values.tobytes()


def test_the_key_follows_weights_buffers_transform_data_boundary_and_views(net: Backbone, task: Task) -> None:
    keys = [activations(net, task.train).key]
    other = net.clone()
    with torch.no_grad():
        next(other.module.parameters()).view(-1)[0] += 1e-3
    keys.append(activations(other, task.train).key)
    other = net.clone()
    next(buffer for name, buffer in other.module.named_buffers() if "running_mean" in name).add_(1e-3)
    keys.append(activations(other, task.train).key)
    keys.append(activations(net, task.train, transform=replace(net.transform, mean=(0.4,))).key)
    images = task.train.images.copy()
    images[-1, 0, 0, 0] = 0.123
    keys.append(activations(net, Split(images, task.train.labels, task.train.classes)).key)
    keys.append(activations(net, task.train, "layer1").key)
    keys.append(activations(net, task.train, views=Views(1)).key)
    keys.append(activations(net, task.train, views=Views(1, seed=1)).key)
    keys.append(activations(net, task.train, views=Views(1, strength=0.5)).key)
    assert len(set(keys)) == len(keys)
    assert activations(net, task.train).key == keys[0]


def test_a_change_behind_the_boundary_keeps_the_key(net: Backbone, task: Task) -> None:
    other = net.clone()
    with torch.no_grad():
        list(other.module.parameters())[-1].add_(1.0)
    assert activations(other, task.train).key == activations(net, task.train).key


def test_a_hook_that_changes_the_function_changes_the_key(net: Backbone, task: Task) -> None:
    network = net.with_head(10, seed=0)
    plain = boundary_activations(network, net.transform, task.train, "layer2").key
    network.stage_modules()["stem"].register_forward_hook(lambda module, inputs, out: out * 2)
    assert boundary_activations(network, net.transform, task.train, "layer2").key != plain


def test_the_second_time_nothing_runs(net: Backbone, task: Task) -> None:
    network, seen = net.with_head(10, seed=0), []
    network.stage_modules()["stem"].register_forward_hook(lambda module, inputs, out: seen.append(len(out)))
    first = boundary_activations(network, net.transform, task.train, "layer2")
    ran = sum(seen)
    second = boundary_activations(network, net.transform, task.train, "layer2")
    assert ran >= len(task.train)
    assert sum(seen) - ran <= 2  # the two images of noise that are part of the key
    assert second.values is first.values
    assert not first.values.flags.writeable


def test_views_are_the_items_then_other_pictures_of_them(net: Backbone, task: Task) -> None:
    found = activations(net, task.train, "head", views=Views(2, seed=5))
    plain = activations(net, task.train, "head")
    n = len(task.train)
    np.testing.assert_array_equal(found.values[:n], plain.values)
    np.testing.assert_array_equal(found.items, np.tile(np.arange(n), 3))
    assert not np.allclose(found.values[n : 2 * n], found.values[2 * n :])
    forget()
    again = activations(net, task.train, "head", views=Views(2, seed=5))
    assert again.values.tobytes() == found.values.tobytes()


def test_from_disk_and_from_memory_are_the_same(net: Backbone, task: Task, tmp_path: Path) -> None:
    kept = activations(net, task.train)
    forget()
    mapped = activations(net, task.train, folder=tmp_path, memory_limit_bytes=100)
    assert isinstance(mapped.values, np.memmap)
    assert mapped.where.startswith(str(tmp_path))
    assert mapped.values.tobytes() == kept.values.tobytes()
    assert [path.suffix for path in tmp_path.iterdir()] == [".npy"]


@pytest.mark.parametrize("damage", ["truncate", "empty", "foreign"])
def test_a_damaged_file_is_made_again(net: Backbone, task: Task, tmp_path: Path, damage: str) -> None:
    first = activations(net, task.train, folder=tmp_path, memory_limit_bytes=100)
    expected, path = np.array(first.values), Path(first.where)
    content = path.read_bytes()
    path.unlink()
    path.write_bytes({"truncate": content[:-50], "empty": b"", "foreign": b"hello" * 99}[damage])
    again = activations(net, task.train, folder=tmp_path, memory_limit_bytes=100)
    np.testing.assert_array_equal(again.values, expected)


def test_stopping_leaves_no_file(
    net: Backbone, tmp_path: Path, stop_after: Callable[[int], Callable[[], bool]]
) -> None:
    split = data.load("digits").train
    stop = stop_after(2)

    def check() -> None:
        if stop():
            raise StoppedError("stopped")

    with pytest.raises(StoppedError):
        activations(net, split, folder=tmp_path, memory_limit_bytes=100, should_stop=check)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_said(net: Backbone, task: Task, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="Choose a folder"):
        activations(net, task.train, folder=blocked / "in", memory_limit_bytes=100)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_is_said(
    net: Backbone, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The operating system's own full device stands in for the temporary file.
    monkeypatch.setattr(
        "tempfile.mkstemp", lambda **_: (os.open("/dev/full", os.O_WRONLY), str(tmp_path / "part"))
    )
    with pytest.raises(StoreError, match="No space left"):
        activations(net, task.train, folder=tmp_path, memory_limit_bytes=100)
    assert not list(tmp_path.iterdir())


def test_values_that_are_not_finite_name_the_item(net: Backbone, task: Task) -> None:
    network = net.with_head(10, seed=0)

    def spoil(module: torch.nn.Module, inputs: object, out: torch.Tensor) -> torch.Tensor:
        if len(out) > 2:
            out[5] = float("inf")
        return out

    network.stage_modules()["layer1"].register_forward_hook(spoil)
    with pytest.raises(TrainingError, match="item 5 before 'layer2' are not finite"):
        boundary_activations(network, net.transform, task.train, "layer2")


_WRITER = """
import sys
sys.path.insert(0, sys.argv[1])
import numpy as np, torch
from conftest import make_backbone
from tlkit import data
from tlkit.train.features import boundary_activations
torch.set_num_threads(1)
net = make_backbone()
found = boundary_activations(
    net.with_head(10, seed=0), net.transform, data.load("digits").train, "layer1",
    folder=sys.argv[2], memory_limit_bytes=100,
)
print(found.key, float(np.abs(found.values).sum()))
"""


def test_two_processes_writing_one_file_both_get_it_whole(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _WRITER, str(Path(__file__).parent), str(tmp_path)]
    writers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [writer.communicate(timeout=600)[0] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert said[0] == said[1] != ""
    assert [path.suffix for path in tmp_path.iterdir()] == [".npy"]
