"""SavedModels: written by real TensorFlow, run in a process of their own, frozen for good; and Kaggle's real client."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.optional import MAY_LACK, optional
from tlkit import backbones, data, freeze, train
from tlkit.backbones import Backbone
from tlkit.backbones.hubs import tensorflow as adapter
from tlkit.backbones.hubs.hub import Asked
from tlkit.backbones.hubs.kaggle_client import fetched
from tlkit.backbones.hubs.tensorflow_process import fingerprint
from tlkit.errors import DataError, NotFetchedError, PlanError, UnknownNameError, WeightsError
from tlkit.files import packaged
from tlkit.freeze.modes import MODES

WORKER = packaged("backbones", "hubs", "tensorflow_worker.py")
HANDLE = "someone/net/tensorFlow2/small/1"

needs_tensorflow = pytest.mark.skipif(
    MAY_LACK and find_spec("tensorflow") is None, reason="the extra tensorflow is not installed"
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved")
    script = Path(__file__).with_name("saved_models.py")
    subprocess.run([sys.executable, script, folder, WORKER], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def net(written: Path) -> Iterator[Backbone]:
    found = backbones.load(f"kaggle:{written / 'good'}")
    yield found
    found.module.stages["saved_model"].extractor.end()  # type: ignore[operator, union-attr]


def images(count: int) -> Any:
    return np.random.default_rng(0).random((count, 3, 8, 8), dtype=np.float32)


@needs_tensorflow
@pytest.mark.slow
def test_features_are_those_of_the_saved_model(net: Backbone, written: Path) -> None:
    # Other tests may have brought TensorFlow into this process; running a SavedModel does not.
    before = "tensorflow" in sys.modules
    expected = images(4).mean((2, 3)) @ np.load(written / "kernel.npy")
    assert np.allclose(net.features(images(4)), expected, atol=1e-6)
    assert (net.stages, net.transform.shape, net.feature_count) == (("saved_model",), (3, 8, 8), 5)
    assert net.transform.mean == (0.0, 0.0, 0.0)
    assert "no hash to check this folder by" in str(net.card)
    assert ("tensorflow" in sys.modules) == before


@needs_tensorflow
@pytest.mark.slow
def test_copies_share_the_process_and_pickles_know_the_model(net: Backbone) -> None:
    stage: Any = net.module.stages["saved_model"]
    assert copy.deepcopy(net.module).stages["saved_model"].extractor is stage.extractor
    restored: Any = pickle.loads(pickle.dumps(net)).module.stages["saved_model"]
    assert restored.extractor.pid is None
    assert (restored.extractor.folder, restored.sha256) == (stage.extractor.folder, stage.sha256)


@needs_tensorflow
@pytest.mark.slow
@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "strict"])
def test_every_mode_but_strict_is_refused(net: Backbone, mode: str) -> None:
    with pytest.raises(PlanError, match=r"cannot be .*nothing can learn.*'strict'"):
        freeze.plan(net, {"saved_model": mode})


@needs_tensorflow
@pytest.mark.slow
def test_training_a_head_moves_nothing_of_it(net: Backbone, written: Path) -> None:
    before, features = fingerprint(written / "good"), net.features(images(4))
    task = data.arrays(
        images(40), np.arange(40) % 2, validation=0.2, test=0.2, seed=0, classes=["a", "b"]
    ).few_shot(4, seed=0)
    run = train.fit(net, task, freeze.plan(net, until="head"), seed=0)
    head = next(stage for stage in run.seal.stages if stage.name == "head")
    assert not head.unchanged
    assert next(stage for stage in run.seal.stages if stage.name == "saved_model").unchanged
    assert fingerprint(written / "good") == before == net.card.sha256
    assert np.array_equal(net.features(images(4)), features)


@needs_tensorflow
@pytest.mark.slow
def test_what_tensorflow_refuses_is_told_and_the_next_question_answered(net: Backbone) -> None:
    process: Any = net.module.stages["saved_model"].extractor  # type: ignore[union-attr]
    with pytest.raises(WeightsError, match="TensorFlow says"):
        process.features(np.zeros((1, 8, 8, 2), np.float32))
    assert len(process.features(np.zeros((2, 8, 8, 3), np.float32))) == 2


@needs_tensorflow
@pytest.mark.slow
def test_a_graph_may_hold_what_features_need_and_nothing_that_reaches_out(written: Path) -> None:
    found = json.loads((written / "found.json").read_text())
    assert found.pop("unknown") == [], "a list of operations that TensorFlow does not know"
    assert (found.pop("good"), found.pop("convolutional")) == ([], [])
    assert found.pop("disguised") == ["a call of 'WriteFile'"]
    assert found.pop("older") == ["MergeV2Checkpoints", "RestoreV2", "SaveV2", "ShardedFilename"]
    assert "changes its own variables (AssignSubVariableOp)" in found.pop("learning")
    python = found.pop("python")
    assert python
    assert "Py" in python[0]
    assert found.pop("uncalled") == []
    assert found.pop("two") == ["MergeV2Checkpoints", "RestoreV2", "SaveV2", "ShardedFilename"]
    assert found == {
        "swapped": ["SaveV2"],
        "registered": ["SaveV2"],
        "forward": ["SaveV2"],
        "written": ["WriteFile"],
        "nested": ["WriteFile"],
        "printed": ["PrintV2"],
        "saved": ["SaveV2"],
    }


@needs_tensorflow
@pytest.mark.slow
def test_a_convolutional_network_of_keras_is_read_and_a_harmful_one_is_not_run(written: Path) -> None:
    net = backbones.load(f"kaggle:{written / 'convolutional'}")
    expected = np.load(written / "expected.npy")
    x = np.random.default_rng(0).random((4, 8, 8, 3), dtype=np.float32).transpose(0, 3, 1, 2)
    assert np.allclose(net.features(x), expected, atol=1e-5)
    net.module.stages["saved_model"].extractor.end()  # type: ignore[operator, union-attr]
    with pytest.raises(WeightsError, match=r"was not run: its graph holds WriteFile, which .* trust=True"):
        backbones.load(f"kaggle:{written / 'harmful'}")
    assert not (written / "written").exists()


@needs_tensorflow
@pytest.mark.slow
def test_stopped_in_the_middle_the_process_is_killed(net: Backbone) -> None:
    process: Any = net.module.stages["saved_model"].extractor  # type: ignore[union-attr]
    pid = process.pid
    for patience in (0.5, 2, 8):  # a busy machine may not have asked yet when it is stopped
        timer = threading.Timer(patience, lambda: os.kill(os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            net.features(np.ones((1, 3, 8, 8), np.float32))
        timer.join()
        if process.pid is None:
            break
    assert process.pid is None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@needs_tensorflow
@pytest.mark.slow
def test_changed_files_are_noticed(net: Backbone, written: Path) -> None:
    process: Any = net.module.stages["saved_model"].extractor  # type: ignore[union-attr]
    process.end()
    (written / "good" / "more").write_text("x")
    try:
        with pytest.raises(WeightsError, match="not those that were loaded"):
            net.features(images(1))
    finally:
        (written / "good" / "more").unlink()


def test_the_worker_ends_when_nobody_is_left() -> None:
    done = subprocess.run([sys.executable, WORKER], input=b"", capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, b"")


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no SavedModel"):
        backbones.load(f"tfhub:{tmp_path}")


@pytest.mark.parametrize("name", ["resnet", "a/b/c/../1", "google/imagenet/resnet_v1_50/feature_vector/5"])
def test_what_is_no_handle(name: str) -> None:
    with pytest.raises(UnknownNameError, match="no handle"):
        backbones.load(f"tfhub:{name}")


class Kaggle:
    """What Kaggle's server says of one model."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []

    @contextmanager
    def serving(self) -> Iterator[None]:
        here = self

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
                here.asked.append(self.path.rpartition("/")[2])
                if self.path.endswith("/ListModelInstanceVersionFiles"):
                    listed = [
                        {"name": name, "size": len(one), "creationDate": "2026-01-01T00:00:00Z"}
                        for name, one in here.files.items()
                    ]
                    self.answer(
                        json.dumps({"files": listed, "nextPageToken": ""}).encode(), "application/json"
                    )
                else:
                    self.answer(here.files[asked["path"]], "application/octet-stream")

            def answer(self, content: bytes, kind: str) -> None:
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                digest = base64.b64encode(hashlib.md5(content).digest()).decode()
                self.send_header("X-Goog-Hash", f"md5={digest}")
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 7777), Answer)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


