"""Take the pictures of the panels for the README: ``python docs/images/take.py [NAME …]``, all of them without a name.

Runs each panel in a real JupyterLab and writes NAME.png beside this file. Takes some minutes.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.ui.jupyter import chromium, jupyterlab  # the same JupyterLab and browser as in the tests

HERE = Path(__file__).resolve().parent
SETUP = """
from tlkit import backbones, data, panels
net, greek = backbones.load("zoo:resnet-letters"), data.load("greek")
"""
#: Name to the title of the panel and the cell that shows it when it is finished.
PANELS = {
    "freeze": (
        "Freeze",
        "panel = panels.Freeze(net, greek.few_shot(1, seed=0))\n_ = panel.run()\npanel",
    ),
    "compare": (
        "Before and after",
        """panel = panels.Compare(greek, net, seeds=5, predict=True)
panel.commit(guess=20, reason="letters look like letters")
_ = panel.run()
panel""",
    ),
    "similarity": (
        "How close are they?",
        """panel = panels.Similarity(data.load("letters"), greek, net, predict=True)
panel.set(labels_per_class=1, draws=3).commit(guess=20, reason="letters look like letters")
_ = panel.run(), panel.measure_gain()
panel""",
    ),
    "findings": (
        "Findings before training",
        """from pathlib import Path
from PIL import Image
emoji = data.load("emoji:twemoji").train
for at, (pixels, label) in enumerate(zip(emoji.images, emoji.labels)):
    name = emoji.classes[label]
    if name in ("animal", "vehicle", "dish", "plant"):
        folder = Path("my pictures", "Dish" if name == "dish" and at % 3 == 0 else name)
        folder.mkdir(parents=True, exist_ok=True)
        image = Image.fromarray((255 * pixels.transpose(1, 2, 0)).astype("uint8"))
        image.save(folder / f"{at:03}.png")
        if name == "vehicle" and at % 5 == 0:
            image.resize((52, 52)).save(folder / f"{at:03}-small.jpg", quality=80)
        if name == "animal" and at % 11 == 0:
            image.save(folder / f"{at:03}-again.png")
(folder / "half.png").write_bytes(b"\\x89PNG")
ours = data.images("my pictures", size=64)
panel = panels.Findings(ours)
_ = panel.run()
panel.set(opened="near-copies-across-splits")""",
    ),
}

#: Of a panel that is higher than a page only the top is shown: so many pixels.
TOPS = {"similarity": 1236}


def main(names: list[str]) -> None:
    """Take the pictures with these names, or all of them."""
    base = Path(tempfile.mkdtemp(prefix="tlkit-pictures-"))
    with jupyterlab(base) as lab, sync_playwright() as playwright:
        browser = chromium(playwright)
        if browser is None:
            sys.exit("No Chromium was found: run `python tests/install_chromium.py`.")
        for name in names or PANELS:
            title, cell = PANELS[name]
            path = lab.write(f"{name}.ipynb", [SETUP, cell])
            notebook = lab.open(browser, path, HERE, width=1280, height=4000)
            for number in range(2):
                notebook.run(number)
            # A comparison is measured first, which takes a while on a busy machine.
            notebook.page.locator(".tlkit-panel").wait_for(timeout=900_000)
            panel = notebook.panel(title)
            notebook.page.wait_for_timeout(1000)
            notebook.screenshot(name, panel)
            path = HERE / f"{name}.png"
            if name in TOPS:
                with Image.open(path) as whole:
                    top = whole.crop((0, 0, whole.width, TOPS[name]))
                top.save(path)
            print(path)
            lab.close_notebooks()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
