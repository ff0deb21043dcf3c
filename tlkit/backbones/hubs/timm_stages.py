"""timm's networks cut into stages at the places that their ``feature_info`` names."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from tlkit.backbones.evaluating import evaluating
from tlkit.backbones.hubs.cutting import Called, Through, bare, chained, order_of, with_parts
from tlkit.backbones.pooling import pool_features

_ROUNDING = 1e-5


def cut_timm(net: Any, x: Tensor) -> tuple[dict[str, nn.Module], nn.Linear | None]:
    """Return a network's stages, which end before its classifier, and the classifier if it is a linear layer.

    The stages are tried on an input: up to the pooling they give what ``forward_features`` gives, bit for bit. A
    network of which that cannot be had is one stage, ``body``.

    Parameters
    ----------
    net
        Any classification network of timm; it is taken apart.
    x
        An input that it takes, (1, channels, height, width).
    """
    with evaluating(net), torch.no_grad():
        given = net.forward_features(x)
        features = net.forward_head(given, pre_logits=True)
        classifier = net.get_classifier()
        answers = net(x)
    last = _as_linear(classifier)
    if last is not None and not _belongs(last, features, answers):
        last = None
    for part in classifier if isinstance(classifier, tuple) else (classifier,):
        for path in [path for path, one in net.named_modules() if one is part and path]:
            net = with_parts(net, {path: nn.Identity()})
    stages = _chain(net, x, given) or _behind_stem(net, x, given)
    if stages is not None:
        if _channels_last(net, given):
            stages = _channels_first(stages)
        whole = _with_tail(net, stages, given, features)
        if whole is not None and chained(whole, x, features, exact=False):
            return whole, last
    return {"body": _Whole(net)}, last


class _Whole(nn.Module):
    """A network up to its pooled features."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net: Any = net

    def forward(self, x: Tensor) -> Tensor:
        given: Tensor = self.net.forward_head(self.net.forward_features(x), pre_logits=True)
        return given


class _ChannelsFirst(nn.Module):
    """A part that takes or gives channels last, among others that take and give them first."""

    def __init__(self, part: nn.Module, takes: bool, gives: bool) -> None:
        super().__init__()
        self.part = part
        self.takes, self.gives = takes, gives

    def forward(self, x: Tensor) -> Tensor:
        x = self.part(x.permute(0, 2, 3, 1) if self.takes else x)
        return x.permute(0, 3, 1, 2) if self.gives else x


def _channels_last(net: Any, given: Tensor) -> bool:
    return given.ndim == 4 and getattr(net, "output_fmt", None) == "NHWC"


def _channels_first(stages: dict[str, nn.Module]) -> dict[str, nn.Module]:
    return {
        name: _ChannelsFirst(stage, takes=at > 0, gives=True)
        for at, (name, stage) in enumerate(stages.items())
    }


def _as_linear(classifier: Any) -> nn.Linear | None:
    """Return a classifier as a linear layer; a convolution of single places is one."""
    if isinstance(classifier, nn.Linear):
        return classifier
    if not isinstance(classifier, nn.Conv2d) or classifier.kernel_size != (1, 1) or classifier.groups != 1:
        return None
    # On the meta device nothing is drawn.
    last = nn.Linear(
        classifier.in_channels, classifier.out_channels, bias=classifier.bias is not None, device="meta"
    )
    last.weight = nn.Parameter(classifier.weight.detach().flatten(1).clone())
    if classifier.bias is not None:
        last.bias = nn.Parameter(classifier.bias.detach().clone())
    return last


def _belongs(last: nn.Linear, features: Tensor, answers: Any) -> bool:
    """Say whether a layer turns features into what the network answers."""
    if not isinstance(answers, Tensor) or features.ndim != 2 or features.shape[1] != last.in_features:
        return False
    with torch.no_grad():
        return torch.allclose(last(features), answers, _ROUNDING, _ROUNDING)


def _taps(net: Any) -> list[str]:
    info = getattr(net, "feature_info", None) or ()
    return [str(one["module"]) for one in info if one.get("module")]


def _paths(net: nn.Module, taps: list[str]) -> list[str]:
    """Return the parts that a network is made of, those that hold places to cut taken apart themselves."""
    holders = {tap.partition(".")[0] for tap in taps if "." in tap}
    found: list[str] = []
    for name, part in net.named_children():
        if name in holders and isinstance(part, nn.Sequential | nn.ModuleList):
            found += [f"{name}.{inner}" for inner, _ in part.named_children()]
        else:
            found.append(name)
    return found


