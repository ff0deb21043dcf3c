"""fit: the same numbers every time, nothing outside changed, and every mode trains what it says."""

from __future__ import annotations

import hashlib
import json
import pickle
import random
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from tlkit import caches, data, freeze, train
from tlkit.backbones import Backbone
from tlkit.course.rehearse import STEADY
from tlkit.data import Task
from tlkit.errors import PlanError, SealedError, StoppedError, StoreError, TrainingError, UnknownNameError
from tlkit.train import Recipe, Run, features, kept_rows

SHORT = Recipe.fine_tune().change(steps=12, steps_growth=0.0)
SCRATCH = Recipe.scratch().change(steps=12, steps_growth=0.0)


def everything(net: Backbone) -> freeze.Plan:
    return freeze.plan(net, until=net.stages[0])


def weights(run: Run) -> dict[str, torch.Tensor]:
    return {name: value.contiguous() for name, value in run.model.state_dict().items()}


def assert_same(first: Run, second: Run) -> None:
    one, other = weights(first), weights(second)
    assert one.keys() == other.keys()
    for name in one:
        assert torch.equal(one[name], other[name]), name
    assert [epoch.loss for epoch in first.history] == [epoch.loss for epoch in second.history]


def test_without_a_plan_only_a_convex_head_learns(net: Backbone, task: Task) -> None:
    before = task.test.openings
    run = train.fit(net, task)
    assert run.steps == 0
    assert run.trainable_parameters == 32 * 10 + 10
    assert run.accuracy > 0.3  # chance is 0.1
    assert all(run.seal.unchanged(stage) for stage in net.stages)
    assert task.test.openings == before + 1 == run.openings
    assert len(run.correct) == len(task.test)
    assert run.accuracy == pytest.approx(run.correct.mean())
    shares = [run.per_class[name] for name in task.classes]
    assert min(shares) <= run.accuracy <= max(shares)


def test_test_false_leaves_the_test_set_closed(net: Backbone, task: Task) -> None:
    before = task.test.openings
    run = train.fit(net, task, test=False)
    assert task.test.openings == before
    assert run.record()["accuracy"] is None
    with pytest.raises(SealedError, match="test=False"):
        run.correct  # noqa: B018 - looking is what is refused


@pytest.mark.parametrize("mode", freeze.MODES)
@pytest.mark.parametrize("until", ["layer2", "head"])
def test_every_mode_moves_what_it_says(net: Backbone, task: Task, mode: str, until: str) -> None:
    plan = freeze.plan(net, until=until, mode=mode)
    recipe = Recipe.for_plan(plan)
    # What moves at all has moved after a few steps.
    brief = recipe.change(steps=6, steps_growth=0.0) if recipe.steps else recipe
    run = train.fit(net, task, plan, recipe=brief, test=False)
    start, end = net.module.state_dict(), run.model.backbone.state_dict()
    moved = {name for name in start if not torch.equal(start[name], end[name])}
    statistics = {name for name in start if "running" in name and "stem" in name}
    filters = {"stages.stem.0.weight"} if "stages.stem.0.weight" in start else set()
    filters = filters or {name for name in start if "stem" in name and start[name].ndim == 4}
    affine = {
        name
        for name in start
        if "stem" in name and start[name].ndim == 1 and name.endswith(("weight", "bias"))
    }
    assert filters
    assert affine
    assert statistics
    assert bool(filters & moved) == (mode in freeze.LEARNING)
    assert bool(affine & moved) == (mode in (*freeze.LEARNING, "train_bn"))
    assert bool(statistics & moved) == (mode in ("trainable", "weights_only", "train_bn"))


@pytest.mark.parametrize("recipe", [Recipe.head(), SHORT, SHORT.change(gradual=True), SCRATCH])
def test_same_seed_same_numbers_and_other_seed_others(
    net_with_dropout: Backbone, task: Task, recipe: Recipe
) -> None:
    net = net_with_dropout
    plan = None if recipe.name == "head" else everything(net)
    first = train.fit(net, task, plan, seed=3, recipe=recipe)
    torch.rand(7)
    np.random.default_rng().normal(size=3)
    second = train.fit(net, task, plan, seed=3, recipe=recipe)
    assert_same(first, second)
    other = train.fit(net, task, plan, seed=4, recipe=recipe)
    # A head that is solved for has nothing random: the augmented copies are the same in every run.
    assert torch.equal(first.model.head.weight, other.model.head.weight) == (recipe.name == "head")


