"""Cluster: a comparison over a real Dask cluster of two workers; workers die, are taken away, and are to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joblib
import pytest
from distributed import Client, LocalCluster

from tlkit import backbones, compare, data
from tlkit.backbones import Backbone
from tlkit.compare import Arm, Comparison, Progress
from tlkit.data import Dataset
from tlkit.errors import ComparisonError, StoppedError, TrainingError
from tlkit.train import Recipe

QUICK = Arm("quick", opens="head", recipe=Recipe.head().change(augmented_views=1))
QUICK_TOO = Arm("quick-too", opens="last stage", recipe=Recipe.fine_tune().change(steps=6))
# Long enough to be in the middle of it when a worker is killed; and so long that only an end in between ends it.
SECONDS = Arm("seconds", pretrained=False, recipe=Recipe.scratch().change(steps=300, most_steps=300))
ENDLESS = Arm("endless", pretrained=False, recipe=Recipe.scratch().change(steps=10**6, most_steps=10**6))
_HERE: dict[tuple[str, str], list[dict[str, Any]]] = {}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCluster]:
    cache = tmp_path_factory.mktemp("cache")
    with LocalCluster(
        n_workers=2,
        processes=True,
        threads_per_worker=1,
        dashboard_address=":0",
        env={"TLKIT_CACHE": str(cache)},
    ) as found:
        yield found


@pytest.fixture
def client(cluster: LocalCluster) -> Iterator[Client]:
    with Client(cluster) as found:
        found.wait_for_workers(2, timeout=600)
        yield found


@pytest.fixture
def on_cluster(client: Client) -> Iterator[None]:
    with joblib.parallel_config(backend="dask", client=client):
        yield


def measured(card: Comparison) -> list[dict[str, Any]]:
    """All that is in the cells, but for what a clock said."""
    return [{**cell.record(), "seconds": 0} for one in card.results for cell in one.cells]


def measured_here(net: Backbone, dataset: Dataset) -> list[dict[str, Any]]:
    """Three draws without the cluster, measured once for the tests that compare with them."""
    key = (net.fingerprint, dataset.fingerprint)
    if key not in _HERE:
        here = compare.run(dataset, net, [QUICK, SECONDS], seeds=3, store=False, n_jobs=1, progress=False)
        _HERE[key] = measured(here)
    return _HERE[key]


def finished(going: Iterator[Progress], after: Callable[[int], None] = lambda done: None) -> list[Progress]:
    told = []
    for one in going:
        told.append(one)
        after(len(told))
    return told


def is_idle(client: Client, within_seconds: float = 600) -> bool:
    """Whether every worker has nothing to do any more, soon."""
    deadline = time.monotonic() + within_seconds
    while time.monotonic() < deadline:
        running = client.run(lambda dask_worker: dask_worker.state.executing_count)
        if not any(running.values()) and not any(client.processing().values()):
            return True
        time.sleep(0.1)
    return False


@pytest.mark.slow
@pytest.mark.usefixtures("on_cluster")
def test_a_cluster_gives_the_same_cells_each_as_it_is_finished(tmp_path: Path) -> None:
    digits, net = data.load("digits"), backbones.load("zoo:resnet-letters")
    here = compare.run(
        digits, net, ["random-frozen", "frozen"], seeds=2, store=False, n_jobs=1, progress=False
    )
    opened = digits.test.openings
    going = compare.running(digits, net, ["random-frozen", "frozen"], seeds=2, store=tmp_path)
    kept = [len(list(tmp_path.glob("*.json"))) for _ in going]
    assert kept == [1, 2, 3, 4], "each is in the store before the next is there"
    assert digits.test.openings == opened + 4, "openings on the workers come home, each once"
    there = compare.run(
        digits, net, ["random-frozen", "frozen"], seeds=2, store=tmp_path, n_jobs=1, progress=False
    )
    assert there.origin["from_store"] == 4, "and count as if they had been measured here"
    assert [{**one, "from_store": False} for one in measured(there)] == measured(here)


def test_training_on_a_worker_gives_the_same_weights_bit_for_bit(
    client: Client, net: Backbone, dataset: Dataset
) -> None:
    def weights(net: Backbone, dataset: Dataset) -> dict[str, bytes]:
        from tlkit import freeze, train

        recipe = train.Recipe.scratch().change(steps=20)
        plan = freeze.plan(net, until="stem", mode="trainable")
        run = train.fit(net, dataset.few_shot(3, 0), plan, recipe=recipe, progress=False)
        return {name: one.numpy().tobytes() for name, one in run.model.state_dict().items()}

    assert client.submit(weights, net, dataset).result(timeout=600) == weights(net, dataset)


@pytest.mark.usefixtures("on_cluster")
def test_an_error_in_a_cell_arrives_with_its_own_kind(net: Backbone, dataset: Dataset) -> None:
    wild = Recipe.scratch().change(learning_rate=1e3, head_factor=1000.0, steps=200, weight_decay=10.0)
    with pytest.raises(TrainingError, match="at a learning rate of"):
        compare.run(dataset, net, [Arm("wrong", recipe=wild), QUICK], seeds=2, progress=False)


@pytest.mark.usefixtures("on_cluster")
def test_a_worker_with_other_versions_is_refused(client: Client, net: Backbone, dataset: Dataset) -> None:
    def become(version: str) -> str:
        import tlkit

        before, tlkit.__version__ = tlkit.__version__, version
        return before

    (before,) = set(client.run(become, "0.0.1").values())
    try:
        with pytest.raises(ComparisonError, match=f"not calculate as.*tlkit 0.0.1 instead of {before}"):
            compare.run(dataset, net, [QUICK, SECONDS], seeds=2, progress=False)
    finally:
        client.run(become, before)


@pytest.mark.parametrize("how", ["asked", "closed"])
@pytest.mark.usefixtures("on_cluster")
def test_stopping_takes_back_all_cells_and_leaves_the_workers_as_they_were(
    how: str, client: Client, net: Backbone, dataset: Dataset
) -> None:
    def hears() -> tuple[int, str, list[int]]:
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, []) if hasattr(signal, "pthread_sigmask") else []
        return os.getpid(), str(signal.getsignal(signal.SIGINT)), sorted(blocked)

    before = client.run(hears)
    asked: list[bool] = []
    going = compare.running(
        dataset, net, [QUICK, ENDLESS], seeds=3, store=False, should_stop=lambda: bool(asked)
    )
    next(going)
    if how == "asked":
        asked.append(True)
        with pytest.raises(StoppedError, match="stopped on request"):
            next(going)
    else:
        going.close()
    assert is_idle(client), "what was being trained ends at its next step, what was queued is gone"
    assert client.run(hears) == before, "the same processes, and they hear Ctrl-C as before"
    assert len(compare.run(dataset, net, [QUICK, QUICK_TOO], seeds=2, progress=False).results) == 2


def test_when_the_connection_is_lost_it_is_told_and_nobody_trains_for_no_one(
    cluster: LocalCluster, client: Client, net: Backbone, dataset: Dataset
) -> None:
    other = Client(cluster, set_as_default=False)
    with joblib.parallel_config(backend="dask", client=other):
        going = compare.running(dataset, net, [QUICK, ENDLESS], seeds=2)
        next(going)
        other.close()
        with pytest.raises(ComparisonError, match="connection to it was lost"):
            list(going)
    assert is_idle(client)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="processes are ended the POSIX way")
@pytest.mark.parametrize("allowed_failures", [3, 0])
@pytest.mark.usefixtures("on_cluster")
def test_a_worker_that_dies(
    allowed_failures: int,
    cluster: LocalCluster,
    client: Client,
    net: Backbone,
    dataset: Dataset,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Dask measures its cell again elsewhere; if it may not, a second run measures just what is missing."""
    monkeypatch.setattr(cluster.scheduler, "allowed_failures", allowed_failures)

    def kill(done: int) -> None:
        if done == 1:
            # One that is training, found by the long cell that it has.
            busy = [where for where, cells in client.processing().items() if cells]
            os.kill(client.run(os.getpid, workers=busy[:1])[busy[0]], signal.SIGKILL)

    going = compare.running(dataset, net, [QUICK, SECONDS], seeds=3)
    done = 0
    if allowed_failures:
        finished(going, kill)
    else:
        with pytest.raises(ComparisonError, match="ended on its own"):
            for done, _ in enumerate(going, 1):
                kill(done)
        client.wait_for_workers(2, timeout=600)
        told = finished(compare.running(dataset, net, [QUICK, SECONDS], seeds=3))
        assert 1 <= done < 6
        assert [one.from_store for one in told] == [True] * done + [False] * (6 - done)
    there = compare.run(dataset, net, [QUICK, SECONDS], seeds=3, n_jobs=1, progress=False)
    assert there.origin["from_store"] == 6
    assert [{**one, "from_store": False} for one in measured(there)] == measured_here(net, dataset)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="processes are ended the POSIX way")
