"""A shelf in a folder: what comes back is what was put there, versions never change, and its past is told."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
import threading
import warnings
from dataclasses import replace
from pathlib import Path

import huggingface_hub
import numpy as np
import pytest
import torch
from torch import nn

from tlkit import backbones, data, freeze, train
from tlkit.backbones import Backbone, InputTransform, ModelCard
from tlkit.backbones.hubs import shelf as hub
from tlkit.backbones.shelf import DeprecatedModelWarning, Shelf
from tlkit.errors import ShelfError, TakenError, TlkitError, UnknownNameError, WeightsError
from tlkit.train import Run

SAID = ModelCard("said", licence_weights="BSD-3-Clause", contact="the library", intended_use="Reading Greek.")


@pytest.fixture(scope="module")
def run() -> Run:
    """A run that trains everything, so that BatchNorm's statistics are those of the task."""
    net = backbones.load("zoo:resnet-letters")
    task, plan = data.load("greek").few_shot(1, seed=0), freeze.plan(net, until="stem")
    return train.fit(net, task, plan, recipe=train.Recipe.fine_tune().change(steps=2, most_steps=2))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf")


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "name", ["zoo:resnet-letters", "zoo:vgg-shapes", "zoo:inception-photos", "zoo:efficientnet-lite0"]
)
def test_a_network_comes_back_bit_for_bit(shelf: Shelf, name: str) -> None:
    net = backbones.load(name)
    assert shelf.push(net, "copy", allow_incomplete="ImageNet's terms").whole_name == "shelf:copy@1.0.0"
    again = shelf.load("copy")
    x = np.random.default_rng(0).random((3, *net.transform.shape), dtype=np.float32)
    assert again.fingerprint == net.fingerprint
    assert (again.features(x) == net.features(x)).all()
    assert (again.source_probabilities(x) == net.source_probabilities(x)).all()
    assert (again.transform, again.card.classes, again.learns_in) == (
        net.transform,
        net.card.classes,
        net.learns_in,
    )
    assert again.source_accuracy() == net.source_accuracy()
    assert again.card.parents == (name,)


def test_a_run_comes_back_with_head_classes_buffers_and_its_record(shelf: Shelf, run: Run) -> None:
    before = run.backbone.module.state_dict()
    assert any(
        "running_mean" in key and not torch.equal(one, before[key])
        for key, one in run.model.backbone.state_dict().items()
    ), "the run was to move BatchNorm's statistics"
    shelf.push(run, "greek", SAID)
    again = shelf.load("greek@1.0")
    assert again.source_head is not None
    for mine, theirs in ((run.model.backbone, again.module), (run.model.head, again.source_head)):
        for key, one in mine.state_dict().items():
            assert torch.equal(one, theirs.state_dict()[key]), key
    assert run.test_items is not None
    said = again.source_probabilities(run.test_items.images).argmax(1)
    assert (said == run.predictions).all()
    card = again.card
    assert card.classes == run.task.classes
    assert card.contact == "the library"
    assert card.metrics["test_accuracy"]["value"] == run.accuracy
    record = json.loads((Path(shelf.place) / "greek/1.0.0/record.json").read_text())
    assert record["predictions"] == run.record()["predictions"]
    assert not any(
        words.startswith(("licence", "lineage", "intervals", "hash", "training")) for words in card.missing()
    )


def test_versions_count_on_and_never_change(shelf: Shelf) -> None:
    net = backbones.load("zoo:resnet-letters")
    made = [shelf.push(net, "net", version=one).version for one in (None, None, "minor", "major", "2.1.5")]
    assert made == ["1.0.0", "1.0.1", "1.1.0", "2.0.0", "2.1.5"]
    before = contents(Path(shelf.place))
    with pytest.raises(TakenError, match="versions never change"):
        shelf.push(net, "net", version="1.1.0")
    for wrong in ("1.2", "1.2.x", "01.0.0", "newest"):
        with pytest.raises(ShelfError, match="version"):
            shelf.push(net, "net", version=wrong)
    for wrong in (
        "../out",
        "Net",
        "",
        "a/b",
        ".push-x",
        "a..b",
        "x" * 65,
        "net\n",
        "índex",
        "index.json",
        "nul.1",
    ):
        with pytest.raises(ShelfError, match="cannot be named"):
            shelf.push(net, wrong)
        with pytest.raises(ShelfError, match="cannot be named"):
            shelf.load(wrong)
    assert contents(Path(shelf.place)) == before
    assert not (Path(shelf.place).parent / "out").exists()
    for asked, found in (("1", "1.1.0"), ("1.0", "1.0.1"), ("1.0.0", "1.0.0"), ("2", "2.1.5")):
        assert shelf.entry(f"net@{asked}").version == found
    with pytest.raises(UnknownNameError, match=r"There are: 1\.0\.0"):
        shelf.load("net@3")
    assert shelf.push(net, "net", version="2.1.999999999").version == "2.1.999999999"
    with pytest.raises(ShelfError, match="expected three numbers"):
        shelf.push(net, "net")
    with pytest.raises(UnknownNameError, match="nearest is 'net'"):
        shelf.load("nett")


