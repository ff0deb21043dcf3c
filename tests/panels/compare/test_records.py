"""Records of a Compare panel: plain JSON, saved beside the notebook, drawn again without torch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tlkit import files, panels
from tlkit.errors import PanelError, RecordError


def test_a_record_is_json_and_draws_the_same_panel(finished: panels.Compare) -> None:
    record = json.loads(json.dumps(finished.record(), allow_nan=False))
    again = panels.Compare.from_record(record)
    assert again._repr_mimebundle_() == finished._repr_mimebundle_()
    assert again._view() == {**finished._view(), "saved": ""}
    assert again.record() == record
    assert (again.state.guess, again.state.reason) == (20, "letters <b>look</b> like letters")
    assert (again.result["frozen"].correct == finished.result["frozen"].correct).all()
    with pytest.raises(PanelError, match="opened from a record"):
        again.run()
    assert "compare.rerun(panel.result.record())" in again._full_view()["reopened"]
    assert finished._full_view()["reopened"] == ""
    again._heard({"run": True})
    assert "opened from a record" in again._full_view()["problem"]["words"]
    assert again.status == "finished"


def test_a_record_is_saved_beside_the_notebook_and_never_over_another(
    finished: panels.Compare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first, second = finished.save(), finished.save()
    assert first.name == "comparison-greek-1-per-class.json"
    assert second.name == "comparison-greek-1-per-class-2.json"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([first.name, second.name])
    saved = finished._view()["saved"]
    assert second.name in saved
    assert str(tmp_path.resolve()) in saved
    assert "comparison-greek" not in str(finished)
    assert str(panels.Compare.from_record(first)) == str(finished)


def test_a_record_opens_and_is_drawn_without_torch(finished: panels.Compare, tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    files.write_json(path, finished.record())
    code = (
        "import sys\nfrom tlkit import panels\n"
        f"panel = panels.Compare.from_record({str(path)!r})\n"
        "panel._repr_mimebundle_()\n"
        "print('torch' in sys.modules, panel.result.verdict.sentence)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"False {finished.result.verdict.sentence}"


def test_nothing_to_save_is_said(panel: panels.Compare) -> None:
    with pytest.raises(PanelError, match="no result to save"):
        panel.save()


def test_a_record_of_another_kind_or_a_damaged_one_is_refused(finished: panels.Compare) -> None:
    record = finished.record()
    with pytest.raises(RecordError, match=r"record of 'tlkit\.panels\.freeze'"):
        panels.Compare.from_record({**record, "kind": "tlkit.panels.freeze"})
    with pytest.raises(RecordError, match=r"tlkit\.compare\.comparison"):
        panels.Compare.from_record(finished.result.record())
    with pytest.raises(RecordError):
        panels.Compare.from_record({**record, "outcome": {"comparison": {}, "provenance": ""}})
    with pytest.raises(RecordError):
        panels.Compare.from_record({**record, "outcome": {}})
    with pytest.raises(RecordError):
        panels.Compare.from_record({**record, "about": {}})
    with pytest.raises(RecordError):
        panels.Compare.from_record({**record, "state": {**record["state"], "seeds": -1}})