def test_nothing_global_is_touched(net_with_dropout: Backbone, task: Task) -> None:
    torch.manual_seed(11)
    states = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    threads = torch.get_num_threads()
    before = net_with_dropout.fingerprint
    with torch.no_grad():
        train.fit(net_with_dropout, task, everything(net_with_dropout), recipe=SHORT)
        assert not torch.is_grad_enabled()
    assert torch.equal(torch.get_rng_state(), states[0])
    assert (np.random.get_state()[1] == states[1]).all()  # noqa: NPY002
    assert random.getstate() == states[2]
    assert torch.get_num_threads() == threads
    assert net_with_dropout.fingerprint == before


def test_between_two_epochs_the_world_is_the_callers(net: Backbone, task: Task) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        seen = []
        with torch.no_grad():
            running = train.epochs(net, task, everything(net), recipe=SHORT, threads=1)
            for _ in running:
                seen.append((torch.get_num_threads(), torch.is_grad_enabled()))
        assert set(seen) == {(2, False)}
    finally:
        torch.set_num_threads(threads)


def test_epochs_tells_as_many_as_it_announces_and_returns_the_run(net: Backbone, task: Task) -> None:
    running = train.epochs(net, task, everything(net), recipe=SHORT.change(gradual=True))
    told = []
    while True:
        try:
            told.append(next(running))
        except StopIteration as finished:
            run = finished.value
            break
    assert [epoch.index for epoch in told] == list(range(1, told[0].of + 1))
    assert {epoch.of for epoch in told} == {len(told)}
    phases = list(dict.fromkeys(epoch.phase for epoch in told))
    assert phases == ["head", "layer2, head", "layer1, layer2, head", "stem, layer1, layer2, head"]
    assert run.history == tuple(told)
    assert run.steps == 12


_OTHER_PROCESS = """
import sys
sys.path.insert(0, sys.argv[1])
import hashlib, torch
torch.set_num_threads(1)
from conftest import make_backbone
from tlkit import data, freeze, train
net = make_backbone(dropout=0.3)
torch.set_num_threads(2)
torch.rand(5)
task = data.load("digits").few_shot(2, seed=0)
recipe = train.Recipe.fine_tune().change(steps=12, steps_growth=0.0)
run = train.fit(net, task, freeze.plan(net, until="stem"), seed=5, recipe=recipe, test=False)
digest = hashlib.sha256()
for value in run.model.state_dict().values():
    digest.update(value.contiguous().numpy().tobytes())
print(digest.hexdigest())
"""


def test_another_process_with_other_threads_gets_the_same_bits(
    net_with_dropout: Backbone, task: Task
) -> None:
    run = train.fit(net_with_dropout, task, everything(net_with_dropout), seed=5, recipe=SHORT, test=False)
    digest = hashlib.sha256()
    for value in run.model.state_dict().values():
        digest.update(value.contiguous().numpy().tobytes())
    command = [sys.executable, "-c", _OTHER_PROCESS, str(Path(__file__).parent)]
    # The same instructions of the processor, and nothing else of this process.
    env = {"PATH": "", "HOME": "/tmp", **STEADY, "OMP_NUM_THREADS": "2"}
    there = subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout.strip()
    assert there == digest.hexdigest()


def test_a_worker_thread_and_the_main_thread_leave_each_other_alone(
    net_with_dropout: Backbone, task: Task
) -> None:
    net, plan = net_with_dropout, everything(net_with_dropout)
    alone = train.fit(net, task, plan, recipe=SHORT, test=False)
    torch.manual_seed(1)
    expected = [torch.rand(1).item() for _ in range(3000)]

    runs: list[Run] = []
    torch.manual_seed(1)
    worker = threading.Thread(
        target=lambda: runs.append(train.fit(net, task, plan, recipe=SHORT, test=False))
    )
    worker.start()
    drawn = []
    while worker.is_alive() or len(drawn) < 100:
        if len(drawn) < len(expected):
            drawn.append(torch.rand(1).item())
    worker.join()
    assert_same(alone, runs[0])
    assert drawn == expected[: len(drawn)]


