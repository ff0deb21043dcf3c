"""What pictures of each size cost."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tlkit import backbones
from tlkit.backbones.__main__ import main
from tlkit.errors import DataError

NAME = "zoo:efficientnet-lite0"


def _counted(net: backbones.Backbone) -> int:
    """Count the multiply-adds of all convolutions by hand: one for each weight and place of the output."""
    total = 0

    def count(layer: nn.Conv2d, _: object, out: torch.Tensor) -> None:
        nonlocal total
        total += layer.weight.numel() * out.shape[2] * out.shape[3]

    hooks = [
        part.register_forward_hook(count) for part in net.module.modules() if isinstance(part, nn.Conv2d)
    ]
    net.features(torch.zeros(1, *net.transform.shape))
    for hook in hooks:
        hook.remove()
    return total


def test_the_work_grows_with_the_area_and_agrees_with_a_count_by_hand() -> None:
    found = backbones.resolutions(NAME)
    assert [row.side for row in found.rows] == [48, 64, 96, 128, 160, 192, 224]
    assert found.usual == 128
    at = {row.side: row.multiply_adds for row in found.rows}
    for side in (48, 224):
        assert at[side] == _counted(backbones.load(NAME, side=side))
    assert at[192] / at[96] == pytest.approx(4, rel=0.02)
    assert all(row.seconds_per_hundred is None for row in found.rows)
    assert "(usual)" in str(found)
    assert "<td" in found._repr_html_()


def test_time_is_measured_on_request_and_in_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([NAME, "64"]) == 0
    said = capsys.readouterr().out
    assert "seconds for 100" in said
    assert f"{torch.get_num_threads()} thread" in said
    (row,) = backbones.resolutions(NAME, [48], measure=True).rows
    assert row.seconds_per_hundred is not None
    assert row.seconds_per_hundred > 0
    assert main(["zoo:resnet-leters"]) == 1
    assert "resnet-letters" in capsys.readouterr().err


def test_a_network_with_one_size_has_one_row_and_others_are_refused() -> None:
    (row,) = backbones.resolutions("zoo:vgg-letters").rows
    assert row.side == 32
    with pytest.raises(DataError, match="48 to 224"):
        backbones.resolutions(NAME, [512])
    with pytest.raises(DataError, match="No side"):
        backbones.resolutions(NAME, [])
