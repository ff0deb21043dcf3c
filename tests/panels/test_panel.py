"""The base of every panel, without a browser: settings, runs, records, twins."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.promise import STOP_SECONDS, is_kept
from tlkit import files
from tlkit.errors import PanelError, RecordError, StoppedError, StoreError
from tlkit.panels import twin
from tlkit.panels.panel import Panel
from tlkit.panels.worker import Job
from tlkit.pictures import picture


@dataclass(frozen=True)
class Walk:
    steps: int = 3
    names: tuple[str, ...] = ("a", "b")


class Walker(Panel[Walk, list[int]]):
    """Takes steps; more than a thousand are refused, and the 13th step is unlucky."""

    kind = "walker"
    version = 2
    State = Walk

    def __init__(self, steps: int = 3, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.threads: list[str] = []
        super().__init__(Walk(steps), {"shoes": "brown"})

    def _title(self) -> str:
        return "Walk"

    def _subtitle(self) -> str:
        return f"in {self._about['shoes']} shoes"

    def _view(self) -> dict[str, Any]:
        return {"steps": self._state.steps}

    def _check(self, state: Walk) -> Walk:
        if state.steps > 1000:
            raise PanelError("That is too far.", "Take at most 1000 steps.")
        return state

    def _work(self, job: Job) -> list[int]:
        self.threads.append(threading.current_thread().name)
        done = []
        for step in range(self._state.steps):
            if job.should_stop():
                raise StoppedError("Stopped on the way.")
            if step == 13:
                raise ValueError("unlucky")
            time.sleep(self.seconds)
            job.say(f"step {step + 1}", (step + 1) / self._state.steps)
            done.append(step)
        return done

    def _outcome_of(self, result: list[int]) -> dict[str, Any]:
        return {"walked": len(result)}

    def _twin(self) -> list[twin.Part]:
        walked = (
            [twin.Paragraph(f"Walked {self._outcome['walked']} steps.", strong=True)] if self._outcome else []
        )
        return [twin.Table(["what", "how many"], [["steps < 1000", str(self._state.steps)]], "Plan"), *walked]


def wait(panel: Walker, *statuses: str, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while panel.status not in statuses:
        assert time.monotonic() < until, f"still {panel.status}"
        time.sleep(0.005)


def test_set_run_result() -> None:
    panel = Walker()
    assert panel.status == "ready"
    assert panel.set(steps=5) is panel
    assert panel.run() == [0, 1, 2, 3, 4]
    assert panel.result == [0, 1, 2, 3, 4]
    assert panel.status == "finished"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"step": 4}, "Check the spelling. The nearest is 'steps'"),
        ({"colour": 4}, "Check the spelling. Known: 'steps', 'names'"),
        ({"steps": 2000}, "at most 1000"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused_and_changes_nothing(
    changes: dict[str, int], words: str
) -> None:
    panel = Walker()
    with pytest.raises(PanelError, match=words):
        panel.set(**changes)
    assert panel.state == Walk(3)


def test_lists_from_a_browser_become_tuples() -> None:
    assert Walker().set(names=["x", "y"]).state == Walk(names=("x", "y"))


def test_without_a_run_there_is_no_result_and_that_is_one_sentence() -> None:
    with pytest.raises(PanelError, match="call run") as raised:
        _ = Walker().result
    assert raised.value._render_traceback_() == [str(raised.value)]  # type: ignore[attr-defined]  # IPython's name


def test_during_the_first_run_there_is_no_result_yet() -> None:
    panel = Walker(900, seconds=0.01)
    panel._heard({"run": True})
    wait(panel, "running")
    with pytest.raises(PanelError, match="still going on"):
        _ = panel.result
    panel._heard({"stop": True})
    wait(panel, "stopped")


def test_a_click_runs_in_a_thread_of_its_own_and_run_does_not() -> None:
    panel = Walker()
    panel.run()
    panel._heard({"run": True})
    wait(panel, "finished")
    assert panel.threads == [threading.current_thread().name, "tlkit-panel"]


def test_stop_ends_a_run_soon_and_what_was_there_stays() -> None:
    panel = Walker(3)
    panel.run()
    panel.set(steps=900)
    panel.seconds = 0.01
    begun = 0

    def seconds_to_stop() -> float:
        nonlocal begun
        begun += 1
        panel._heard({"run": True})
        wait(panel, "running")
        panel._heard({"run": True})
        since = time.monotonic()
        panel._heard({"stop": True})
        wait(panel, "stopped")
        return time.monotonic() - since

    assert is_kept(STOP_SECONDS, seconds_to_stop)
    assert panel.threads.count("tlkit-panel") == begun
    assert panel.result == [0, 1, 2]


def test_during_a_run_neither_settings_nor_a_second_run() -> None:
    panel = Walker(900, seconds=0.01)
    panel._heard({"run": True})
    wait(panel, "running")
    with pytest.raises(PanelError, match="during a run"):
        panel.set(steps=4)
    with pytest.raises(PanelError, match="going on already"):
        panel.run()
    panel._heard({"stop": True})
    wait(panel, "stopped")


def test_an_interrupt_of_run_leaves_a_usable_panel(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = Walker()

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(time, "sleep", interrupted)
        with pytest.raises(KeyboardInterrupt):
            panel.run()
    assert panel.status == "stopped"
    assert "stopped before its end" in str(panel)
    assert panel.run() == [0, 1, 2]
    assert "stopped" not in str(panel)


def test_an_error_is_raised_by_run_and_shown_after_a_click() -> None:
    panel = Walker(20)
    with pytest.raises(ValueError, match="unlucky"):
        panel.run()
    panel._heard({"run": True})
    wait(panel, "failed")
    problem = panel._full_view()["problem"]
    assert problem["words"] == "ValueError: unlucky"
    assert "Traceback" in problem["details"]
    assert "unlucky" in str(panel)
    assert panel.set(steps=2)._full_view()["problem"] is None


def test_a_wrong_click_is_shown_in_words() -> None:
    panel = Walker()
    panel._heard({"set": {"steps": 2000}})
    assert panel._full_view()["problem"]["words"] == "That is too far. Take at most 1000 steps."
    assert panel.state.steps == 3


def test_results_of_earlier_settings_are_stale() -> None:
    panel = Walker()
    panel.run()
    assert not panel._full_view()["stale"]
    assert panel.set(steps=4)._full_view()["stale"]
    assert not panel.set(steps=3)._full_view()["stale"]


def test_a_record_is_plain_json_and_opens_to_the_same_panel() -> None:
    panel = Walker(7)
    panel.run()
    record = json.loads(json.dumps(panel.record(), allow_nan=False))
    again = Walker.from_record(record)
    assert (again.state, again.status) == (panel.state, "finished")
    assert str(again) == str(panel)
    assert again._repr_mimebundle_() == panel._repr_mimebundle_()
    assert again.record() == panel.record()
    with pytest.raises(PanelError, match="opened from a record"):
        _ = again.result
    with pytest.raises(PanelError, match="opened from a record"):
        again.run()
    assert "cannot run" in again._full_view()["reopened"]


def test_a_record_holds_the_settings_of_its_outcome() -> None:
    panel = Walker(7)
    panel.run()
    assert panel.set(steps=8).record()["state"]["steps"] == 7


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "tlkit.panels.freeze"}, "record of 'tlkit.panels.freeze'"),
        ({"version": 3}, "Update tlkit"),
        ({"version": "new"}, "not a whole number"),
        ({"state": {"strides": 3}}, "do not fit"),
        ({"state": None}, "no 'state'"),
        ({"about": 3}, "no 'about'"),
        ({"outcome": 3}, "'outcome'"),
    ],
)
def test_another_newer_or_damaged_record_is_refused(change: dict[str, Any], words: str) -> None:
    record = {**Walker().record(), **change}
    with pytest.raises(RecordError, match=words):
        Walker.from_record(record)


@pytest.mark.parametrize("record", [None, [], {}, 3])
def test_what_is_no_record_is_refused(record: Any) -> None:
    with pytest.raises(RecordError):
        Walker.from_record(record)


def test_a_record_opens_from_its_file(tmp_path: Path) -> None:
    panel = Walker(7)
    panel.run()
    path = tmp_path / "walk.json"
    files.write_json(path, panel.record())
    assert str(Walker.from_record(path)) == str(Walker.from_record(str(path))) == str(panel)
    with pytest.raises(StoreError, match="nowhere"):
        Walker.from_record(tmp_path / "nowhere.json")
    path.write_text("not JSON", encoding="utf-8")
    with pytest.raises(StoreError, match="not valid JSON"):
        Walker.from_record(path)


def test_a_button_of_one_panel_is_an_action_and_its_errors_are_shown() -> None:
    class Jumper(Walker):
        def _actions(self) -> dict[str, Any]:
            return {"jump": self.jump}

        def jump(self, metres: int) -> None:
            if metres > 2:
                raise PanelError("Nobody jumps so far.", "Jump at most 2 m.")
            self.jumped = metres

    panel = Jumper()
    panel._heard({"do": "jump", "with": {"metres": 3}})
    assert panel._full_view()["problem"]["words"] == "Nobody jumps so far. Jump at most 2 m."
    panel._heard({"do": "jump", "with": {"metres": 2}})
    assert panel.jumped == 2
    assert panel._full_view()["problem"] is None


def test_a_step_that_must_be_seen_at_once_is_told_at_once() -> None:
    told: list[str] = []
    job = Job(lambda: told.append(job.words))
    for number in range(5):
        job.say(f"cell {number}", at_once=True)
    assert told == [f"cell {number}" for number in range(5)]


def test_both_twins_say_the_same_and_html_is_escaped() -> None:
    panel = Walker()
    panel.run()
    data, _ = panel._repr_mimebundle_()
    assert data["text/plain"] == str(panel)
    for words in ("in brown shoes", "Walked 3 steps.", "Plan"):
        assert words in data["text/plain"]
        assert words in data["text/html"]
    assert "steps &lt; 1000" in data["text/html"]
    assert "<svg" not in data["text/html"]
    assert data["text/html"] == Walker.from_record(panel.record())._repr_mimebundle_()[0]["text/html"]


def test_pictures_are_the_same_pixels_again() -> None:
    import base64
    import io

    from PIL import Image

    image = np.random.default_rng(0).random((1, 5, 4))
    uri = picture(image)
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))))
    np.testing.assert_allclose(1 - pixels / 255, image[0], atol=1 / 255)
    html = twin.Pictures([(uri, 'a "quoted" word')]).html()
    assert 'alt="a &quot;quoted&quot; word"' in html


def test_progress_is_told_at_most_ten_times_a_second() -> None:
    told: list[float] = []
    job = Job(lambda: told.append(time.monotonic()))
    begun = time.monotonic()
    while len(told) < 4 and time.monotonic() < begun + 60:
        job.say("on the way", 2.0)
    assert len(told) == 4
    assert told[-1] - begun >= 0.3
    assert job.share == 1.0


def test_panels_need_neither_kernel_nor_widgets() -> None:
    code = (
        "import sys, tlkit.panels.panel\n"
        "print([name for name in ('ipywidgets', 'anywidget', 'IPython') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