@pytest.mark.parametrize("error", [StoppedError, KeyboardInterrupt])
@pytest.mark.parametrize("calls", [0, 1, 2, 3, 5, 9, 14, 16])
def test_can_be_stopped_at_any_moment(
    net: Backbone,
    task: Task,
    calls: int,
    error: type[BaseException],
    stop_after: Callable[[int], Callable[[], bool]],
    tmp_path: Path,
) -> None:
    stop = stop_after(calls)

    def interrupted() -> bool:
        if stop():
            if error is KeyboardInterrupt:
                raise KeyboardInterrupt
            return True
        return False

    before = net.fingerprint
    threads = torch.get_num_threads()
    with pytest.raises(error):
        train.fit(net, task, everything(net), recipe=SHORT, should_stop=interrupted)
    assert net.fingerprint == before
    assert torch.get_num_threads() == threads
    assert torch.is_grad_enabled()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert train.fit(net, task, test=False).history


def test_should_stop_is_asked_in_the_final_evaluation_too(net: Backbone, task: Task) -> None:
    asked: list[int] = []

    def stop() -> bool:
        asked.append(task.test.openings)
        return False

    before = task.test.openings
    train.fit(net, task, everything(net), recipe=SHORT, should_stop=stop)
    assert before in asked
    assert before + 1 in asked


def test_cached_and_uncached_training_agree(net: Backbone, task: Task) -> None:
    recipe = SHORT.change(augmentation=0.0)
    plan = freeze.plan(net, until="layer2")
    cached = train.fit(net, task, plan, recipe=recipe.change(cache="always"))
    plain = train.fit(net, task, plan, recipe=recipe.change(cache="never"))
    assert "cached before layer2" in cached.cached
    assert "does not cache" in plain.cached
    for name, value in weights(cached).items():
        torch.testing.assert_close(value, weights(plain)[name], rtol=1e-3, atol=1e-4)
    assert cached.multiply_adds < plain.multiply_adds