def _called(net: Any, x: Tensor, paths: list[str]) -> list[str]:
    with evaluating(net), torch.no_grad(), order_of(net, paths) as called:
        net.forward_features(x)
    return list(called)


def _chain(net: Any, x: Tensor, given: Tensor) -> dict[str, nn.Module] | None:
    """Cut a network that is nothing but its parts, one after the other."""
    taps = _taps(net)
    stages = _grouped(net, _called(net, x, _paths(net, taps)), taps)
    return stages if stages and chained(stages, x, given, exact=True) else None


def _behind_stem(net: Any, x: Tensor, given: Tensor) -> dict[str, nn.Module] | None:
    """Cut a network whose beginning does more than its parts do, such as adding positions.

    Its first stage is the network itself with everything else taken out.
    """
    taps = _taps(net)
    holders = {tap.partition(".")[0] for tap in taps if "." in tap}
    called = _called(net, x, _paths(net, taps))
    first = next((at for at, path in enumerate(called) if path.partition(".")[0] in holders), None)
    if not first or len(holders) != 1:
        return None
    holder = holders.pop()
    out: dict[str, nn.Module] = {
        name: Through() for name, _ in net.named_children() if name not in called[:first]
    }
    held = net.get_submodule(holder)
    # Gone through or called: an empty one of its kind does nothing.
    out[holder] = type(held)() if isinstance(held, nn.Sequential | nn.ModuleList) else Through()
    rest = _grouped(net, called[first:], taps)
    if not rest:
        return None
    stages = {"stem": Called(with_parts(net, out), "forward_features"), **rest}
    return stages if chained(stages, x, given, exact=True) else None


def _grouped(net: nn.Module, called: list[str], taps: list[str]) -> dict[str, nn.Module] | None:
    """Join parts up to each place to cut into a stage."""
    if not called or len(set(called)) < len(called):
        return None
    groups: list[list[str]] = [[]]
    names: list[str] = []
    for at, path in enumerate(called):
        groups[-1].append(path)
        ahead = called[at + 1] if at + 1 < len(called) else ""
        begins = "." in ahead and "." not in path
        if path in taps or (begins and not names):
            names.append(path if path in taps else "stem")
            groups.append([])
    if not names:
        return None
    if len(groups) > len(names):
        rest = groups.pop()
        if any(True for path in rest for _ in net.get_submodule(path).parameters()):
            names.append(_named_part(net, rest))
            groups.append(rest)
        else:
            groups[-1] += rest
    if names[0] in taps and "." not in names[0]:
        names[0] = "stem"
    parts = [[net.get_submodule(path) for path in group] for group in groups]
    return {
        name.replace(".", "_"): group[0] if len(group) == 1 else nn.Sequential(*group)
        for name, group in zip(names, parts, strict=True)
    }


def _named_part(net: nn.Module, paths: list[str]) -> str:
    return next(path for path in paths if any(True for _ in net.get_submodule(path).parameters()))


def _with_tail(
    net: Any, stages: dict[str, nn.Module], given: Tensor, features: Tensor
) -> dict[str, nn.Module] | None:
    """Add what a network does between its activations and its features, where that is more than the mean."""
    if features.ndim != 2:
        return None
    last_format = _channels_last(net, given)
    seen = given.permute(0, 3, 1, 2) if last_format else given
    pooled = pool_features(seen) if seen.ndim == 4 else seen
    if pooled.shape == features.shape and torch.allclose(pooled, features, _ROUNDING, _ROUNDING):
        return stages
    children = [name for name, _ in net.named_children()]
    with evaluating(net), torch.no_grad(), order_of(net, children) as called:
        net.forward_head(given, pre_logits=True)
    unused = {name: Through() for name in children if name not in called}
    tail: nn.Module = Called(bare(with_parts(net, unused)), "forward_head", pre_logits=True)
    if last_format:
        tail = _ChannelsFirst(tail, takes=True, gives=False)
    if any(True for _ in tail.parameters()):
        return {**stages, "pooling": tail}
    # What has nothing to learn is no stage of its own.
    *_, (name, end) = stages.items()
    return {**stages, name: nn.Sequential(end, tail)}
