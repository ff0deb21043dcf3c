"""Recoloured: Inception's own change of colours, for weights that were trained with other means."""

from torch import Tensor, nn


class Recoloured(nn.Module):
    """From colours normalised as ImageNet's usually are to those from -1 to 1."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the pictures, (n, 3, h, w), in the other colours."""
        mean = x.new_tensor([(0.485 - 0.5) / 0.5, (0.456 - 0.5) / 0.5, (0.406 - 0.5) / 0.5])
        spread = x.new_tensor([0.229 / 0.5, 0.224 / 0.5, 0.225 / 0.5])
        return x * spread.reshape(1, 3, 1, 1) + mean.reshape(1, 3, 1, 1)
