"""Make sure that a Chromium for the browser tests is there, before they run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright


def found() -> str | None:
    """Return the path of a usable Chromium: the system's, else Playwright's own."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if path := shutil.which(name):
            return path
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install() -> None:
    """Install Chromium with apt where that is allowed, else with Playwright."""
    as_root = [] if hasattr(os, "geteuid") and os.geteuid() == 0 else ["sudo", "-n"]
    if shutil.which("apt-get") and (not as_root or shutil.which("sudo")):
        subprocess.run([*as_root, "apt-get", "update", "-qq"], check=False)
        done = subprocess.run([*as_root, "apt-get", "install", "-y", "-qq", "chromium"], check=False)
        if done.returncode == 0:
            return
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


if __name__ == "__main__":
    if found() is None:
        print("No Chromium was found: installing one for the browser tests.", flush=True)
        install()
    if found() is None:
        sys.exit("No Chromium could be installed. Install the package 'chromium' and run this again.")
