"""What is built is what people install: everything needed, nothing twice, nothing stray."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections import Counter
from email.parser import Parser
from importlib import metadata
from pathlib import Path

import pytest

import tlkit
from tlkit import course

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.slow

BUILT_IN = {
    "lessons": [f"tlkit/course/lessons/{one.name}/lesson.ipynb" for one in course.lessons()],
    "checks": [f"tlkit/course/lessons/{one.name}/checks.py" for one in course.lessons()],
    "types": ["tlkit/py.typed"],
}
STRAY = re.compile(
    r"(^|/)(node_modules|\.venv|__pycache__|\.git|\.ipynb_checkpoints|\.pytest_cache|\.hypothesis|\.mypy_cache|\.ruff_cache)(/|$)"
    r"|\.(pyc|part|pt|pth|pkl|npy|log)$|tlkit-report|tlkit-lessons"
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Build the sdist, and the wheel from the sdist as pip and PyPI do; return (wheel, sdist)."""
    out = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--installer", "pip", "--outdir", str(out), str(ROOT)],
        # The one thing that is fetched: what builds the wheel.
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (wheel,) = out.glob("*.whl")
    (sdist,) = out.glob("*.tar.gz")
    return wheel, sdist


@pytest.fixture(scope="module")
def in_wheel(built: tuple[Path, Path]) -> list[str]:
    with zipfile.ZipFile(built[0]) as wheel:
        return wheel.namelist()


@pytest.fixture(scope="module")
def in_sdist(built: tuple[Path, Path]) -> list[str]:
    with tarfile.open(built[1]) as sdist:
        return [name.split("/", 1)[1] for name in sdist.getnames() if "/" in name]


