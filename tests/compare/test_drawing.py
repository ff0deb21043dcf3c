"""Drawings: told apart without colour, readable on white and turned round on dark, and said in words."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from tlkit.compare import ARMS, Comparison, Curve
from tlkit.compare.drawing import _QUIET
from tlkit.compare.looks import _OWN, looks, turned

Build = Callable[..., Comparison]


def luminance(colour: str) -> float:
    """WCAG's relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


# JupyterLab's dark ground, a dark panel's and a dark report's.
DARK = ("#111111", "#1a1d21", "#171b20")
OWN = [f"mine-{number}" for number in range(len(_OWN))]
LOOKS = looks([*ARMS, *OWN])


def test_every_arm_has_a_shape_and_a_colour_of_its_own() -> None:
    for part in ("marker", "shape", "colour", "on_dark"):
        assert len({getattr(look, part) for look in LOOKS.values()}) == len(LOOKS)


@pytest.mark.parametrize("name", LOOKS)
def test_marks_stand_out_from_white_and_from_dark(name: str) -> None:
    assert contrast(LOOKS[name].colour, "#ffffff") >= 4.5
    for ground in DARK:
        assert contrast(LOOKS[name].on_dark, ground) >= 4.5


def test_text_stands_out_from_white_and_turned_round_from_dark() -> None:
    assert contrast(_QUIET, "#ffffff") >= 4.5
    for ground in DARK:
        assert contrast(turned(_QUIET), ground) >= 4.5


def test_colours_are_told_apart_without_red_or_green() -> None:
    """Machado, Oliveira and Fernandes (2009), severity 1: frozen, learning and random stay far apart."""
    protan = (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    )
    deutan = (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    )
    for matrix in (protan, deutan):
        seen = [
            np.array(matrix) @ [int(LOOKS[name].colour[at : at + 2], 16) for at in (1, 3, 5)]
            for name in ("scratch", "frozen", "fine-tuned")
        ]
        for first in range(3):
            for second in range(first):
                assert np.abs(seen[first] - seen[second]).max() > 60


def test_pretrained_arms_are_full_and_the_others_hollow(invented: Build) -> None:
    card = invented()
    (axes,) = card.plot().axes
    drawn = [line for line in axes.lines if line.get_marker() in {look.marker for look in LOOKS.values()}]
    assert len(drawn) == len(card.results)
    for one, line in zip(card.results, drawn, strict=True):
        assert (line.get_markerfacecolor() == "white") != one.pretrained
        assert line.get_color() == LOOKS[one.name].colour
        assert float(line.get_xdata()[0]) == pytest.approx(100 * one.mean)


def test_the_words_beside_a_picture_say_its_numbers(invented: Build) -> None:
    card = invented()
    picture = card.plot()
    for one in card.results:
        assert f"{one.name} {100 * one.mean:.1f} %" in picture.alt
    html = picture._repr_html_()
    assert html.startswith('<img class="tlkit-drawing" src="data:image/png;base64,')
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
