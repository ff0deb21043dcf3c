from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from tlkit import data
from tlkit.errors import DataError


def test_the_picture_shows_training_images_and_the_text_says_so() -> None:
    greek = data.load("greek")
    shown = greek.preview(2)
    grid = shown.grid()
    first = np.rint(greek.train.images[greek.train.labels == 0][0, 0] * 255).astype(np.uint8)
    assert np.array_equal(grid[2:34, 2:34, 0], first)
    assert "Training images of greek" in str(shown)
    assert all(name in str(shown) for name in greek.classes)
    assert greek.test.openings == 0


def test_the_html_is_one_image_with_alternative_text_and_no_svg() -> None:
    page = data.load("shapes").preview()._repr_html_()
    found = re.search(r'<img alt="([^"]+)" src="data:image/png;base64,([^"]+)"', page)
    assert found is not None
    assert "half-disc" in found[1]
    assert "<svg" not in page
    picture = Image.open(io.BytesIO(base64.b64decode(found[2])))
    assert picture.format == "PNG"


def test_colour_is_shown_in_colour_and_odd_names_are_escaped() -> None:
    images = np.zeros((12, 4, 4, 3))
    images[..., 1] = 1
    shown = data.arrays(images, ["<b>", '"q"'] * 6).preview(1)
    assert shown.grid()[3, 3].tolist() == [0, 255, 0]
    assert "<b>" not in shown._repr_html_()


def test_less_than_one_image_is_refused() -> None:
    with pytest.raises(DataError, match="at least 1"):
        data.load("shapes").preview(0)
