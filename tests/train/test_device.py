"""Devices by name."""

from __future__ import annotations

import pytest
import torch

from tlkit.errors import UnknownNameError
from tlkit.train.device import resolve_device


def test_auto_is_one_that_is_there() -> None:
    assert torch.zeros(1, device=resolve_device("auto")).sum().item() == 0


@pytest.mark.parametrize("name", ["gpu", "cudaa", "cpu:x", ""])
def test_unknown_names_are_refused(name: str) -> None:
    with pytest.raises(UnknownNameError, match="There is no device"):
        resolve_device(name)