def test_a_card_without_licence_or_lineage_is_refused_unless_somebody_says_why(
    shelf: Shelf, run: Run
) -> None:
    with pytest.raises(ShelfError, match="licence of the weights"):
        shelf.push(run, "greek")
    net = backbones.load("zoo:resnet-letters")
    bare = replace(net, name="own", card=ModelCard("own", architecture="resnet"))
    with pytest.raises(ShelfError, match=r"licence of the code; .*lineage"):
        shelf.push(bare, "own")
    assert len(shelf.list()) == 0
    entry = shelf.push(bare, "own", allow_incomplete="found on an old disk")
    assert entry.card.allowed_incomplete == "found on an old disk"
    assert "found on an old disk" in str(shelf.load("own").card)


def test_what_cannot_come_back_the_same_is_refused_in_words(shelf: Shelf) -> None:
    transform = InputTransform(channels=1, height=8, width=8, mean=(0.5,), std=(0.5,))
    own = backbones.wrap(nn.Sequential(nn.Conv2d(1, 4, 3)), ["0"], transform=transform)
    with pytest.raises(ShelfError, match=r"stores numbers, not code.*backbones\.wrap"):
        shelf.push(own, "own", allow_incomplete="mine")
    disguised = replace(own, card=replace(own.card, architecture="resnet"))
    with pytest.raises(ShelfError, match="not code"):
        shelf.push(disguised, "own", allow_incomplete="mine")
    net = backbones.load("zoo:resnet-letters").clone()
    net.module.stages["stem"][2] = nn.Tanh()
    with pytest.raises(ShelfError, match="not code"):
        shelf.push(net, "own")
    with pytest.raises(ShelfError, match="A dict cannot be put on a shelf"):
        shelf.push({}, "own")  # type: ignore[arg-type]
    assert contents(Path(shelf.place)) == {}


def test_every_changed_byte_is_found_and_nothing_changed_is_loaded(shelf: Shelf) -> None:
    shelf.push(backbones.load("zoo:resnet-letters"), "net")
    shelf.deprecate("net", "1.0.0", "only a test")
    folder = Path(shelf.place) / "net" / "1.0.0"
    assert shelf.verify().ok
    for path in sorted(folder.iterdir()):
        whole = path.read_bytes()
        for at in (0, len(whole) // 2, len(whole) - 1):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            assert not shelf.verify("net").ok, (path.name, at)
            assert len(shelf.list()) == 1
            with pytest.raises(WeightsError, match=r"changed|kind"), warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecatedModelWarning)
                shelf.load("net")
        path.write_bytes(whole[:-1])
        assert not shelf.verify("net").ok
        path.write_bytes(whole)
    (folder / "model.safetensors").unlink()
    assert "lost its model.safetensors" in str(shelf.verify())
    shutil_moved = folder.with_name("1.0.1")
    folder.rename(shutil_moved)
    assert "it was moved" in str(shelf.verify())
    (shutil_moved / "extra.py").write_text("")


def test_what_was_not_pushed_is_told_and_a_manifest_leads_nowhere_else(shelf: Shelf) -> None:
    from tlkit.backbones.shelf import sealed_json

    shelf.push(backbones.load("zoo:resnet-letters"), "net")
    folder = Path(shelf.place) / "net" / "1.0.0"
    (folder / "extra.py").write_text("")
    assert shelf.verify().problems == (("net@1.0.0", "extra.py of net@1.0.0 was not pushed with it."),)
    manifest = folder / "manifest.json"
    told = sealed_json.read(manifest.read_bytes(), "")
    for wrong in ({"files": {"../secret": {"sha256": "", "bytes": 1}}}, {"folder": "../.."}, {"files": []}):
        manifest.write_bytes(sealed_json.write({**told, **wrong}))
        with pytest.raises(WeightsError, match="outside of its folder"):
            shelf.load("net")


def test_a_damaged_version_is_told_where_it_lies_and_hides_no_other(shelf: Shelf, tmp_path: Path) -> None:
    net = backbones.load("zoo:resnet-letters")
    shelf.push(net, "net")
    copy = shelf.pull("net", tmp_path / "far")
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(WeightsError, match="Delete its folder and pull it again"):
        shelf.pull("net", tmp_path / "far")
    shutil.rmtree(copy)
    assert Shelf(shelf.pull("net", tmp_path / "far").parents[1]).load("net").fingerprint == net.fingerprint
    (tmp_path / "far" / "net" / "1.0.1").mkdir()
    (tmp_path / "far" / "net" / "1.0.1" / "manifest.json").write_text("{}")
    with pytest.raises(UnknownNameError, match="named 'other'"):
        shelf.verify("other")
    listed = Shelf(tmp_path / "far").index()["names"]["net"]
    assert listed["1.0.1"] == ["manifest.json"]
    assert "model.safetensors" in listed["1.0.0"]