def test_what_is_too_large_for_the_disk_starts_at_the_pictures_and_says_so(
    net: Backbone, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = SHORT.change(augmentation=0.0)
    plan = freeze.plan(net, until="layer2")
    plain = train.fit(net, task, plan, recipe=recipe.change(cache="never"))
    # Room for pooled features, not for what enters layer2; and nothing counts as small enough for memory.
    room = kept_rows.file_bytes((len(task.train), net.feature_count))
    small = replace(caches.CACHES["activations"], default_bytes=room)
    monkeypatch.setitem(caches.CACHES, "activations", small)
    in_files = partial(features.boundary_activations, memory_limit_bytes=0)
    monkeypatch.setattr("tlkit.train.job.boundary_activations", in_files)
    features.forget()
    found = train.fit(net, task, plan, recipe=recipe)
    assert "at the pictures" in found.cached
    assert "on disk" in found.cached
    assert_same(found, plain)
    assert found.accuracy == plain.accuracy
    with pytest.raises(StoreError, match="tlkit cache limit activations"):
        train.fit(net, task, plan, recipe=recipe.change(cache="always"))


def test_random_augmentation_is_not_cached_and_says_why(net: Backbone, task: Task) -> None:
    plan = freeze.plan(net, until="layer2")
    assert "augments them afresh" in train.fit(net, task, plan, recipe=SHORT, test=False).cached
    with pytest.raises(TrainingError, match="each step sees other pictures"):
        SHORT.change(cache="always")
    views = train.fit(net, task, plan, recipe=SHORT.change(augmented_views=3), test=False)
    assert "3 augmented views" in views.cached
    with pytest.raises(PlanError, match="not frozen strictly"):
        train.fit(net, task, everything(net), recipe=SHORT.change(augmentation=0.0, cache="always"))


def test_a_loss_that_is_not_finite_names_step_and_rate(net: Backbone, task: Task) -> None:
    wild = SCRATCH.change(learning_rate=1e3, head_factor=1000.0, steps=200, weight_decay=10.0)
    with pytest.raises(TrainingError, match=r"step \d+ of 200, at a learning rate of"):
        train.fit(net, task, everything(net), recipe=wild)


def test_diverged_weights_are_refused(net: Backbone, task: Task) -> None:
    broken = net.clone()
    with torch.no_grad():
        next(broken.module.parameters()).fill_(float("nan"))
    with pytest.raises(TrainingError, match="not finite"):
        train.fit(broken, task)


def test_refuses_plans_and_settings_that_cannot_be(net: Backbone, task: Task) -> None:
    with pytest.raises(PlanError, match="takes no steps"):
        train.fit(net, task, everything(net), recipe=Recipe.head())
    with pytest.raises(PlanError):
        train.fit(net, task, freeze.plan(make_other(), until="head"))
    with pytest.raises(TrainingError, match="seed"):
        train.fit(net, task, seed=-1)
    with pytest.raises(TrainingError, match="threads"):
        train.fit(net, task, threads=0)
    with pytest.raises(UnknownNameError, match="cuda"):
        train.fit(net, task, device="cdua")


def test_what_is_of_another_kind_is_refused_first_with_its_cure(net: Backbone, task: Task) -> None:
    for words, given in (
        (r"whole data set, 'digits'.*few_shot\(", (net, data.load("digits"))),
        (r"task is a Split.*few_shot\(", (net, task.train)),
        (r"backbone is a str.*backbones.load\(", ("zoo:resnet-letters", task)),
        (r"backbone is a StagedModule.*backbones.wrap\(", (net.module, task)),
    ):
        with pytest.raises(TrainingError, match=words):
            train.fit(*given)  # type: ignore[arg-type]
    with pytest.raises(TrainingError, match=r"recipe is a dict.*\.change\("):
        train.epochs(net, task, recipe={"steps": 3})  # type: ignore[arg-type]
    assert task.test.openings == 0


def test_a_cache_without_room_for_a_view_is_refused_where_it_is_insisted_on(
    net: Backbone, task: Task
) -> None:
    plan = freeze.plan(net, until="layer2")
    insists = SHORT.change(cache="always", augmented_views=8, most_rows=2 * len(task.train) - 1)
    with pytest.raises(
        TrainingError, match=rf"of {len(task.train)} pictures.*most_rows={2 * len(task.train)}"
    ):
        train.epochs(net, task, plan, recipe=insists)
    fits = insists.change(most_rows=2 * len(task.train))
    assert "1 augmented views" in train.fit(net, task, plan, recipe=fits, test=False).cached
    assert train.fit(net, task, plan, recipe=insists.change(augmentation=0.0), test=False).steps == 12


def make_other() -> Backbone:
    from torch import nn

    from tlkit import backbones

    module = nn.Sequential(nn.Flatten())
    transform = backbones.InputTransform(channels=1, height=32, width=32, mean=(0.5,), std=(0.5,))
    return backbones.wrap(module, stages={"flat": "0"}, transform=transform, name="other")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has the device that should be missing")
def test_a_missing_device_is_refused_in_words(net: Backbone, task: Task) -> None:
    with pytest.raises(TrainingError, match="no CUDA device"):
        train.fit(net, task, device="cuda")


def test_learns_what_can_be_learned(net: Backbone) -> None:
    task = data.load("digits").few_shot(20, seed=0)
    recipe = Recipe.scratch().change(steps=250, steps_growth=0.0)
    run = train.fit(net, task, everything(net), recipe=recipe)
    assert run.accuracy > 0.7
    assert run.history[-1].loss < 0.6 * run.history[0].loss


def test_the_record_is_plain_json_and_complete(net: Backbone, task: Task) -> None:
    run = train.fit(net, task, everything(net), recipe=SHORT)
    record = json.loads(json.dumps(run.record(), allow_nan=False))
    assert record["kind"] == "run"
    assert record["schema"] == 1
    assert record["recipe"] == SHORT.record()
    assert Recipe.from_record(record["recipe"]) == SHORT
    assert record["versions"]["torch"] == str(torch.__version__)
    assert record["task"]["fingerprint"] == task.fingerprint
    assert record["backbone"]["fingerprint"] == net.fingerprint
    assert record["threads"] == 1
    assert record["task"]["test_openings"] == task.test.openings
    assert np.mean(np.equal(record["predictions"], record["test_labels"])) == pytest.approx(run.accuracy)
    assert len(record["history"]) == len(run.history)


def test_the_twins_hold_the_numbers_and_no_times(net: Backbone, task: Task) -> None:
    run = train.fit(net, task)
    for twin in (repr(run), run._repr_html_()):
        assert f"{run.accuracy * 100:.1f} %" in twin
        assert "second" not in twin
        assert "pictures" not in twin, "nothing was converted"
    assert repr(run) == repr(train.fit(net, task))


def test_scores_of_a_finished_run_do_not_depend_on_train_mode(net: Backbone, task: Task) -> None:
    run = train.fit(net, task)
    images = net.transform(np.array(task.train.images))
    run.model.train()
    with torch.no_grad():
        first = run.model(images)
        second = run.model.eval()(images)
    torch.testing.assert_close(first, second)


def test_the_work_is_that_of_the_items_that_passed(net: Backbone, task: Task) -> None:
    costs = [stage.multiply_adds for stage in net.summary().stages]
    once = train.fit(net, task, recipe=Recipe.head().change(augmented_views=0), test=False)
    assert once.multiply_adds == len(task.train) * sum(costs)
    viewed = train.fit(net, task, recipe=Recipe.head().change(augmented_views=3), test=False)
    assert viewed.multiply_adds == 4 * once.multiply_adds
    stepped = train.fit(net, task, everything(net), recipe=SCRATCH.change(batch_size=20), test=False)
    head = 32 * len(task.classes)
    assert stepped.multiply_adds == 12 * len(task.train) * 3 * (sum(costs) + head)


@pytest.mark.parametrize(
    ("mode", "first"),
    [("weights_only", 2), ("batch_stats", 2), ("strict", 2), ("train_bn", 0), ("trainable", 0)],
)
def test_what_only_runs_forward_is_counted_once(net: Backbone, task: Task, mode: str, first: int) -> None:
    """Two further products a layer, from the first that needs a gradient on, and one for all before it."""
    costs = [*(stage.multiply_adds for stage in net.summary().stages), 32 * len(task.classes)]
    recipe = SCRATCH.change(batch_size=20, cache="never")
    run = train.fit(net, task, freeze.plan(net, until="layer2", mode=mode), recipe=recipe, test=False)
    assert run.multiply_adds == 12 * len(task.train) * (sum(costs) + 2 * sum(costs[first:]))
    head = train.fit(net, task, freeze.plan(net, until="head", mode=mode), recipe=recipe, test=False)
    last = 0 if first == 0 else 3
    assert head.multiply_adds == 12 * len(task.train) * (sum(costs) + 2 * sum(costs[last:]))


def test_converted_pictures_are_told_in_both_twins(net: Backbone) -> None:
    images = np.random.default_rng(0).uniform(size=(40, 3, 16, 16)).astype(np.float32)
    own = data.arrays(images, [0, 1] * 20, channels="first")
    with pytest.warns(UserWarning, match="grey|resized") as told:
        run = train.fit(net, own.few_shot(2, seed=0))
    assert {warning.filename for warning in told} == {__file__}, "a line of the caller, not of tlkit"
    assert len(run.input_notes) == 2
    for note in run.input_notes:
        assert note in repr(run)
        assert note in run._repr_html_()
        assert note in run.record()["input_notes"]


def test_a_run_survives_a_pickle(net: Backbone, task: Task) -> None:
    run = train.fit(net, task, freeze.plan(net, until="layer2"), recipe=SHORT)
    again = pickle.loads(pickle.dumps(run))
    assert again.accuracy == run.accuracy
    assert again.record() == run.record()
    assert_same(again, run)


def test_the_callers_plan_stays_free(net: Backbone, task: Task) -> None:
    plan = everything(net)
    train.fit(net, task, plan, recipe=SHORT, test=False)
    with pytest.raises(PlanError, match="in force on no module"):
        plan.applied_to()
    with pytest.raises(PlanError, match="dict"):
        train.fit(net, task, {"stem": "strict"})  # type: ignore[arg-type]
