"""The report of `tlkit try` in a real browser: readable on a telephone, in light and dark."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.data.drawing import class_folders
from tlkit import cli

pytestmark = [pytest.mark.ui, pytest.mark.slow]


@pytest.fixture(scope="module", params=["embedded", "folder"])
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("report")
    arguments = ["try", "--arms", "random-frozen,frozen", "--seeds", "2"]
    if request.param == "folder":
        names = ("cat", "dog", "a-long-name-of-a-class-that-somebody-wrote-without-any-space-in-it")
        folder = class_folders(place / "pets", names, each=16)
        (folder / "cat" / "damaged.png").write_bytes(b"no picture")
        arguments += ["--target", str(folder), "--source", "zoo:resnet-photos"]
    path = place / f"{request.param}.html"
    assert cli.main([*arguments, "--report", str(path)]) == 0
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1366])
def test_nothing_is_cut_off_and_axe_finds_nothing(
    report: Path, browser: Browser, axe: Path, pictures: Path | None, width: int, scheme: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # Every number of every table is within the window.
    ends = page.evaluate(
        "[...document.querySelectorAll('td, img:not(.chart)')].map(one => one.getBoundingClientRect().right)"
    )
    assert ends
    assert max(ends) <= width
    # A chart whose words would be too small to read scrolls in a box of its own.
    boxes = page.evaluate(
        "[...document.querySelectorAll('img.chart')].map(one => [one.clientWidth,"
        " one.closest('.wide').getBoundingClientRect().right])"
    )
    assert boxes
    assert all(wide >= 600 and right <= width for wide, right in boxes)
    page.evaluate(axe.read_text(encoding="utf-8"))
    assert page.evaluate("async () => (await axe.run()).violations.map(one => one.id)") == []
    # Only charts are turned around where the page is dark: pictures keep their colours.
    filters = page.evaluate(
        "[...document.images].map(one => [one.src.startsWith('data:image/jpeg'), getComputedStyle(one).filter])"
    )
    assert {name for is_photo, name in filters if is_photo} == {"none"}
    assert ("none" in {name for is_photo, name in filters if not is_photo}) == (scheme == "light")
    if pictures is not None:
        page.screenshot(path=pictures / f"report-{report.stem}-{scheme}-{width}.png", full_page=True)
    page.close()
