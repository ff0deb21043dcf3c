"""The Freeze panel without a browser: settings, counts checked against the plan, runs, words, code, records."""

from __future__ import annotations

import contextlib
import io
import json
import re
import threading
import time
from typing import Any

import pytest

from tests.promise import STOP_SECONDS, is_kept
from tlkit import backbones, data, freeze, panels, train
from tlkit.backbones import Backbone
from tlkit.data import Task
from tlkit.errors import PanelError, RecordError, UnknownNameError
from tlkit.panels import verdicts
from tlkit.panels.freeze import FreezeState


@pytest.fixture(scope="module")
def net() -> Backbone:
    return backbones.load("zoo:resnet-letters")


@pytest.fixture(scope="module")
def task() -> Task:
    return data.load("greek").few_shot(1, seed=0)


@pytest.fixture
def panel(net: Backbone, task: Task) -> panels.Freeze:
    return panels.Freeze(net, task)


@pytest.fixture(scope="module")
def finished(net: Backbone, task: Task) -> panels.Freeze:
    panel = panels.Freeze(net, task)
    panel.run()
    return panel


@pytest.mark.parametrize("mode", freeze.MODES)
def test_the_name_of_a_switch_holds_the_word_on_it(panel: panels.Freeze, mode: str) -> None:
    stage = panel.set(stage="layer1", mode=mode)._view()["stages"][1]
    assert stage["spoken"].startswith(f"layer1: {stage['word']}")
    assert (stage["word"] == "learns") == (mode in freeze.LEARNING)


@pytest.mark.parametrize(
    ("changes", "modes"),
    [
        ({"preset": "feature extraction"}, ["strict", "strict", "strict", "strict"]),
        ({"preset": "Last stage"}, ["strict", "strict", "strict", "trainable"]),
        ({"preset": "everything"}, ["trainable"] * 4),
        ({"preset": "gradual"}, ["trainable"] * 4),
        ({"stage": "layer1", "mode": "train BatchNorm"}, ["strict", "train_bn", "strict", "strict"]),
        ({"stage": "layer1", "mode": "weights_only"}, ["strict", "weights_only", "strict", "strict"]),
        ({"stage": "stem", "learns": True}, ["trainable", "strict", "strict", "strict"]),
        ({"modes": {"stem": "batch_stats"}}, ["batch_stats", "strict", "strict", "strict"]),
        ({"stage": "head", "mode": "trainable"}, ["strict", "strict", "strict", "strict"]),
    ],
)
def test_set_gives_the_plan(panel: panels.Freeze, changes: dict[str, Any], modes: list[str]) -> None:
    panel.set(**changes)
    assert list(panel.plan.modes.values()) == [*modes, "trainable"]


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"stge": "layer1"}, PanelError, "Check the spelling. The nearest is 'stage'"),
        ({"stage": "layer9", "mode": "strict"}, UnknownNameError, "layer"),
        ({"stage": "layer1", "mode": "strikt"}, UnknownNameError, "strict"),
        ({"preset": "last"}, UnknownNameError, "last stage"),
        ({"stage": "layer1"}, PanelError, "mode= or with learns="),
        ({"mode": "strict"}, PanelError, "Which stage"),
        ({"stage": "head", "mode": "strict"}, PanelError, "head is new"),
        ({"preset": "everything", "stage": "stem", "mode": "strict"}, PanelError, "preset first"),
        ({"seed": -1}, PanelError, "seed"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    panel: panels.Freeze, changes: dict[str, Any], error: type[Exception], words: str
) -> None:
    before = panel.state
    with pytest.raises(error, match=words):
        panel.set(**changes)
    assert panel.state == before


def test_your_own_choice_comes_back(panel: panels.Freeze) -> None:
    own = panel.set(stage="layer2", mode="batch_stats").state
    panel.set(preset="everything")
    assert panel.set(preset="your own").state == own


