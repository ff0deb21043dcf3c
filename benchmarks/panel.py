"""From a click on a freeze toggle to the new counts on the screen, in a real browser.

Run ``python benchmarks/panel.py [CLICKS]``: starts JupyterLab and Chromium, flips stages of the panel and prints
the median and the 95th percentile (wanted: under 150 ms), beside one frame of the same browser.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.ui.jupyter import chromium, jupyterlab  # the same JupyterLab and browser as in the tests

CELL = """
from tlkit import backbones, data, panels
panels.Freeze(backbones.load("zoo:resnet-letters"), data.load("greek").few_shot(1, seed=0))
"""
MEASURE = """
async ([panel, clicks]) => {
    const count = () => panel.querySelector('.tlkit-stats strong').textContent;
    const frame = () => new Promise(requestAnimationFrame);
    const switches = [...panel.querySelectorAll('[role=switch]:not([aria-disabled=true])')];
    const times = [], frames = [];
    for (let click = 0; click < clicks; click++) {
        const before = count(), start = performance.now();
        switches[click % switches.length].click();
        while (count() === before) await frame();
        times.push(performance.now() - start);
        const shown = performance.now();
        await frame();
        frames.push(performance.now() - shown);
        await new Promise(done => setTimeout(done, 50));
    }
    return [times, frames];
}
"""


def main(clicks: int) -> None:
    """Measure and print."""
    base = Path(tempfile.mkdtemp(prefix="tlkit-benchmark-"))
    with jupyterlab(base) as lab, sync_playwright() as playwright:
        browser = chromium(playwright)
        if browser is None:
            sys.exit("No Chromium was found: run `python tests/install_chromium.py`.")
        notebook = lab.open(browser, lab.write("freeze.ipynb", [CELL]), base)
        notebook.run_all()
        panel = notebook.panel("Freeze")
        times, frames = notebook.page.evaluate(MEASURE, [panel.element_handle(), clicks])
        notebook.close()
        browser.close()
    median, late = np.percentile(times, [50, 95])
    frame = float(np.median(frames))
    print(f"toggle to updated counts, {clicks} clicks: median {median:.0f} ms, 95th percentile {late:.0f} ms")
    print(f"one frame of this browser: {frame:.0f} ms; a click costs {median / frame:.1f} frames")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
