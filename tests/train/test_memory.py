"""A device without memory enough: smaller batches, the same answer, and a word about it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tlkit import freeze, train
from tlkit.backbones import Backbone
from tlkit.data import Task
from tlkit.errors import TrainingError
from tlkit.train import features, kept_rows
from tlkit.train.memory import SmallerBatchWarning, in_parts, is_out_of_memory

_RECIPE = train.Recipe.fine_tune().change(steps=6, batch_size=16, augmentation=0.0)


class Crowded(nn.Module):
    """A stage for no more than so many items, as a small GPU is; what it says is PyTorch's own."""

    def __init__(self, stage: nn.Module, most: int) -> None:
        super().__init__()
        self.stage, self.most = stage, most

    def forward(self, x: Tensor) -> Tensor:
        if len(x) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return self.stage(x)


def crowded(net: Backbone, most: int) -> Backbone:
    twin = net.clone()
    twin.module.stages["layer2"] = Crowded(twin.module.stages["layer2"], most)
    return twin


def test_halves_are_put_together_in_order() -> None:
    seen = []

    def call(x: Tensor) -> Tensor:
        seen.append(len(x))
        if len(x) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return x * 2

    with pytest.warns(SmallerBatchWarning, match="10 items at a time were too many"):
        assert torch.equal(in_parts(call, torch.arange(10)), torch.arange(10) * 2)
    assert seen == [10, 5, 3, 2, 5, 3, 2]


def test_where_one_item_is_too_many_it_is_an_error() -> None:
    def call(x: Tensor) -> Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    with (
        pytest.warns(SmallerBatchWarning),
        pytest.raises(TrainingError, match=r"not enough memory for 1 item at a time.*device='cpu'"),
    ):
        in_parts(call, torch.arange(2))


def test_other_errors_pass_through() -> None:
    def call(x: Tensor) -> Tensor:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="mat1 and mat2"):
        in_parts(call, torch.arange(2))


def test_the_words_of_each_device_are_known() -> None:
    assert is_out_of_memory(RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"))
    assert is_out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried ..."))
    # What torch itself raises for more than any machine has.
    with pytest.raises(RuntimeError) as told:
        torch.empty(2**60, dtype=torch.uint8)
    assert is_out_of_memory(told.value)


@pytest.mark.filterwarnings("error")
def test_where_all_fits_nothing_is_said(net: Backbone, task: Task) -> None:
    train.fit(
        crowded(net, 10**6), task, recipe=_RECIPE, plan=freeze.plan(net, until="layer2"), progress=False
    )


def test_a_frozen_pass_gives_the_same_in_smaller_batches(net: Backbone, task: Task) -> None:
    plain = train.fit(net, task, progress=False)
    features.forget()
    with pytest.warns(SmallerBatchWarning) as told:
        run = train.fit(crowded(net, 5), task, progress=False)
    assert {one.filename for one in told if one.category is SmallerBatchWarning} == {__file__}
    assert run.at_once is not None
    assert run.at_once <= 5
    assert plain.at_once is None
    np.testing.assert_allclose(run.scores, plain.scores, rtol=1e-3, atol=1e-3)
    np.testing.assert_array_equal(run.predictions, plain.predictions)


def test_a_step_in_parts_is_the_step_of_the_whole_batch(net: Backbone, task: Task) -> None:
    # The statistics of BatchNorm stay: with them the parts' gradients add up to that of the whole.
    plan = freeze.plan(net, {"stem": "strict", "layer1": "strict", "layer2": "stored_stats"})
    plain = train.fit(net, task, plan, recipe=_RECIPE, progress=False)
    features.forget()
    small = crowded(net, 6)
    plan = freeze.plan(small, {"stem": "strict", "layer1": "strict", "layer2": "stored_stats"})
    with pytest.warns(SmallerBatchWarning, match="BatchNorm that learns sees fewer pictures"):
        run = train.fit(small, task, plan, recipe=_RECIPE, progress=False)
    assert run.steps == plain.steps
    np.testing.assert_allclose(run.history[-1].loss, plain.history[-1].loss, rtol=1e-3)
    np.testing.assert_allclose(run.scores, plain.scores, rtol=0.02, atol=0.02)


def test_what_did_not_go_through_leaves_no_trace(net_with_dropout: Backbone, task: Task) -> None:
    small = crowded(net_with_dropout, 6)
    plan = freeze.plan(small, until="stem", then="trainable")
    recipe = _RECIPE.change(steps=4, batch_size=10)
    with pytest.warns(SmallerBatchWarning):
        run = train.fit(small, task, plan, recipe=recipe, progress=False)
    counted = {
        name: int(value)
        for name, value in run.model.state_dict().items()
        if name.endswith("num_batches_tracked")
    }
    before = {
        name: int(value)
        for name, value in small.with_head(10, seed=0).state_dict().items()
        if name in counted
    }
    # Each step in two parts; what was tried at the full size is not counted.
    assert {counted[name] - before[name] for name in counted} == {2 * run.steps}


def test_rows_of_cut_batches_are_not_kept_for_others(net: Backbone, task: Task, tmp_path: Path) -> None:
    small = crowded(net, 5)
    network = small.with_head(10, seed=0)
    for limit in (2**28, 0):
        with pytest.warns(SmallerBatchWarning):
            found = features.boundary_activations(
                network, net.transform, task.train, "head", folder=tmp_path, memory_limit_bytes=limit
            )
        assert len(found) == len(task.train)
        assert not list(tmp_path.glob("*.npy"))
        assert kept_rows.same(found.key) is None


def test_a_device_too_small_for_a_step_is_said_and_the_backbone_stays(net: Backbone, task: Task) -> None:
    small = crowded(net, 2)
    before = small.fingerprint
    plan = freeze.plan(small, until="layer2", mode="strict")
    with pytest.warns(SmallerBatchWarning), pytest.raises(TrainingError, match="not enough memory"):
        train.fit(small, task, plan, recipe=_RECIPE, progress=False)
    assert small.fingerprint == before