@pytest.mark.parametrize("preset", ["feature extraction", "last stage", "everything", "gradual"])
def test_the_count_of_what_learns_is_what_the_plan_lets_learn(
    panel: panels.Freeze, net: Backbone, task: Task, preset: str
) -> None:
    panel.set(preset=preset)
    network = net.with_head(len(task.classes), seed=0)
    panel.plan.apply(network)
    learning = sum(one.numel() for one in network.parameters() if one.requires_grad)
    counts = panel._view()["counts"]
    assert counts["learns"] == f"{learning:,}"
    assert counts["of"] == f"of {sum(one.numel() for one in network.parameters()):,} numbers"


@pytest.mark.parametrize("mode", list(freeze.MODES))
def test_the_count_holds_in_every_mode(panel: panels.Freeze, net: Backbone, task: Task, mode: str) -> None:
    panel.set(stage="layer2", mode=mode)
    network = net.with_head(len(task.classes), seed=0)
    panel.plan.apply(network)
    learning = sum(one.numel() for one in network.parameters() if one.requires_grad)
    assert panel._view()["counts"]["learns"] == f"{learning:,}"


def test_only_a_strict_start_is_remembered(panel: panels.Freeze) -> None:
    assert panel._view()["counts"]["remembered"] == "100 %"
    last = panel.set(preset="last stage")._view()
    assert (last["bound"]["stages"], last["counts"]["remembered"]) != (0, "0 %")
    for mode in ("weights_only", "train_bn", "batch_stats", "trainable"):
        view = panel.set(stage="stem", mode=mode)._view()
        assert (view["bound"]["stages"], view["counts"]["remembered"]) == (0, "0 %")


def test_what_is_called_remembered_is_what_training_caches(
    panel: panels.Freeze, net: Backbone, task: Task
) -> None:
    for preset, cached in (("feature extraction", True), ("last stage", True), ("everything", False)):
        recipe = panel.set(preset=preset).recipe
        # Where a run begins does not depend on how long it goes on.
        brief = recipe.change(steps=2, steps_growth=0.0) if recipe.steps else recipe
        run = train.fit(net, task, panel.plan, recipe=brief, test=False, progress=False)
        assert run.cached.startswith("at activations cached") == cached, preset
        assert (panel._view()["bound"]["stages"] > 0) == cached


def test_the_result_is_the_run_of_the_copied_code(finished: panels.Freeze) -> None:
    space: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(finished.code, space)
    assert (space["run"].predictions == finished.result.predictions).all()
    assert space["run"].plan.modes == finished.plan.modes


@pytest.mark.parametrize("preset", ["last stage", "gradual"])
def test_the_copied_code_makes_the_same_recipe_and_plan(panel: panels.Freeze, preset: str) -> None:
    panel.set(preset=preset)
    space: dict[str, Any] = {}
    lines = panel.code.splitlines()
    fit = next(line for line in lines if line.startswith("run ="))
    exec("\n".join(line for line in lines[: lines.index(fit)]), space)
    assert space["plan"].modes == panel.plan.modes
    assert (
        eval(fit.split("recipe=")[1].removesuffix(")"), {"train": train, "plan": space["plan"]})
        == panel.recipe
    )


def test_a_frozen_run_says_so(finished: panels.Freeze) -> None:
    words = str(finished)
    assert f"{100 * finished.result.accuracy:.1f} % right" in words
    assert "Nothing frozen moved." in words
    assert "The old task with its old head" in words
    old = finished.result.old_head
    assert old is not None
    assert old.before == old.after


def test_statistics_drift_under_weights_only(panel: panels.Freeze) -> None:
    panel.set(stage="layer1", mode="weights only").run()
    assert "layer1's running statistics drifted though its weights did not move" in str(panel)
    rows = {row[0]["text"]: [cell["tone"] for cell in row[1:]] for row in verdicts.rows(panel._outcome or {})}
    assert rows["layer1"][:3] == ["ok", "ok", "drift"]
    # The panel and the printed report use one set of words.
    said = {row[0]["text"]: [cell["text"] for cell in row[1:]] for row in verdicts.rows(panel._outcome or {})}
    for name, _, *marks in panel.result.seal.rows():
        assert marks in said.values()
        assert said.get(name, marks) == marks
    assert said["layer1"][2].startswith("≈ drifted by ")


