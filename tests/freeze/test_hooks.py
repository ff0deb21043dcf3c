"""A plan stays in force whatever is done to the module between two forward passes."""

from __future__ import annotations

import copy
import io
import pickle
import shutil
from collections.abc import Callable

import pytest
import torch
from torch import nn

from tests.freeze.networks import batches, learn, network, same, sgd, snapshot, step
from tests.freeze.test_modes import MOVES
from tlkit import freeze
from tlkit.backbones import Network

PLAN = {"s0": "strict", "s1": "batch_stats", "s2": "weights_only", "s3": "train_bn", "s4": "trainable"}


def staged() -> Network:
    """Return a network with one stage in each mode, and the plan in force."""
    net = network("everything", stages=5)
    freeze.plan(net, PLAN).apply(net)
    return net


def moved_as_planned(net: nn.Module, loop: Callable[[nn.Module], None] = learn) -> None:
    """Train with a loop that knows of no plan, and look at what moved in each stage."""
    before = freeze.seal(net)
    loop(net)
    report = before.check(net)
    for name, mode in PLAN.items():
        assert set(report[name].moved) == MOVES[mode], name
        assert report[name].mode == mode
    assert not report["head"].unchanged


def _restored(net: Network) -> Network:
    net.load_state_dict(snapshot(net))
    return net


def _unpickled(net: Network) -> Network:
    return pickle.loads(pickle.dumps(net))


