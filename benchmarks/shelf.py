"""What a shelf costs beside its peers. Run: ``python benchmarks/shelf.py`` (needs ``tlkit[s3]``, moto and flask).

A network is pushed, loaded, verified and pulled, in a folder and on an S3-compatible server in a process of its own on
this machine. The peers store and load the same numbers: safetensors alone, huggingface_hub's PyTorchModelHubMixin
(weights, settings and README in a folder), and s3fs (the weights file, up and down). The shelf does more: it builds the
network a second time before it stores it and compares it bit for bit, and checks every hash when it loads.

Every figure is the least of several repeats: processor seconds of this process, and seconds on the clock, in which
the disk's own time is contained (a push waits until the disk has it).
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import s3fs
import safetensors.torch
import torch
from huggingface_hub import PyTorchModelHubMixin
from torch import nn
from torchvision.models import get_model

from tlkit import backbones
from tlkit.backbones import Backbone, InputTransform, ModelCard, StagedModule
from tlkit.backbones.families import cut
from tlkit.backbones.shelf import Shelf

WHY = "a benchmark"


class Mixed(nn.Module, PyTorchModelHubMixin):
    """The peer's own way to store a network: it is built again by name, and filled."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.net = get_model(name, weights=None)


def least(work: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Return the least processor seconds and the least seconds on the clock."""
    found = []
    for _ in range(repeats):
        processor, clock = time.process_time(), time.perf_counter()
        work()
        found.append((time.process_time() - processor, time.perf_counter() - clock))
    return min(one for one, _ in found), min(one for _, one in found)


def large(name: str) -> Backbone:
    """Return a network of torchvision's size; its weights are random, which costs the same."""
    found = cut(get_model(name, weights=None))
    transform = InputTransform(3, 224, 224, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    card = ModelCard(f"torchvision:{name}", architecture=found.family)
    return Backbone(f"torchvision:{name}", StagedModule(found.stages).eval(), transform, card, found.last)


def line(
    what: str, took: tuple[float, float], peer: tuple[float, float] | None = None, named: str = ""
) -> None:
    """Print a row."""
    ratio = f"{took[0] / peer[0]:>8.2f} x {named}" if peer else ""
    print(f"  {what:<34}{took[0]:>10.3f}{took[1]:>10.3f}{ratio}", flush=True)


def measure(net: Backbone, network: str, endpoint: str, folder: Path, repeats: int) -> None:
    """Print what one network costs."""
    state = {name: one.contiguous() for name, one in net.module.state_dict().items()}
    size = sum(one.nbytes for one in state.values())
    print(
        f"{net.name}, {size / 1e6:.0f} MB; processor seconds, seconds on the clock, ratio of processor seconds"
    )
    plain = folder / "plain.safetensors"
    saved = least(lambda: safetensors.torch.save_file(state, plain), repeats)
    loaded = least(lambda: safetensors.torch.load_file(plain), repeats)
    line("safetensors: save", saved)
    line("safetensors: load", loaded)
    mixed = Mixed(network)
    put = least(lambda: mixed.save_pretrained(folder / "mixed", config={"name": network}), repeats)
    got = least(lambda: Mixed.from_pretrained(folder / "mixed"), repeats)
    line("huggingface_hub: save_pretrained", put)
    line("huggingface_hub: from_pretrained", got)
    shelf = Shelf(folder / "shelf")
    line(
        "folder: push",
        least(lambda: shelf.push(net, "net", allow_incomplete=WHY), repeats),
        put,
        "huggingface_hub",
    )
    line("folder: load", least(lambda: shelf.load("net@1.0.0"), repeats), got, "huggingface_hub")
    line("folder: verify", least(lambda: shelf.verify("net@1.0.0"), repeats), loaded, "safetensors")
    line("folder: list", least(shelf.list, repeats))
    system = s3fs.S3FileSystem(endpoint_url=endpoint, use_listings_cache=False)
    bucket = f"b{time.time_ns()}"
    system.mkdir(bucket)
    up = least(lambda: system.put_file(str(plain), f"{bucket}/plain"), repeats)
    down = least(lambda: system.get_file(f"{bucket}/plain", str(folder / "got")), repeats)
    line("s3fs: upload", up)
    line("s3fs: download", down)
    far = Shelf(f"s3://{bucket}/shelf", endpoint_url=endpoint)
    line("S3: push", least(lambda: far.push(net, "net", allow_incomplete=WHY), repeats), up, "s3fs")
    line("S3: load", least(lambda: far.load("net@1.0.0"), repeats), down, "s3fs")
    line("S3: verify", least(lambda: far.verify("net@1.0.0"), repeats), down, "s3fs")

    def pull() -> None:
        far.pull("net@1.0.0", folder / "pulled")
        shutil.rmtree(folder / "pulled")

    line("S3: pull", least(pull, repeats), down, "s3fs")
    assert far.load("net@1.0.0").fingerprint == net.fingerprint == shelf.load("net@1.0.0").fingerprint


def main() -> int:
    """Start the server, measure, and stop it."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ.update(
        AWS_ACCESS_KEY_ID="benchmark", AWS_SECRET_ACCESS_KEY="benchmark", AWS_DEFAULT_REGION="us-east-1"
    )
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        for net, network in (
            (large("mobilenet_v3_small"), "mobilenet_v3_small"),
            (large("resnet50"), "resnet50"),
        ):
            with tempfile.TemporaryDirectory() as folder:
                measure(net, network, f"http://127.0.0.1:{port}", Path(folder), given.repeats)
    finally:
        server.terminate()
        server.wait()
    small = backbones.load("zoo:resnet-letters")
    with tempfile.TemporaryDirectory() as folder:
        shelf = Shelf(folder)
        print(f"{small.name}, {small.card.file_bytes / 1e6:.1f} MB as stored in the package")
        line("folder: push", least(lambda: shelf.push(small, "net"), given.repeats))
        line("folder: load", least(lambda: shelf.load("net@1.0.0"), given.repeats))
        line("backbones.load from the zoo", least(lambda: backbones.load(small.name), given.repeats))
    return 0


if __name__ == "__main__":
    sys.exit(main())