@pytest.fixture
def kaggle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kaggle]:
    """The address that Kaggle's own developers test their client with is port 7777 of this machine."""
    optional("kagglehub", "tensorflow")
    monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "TEST")
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path))
    server = Kaggle()
    with server.serving():
        yield server


def test_nothing_is_fetched_from_kaggle_unasked(kaggle: Kaggle) -> None:
    with pytest.raises(NotFetchedError, match="nothing is downloaded unasked"):
        backbones.load(f"kaggle:{HANDLE}")
    assert kaggle.asked == []


def test_kaggle_s_client_fetches_says_the_size_and_knows_what_is_here(kaggle: Kaggle, tmp_path: Path) -> None:
    kaggle.files = {"saved_model.pb": b"graph", "variables/variables.index": b"numbers"}
    told: list[str] = []
    place = fetched(f"kaggle:{HANDLE}", HANDLE, Asked(download=True, tell=told.append))
    assert place == tmp_path / "models" / HANDLE
    assert {
        one.relative_to(place).as_posix(): one.read_bytes() for one in place.rglob("*") if one.is_file()
    } == kaggle.files
    assert ["12 bytes" in one for one in told] == [True]
    assert [(one.name, one.bytes) for one in adapter.present()] == [(f"kaggle:{HANDLE}", 12)]
    count = len(kaggle.asked)
    assert fetched("kaggle:x", HANDLE.rpartition("/")[0], Asked()) == place
    assert len(kaggle.asked) == count


@pytest.mark.parametrize("name", ["../../escaped", "/escaped", "a/../../../escaped", "..\\..\\escaped"])
def test_a_file_that_would_leave_the_folder_is_refused(kaggle: Kaggle, tmp_path: Path, name: str) -> None:
    kaggle.files = {"saved_model.pb": b"graph", name: b"bad"}
    with pytest.raises(WeightsError, match="outside the model's folder"):
        fetched(f"kaggle:{HANDLE}", HANDLE, Asked(download=True, tell=str))
    assert not [one for one in tmp_path.rglob("*") if one.is_file()]


def test_what_the_server_does_not_have_is_one_sentence(kaggle: Kaggle) -> None:
    with pytest.raises(NotFetchedError, match=r"could not be fetched from Kaggle.*`tlkit fetch kaggle:x`"):
        fetched("kaggle:x", "someone/net/noFramework/small/1", Asked(download=True, tell=str))


def test_a_side_that_the_model_does_not_take() -> None:
    with pytest.raises(DataError, match="not 64"):
        adapter._transform({"input": [-1, 32, 32, 3], "dtype": "float32"}, 64, "net")
    free, last = adapter._transform({"input": [-1, -1, -1, 3], "dtype": "uint8"}, 64, "net")
    assert (free.shape, free.std[0], last) == ((3, 64, 64), 1 / 255, True)
    assert torch.allclose(free(np.ones((1, 3, 64, 64), np.float32)), torch.full((1, 3, 64, 64), 255.0))
