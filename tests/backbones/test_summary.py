"""The summary: counts against sums worked out by hand."""

from __future__ import annotations

import torch
from torch import nn

from tlkit import backbones
from tlkit.backbones.staged import StagedModule
from tlkit.backbones.summary import summarise


def test_counts_are_those_of_the_formulas() -> None:
    attention = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.1, batch_first=True)
    net = StagedModule(
        {
            "conv": nn.Conv2d(3, 8, (3, 5), stride=2, groups=1, bias=True),
            "flat": nn.Sequential(nn.Flatten(2), nn.LayerNorm(12)),
            "linear": nn.Linear(12, 8, bias=False),
            "attention": attention,
        }
    )
    rows = {row.name: row for row in summarise("n", net, torch.zeros(1, 3, 10, 9)).stages}
    # Outputs of 8 x 4 x 3, each a sum of 3 * 3 * 5 products.
    assert rows["conv"].multiply_adds == 8 * 4 * 3 * (3 * 3 * 5)
    assert rows["conv"].parameters == 8 * 3 * 3 * 5 + 8
    assert rows["conv"].output_shape == (8, 4, 3)
    assert rows["linear"].multiply_adds == 8 * 12 * 8
    assert (rows["flat"].parameters, rows["flat"].multiply_adds) == (24, 0)
    assert rows["attention"].has_dropout
    assert not rows["attention"].has_batchnorm
    assert rows["attention"].parameters == sum(p.numel() for p in attention.parameters())


def test_nothing_moves_and_a_training_network_stays_in_training() -> None:
    net = StagedModule({"norm": nn.Sequential(nn.BatchNorm2d(1), nn.Dropout(0.5))}).train()
    before = {key: value.clone() for key, value in net.state_dict().items()}
    row = summarise("n", net, torch.zeros(1, 1, 4, 4)).stages[0]
    assert (row.has_batchnorm, row.has_dropout, row.layers) == (True, True, 2)
    assert all(torch.equal(before[key], value) for key, value in net.state_dict().items())
    assert all(part.training for part in net.modules())


def test_the_zoo_has_the_stages_dropout_and_sizes_that_lessons_speak_of() -> None:
    resnet = backbones.load("zoo:resnet-letters").summary()
    assert not any(row.has_dropout for row in resnet.stages)
    assert all(row.has_batchnorm for row in resnet.stages)
    assert any(row.has_dropout for row in backbones.load("zoo:vgg-letters").summary().stages)
    assert resnet.parameters == sum(
        p.numel() for p in backbones.load("zoo:resnet-letters").module.parameters()
    )
    assert "multiply-adds" in str(resnet)
    assert resnet._repr_html_().count("<tr>") == len(resnet.stages) + 2