def test_a_twin_is_stable_and_names_no_seconds(net: Backbone, task: Task, finished: panels.Freeze) -> None:
    again = panels.Freeze(net, task)
    again.run()
    one, two = (panel._repr_mimebundle_()[0]["text/html"] for panel in (finished, again))
    # The count of openings of the test set is the only thing that a second run may change.
    openings = re.compile(r"<p>The test set has now been opened.*?</p>")
    assert openings.sub("", one) == openings.sub("", two)
    assert "second" not in one
    assert '<img src="data:image/png;base64,' in one


def test_a_record_is_json_and_draws_the_same_panel(finished: panels.Freeze) -> None:
    record = json.loads(json.dumps(finished.record(), allow_nan=False))
    again = panels.Freeze.from_record(record)
    assert str(again) == str(finished)
    assert again.record() == record
    assert again._view()["outcome"] == finished._view()["outcome"]
    with pytest.raises(PanelError, match="opened from a record"):
        again.run()


def test_a_record_of_a_wrong_state_is_refused(finished: panels.Freeze) -> None:
    record = finished.record()
    record["state"]["modes"] = [["stem", "strict"]]
    with pytest.raises(RecordError):
        panels.Freeze.from_record(record)


def test_a_stopped_run_changes_nothing(panel: panels.Freeze, net: Backbone) -> None:
    before = net.fingerprint
    panel.set(preset="everything")

    def seconds_to_stop() -> float:
        panel._heard({"run": True})
        while panel.status != "running":
            time.sleep(0.001)
        time.sleep(0.3)
        since = time.monotonic()
        panel._heard({"stop": True})
        while panel.status in ("running", "stopping"):
            time.sleep(0.001)
        assert panel.status == "stopped"
        return time.monotonic() - since

    assert is_kept(STOP_SECONDS, seconds_to_stop)
    assert net.fingerprint == before
    assert not [one for one in threading.enumerate() if one.name == "tlkit-panel" and one.is_alive()][1:]


def test_the_expected_time_is_of_the_right_size(net: Backbone, task: Task) -> None:
    def times_apart() -> float:
        panel = panels.Freeze(net, task)
        panel.set(preset="last stage")
        expected = panel._expected.seconds(panel.plan, panel.recipe)
        since = time.perf_counter()
        panel.run()
        measured = time.perf_counter() - since
        corrected = panel._expected.seconds(panel.plan, panel.recipe)
        assert measured / 1.5 < corrected < measured * 1.5
        return max(measured / expected, expected / measured)

    assert is_kept(5, times_apart), "other tests can have slowed the one or the other, but not every time"


def test_where_the_expected_time_comes_from_is_about_the_present_plan(panel: panels.Freeze) -> None:
    def source() -> str:
        return str(panel._view()["counts"]["seconds_source"])

    assert source() == "estimated on this machine"
    panel.run()
    assert source() == "as long as the last run"
    assert panel.set(preset="last stage") is panel
    assert source() == "estimated from the last run"
    panel.set(preset="feature extraction")
    assert source() == "as long as the last run"


def test_states_compare_by_value() -> None:
    modes = (("stem", "strict"),)
    assert FreezeState(modes) == FreezeState(modes)
    assert FreezeState(modes) != FreezeState(modes, gradual=True)


@pytest.mark.parametrize("name", ["zoo:vgg-letters", "zoo:inception-letters"])
def test_other_networks_have_their_own_stages(name: str, task: Task) -> None:
    net = backbones.load(name)
    panel = panels.Freeze(net, task)
    assert [stage["name"] for stage in panel._view()["stages"]] == list(net.stages)
    assert panel.run().accuracy > 0.3
    assert "Nothing frozen moved." in str(panel)