def test_what_is_pulled_goes_into_a_folder(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLKIT_SHELF", "https://models.example.org")
    with pytest.raises(ShelfError, match="is pulled goes into a folder"):
        shelf.pull("net")


def test_of_two_writers_of_one_version_one_wins(shelf: Shelf) -> None:
    nets = [backbones.load("zoo:resnet-letters"), backbones.load("zoo:resnet-shapes")]
    together, ended = threading.Barrier(2), []

    def push(net: Backbone) -> None:
        together.wait()
        try:
            ended.append((net.name, shelf.push(net, "net", version="1.0.0").version))
        except TakenError as error:
            ended.append(("", str(error)))

    writers = [threading.Thread(target=push, args=(net,)) for net in nets]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    (winner,) = [name for name, _ in ended if name]
    assert "versions never change" in next(words for name, words in ended if not name)
    assert shelf.load("net").fingerprint == backbones.load(winner).fingerprint
    assert os.listdir(Path(shelf.place) / "net") == ["1.0.0"]


def test_a_push_that_is_killed_leaves_the_shelf_as_it_was(shelf: Shelf) -> None:
    net = backbones.load("zoo:resnet-letters")
    shelf.push(net, "net")
    before = contents(Path(shelf.place))
    # The process kills itself at its n-th call to the disk: within the first file, between files, before the renaming.
    code = """
        import os, signal, sys
        from tlkit import backbones
        from tlkit.backbones.shelf import Shelf
        net, shelf = backbones.load("zoo:resnet-shapes"), Shelf(sys.argv[1])
        def dying(name, at):
            real, calls = getattr(os, name), []
            def call(*given):
                calls.append(given)
                if len(calls) == at:
                    os.kill(os.getpid(), signal.SIGKILL)
                return real(*given)
            return real, call
        for name, at in (("fsync", 1), ("fsync", 4), ("fsync", 6), ("rename", 1)):
            if os.fork() == 0:
                _, call = dying(name, at)
                setattr(os, name, call)
                shelf.push(net, "new" if at == 4 else "net")
                os._exit(0)
            print(os.WTERMSIG(os.wait()[1]))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), shelf.place],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},  # threads do not survive a fork
    )
    assert done.stdout.split() == ["9"] * 4, done.stdout
    left = {path: one for path, one in contents(Path(shelf.place)).items() if "/.push-" not in path}
    assert left == before
    assert len(shelf.list()) == 1
    assert shelf.verify().cleared == (), "a push may still be going on"
    assert len(shelf.verify(leftovers_after_seconds=0).cleared) == 4
    assert contents(Path(shelf.place)) == before, "nor is anything left of a name that was to be new"
    assert shelf.push(net, "net").version == "1.0.1"


def test_a_deprecated_version_is_passed_over_and_warns(shelf: Shelf) -> None:
    net = backbones.load("zoo:resnet-letters")
    for _ in range(2):
        shelf.push(net, "net")
    entry = shelf.deprecate("net", "1.0.1", "biased:\nuse 1.0.0")
    assert entry.deprecated == "biased: use 1.0.0"
    assert "biased" in str(shelf.list())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert shelf.load("net").name == "shelf:net@1.0.0"
    with pytest.warns(DeprecatedModelWarning, match="biased"):
        assert shelf.load("net@1.0.1").name == "shelf:net@1.0.1"
    shelf.deprecate("net", "1.0.0", "also biased")
    with pytest.warns(DeprecatedModelWarning):
        assert shelf.load("net@1").name == "shelf:net@1.0.1"
    # A damaged note is told of its own version, and blocks no other.
    (Path(shelf.place) / "net" / "1.0.1" / "deprecated.json").write_text("{}")
    for asked in ("net", "net@1", "shelf:net@1.0.0"):
        with pytest.warns(DeprecatedModelWarning, match="also biased"):
            assert shelf.load(asked).name == "shelf:net@1.0.0"
    with pytest.raises(WeightsError, match=r"note on net@1\.0\.1 was changed"):
        shelf.load("net@1.0.1")
    assert [one for one, _ in shelf.verify().problems] == ["net@1.0.1"]
    assert len(shelf.list()) == 2
    for wrong in ("", "  "):
        with pytest.raises(ShelfError, match="No reason"):
            shelf.deprecate("net", "1.0.0", wrong)


def test_search_finds_by_task_licence_and_words(shelf: Shelf) -> None:
    shelf.push(backbones.load("zoo:resnet-letters"), "letters")
    shelf.push(
        backbones.load("zoo:efficientnet-lite0"), "imagenet", ModelCard("x", licence_data="ImageNet's terms")
    )
    assert [one.name for one in shelf.search(task="imagenet")] == ["imagenet"]
    shelf.push(
        backbones.load("zoo:vgg-letters"),
        "friends",
        ModelCard("y", licence_weights="CC-BY-NC-4.0 (a friend)"),
    )
    for licence, names in {
        "bsd": ["letters"],
        "BSD-3-Clause": ["letters"],
        "cc-by-nc": ["friends"],
        "cc-by": [],
        "cc": [],
        "apache-2.0": ["imagenet"],
    }.items():
        assert [one.name for one in shelf.search(licence=licence)] == names, licence
    assert [one.name for one in shelf.search(text="google tensorflow")] == ["imagenet"]
    assert len(shelf.search()) == 3
    assert str(shelf.search(task="weather")).startswith("Nothing found")


def test_the_lineage_goes_back_to_the_first_source(shelf: Shelf, run: Run, tmp_path: Path) -> None:
    shelf.push(run, "greek", SAID)
    second = train.fit(shelf.load("greek"), data.load("printed-digits").few_shot(1, seed=0))
    shelf.push(second, "digits", SAID)
    # The line travels with the network: it is whole on another shelf, where its parents are not.
    far = Shelf(tmp_path / "far")
    assert shelf.pull("digits", far.place) == tmp_path / "far" / "digits" / "1.0.0"
    for one in (shelf, far):
        lineage = one.lineage("digits")
        assert [found.name for found in lineage.ancestors] == [
            "shelf:digits@1.0.0",
            "shelf:greek@1.0.0",
            "zoo:resnet-letters",
        ]
        assert lineage.complete
        for face in (str(lineage), lineage._repr_html_()):
            assert "its weights began at random" in face
    assert shelf.pull("digits", far.place).is_dir(), "the same again is no error"
    far_other = Shelf(tmp_path / "other")
    far_other.push(second, "digits", replace(SAID, contact="others"))
    with pytest.raises(TakenError):
        shelf.pull("digits", far_other.place)
    told = {"parents": ["hf:someone/else"], "made_by": "me"}
    others = {"zoo:resnet-letters": {"name": "zoo:resnet-letters", "licence_weights": "free"}}
    lost = shelf.push(second, "lost", replace(SAID, lineage=told, ancestry=others), allow_incomplete="lost")
    assert lost.card.parents == ("shelf:greek@1.0.0", "hf:someone/else"), "more may be told, none left out"
    assert lost.card.lineage["made_by"] == "me"
    assert lost.card.ancestry["zoo:resnet-letters"]["licence_weights"] == "BSD-3-Clause"
    assert not shelf.lineage("lost").complete
    assert "its card is not here" in str(shelf.lineage("lost"))
    assert "hf:someone/else has no card here" in " ".join(lost.card.missing())


def test_a_version_is_a_folder_that_the_hugging_face_hub_takes(shelf: Shelf, run: Run) -> None:
    shelf.push(run, "greek", SAID)
    folder = Path(shelf.place) / "greek" / "1.0.0"
    card = huggingface_hub.ModelCard.load(folder / "README.md")
    assert card.data.library_name == "tlkit"
    assert backbones.card_markdown.read(card.content).to_dict() == shelf.load("greek").card.to_dict()
    huggingface_hub.utils.validate_repo_id("someone/greek")
    added = [path.name for path in folder.iterdir()]
    assert sorted(added) == ["README.md", "config.json", "manifest.json", "model.safetensors", "record.json"]


def test_load_finds_the_shelf_by_its_prefix(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    net = backbones.load("zoo:resnet-letters")
    shelf.push(net, "letters")
    monkeypatch.setenv("TLKIT_SHELF", shelf.place)
    assert backbones.load("shelf:letters@1.0").fingerprint == net.fingerprint
    assert hub.names() == ["shelf:letters@1.0.0"]
    (here,) = hub.present()
    assert here.bytes == sum(
        path.stat().st_size for path in here.place.iterdir() if path.name != "manifest.json"
    )
    with pytest.raises(TlkitError, match="32 pixels"):
        backbones.load("shelf:letters", side=64)
    monkeypatch.setenv("TLKIT_SHELF", "http://127.0.0.1:9/nothing")
    assert hub.names() == []
    assert hub.present() == []
    monkeypatch.delenv("TLKIT_SHELF")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    with pytest.raises(UnknownNameError, match="None are known"):
        backbones.load("shelf:letters")
