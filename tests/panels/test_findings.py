"""The Findings panel without a browser: what is found in a messy folder, what each finding shows, words, records."""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.data.drawing import picture
from tests.panels.messy import COUNTS, messy_folder
from tlkit import data, panels
from tlkit.data import Dataset
from tlkit.errors import PanelError, RecordError, StoppedError, UnknownNameError
from tlkit.panels.findings_rules import KINDS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return messy_folder(tmp_path_factory.mktemp("findings") / "pets")


def read(folder: Path, **settings: Any) -> Dataset:
    return data.images(folder, size=48, cache=False, progress=False, **settings)


@pytest.fixture(scope="module")
def finished(folder: Path) -> panels.Findings:
    panel = panels.Findings(read(folder))
    panel.run()
    return panel


@pytest.fixture
def panel(finished: panels.Findings) -> Iterator[panels.Findings]:
    """The panel after a look, with nothing open and no filter."""
    yield finished
    finished.set(opened=None, level="all", kind="all")


def rows(panel: panels.Findings) -> dict[str, dict[str, Any]]:
    """Return what the browser is told of each finding, by key."""
    view = panel._full_view()
    json.dumps(view, allow_nan=False)
    return {one["key"]: one for one in view["outcome"]["findings"]}


def items(row: dict[str, Any]) -> list[dict[str, str]]:
    return [item for group in row["groups"] for item in group["items"]]


def pixels(uri: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",", 1)[1]))).convert("RGB")) / 255


# What is found


def test_before_a_look_it_says_how_large_the_data_are_and_what_reading_told(folder: Path) -> None:
    panel = panels.Findings(read(folder))
    view = panel._full_view()
    assert view["outcome"] is None
    assert [row["name"] for row in view["classes"]["rows"]] == ["cat", "dog", "Cat", "fox"]
    for row in view["classes"]["rows"]:
        assert int(row["all"]) == sum(map(int, row["counts"]))
        assert int(row["all"]) >= COUNTS[row["name"]]
    assert max(sum(row["shares"]) for row in view["classes"]["rows"]) == pytest.approx(1)
    assert "Reading told of 1 problem and 2 notes already." in str(panel)
    assert "training: 60 to learn from" in str(panel)
    with pytest.raises(PanelError, match="nothing to open yet"):
        panel.set(opened="one-colour")


def test_everything_that_is_wrong_is_listed_the_gravest_first(panel: panels.Findings) -> None:
    found = rows(panel)
    assert list(found) == [
        "copies-across-splits",
        "copies-with-other-labels",
        "near-copies-across-splits",
        "unreadable-file",
        "class-names-alike",
        "imbalance",
        "tiny-class",
        "one-colour",
        "copies-within-a-split",
        "near-copies-within-a-split",
        "small-picture",
        "other-files",
    ]
    assert {one.rule for one in panel.result} == set(found)
    assert [one["level"] for one in found.values()] == ["problem"] * 9 + ["note"] * 3
    assert panel._full_view()["outcome"]["verdict"] == "9 problems and 3 notes, the gravest first."
    assert found["unreadable-file"]["names"] == ["cat/broken.png is damaged (image file is truncated)"]


def test_pairs_name_splits_and_labels_and_leave_the_test_set_sealed(panel: panels.Findings) -> None:
    openings = panel._dataset.test.openings  # type: ignore[union-attr]
    shown = {key: items(row) for key, row in rows(panel).items()}
    for key in ("copies-across-splits", "near-copies-across-splits", "copies-within-a-split"):
        for group in rows(panel)[key]["groups"]:
            splits = {item["said"].split(",")[0] for item in group["items"]}
            assert (len(splits) > 1) == ("across" in key)
    sealed = [item for some in shown.values() for item in some if item["said"] == "test, sealed"]
    assert sealed
    assert not any(item["picture"] for item in sealed)
    assert not [name for name in panel._pictures() if name.startswith("test")]
    assert panel._dataset.test.openings == openings  # type: ignore[union-attr]


def test_pictures_are_those_of_the_items(panel: panels.Findings) -> None:
    dataset, shown = panel._dataset, panel._pictures()
    assert dataset is not None
    names = {
        dataset.item_name(split, at): (split, at)
        for split in ("train", "validation")
        for at in range(len(getattr(dataset, split)))
    }
    seen = 0
    for row in rows(panel).values():
        for item in items(row):
            if item["picture"]:
                split, at = names[item["name"]]
                image = getattr(dataset, split).images[at].transpose(1, 2, 0)
                assert np.abs(pixels(shown[item["picture"]]) - image).mean() < 0.03, item["name"]
                label = dataset.classes[getattr(dataset, split).labels[at]]
                assert item["alt"].endswith(f"class {label}")
                seen += 1
    assert seen > 30


