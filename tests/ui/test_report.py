"""The report of `tlkit try` in a real browser: readable on a telephone, in light and dark."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tlkit import cli

pytestmark = [pytest.mark.ui, pytest.mark.slow]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    assert cli.main(["try", "--arms", "random-frozen,frozen", "--seeds", "2", "--report", str(path)]) == 0
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [420, 1000])
def test_nothing_is_cut_off_and_axe_finds_nothing(
    report: Path, browser: Browser, axe: Path, pictures: Path, width: int, scheme: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # Every number of every table is within the window.
    ends = page.evaluate(
        "[...document.querySelectorAll('td, img')].map(one => one.getBoundingClientRect().right)"
    )
    assert ends
    assert max(ends) <= width
    page.evaluate(axe.read_text(encoding="utf-8"))
    assert page.evaluate("async () => (await axe.run()).violations.map(one => one.id)") == []
    page.screenshot(path=pictures / f"report-{scheme}-{width}.png", full_page=True)
    page.close()