def _saved(net: Network) -> Network:
    file = io.BytesIO()
    torch.save(net, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


def _thawed_by_hand(net: Network) -> Network:
    net.train().requires_grad_(True)
    for part in net.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.track_running_stats = True
    return net


def _with_gradients(net: Network) -> Network:
    """Leave a gradient on every parameter, as an optimizer's step would take it."""
    net.requires_grad_(True)
    for parameter in net.parameters():
        parameter.grad = torch.ones_like(parameter)
    return net


DISTURBANCES: dict[str, Callable[[Network], Network]] = {
    "nothing": lambda net: net,
    "train": lambda net: net.train(),
    "eval": lambda net: net.eval(),
    "train of a stage": lambda net: net.backbone.stages["s0"].train() and net,
    "requires_grad_": lambda net: net.requires_grad_(True),
    "requires_grad_ off": lambda net: net.requires_grad_(False),
    "deepcopy": copy.deepcopy,
    "copy of a copy": lambda net: copy.deepcopy(copy.deepcopy(net)),
    "pickle": _unpickled,
    "torch.save": _saved,
    "state_dict": _restored,
    "all flags by hand": _thawed_by_hand,
    "leftover gradients": _with_gradients,
    "zero_grad": lambda net: net.zero_grad(set_to_none=False) or net,
    "second apply": lambda net: freeze.plan(net, PLAN).apply(net),
    "another plan between": lambda net: freeze.plan(net, PLAN).apply(
        freeze.plan(net, until="head").apply(net)
    ),
    "removed and applied": lambda net: freeze.plan(net, PLAN).apply(freeze.remove(net)),
    "double and back": lambda net: net.double().float(),
    "evaluated": lambda net: net.eval()(batches(1)[0][0]) is not None and net,
    "inference mode": lambda net: _inferred(net),
}


def _inferred(net: Network) -> Network:
    with torch.inference_mode():
        net.requires_grad_(True).train()(batches(1)[0][0])
    return net


@pytest.mark.parametrize("disturbance", DISTURBANCES)
def test_survives(disturbance: str) -> None:
    moved_as_planned(DISTURBANCES[disturbance](staged()))


@pytest.mark.parametrize("disturbance", [name for name in DISTURBANCES if name != "leftover gradients"])
def test_survives_in_the_middle_of_training(disturbance: str) -> None:
    net = staged()
    before = freeze.seal(net)
    learn(net)
    net = DISTURBANCES[disturbance](net)
    learn(net)
    report = before.check(net)
    assert {name: set(report[name].moved) for name in PLAN} == {
        name: MOVES[mode] for name, mode in PLAN.items()
    }


@pytest.mark.parametrize("disturbance", [name for name in DISTURBANCES if name != "inference mode"])
def test_trains_to_the_same_bits_as_if_nothing_had_happened(disturbance: str) -> None:
    plain, disturbed = staged(), DISTURBANCES[disturbance](staged())
    learn(plain)
    learn(disturbed)
    assert same(snapshot(plain), snapshot(disturbed))


def test_the_original_and_its_copy_have_nothing_to_do_with_each_other() -> None:
    net = staged()
    twin = copy.deepcopy(net)
    freeze.remove(net)
    assert all(parameter.requires_grad for parameter in net.parameters())
    moved_as_planned(twin)
    untouched = snapshot(net)
    learn(twin)
    assert same(snapshot(net), untouched)


def test_state_dict_is_that_of_a_plain_network() -> None:
    net, plain = staged(), network("everything", stages=5)
    assert list(net.state_dict()) == list(plain.state_dict())
    plain.load_state_dict(net.state_dict())
    learn(plain)
    net.load_state_dict(plain.state_dict())
    assert same(snapshot(net), snapshot(plain))
    moved_as_planned(net)


def test_a_loop_without_train_keeps_a_learners_evaluation_mode() -> None:
    # The plan says what training may do; a network in evaluation mode trains by stored statistics, as ever.
    net = staged().eval()
    before = freeze.seal(net)
    step(net, sgd(net.parameters()), *batches(1)[0])
    report = before.check(net)
    for name, mode in PLAN.items():
        assert set(report[name].moved) == MOVES[mode] & {"weights", "affine"}


@pytest.mark.parametrize("optimizer", [torch.optim.AdamW, torch.optim.RMSprop, torch.optim.Adagrad])
def test_optimizers_that_decay_or_remember_leave_frozen_tensors_alone(
    optimizer: type[torch.optim.Optimizer],
) -> None:
    net = network("everything", stages=5)
    chosen = optimizer(net.parameters(), lr=0.01, weight_decay=0.1)
    # Train first without a plan: the optimizer remembers momentum for everything.
    for x, y in batches(2):
        step(net.train(), chosen, x, y)
    freeze.plan(net, PLAN).apply(net)

    def loop(made: nn.Module) -> None:
        for x, y in batches(2, seed=7):
            step(made.train(), chosen, x, y)

    moved_as_planned(net, loop)


@pytest.mark.parametrize("when", ["before apply", "after apply"])
def test_gradients_from_before_are_not_applied_by_a_loop_that_gathers_them(when: str) -> None:
    net = network("everything", stages=5)
    optimizer = sgd(net.parameters())

    def leave_gradients() -> None:
        for parameter in net.parameters():
            parameter.grad = torch.ones_like(parameter)

    if when == "before apply":
        leave_gradients()
    freeze.plan(net, PLAN).apply(net)
    if when == "after apply":
        leave_gradients()

    def loop(made: nn.Module) -> None:
        # Gathers over batches: no zero_grad between them.
        for x, y in batches(2):
            nn.functional.cross_entropy(made.train()(x), y).backward()
        optimizer.step()

    moved_as_planned(net, loop)


def test_gradients_pass_through_frozen_stages() -> None:
    net = network("everything")
    freeze.plan(net, {"s1": "strict", "s2": "batch_stats"}).apply(net)
    step(net.train(), sgd(net.parameters()), *batches(1)[0])
    assert all(parameter.grad is not None for parameter in net.backbone.stages["s0"].parameters())
    assert all(parameter.grad is None for parameter in net.backbone.stages["s1"].parameters())


def test_functional_calls_keep_their_own_tensors() -> None:
    net = network("layer norm")
    freeze.plan(net, until="s2").apply(net)
    parameters = {name: tensor.detach().clone().requires_grad_() for name, tensor in net.named_parameters()}
    x, y = batches(1)[0]

    def loss(values: dict[str, torch.Tensor]) -> torch.Tensor:
        return nn.functional.cross_entropy(torch.func.functional_call(net, values, x), y)

    found = torch.func.grad(loss)(parameters)
    assert set(found) == set(parameters)
    stacked = {name: torch.stack([tensor, tensor]) for name, tensor in parameters.items()}
    twice = torch.func.vmap(lambda values: torch.func.functional_call(net, values, x))(stacked)
    assert torch.allclose(twice[0], net(x), atol=1e-6)


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_survives_torch_compile(backend: str) -> None:
    net = staged()
    compiled = torch.compile(net, backend=backend)

    def loop(made: nn.Module) -> None:
        optimizer = sgd(made.parameters())
        for number, (x, y) in enumerate(batches(3)):
            compiled.train()
            compiled.requires_grad_(True)
            step(compiled, optimizer, x, y, number)

    moved_as_planned(net, loop)
    torch.compiler.reset()


def test_applies_to_and_comes_off_a_network_that_is_already_compiled() -> None:
    net = network("everything", stages=5)
    compiled = torch.compile(net, backend="eager")

    def loop(made: nn.Module) -> None:
        optimizer = sgd(made.parameters())
        for number, (x, y) in enumerate(batches(2)):
            step(compiled.train(), optimizer, x, y, number)

    loop(net)
    chosen = freeze.plan(net, PLAN)
    chosen.apply(compiled)
    moved_as_planned(net, loop)
    chosen.remove()
    before = freeze.seal(net)
    loop(net)
    report = before.check(net)
    assert all(set(report[name].moved) == MOVES["trainable"] for name in PLAN)
    torch.compiler.reset()


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("c++") is None and shutil.which("g++") is None, reason="needs a C++ compiler"
)
def test_survives_the_real_compiler() -> None:
    net = staged()
    compiled = torch.compile(net)

    def loop(made: nn.Module) -> None:
        optimizer = sgd(made.parameters())
        for number, (x, y) in enumerate(batches(2)):
            step(compiled.train(), optimizer, x, y, number)

    moved_as_planned(net, loop)
    torch.compiler.reset()
