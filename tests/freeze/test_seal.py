"""Seals: bit for bit, whatever the numbers are, and how far what moved moved."""

from __future__ import annotations

import copy
import hashlib
import math
import struct
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from tests.freeze.networks import LAYERS, batches, learn, network
from tlkit import freeze
from tlkit.backbones import Network, StagedModule
from tlkit.errors import PlanError
from tlkit.freeze import SealReport


class Holds(nn.Module):
    """A stage that holds one buffer."""

    held: Tensor

    def __init__(self, values: Tensor) -> None:
        super().__init__()
        self.register_buffer("held", values)

    def forward(self, x: Tensor) -> Tensor:
        return x


def holding(values: Tensor) -> Network:
    return Network(StagedModule({"s0": Holds(values), "s1": nn.Flatten()}), nn.Linear(2, 2))


def check(before: Tensor, after: Tensor) -> SealReport:
    """Seal one value, replace it by another, check."""
    net = holding(before)
    seal = freeze.seal(net)
    net.backbone.stages["s0"].held = after
    return seal.check(net)


def from_bits(bits: int) -> Tensor:
    return torch.tensor(list(struct.pack("<I", bits)), dtype=torch.uint8).view(torch.float32)


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_unchanged_means_the_same_bits(first: int, second: int) -> None:
    # All floats there are: NaNs with every payload, both zeros, infinities, subnormal numbers.
    assert check(from_bits(first), from_bits(second)).unchanged("s0") == (first == second)
    assert check(from_bits(first), from_bits(first)).unchanged()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (from_bits(0x7FC00000), from_bits(0x7FC00001)),
        (from_bits(0x7FC00000), from_bits(0xFFC00000)),
        (torch.tensor([0.0]), torch.tensor([-0.0])),
    ],
    ids=["payload of NaN", "sign of NaN", "sign of zero"],
)
def test_what_compares_as_equal_or_never_as_equal(first: Tensor, second: Tensor) -> None:
    report = check(first, second)
    assert not report.unchanged("s0")
    assert str(report["s0"].kinds["buffers"]) == "▲ moved, by no distance"
    assert report["s0"].fingerprint is None


@pytest.mark.parametrize(
    "values",
    [
        torch.tensor(3),
        torch.tensor([True, False]),
        torch.zeros(0, 3),
        torch.tensor([1 + 2j, float("nan")]),
        torch.tensor([1 + 2j, 3j]).conj(),
        torch.tensor([1 + 2j, 3j], dtype=torch.complex128).conj(),
        torch.arange(6, dtype=torch.float16).reshape(2, 3).t(),
        torch.arange(3, dtype=torch.bfloat16),
        torch.zeros(4).expand(3, 4),
        torch.eye(3).to_sparse(),
        torch.arange(24.0).reshape(1, 2, 3, 4).to(memory_format=torch.channels_last),
        torch.tensor([float("inf"), -float("inf"), float("nan"), 1e-45]),
        torch.zeros(3, dtype=torch.float8_e4m3fn),
    ],
    ids=lambda values: f"{values.dtype}{tuple(values.shape)}",
)
def test_seals_every_kind_of_tensor(values: Tensor) -> None:
    net = holding(values)
    seal = freeze.seal(net)
    assert seal.check(net).unchanged()
    assert seal.check(copy.deepcopy(net)).unchanged()
    if values.numel() and values.layout == torch.strided:
        other = torch.zeros_like(values) if values.dtype == torch.bool else torch.full_like(values, 7)
        assert not check(values, other).unchanged("s0")


def test_the_layout_in_memory_is_no_change_but_the_precision_is() -> None:
    values = torch.arange(24.0).reshape(1, 2, 3, 4)
    assert check(values, values.contiguous(memory_format=torch.channels_last)).unchanged("s0")
    assert not check(torch.zeros(3), torch.zeros(3, dtype=torch.int32)).unchanged("s0")
    report = check(values, values.half())
    assert not report.unchanged("s0")
    assert report["s0"].kinds["buffers"].l2 == 0


@given(
    st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=8),
    st.lists(st.floats(-1e3, 1e3, width=32), min_size=8, max_size=8),
)
def test_distances(before: list[float], change: list[float]) -> None:
    first = torch.tensor(before)
    second = first + torch.tensor(change[: len(before)])
    found = check(first, second)["s0"].kinds["buffers"]
    difference = [b - a for a, b in zip(first.double().tolist(), second.double().tolist(), strict=True)]
    assert found.numbers == len(before)
    assert found.l2 == pytest.approx(math.hypot(*difference))
    assert found.largest == pytest.approx(max(abs(one) for one in difference))
    length = math.hypot(*first.double().tolist())
    if length:
        assert found.relative == pytest.approx(found.l2 / length)
    else:
        assert found.relative == (None if found.l2 else 0)


def test_numbers_that_are_no_longer_finite_are_counted_and_left_out() -> None:
    found = check(
        torch.tensor([1.0, 2.0, 3.0, float("nan")]), torch.tensor([float("nan"), 5.0, float("inf"), 4.0])
    )
    moved = found["s0"].kinds["buffers"]
    assert moved.not_finite == 2
    assert (moved.l2, moved.largest) == (3, 3)
    assert str(moved) == "▲ moved, 2 became NaN or infinite"