def test_showing_the_test_items_is_counted_once(folder: Path) -> None:
    panel = panels.Findings(read(folder))
    with pytest.raises(PanelError, match="Call run"):
        panel.show_test()
    panel.run()
    panel._heard({"do": "show_test"})
    panel.show_test()
    assert panel._dataset.test.openings == 1  # type: ignore[union-attr]
    assert "findings" in panel._dataset.test.log[0].why  # type: ignore[union-attr]
    row = rows(panel)["copies-with-other-labels"]
    assert "labelled cat and dog" in row["groups"][0]["words"]
    assert not row["sealed"]
    assert {item["said"].split(", ")[1] for item in items(row)} == {"cat", "dog"}
    panel.run()
    assert not rows(panel)["copies-with-other-labels"]["sealed"]


def test_labels_that_look_shuffled_come_first_and_show_classes() -> None:
    train = data.load("letters").train
    labels = np.random.default_rng(0).permutation(train.labels)[:1500]
    names = [train.classes[label] for label in labels]
    panel = panels.Findings(data.arrays(train.images[:1500], names, name="mixed"))
    panel.run()
    first = next(iter(rows(panel).values()))
    assert first["key"] == "labels-look-shuffled"
    assert first["code"] == "mixed.preview()"
    assert {item["alt"].split("class ")[1] for item in items(first)} == set(sorted(set(names))[:8])


def test_sound_data_say_what_was_checked() -> None:
    images = np.random.default_rng(0).uniform(size=(60, 3, 12, 12))
    panel = panels.Findings(data.arrays(images, ["cat", "dog"] * 30, channels="first"))
    panel.run()
    assert panel._full_view()["outcome"]["verdict"] == "Nothing was found that is wrong."
    assert "Copies: 60 pictures, equal pixel by pixel" in str(panel)
    assert "Labels were not judged: that takes 200 training pictures, and there are 36." in str(panel)


def test_texts_are_shown_as_texts() -> None:
    source = {
        "text": ["good", "fine", "nice", "good", "bad", "poor", "sad", "bad"] * 3,
        "label": [1, 1, 0, 0] * 6,
    }
    panel = panels.Findings(data.table(source, text="text", name="reviews"))
    panel.run()
    row = rows(panel)["copies-across-splits"]
    assert {"good", "bad"} & {item["text"] for item in items(row)}
    assert panel._pictures() == {}
    assert "“good”" in str(panel.set(opened="copies-across-splits"))


def test_of_very_many_classes_the_largest_and_the_smallest_are_shown() -> None:
    sizes = [5 + at for at in range(200)]
    labels = np.repeat(np.arange(200), sizes)
    images = np.random.default_rng(0).uniform(size=(len(labels), 8, 8))
    images[:9000] = images[0]
    panel = panels.Findings(data.arrays(images, labels))
    panel.run()
    classes = panel._full_view()["classes"]
    shown = [int(row["all"]) for row in classes["rows"]]
    assert shown == sorted([*sizes[:50], *sizes[-100:]], reverse=True)
    assert classes["left_out"].startswith("50 classes")
    assert "170 classes between" in str(panel)
    # Only what is shown is drawn, and that is little.
    assert len(panel._pictures()) < 100
    assert len(json.dumps(panel.record())) < 500_000
    assert sum(len(one["names"]) for one in rows(panel).values()) <= 300


# What to do next


def test_the_lines_to_run_next_do_what_they_say(tmp_path: Path) -> None:
    folder = messy_folder(tmp_path / "pets")
    names: dict[str, Any] = {"data": data, "pets": read(folder)}

    def look() -> dict[str, dict[str, Any]]:
        panel = panels.Findings(names["pets"])
        panel.run()
        return rows(panel)

    before = len(list(folder.rglob("*.*")))
    exec(look()["one-colour"]["code"], names)
    exec(look()["class-names-alike"]["code"], names)
    assert len(list(folder.rglob("*.*"))) == before - 2
    assert len(list((tmp_path / "pets-aside").rglob("*.png"))) == 2
    names["pets"] = read(folder)
    assert names["pets"].classes == ("cat", "dog", "fox")
    assert not {"one-colour", "class-names-alike"} & look().keys()
    exec(look()["near-copies-across-splits"]["code"], names)
    assert not {"copies-across-splits", "near-copies-across-splits"} & look().keys()
    # What was asked for before is still asked for.
    exec(look()["tiny-class"]["code"], names)
    assert names["pets"].classes == ("cat", "dog")
    assert "group='alike'" in names["pets"].asked.again()
    exec(look()["small-picture"]["code"], names)
    assert names["pets"].train.shape[2:] == (32, 32)
    assert "small-picture" not in look()


def test_lines_that_move_files_replace_none(tmp_path: Path) -> None:
    folder = tmp_path / "pets"
    for place, (name, count) in enumerate({"Cat": 20, "cat": 10, "dog": 20}.items()):
        (folder / name).mkdir(parents=True)
        for at in range(count):
            picture(100 * place + at, 32, 32).save(folder / name / f"{at}.png")
    Image.new("RGB", (32, 32), (200, 30, 90)).save(folder / "dog" / "plain.png")
    # Each name that a file would get is taken, once by a file that was moved there before.
    aside = tmp_path / "pets-aside" / "dog"
    aside.mkdir(parents=True)
    for at, taken in enumerate(("Cat/cat-1.png", "Cat/cat-cat-1.png", "../pets-aside/dog/plain.png")):
        picture(900 + at, 32, 32).save(folder / taken)

    def contents() -> list[bytes]:
        return sorted(file.read_bytes() for file in tmp_path.rglob("*.png"))

    before = contents()
    pets = read(folder)
    panel = panels.Findings(pets)
    panel.run()
    found = rows(panel)
    for rule in ("one-colour", "class-names-alike"):
        exec(found[rule]["code"], {"data": data, "pets": pets})
    assert contents() == before
    assert not (folder / "cat").exists()
    assert len(list((folder / "Cat").iterdir())) == 32
    assert sorted(file.name for file in aside.iterdir()) == ["again-plain.png", "plain.png"]