def test_a_cluster_without_workers_is_told_and_a_new_run_goes_on(
    net: Backbone, dataset: Dataset, tmp_path: Path
) -> None:
    """A worker that nobody starts again when it dies, as the jobs of a queue are."""
    with (
        LocalCluster(n_workers=0, dashboard_address=":0") as alone,
        Client(alone, set_as_default=False) as client,
        joblib.parallel_config(backend="dask", client=client, wait_for_workers_timeout=2),
    ):
        with pytest.raises(ComparisonError, match=r"no worker for 2 seconds.*wait_for_workers\(1\)"):
            compare.run(dataset, net, [QUICK, SECONDS], seeds=2, progress=False)
        settings: dict[str, Any] = {"store": False, "progress": False}
        assert compare.run(dataset, net, [QUICK, QUICK_TOO], seeds=2, n_jobs=1, **settings), (
            "one job asks no cluster"
        )
        command = ("-m", "distributed.cli.dask_worker", alone.scheduler_address, "--no-nanny")
        only = subprocess.Popen(
            [
                sys.executable,
                *command,
                "--nthreads",
                "1",
                "--no-dashboard",
                "--local-directory",
                str(tmp_path),
            ],
            stderr=subprocess.DEVNULL,
        )
        try:
            client.wait_for_workers(1, timeout=600)
            going = compare.running(dataset, net, [QUICK, SECONDS], seeds=2)
            next(going)
            only.kill()
            with pytest.raises(ComparisonError, match="no worker for 2 seconds"):
                list(going)
        finally:
            only.kill()
            only.wait()
    stored = [one.from_store for one in compare.running(dataset, net, [QUICK, SECONDS], seeds=2, n_jobs=1)]
    assert len(stored) == 4
    assert stored == sorted(stored, reverse=True)
    assert stored[0]
    assert not stored[-1]
