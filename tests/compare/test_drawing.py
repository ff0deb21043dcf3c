"""Drawings: told apart without colour, readable on white, and said in words."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from tlkit.compare import ARMS, Comparison, Curve
from tlkit.compare.drawing import _OTHERS, _QUIET, look

Build = Callable[..., Comparison]


def luminance(colour: str) -> float:
    """WCAG's relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def contrast_on_white(colour: str) -> float:
    return 1.05 / (luminance(colour) + 0.05)


def test_every_arm_has_a_shape_of_its_own() -> None:
    markers = [look(name, at)[1] for at, name in enumerate(ARMS)] + [marker for _, marker in _OTHERS]
    assert len(set(markers)) == len(markers)


@pytest.mark.parametrize("colour", [look(name, 0)[0] for name in ARMS] + [colour for colour, _ in _OTHERS])
def test_marks_stand_out_from_white(colour: str) -> None:
    assert contrast_on_white(colour) >= 3


def test_text_stands_out_from_white() -> None:
    assert contrast_on_white(_QUIET) >= 4.5


def test_pretrained_arms_are_full_and_the_others_hollow(invented: Build) -> None:
    card = invented()
    (axes,) = card.plot().axes
    drawn = [line for line in axes.lines if line.get_marker() in {look(name, 0)[1] for name in ARMS}]
    assert len(drawn) == len(card.results)
    for one, line in zip(card.results, drawn, strict=True):
        assert (line.get_markerfacecolor() == "white") != one.pretrained
        assert float(line.get_xdata()[0]) == pytest.approx(100 * one.mean)


def test_the_words_beside_a_picture_say_its_numbers(invented: Build) -> None:
    card = invented()
    picture = card.plot()
    for one in card.results:
        assert f"{one.name} {100 * one.mean:.1f} %" in picture.alt
    html = picture._repr_html_()
    assert html.startswith('<img src="data:image/png;base64,')
    assert f'alt="{picture.alt}"' in html
    assert repr(picture) == picture.alt


@pytest.mark.parametrize("count", [1, 3])
def test_pictures_are_drawn_for_one_draw_and_for_curves(count: int, invented: Build) -> None:
    card = invented(seeds=count)
    curve = Curve((card, invented(seeds=count, labels=20)))
    for picture in (card.plot(), curve.plot()):
        image = Image.open(io.BytesIO(picture.png()))
        assert image.width > image.height / 2
        assert np.asarray(image.convert("L")).std() > 5


def test_the_same_comparison_gives_the_same_bytes(invented: Build) -> None:
    assert invented().plot().png() == invented().plot().png()