def test_where_splits_came_with_the_data_no_line_regroups_them() -> None:
    source = {
        "text": [f"text {at}" for at in [0, 1, 2, 3, 0, 1, 4, 5, 6, 7, 8, 9]],
        "label": ["a", "b"] * 6,
        "split": ["train"] * 4 + ["validation"] * 4 + ["test"] * 4,
    }
    panel = panels.Findings(data.table(source, text="text", split="split", name="my texts"))
    panel.run()
    code = rows(panel)["copies-across-splits"]["code"]
    assert code == 'print(*my_texts.findings.of("copies-across-splits")[0].where, sep="\\n")'


# Settings


def test_filters_and_the_open_finding_are_settings_that_need_no_new_look(panel: panels.Findings) -> None:
    assert list(rows(panel.set(kind="files"))) == ["unreadable-file", "other-files"]
    assert list(rows(panel.set(level="note"))) == ["other-files"]
    assert "Shown here: 1 of 12." in str(panel)
    kinds = panel._full_view()["outcome"]["kinds"]
    assert [one["name"] for one in kinds] == ["all", *KINDS]
    panel.set(level="all", kind="all", opened="one-colour")
    assert not panel._full_view()["stale"]
    assert "dog/plain-0.png, training, class dog" in str(panel)
    assert "pets-aside" not in str(panel)
    assert "In code: from pathlib import Path" in str(panel)


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"opend": "imbalance"}, PanelError, "The nearest is 'opened'"),
        ({"opened": "one-color"}, UnknownNameError, "one-colour"),
        ({"level": "problems"}, UnknownNameError, "problem"),
        ({"kind": "copy"}, UnknownNameError, "copies"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    panel: panels.Findings, changes: dict[str, Any], error: type[Exception], said: str
) -> None:
    before = panel.record()
    with pytest.raises(error, match=said):
        panel.set(**changes)
    assert panel.record() == before


def test_only_a_dataset_can_be_looked_at() -> None:
    with pytest.raises(PanelError, match="of the kind str"):
        panels.Findings("pets")  # type: ignore[arg-type]


# The run


def test_a_look_tells_progress_stops_on_request_and_leaves_no_half_result(folder: Path) -> None:
    panel = panels.Findings(read(folder))
    told: list[str] = []
    asked = threading.Event()

    def show() -> None:
        view = panel._full_view()
        if view["progress"] and view["progress"]["words"]:
            told.append(view["progress"]["words"])
            if not asked.is_set():
                asked.set()
                panel._stop()

    panel._show = show  # type: ignore[method-assign]
    with pytest.raises(StoppedError):
        panel.run()
    assert told
    assert panel.status == "stopped"
    assert panel.record()["outcome"] is None
    assert "stopped before its end" in str(panel)
    assert len(panel.run()) == 12


# Twins and records


def test_the_twin_names_everything_and_shows_what_is_open(panel: panels.Findings) -> None:
    twin = panel._repr_mimebundle_()[0]
    for words in ("cat/broken.png is damaged", "'Cat' and 'cat'", "dog/plain-0.png", "cat/notes.txt"):
        assert words in twin["text/plain"]
    assert "<img" not in twin["text/html"]
    html = panel.set(opened="one-colour")._repr_mimebundle_()[0]["text/html"]
    assert html.count('<img src="data:image/') == 2
    assert 'alt="dog/plain-1.png, training, class dog"' in html


def test_a_record_is_json_and_draws_the_same_panel(panel: panels.Findings) -> None:
    panel.set(opened="near-copies-across-splits", level="problem")
    record = json.loads(json.dumps(panel.record(), allow_nan=False))
    again = panels.Findings.from_record(record)
    assert again.state == panel.state
    assert again.state.opened == "near-copies-across-splits"
    assert again.record() == record
    assert again._repr_mimebundle_() == panel._repr_mimebundle_()
    assert again._view() == panel._view()
    assert again._pictures() == panel._pictures()
    assert "training" in str(again.set(opened="imbalance"))
    for refused in (again.run, again.show_test):
        with pytest.raises(PanelError, match=r"panels\.Findings\(dataset\)"):
            refused()


def test_a_damaged_record_is_told(panel: panels.Findings) -> None:
    record = panel.record()
    del record["outcome"]["findings"][0]["what"]
    with pytest.raises(RecordError, match="damaged"):
        panels.Findings.from_record(record)
