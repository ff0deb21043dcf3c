"""PyTorch Hub: code is run only when trusted, from a pinned version, and never gets more than was asked for."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from tests.backbones.hubs.file_server import FileServer, serving
from tlkit import backbones, freeze
from tlkit.backbones.hubs import torch_hub
from tlkit.errors import NotFetchedError, PlanError, UnknownNameError, WeightsError
from tlkit.freeze.modes import mode_of

HUBCONF = '''
"""A repository as on PyTorch Hub."""
from pathlib import Path

import torch
from torch import nn
from torchvision.models import shufflenet_v2_x0_5 as known

dependencies = ["torch"]
Path(__file__).with_name("it ran").touch()
tlkit_stages = {"crooked_but_told": {"first": "one", "second": "two"}}
tlkit_transform = {
    "crooked_but_told": {"channels": 1, "height": 12, "width": 12, "mean": [0.5], "std": [0.25]}
}


def chain(features=4):
    """A network that is its parts."""
    print("made")
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Sequential(nn.Conv2d(3, features, 3, 4), nn.BatchNorm2d(features), nn.ReLU(), nn.Dropout(0.5)),
        nn.Conv2d(features, features, 3, 2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(features, 3),
    )


class Crooked(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Conv2d(1, 1, 3, padding=1)
        self.two = nn.Conv2d(1, 1, 3, padding=1)

    def forward(self, x):
        x = x.mean(1, keepdim=True)
        return x + self.two(self.one(x))


def five_channels():
    return nn.Sequential(nn.Conv2d(5, 4, 3), nn.Linear(4, 3))


def crooked_but_told():
    return Crooked()


def pretrained():
    net = chain()
    net.load_state_dict(torch.hub.load_state_dict_from_url(ADDRESS, check_hash=True))
    return net


def either(weights=None, features=4, scale=1.0):
    assert weights in (None, "DEFAULT") and features == 4 and scale == 1.5
    return chain(features) if weights is None else pretrained()


def unchecked():
    net = chain()
    net.load_state_dict(torch.hub.load_state_dict_from_url(UNNAMED))
    return net


def unsafe():
    return torch.load(Path(__file__).with_name("anything.pt"), weights_only=False)


def get_weight(name="DEFAULT") -> int:
    return 3


def fails():
    raise KeyError("no such setting")


def _hidden():
    pass
'''


class Harmful:
    """What would leave a trace if it were unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.trace,))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FileServer]:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TLKIT_MODELS", raising=False)
    with serving() as one:
        yield one


@pytest.fixture
def repository(tmp_path: Path, server: FileServer) -> Path:
    """A repository on this machine; one of its models has weights on the server."""
    folder = tmp_path / "repository"
    folder.mkdir()
    file = io.BytesIO()
    with torch.random.fork_rng(devices=[]):
        torch.save(made().state_dict(), file)
    path = f"/chain-{hashlib.sha256(file.getvalue()).hexdigest()[:8]}.pth"
    server.files[path] = server.files["/unnamed.pth"] = file.getvalue()
    addresses = f"ADDRESS = {server.address + path!r}\nUNNAMED = {server.address + '/unnamed.pth'!r}\n"
    (folder / "hubconf.py").write_text(f"{HUBCONF}\n{addresses}", encoding="utf-8")
    (folder / "LICENSE").write_text("MIT", encoding="utf-8")
    torch.save(Harmful(tmp_path / "it was unpickled"), folder / "anything.pt")
    return folder


def made() -> nn.Module:
    return nn.Sequential(
        nn.Sequential(nn.Conv2d(3, 4, 3, 4), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5)),
        nn.Conv2d(4, 4, 3, 2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 3),
    )


