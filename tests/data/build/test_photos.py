from __future__ import annotations

import numpy as np

from tlkit.data.build.photos import cut


def test_splits_share_no_pixel() -> None:
    """Cut a picture in which one half of the blocks is black: a patch that crossed a border would show it."""
    from tlkit.data.build.photos import _BLOCKS

    side = 4 * 80
    noise = np.random.default_rng(0).uniform(0.5, 1, size=(side, side))
    for split in range(3):
        mine = np.kron(split == _BLOCKS, np.ones((80, 80)))
        patches = cut(noise * mine, {split: 40}, [0])[split]
        assert np.stack(patches).min() >= 127
        assert len({patch.tobytes() for patch in patches}) == 40
