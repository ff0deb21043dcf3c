"""The kernel's interrupt in every phase of a run: the backbone stays usable and nothing half-written is left."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

pytestmark = pytest.mark.slow

SETUP = """
from tlkit import backbones, data, freeze, train
from tlkit.train import features
net = backbones.load("zoo:resnet-letters")
task = data.load("letters").few_shot(20, seed=0)
before = net.fingerprint
everything = freeze.plan(net, until="stem")
long = train.Recipe.fine_tune().change(steps=5000, steps_growth=0.0, most_steps=5000)
"""
# A statement that is in the named phase for well over a second.
PHASES = {
    "features": "for _ in range(50): features.forget(); train.fit(net, task, recipe=train.Recipe.head().change("
    "augmented_views=40, most_rows=100000), progress=False)",
    "head": "train.fit(net, data.load('letters').few_shot(150, seed=0), recipe=train.Recipe.head().change("
    "augmented_views=0, head_strength=None), progress=False)",
    "steps": "train.fit(net, task, everything, recipe=long, progress=False)",
    "learning rate": "train.find_learning_rate(net, task, everything, seeds=50)",
}


class Kernel:
    """A real kernel with its own cache folder."""

    def __init__(self, cache: Path) -> None:
        self.manager, self.client = start_new_kernel(
            startup_timeout=300, extra_arguments=["--HistoryManager.enabled=False"]
        )
        self.cache = cache
        self.run(f"import os; os.environ['TLKIT_CACHE'] = {str(cache)!r}")
        assert self.run(SETUP)["status"] == "ok"

    def run(self, code: str, interrupt_after: float | None = None) -> dict[str, Any]:
        # Otherwise a kernel gives up what is asked shortly after an error, too.
        number = self.client.execute(code, stop_on_error=False)
        if interrupt_after is not None:
            time.sleep(interrupt_after)
            self.manager.interrupt_kernel()
        while True:
            reply = self.client.get_shell_msg(timeout=600)
            if reply["parent_header"]["msg_id"] == number:
                return dict(reply["content"])

    def says(self, expression: str) -> bool:
        reply = self.run(f"assert {expression}")
        assert reply["status"] == "ok", f"{expression}: {reply.get('ename')} {reply.get('evalue')}"
        return True


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    kernel = Kernel(tmp_path_factory.mktemp("cache"))
    yield kernel
    kernel.client.stop_channels()
    kernel.manager.shutdown_kernel(now=True)


@pytest.mark.parametrize("phase", PHASES)
def test_an_interrupt_ends_the_run_and_nothing_else(kernel: Kernel, phase: str) -> None:
    for after in (0.4, 1.1):
        reply = kernel.run(PHASES[phase], interrupt_after=after)
        assert reply["status"] == "error"
        assert reply["ename"] == "KeyboardInterrupt"
        assert kernel.says("net.fingerprint == before")
        assert kernel.says(
            "not net.module.training and all(p.requires_grad for p in net.module.parameters())"
        )
        assert not list(kernel.cache.rglob("*.part"))
    assert kernel.says("train.fit(net, task, progress=False).accuracy > 0.5"), "the next run works as ever"