def test_code_is_run_only_when_it_is_trusted(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = f"torch-hub:{repository}:chain"
    with pytest.raises(WeightsError, match=r"is code: to load it means to run hubconf\.py .* trust=True"):
        backbones.load(name)
    assert not (repository / "it ran").exists()
    state = torch.random.get_rng_state()
    net = backbones.load(name, trust=True, side=32)
    assert (repository / "it ran").exists()
    assert torch.equal(torch.random.get_rng_state(), state)
    monkeypatch.setenv("TORCH_HOME", "/elsewhere")
    assert torch.hub.get_dir() == "/elsewhere/hub"
    assert capsys.readouterr().out == ""
    assert (net.name, net.stages) == (name, ("part0", "part1", "part2", "part3"))
    x = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert net.source_probabilities(x).shape == (2, 3)
    assert net.card.licence_code == "unknown: see LICENSE in the repository"
    assert "are a guess" in str(net.card)


def test_stages_and_transform_can_be_told_or_are_those_of_a_known_family(repository: Path) -> None:
    told = backbones.load(f"torch-hub:{repository}:crooked_but_told", trust=True)
    assert (told.stages, told.transform.shape, told.source_head) == (("first", "second"), (1, 12, 12), None)
    assert "guess" not in str(told.card)
    larger = backbones.load(f"torch-hub:{repository}:crooked_but_told", trust=True, side=24)
    assert larger.transform == replace(told.transform, height=24, width=24)
    known = backbones.load(f"torch-hub:{repository}:known", trust=True, side=64)
    assert (known.card.architecture, known.stages[-1]) == ("shufflenet", "conv5")


@pytest.mark.parametrize(
    ("model", "error", "words"),
    [
        ("chian", UnknownNameError, "nearest is 'chain'; known: 'known', 'chain', 'Crooked'"),
        ("get_wieght", UnknownNameError, "nown: 'known', 'chain', .*'unsafe', 'fails'"),
        ("get_weight", PlanError, "made an int, no network"),
        ("_hidden", UnknownNameError, "no model"),
        ("Crooked", PlanError, "more than its parts one, two one after the other.*tlkit_stages"),
        ("five_channels", PlanError, "failed: RuntimeError: .* 5 channels"),
        ("fails", PlanError, "failed: KeyError: 'no such setting'"),
        ("unsafe", WeightsError, "a pickle of more than tensors"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    repository: Path, tmp_path: Path, model: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        backbones.load(f"torch-hub:{repository}:{model}", trust=True)
    assert not (tmp_path / "it was unpickled").exists()


def test_weights_are_fetched_only_when_asked(repository: Path, server: FileServer, tmp_path: Path) -> None:
    name = f"torch-hub:{repository}:pretrained"
    usual = torch.hub.download_url_to_file
    with pytest.raises(NotFetchedError, match=f"`tlkit fetch --trust {name}`"):
        backbones.load(name, trust=True)
    assert server.asked == []
    server.cut_after = [100]
    done = backbones.fetch(name, trust=True, to=tmp_path / "shelf", tell=lambda _: None)
    assert done.complete
    assert [one.parent.name for one in (tmp_path / "shelf").rglob("chain-*.pth")] == ["checkpoints"]
    assert torch.hub.download_url_to_file is usual


def test_a_card_carries_the_hash_of_what_was_loaded(repository: Path, server: FileServer) -> None:
    name, load = f"torch-hub:{repository}", torch.load
    named, unnamed = (
        backbones.load(f"{name}:{model}", trust=True, download=True, side=32).card
        for model in ("pretrained", "unchecked")
    )
    assert torch.load is load
    content = server.files["/unnamed.pth"]
    assert named.sha256 == unnamed.sha256 == hashlib.sha256(content).hexdigest()
    assert (named.file_bytes, unnamed.lineage["weights"]) == (
        len(content),
        f"unnamed.pth (SHA-256 {named.sha256})",
    )
    assert "no hash by which unnamed.pth could be checked" in str(unnamed)
    assert "could be checked" not in str(named)
    assert unnamed == backbones.load(f"{name}:unchecked", trust=True, side=32).card
    (kept,) = Path(torch.hub.get_dir()).rglob("chain-*.pth")
    kept.write_bytes(content + b" ")
    with pytest.raises(WeightsError, match="was changed or cut short: its SHA-256 begins with"):
        backbones.load(f"{name}:pretrained", trust=True, side=32)
    made = backbones.load(f"{name}:chain", trust=True, side=32).card
    assert len(made.sha256) == 64
    assert "of its tensors by name" in str(made)


def test_arguments_stand_in_the_name_and_a_network_without_weights_is_said_to_be_one(
    repository: Path, server: FileServer
) -> None:
    name = f"torch-hub:{repository}:either?features=4&scale=1.5"
    with pytest.warns(UserWarning, match="untrained as far as tlkit saw.*weights=DEFAULT"):
        bare = backbones.load(name, trust=True, side=32)
    assert (bare.name, "Untrained as far as tlkit saw" in str(bare.card)) == (name, True)
    with pytest.raises(NotFetchedError, match=rf"`tlkit fetch --trust '{re.escape(name)}&weights=DEFAULT'`"):
        backbones.load(f"{name}&weights=DEFAULT", trust=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        trained = backbones.load(f"{name}&weights=DEFAULT", trust=True, download=True, side=32)
    assert trained.card.sha256 == hashlib.sha256(server.files["/unnamed.pth"]).hexdigest()
    assert "Untrained" not in str(trained.card)
    for query in ("source=github", "features=1&features=2", "features"):
        with pytest.raises(PlanError, match="no argument of a model, or stands there twice"):
            backbones.load(f"torch-hub:{repository}:either?{query}", trust=True)


def test_a_version_on_github_is_pinned_and_its_code_fetched_only_when_asked(
    repository: Path, server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    name = f"torch-hub:someone/my_nets:{commit}:chain?features=4"
    with pytest.raises(PlanError, match="does not say which version of someone/my_nets"):
        backbones.load("torch-hub:someone/my_nets:chain", trust=True)
    with pytest.raises(WeightsError, match="commits of other people's copies"):
        backbones.load(name)
    with pytest.raises(NotFetchedError, match=r"run `tlkit fetch --trust 'torch-hub:someone/my_nets"):
        backbones.load(name, trust=True)
    with pytest.raises(NotFetchedError, match="could not be fetched from GitHub"):
        backbones.load("torch-hub:someone/my_nets:v1:chain", trust=True, download=True)

    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr(f"someone-nets-{commit[:7]}/", "")
        packed.write(repository / "hubconf.py", f"someone-nets-{commit[:7]}/hubconf.py")
    server.files["/nets.zip"] = file.getvalue()
    # The way to GitHub alone is another: what comes is fetched, unpacked and run by torch's own hub.
    monkeypatch.setattr(torch.hub, "_git_archive_link", lambda *_: f"{server.address}/nets.zip")
    net = backbones.load(name, trust=True, download=True, side=32)
    assert net.card.lineage["ref"] == commit
    assert backbones.load(name, trust=True, side=32).fingerprint == net.fingerprint
    assert len(server.asked) == 1
    assert [one.name for one in torch_hub.present()] == [f"torch-hub:someone/my_nets:{commit}"]
    assert name.partition("?")[0] in torch_hub.names()
    # What other tools fetched has no note: one name can be read in a single way, the other cannot.
    for folder in ("other_nets_v1.0", "other_nets_release_1"):
        shutil.copytree(repository, Path(torch.hub.get_dir()) / folder)
    assert "torch-hub:other/nets:v1.0" in [one.name for one in torch_hub.present()]
    assert len(torch_hub.present()) == 2
    assert backbones.load("torch-hub:other/nets:release_1:chain", trust=True, side=32).stages == net.stages
    # Torch has one folder for both of these.
    with pytest.raises(WeightsError, match="holds the code of someone/my_nets:0123"):
        backbones.load(f"torch-hub:someone/my:nets_{commit}:chain", trust=True)


@pytest.mark.parametrize("mode", freeze.MODES)
def test_frozen_is_proved_in_every_mode(mode: str, repository: Path) -> None:
    backbone = backbones.load(f"torch-hub:{repository}:chain", trust=True, side=32)
    network = backbone.with_head(3, seed=0)
    seal = freeze.seal(network)
    freeze.plan(backbone, dict.fromkeys(backbone.stages, mode)).apply(network)
    steps = torch.optim.SGD([one for one in network.parameters() if one.requires_grad], 0.5)
    network.train()
    x = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.random.fork_rng(devices=[]):
        for _ in range(2):
            steps.zero_grad()
            nn.functional.cross_entropy(network(x), torch.tensor([0, 1, 2, 0])).backward()
            steps.step()
    report = seal.check(network)
    assert report.kept
    assert not report.unchanged("head")
    for kind, moved in report["part0"].kinds.items():
        if moved is not None:
            assert moved.unchanged != mode_of(mode).may_change(kind), kind
