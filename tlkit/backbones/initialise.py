"""Fresh random weights from a generator of our own, without touching torch's global random state."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd
from torch.nn.utils import parametrize

from tlkit.errors import WeightsError

# What blocks of newer networks have besides their layers, as their authors begin with it: mean and spread. ConvNeXt's
# scale of a block (Liu et al. 2022); Swin's and MaxVit's bias of positions, Swin's scale of scores (Liu et al. 2021);
# tokens and positions of vision transformers (Dosovitskiy et al. 2021), as timm and transformers name them.
_BEGIN = {
    "layer_scale": (1e-6, 0.0),
    "relative_position_bias_table": (0.0, 0.02),
    "logit_scale": (math.log(10), 0.0),
    "layer_scale_parameter": (1e-6, 0.0),
    "cls_token": (0.0, 0.02),
    "dist_token": (0.0, 0.02),
    "reg_token": (0.0, 0.02),
    "pos_embed": (0.0, 0.02),
    "position_embeddings": (0.0, 0.02),
}


def initialise(module: nn.Module, generator: torch.Generator) -> None:
    """Draw all weights anew, in place.

    Convolutions: normal with variance 2 / fan-out (He et al. 2015); linear layers: uniform, as PyTorch's;
    attention: uniform (Glorot and Bengio 2010); embeddings: normal, their padding zero; norms: scale 1, shift 0, fresh
    statistics; PReLU: 1/4.

    Parameters
    ----------
    module
        Its convolutions, linear layers, embeddings and norms are changed.
    generator
        On the CPU; the same state gives the same weights.

    Raises
    ------
    WeightsError
        The module has weights of its own that are none of these.

    Examples
    --------
    >>> one, two = nn.Linear(3, 2), nn.Linear(3, 2)
    >>> initialise(one, torch.Generator().manual_seed(0))
    >>> initialise(two, torch.Generator().manual_seed(0))
    >>> torch.equal(one.weight, two.weight)
    True
    """
    with torch.no_grad():
        for name, part in module.named_modules():
            if callable(getattr(type(part), "draw_anew", None)):
                part.draw_anew(generator)  # a layer from elsewhere that knows how
            elif isinstance(part, _ConvNd):
                fan_out = part.out_channels * math.prod(part.kernel_size) // part.groups
                _assign(
                    part, "weight", torch.randn(part.weight.shape, generator=generator) * (2 / fan_out) ** 0.5
                )
                if part.bias is not None:
                    _assign(part, "bias", torch.zeros(part.bias.shape))
            elif isinstance(part, nn.Linear):
                bound = part.in_features**-0.5
                for kind in ("weight", "bias"):
                    if getattr(part, kind) is not None:
                        drawn = torch.rand(getattr(part, kind).shape, generator=generator)
                        _assign(part, kind, (2 * drawn - 1) * bound)
            elif isinstance(part, nn.MultiheadAttention):
                _attention(part, generator)
            elif isinstance(part, nn.PReLU):
                part.reset_parameters()
            elif isinstance(part, nn.Embedding):
                drawn = torch.randn(part.weight.shape, generator=generator)
                if part.padding_idx is not None:
                    drawn[part.padding_idx] = 0
                _assign(part, "weight", drawn)
            elif (own := [kind for kind, _ in part.named_parameters(recurse=False)]) and _BEGIN.keys() >= set(
                own
            ):
                for kind in own:
                    mean, spread = _BEGIN[kind]
                    drawn = torch.randn(getattr(part, kind).shape, generator=generator)
                    _assign(part, kind, mean + spread * drawn)
            elif own or hasattr(part, "running_mean"):
                _fresh_norm(part, name)


def _attention(part: nn.MultiheadAttention, generator: torch.Generator) -> None:
    for name, parameter in part.named_parameters(recurse=False):
        if parameter.ndim < 2:
            _assign(part, name, torch.zeros(parameter.shape))
        else:
            rows, columns = parameter.shape[-2:]
            bound = (6 / (rows + columns)) ** 0.5
            _assign(part, name, (2 * torch.rand(parameter.shape, generator=generator) - 1) * bound)


def _fresh_norm(part: nn.Module, name: str) -> None:
    reset = getattr(part, "reset_parameters", None)
    known = isinstance(part, nn.LayerNorm | nn.GroupNorm | nn.modules.batchnorm._NormBase)
    if isinstance(part, parametrize.ParametrizationList):
        return  # its values were set through the layer that it belongs to
    if not known or reset is None:
        raise WeightsError(
            f"The weights of {name or 'the module'} ({type(part).__name__}) cannot be drawn anew: tlkit knows"
            " convolutions, linear layers, attention, embeddings and norms.",
            "Leave out what starts from random weights: the arms scratch, scratch-long and random-frozen.",
        )
    reset()


def _assign(part: nn.Module, kind: str, values: Tensor) -> None:
    current = getattr(part, kind)
    values = values.to(current.device, current.dtype)
    if parametrize.is_parametrized(part, kind):
        setattr(part, kind, values)
    else:
        current.copy_(values)


def linear_head(features: int, classes: int, generator: torch.Generator | None) -> nn.Linear:
    """Return a new linear layer, its weights drawn as PyTorch does, or all zero.

    Parameters
    ----------
    features, classes
        Its two sizes.
    generator
        On the CPU; None for zeros.

    Examples
    --------
    >>> linear_head(3, 2, None).weight.count_nonzero()
    tensor(0)
    """
    # Made on the meta device, so that nothing is drawn from the global generator.
    head = nn.Linear(features, classes, device="meta").to_empty(device="cpu")
    if generator is None:
        nn.init.zeros_(head.weight)
        nn.init.zeros_(head.bias)
    else:
        initialise(head, generator)
    return head