def test_distances_of_many_numbers() -> None:
    generator = torch.Generator().manual_seed(0)
    first, change = torch.randn(2, 200_000, generator=generator)
    first[150_000] = float("nan")
    found = check(first, first + change)["s0"].kinds["buffers"]
    moved = ((first + change).double() - first.double()).nan_to_num()
    assert found.l2 == pytest.approx(float(moved.norm()))
    assert found.largest == pytest.approx(float(moved.abs().max()))
    assert found.relative == pytest.approx(float(moved.norm() / first.double().nan_to_num().norm()))


@pytest.mark.parametrize("layers", LAYERS)
def test_fingerprints_are_those_of_the_bytes(layers: str) -> None:
    net = network(layers)
    seal = freeze.seal(net)
    before = copy.deepcopy(net)
    learn(net)
    report = seal.check(net)
    for name in ("s0", "s1", "s2", "head"):
        one, other = (made.head if name == "head" else made.backbone.stages[name] for made in (before, net))
        assert report[name].fingerprint == (seal.fingerprints[name] if report.unchanged(name) else None)
        assert report.unchanged(name) == (_digest(one) == _digest(other))
    assert freeze.seal(before).fingerprints == seal.fingerprints


def _digest(module: nn.Module) -> str:
    total = hashlib.sha256()
    for tensor in (*module.parameters(), *module.buffers()):
        total.update(tensor.detach().numpy().tobytes())
    return total.hexdigest()


def test_a_seal_is_a_copy() -> None:
    net = network("everything")
    seal = freeze.seal(net)
    before = dict(seal.fingerprints)
    with torch.no_grad():
        for tensor in (*net.parameters(), *net.buffers()):
            tensor.fill_(7)
    assert seal.fingerprints == before
    assert not any(seal.check(net).unchanged(name) for name in ("s0", "s1", "s2", "head"))


def test_one_flipped_bit_in_any_tensor_is_found_and_named() -> None:
    net = network("everything")
    seal = freeze.seal(net)
    for name, stage in (*net.backbone.stages.items(), ("head", net.head)):
        for key, tensor in (*stage.named_parameters(), *stage.named_buffers()):
            raw = tensor.detach().reshape(-1).view(torch.uint8)
            raw[0] ^= 1
            report = seal.check(net)
            assert list(report.moved) == [name]
            (kind,) = report[name].moved
            assert report[name].kinds[kind].moved == (key,)
            raw[0] ^= 1
    assert seal.check(net).unchanged()


def test_tied_tensors_count_once() -> None:
    net = network("tied weights")
    seal = freeze.seal(net)
    stage = net.backbone.stages["s0"]
    with torch.no_grad():
        stage[1].first.weight.add_(1)
    found = seal.check(net)["s0"].kinds["weights"]
    assert found.moved == ("1.first.weight",)
    assert found.numbers == sum(
        parameter.numel() for name, parameter in stage.named_parameters() if not name.startswith("2.")
    )
    assert found.l2 == pytest.approx(math.sqrt(stage[1].first.weight.numel()))


def test_works_without_a_plan_and_on_any_module() -> None:
    plain = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2))
    seal = freeze.seal(plain)
    with torch.no_grad():
        plain[2].bias.add_(1)
    report = seal.check(plain)
    assert report.unchanged("0")
    assert not report.unchanged("2")
    assert report["0"].mode is None
    alone = nn.Linear(2, 2)
    assert freeze.seal(alone).check(alone).unchanged("module")


def test_does_not_disturb_training() -> None:
    watched, plain = network("everything"), network("everything")
    seal = freeze.seal(watched)
    learn(watched)
    seal.check(watched)
    learn(watched)
    learn(plain)
    learn(plain)
    assert freeze.seal(watched).fingerprints == freeze.seal(plain).fingerprints


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_works_across_devices() -> None:
    net = network("everything")
    seal = freeze.seal(net)
    assert seal.check(net.cuda()).unchanged()
    assert freeze.seal(net).fingerprints == seal.fingerprints


def test_the_seal_does_not_depend_on_the_process() -> None:
    code = (
        "from tests.freeze.networks import network; from tlkit import freeze;"
        " print(freeze.seal(network()).fingerprints)"
    )
    elsewhere = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert elsewhere.strip() == str(freeze.seal(network()).fingerprints)


# Refusals


def test_another_network_is_refused() -> None:
    seal = freeze.seal(network("batch norm"))
    with pytest.raises(PlanError, match=r"stages s0, s1, s2, head; this network has s0, s1, head"):
        seal.check(network("batch norm", stages=2))
    with pytest.raises(PlanError, match=r"s0 has or lacks 1\."):
        seal.check(network("dropout only"))
    wider = network("batch norm")
    wider.head = nn.Linear(4, 9)
    with pytest.raises(PlanError, match=r"head has or lacks (bias|weight), or it has another shape"):
        seal.check(wider)


def test_nothing_to_seal_is_refused() -> None:
    for empty in (nn.ReLU(), nn.Sequential(nn.ReLU())):
        with pytest.raises(PlanError, match="no parameters and no buffers"):
            freeze.seal(empty)
    with pytest.raises(PlanError, match="no stages"):
        freeze.seal("resnet")
    for unborn in (nn.LazyLinear(3), nn.Linear(2, 2, device="meta")):
        with pytest.raises(PlanError, match=r"no values yet.*Run the network once"):
            freeze.seal(unborn)


def test_checks_a_network_that_was_evaluated_in_between() -> None:
    net = network("everything")
    seal = freeze.seal(net)
    with torch.inference_mode():
        net.eval()(batches(1)[0][0])
    assert seal.check(net).unchanged()