@pytest.fixture(scope="module")
def installed(built: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into a fresh environment that sees our libraries but not this checkout."""
    place = tmp_path_factory.mktemp("fresh") / "env"
    venv.create(place, with_pip=False, symlinks=os.name != "nt")
    scripts = sysconfig.get_path("scripts", "venv", {"base": str(place), "installed_base": str(place)})
    python = Path(scripts) / ("python.exe" if os.name == "nt" else "python")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "--python",
            str(python),
            "install",
            "--no-deps",
            "--quiet",
            str(built[0]),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    # A folder named in a .pth file is searched, but its own .pth files (our editable install) are not read.
    ours = sysconfig.get_path("purelib")
    (Path(site) / "libraries.pth").write_text(f"{ours}\n")
    return python


def test_the_wheel_holds_every_file_of_the_package_once(in_wheel: list[str]) -> None:
    twice = [name for name, count in Counter(in_wheel).items() if count > 1]
    assert not twice
    listed = subprocess.run(
        ["git", "ls-files", "-z", "tlkit"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    tracked = [name for name in listed.split("\0") if name and (ROOT / name).exists()]
    assert tracked
    labextension = [name for name in tracked if name.startswith("tlkit/labextension/")]
    missing = [name for name in tracked if name not in in_wheel and name not in labextension]
    assert not missing


@pytest.mark.parametrize("kind", BUILT_IN)
def test_the_wheel_holds_what_learners_need(in_wheel: list[str], kind: str) -> None:
    assert BUILT_IN[kind]
    assert set(BUILT_IN[kind]) <= set(in_wheel)


def test_the_wheel_holds_weights_data_and_built_panels_with_their_cards(in_wheel: list[str]) -> None:
    weights = [name for name in in_wheel if re.match(r"tlkit/backbones/weights/.*\.safetensors$", name)]
    sets = [name for name in in_wheel if re.match(r"tlkit/data/sets/.*\.npz$", name)]
    panels = {Path(name).stem for name in in_wheel if re.match(r"tlkit/panels/static/.*\.js$", name)}
    assert len(weights) >= 12
    assert len(sets) >= 5
    assert {"freeze", "similarity", "compare", "findings"} <= panels
    for name in weights + sets:
        assert str(Path(name).with_suffix(".json")).replace(os.sep, "/") in in_wheel, f"{name} has no card"


def test_jupyterlab_finds_its_extension_in_the_wheel(in_wheel: list[str], built: tuple[Path, Path]) -> None:
    manifests = [name for name in in_wheel if re.search(r"labextensions/[^/]+/package\.json$", name)]
    assert len(manifests) == 1
    assert any("settings/overrides.d/" in name for name in in_wheel)
    with zipfile.ZipFile(built[0]) as wheel:
        loaded = json.loads(wheel.read(manifests[0]))["jupyterlab"]["_build"]["load"]
    assert f"{manifests[0].removesuffix('package.json')}{loaded}" in in_wheel


def test_neither_holds_anything_stray(in_wheel: list[str], in_sdist: list[str]) -> None:
    assert not [name for name in in_wheel + in_sdist if STRAY.search(name)]
    tops = {name.split("/")[0] for name in in_wheel}
    assert tops == {
        "tlkit",
        f"tlkit-{tlkit.__version__}.dist-info",
        f"tlkit-{tlkit.__version__}.data",
    } or tops == {
        "tlkit",
        f"tlkit-{tlkit.__version__}.dist-info",
    }
    assert not [
        name for name in in_wheel if name.startswith("tlkit/") and "test" in Path(name).name.split("_")
    ]


def test_the_sdist_holds_what_is_needed_to_test_and_to_rebuild(in_sdist: list[str]) -> None:
    for name in (
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "CITATION.cff",
        "Makefile",
    ):
        assert name in in_sdist
    for folder in ("tests/", "widgets/", "lessons/", "benchmarks/"):
        assert any(name.startswith(folder) for name in in_sdist), folder


def test_together_they_are_small(built: tuple[Path, Path]) -> None:
    assert built[0].stat().st_size < 40e6
    assert built[1].stat().st_size < 40e6


def test_the_metadata_names_licence_readme_and_command(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[0]) as wheel:
        info = f"tlkit-{tlkit.__version__}.dist-info"
        about = Parser().parsestr(wheel.read(f"{info}/METADATA").decode())
        entries = wheel.read(f"{info}/entry_points.txt").decode()
        assert f"{info}/licenses/LICENSE" in wheel.namelist()
    expression = about["License-Expression"]
    assert expression.startswith("BSD-3-Clause AND ")
    others = {"Apache-2.0", "CC-BY-4.0", "CC0-1.0", "MIT", "OFL-1.1", "PDDL-1.0", "Unicode-3.0"}
    assert others < set(expression.split(" AND "))
    assert about["Version"] == tlkit.__version__
    assert "# tlkit" in about.get_payload()
    assert "tlkit = tlkit.cli:main" in entries


def test_the_installed_command_works_away_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    command = shutil.which("tlkit", path=str(installed.parent))
    assert command

    def run(*arguments: str) -> str:
        # -P would drop the current folder; running elsewhere does the same for a script.
        done = subprocess.run([command, *arguments], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = subprocess.run(
        [installed, "-c", "import tlkit; print(tlkit.__file__)"], cwd=tmp_path, capture_output=True, text=True
    ).stdout
    assert str(installed.parent.parent) in where, "the checkout was imported, not the wheel"
    assert run("--version") == f"tlkit {tlkit.__version__}\n"
    assert all(one.title in run("lessons") for one in course.lessons())
    info = run("info")
    assert "zoo:resnet-letters" in info
    assert "greek" in info
    assert run("start", "mine", "--copy-only").count("copied") == len(course.lessons())
    for one in course.lessons():
        assert (tmp_path / "mine" / one.name / "lesson.ipynb").is_file()
        assert not (tmp_path / "mine" / one.name / "checks.py").exists()


def test_the_installed_package_checks_exercises_and_trains(installed: Path, tmp_path: Path) -> None:
    code = (
        "from tlkit import backbones, course, data, freeze, train\n"
        "name = course.checks.exercises(course.lessons()[0])[0].name\n"
        "assert course.check(name, ...).right is None\n"
        "net = backbones.load('zoo:resnet-letters')\n"
        "task = data.load('greek').few_shot(1, seed=0)\n"
        "run = train.fit(net, task, freeze.plan(net, until='head'), seed=0, progress=False)\n"
        "print(run.accuracy > 0.5)\n"
    )
    done = subprocess.run([installed, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.strip() == "True", done.stderr


def test_the_editable_install_finds_the_lessons_of_the_checkout() -> None:
    told = json.loads(metadata.distribution("tlkit").read_text("direct_url.json") or "{}")
    assert told["dir_info"]["editable"], "`make test` installs the checkout in editable mode"
    assert course.lessons()[0].folder.parent == ROOT / "lessons"
