"""The committed browser files are what the sources give, byte for byte."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.ui, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]
SKIPPED = shutil.ignore_patterns("node_modules", "lib")


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the sources to a place of another name: nothing built may depend on where it was built."""
    if shutil.which("npm") is None:
        words = "Node is missing: install Node 20 and npm to rebuild the panels."
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    place = tmp_path_factory.mktemp("elsewhere")
    shutil.copytree(ROOT / "widgets", place / "widgets", ignore=SKIPPED)
    (place / "tlkit" / "panels").mkdir(parents=True)
    return place


def run(*command: str, folder: Path) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env={**os.environ, "PATH": path}
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def assert_same(built: Path, committed: Path, cure: str) -> None:
    ours, theirs = contents(committed), contents(built)
    assert theirs, f"nothing was built in {built}"
    assert sorted(ours) == sorted(theirs), cure
    assert [name for name in ours if ours[name] != theirs[name]] == [], cure


def test_the_panels_rebuild_to_the_same_bytes(sources: Path) -> None:
    run("npm", "ci", "--no-audit", "--no-fund", folder=sources / "widgets")
    run("npm", "run", "build", folder=sources / "widgets")
    cure = "Run `npm ci --prefix widgets && npm run build --prefix widgets` and commit tlkit/panels/static."
    assert_same(sources / "tlkit" / "panels" / "static", ROOT / "tlkit" / "panels" / "static", cure)


def test_the_extension_rebuilds_to_the_same_bytes(sources: Path) -> None:
    run("npm", "ci", "--no-audit", "--no-fund", folder=sources / "widgets" / "lab")
    run("npm", "run", "build", folder=sources / "widgets" / "lab")
    cure = "Run `npm ci && npm run build` in widgets/lab with .venv/bin in PATH; commit tlkit/labextension."
    assert_same(sources / "tlkit" / "labextension", ROOT / "tlkit" / "labextension", cure)


def test_every_panel_has_its_built_file() -> None:
    built = {path.stem for path in (ROOT / "tlkit" / "panels" / "static").glob("*.js")}
    assert built == {path.stem for path in (ROOT / "widgets" / "panels").glob("*.ts*")}


def test_nothing_built_names_an_outside_address() -> None:
    # Namespaces of SVG and MathML are names, not addresses.
    names = (
        b"http://www.w3.org/2000/svg",
        b"http://www.w3.org/1998/Math/MathML",
        b"http://www.w3.org/1999/xhtml",
    )
    for folder in ("panels/static", "labextension/static"):
        for name, code in contents(ROOT / "tlkit" / folder).items():
            if name.endswith(".js"):
                for one in names:
                    code = code.replace(one, b"")
                assert b"http://" not in code, name
                assert b"https://" not in code, name
