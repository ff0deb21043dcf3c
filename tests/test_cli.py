"""The command line: what it prints where, its exit statuses, and how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

import tlkit
from tlkit import cli, course

ENVIRONMENT = {**os.environ, "PYTHONUNBUFFERED": "1"}


def tlkit_command(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tlkit", *arguments], capture_output=True, text=True, cwd=cwd, env=ENVIRONMENT
    )


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"tlkit {tlkit.__version__}\n"


@pytest.mark.parametrize("command", [[], ["try"], ["start"], ["cache"], ["lessons"], ["info"], ["fetch"]])
def test_help_is_there_and_loads_nothing_heavy(command: list[str]) -> None:
    code = (
        "import sys\nfrom tlkit.cli import main\n"
        f"try: main({[*command, '--help']!r})\n"
        "except SystemExit as end: print('exit', end.code)\n"
        "print([name for name in ('torch', 'numpy', 'jupyterlab') if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.startswith("usage: ")
    assert out.splitlines()[-2:] == ["exit 0", "[]"]


def test_without_a_command_it_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    assert "tlkit" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["tri"], "tri"),
        (["try", "--labels", "0"], "0"),
        (["try", "--labels", "many"], "many"),
        (["try", "--seeds", "1.5"], "1.5"),
        (["try", "--curve", "1,x"], "1,x"),
        (["try", "--unknown"], "--unknown"),
        (["start", "--port", "here"], "here"),
        (["lessons", "extra"], "extra"),
    ],
)
def test_a_wrong_call_is_one_sentence_on_standard_error_and_status_2(
    arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert said.out == ""
    assert named in said.err
    assert said.err.count("\n") == 1
    assert "--help" in said.err


def test_lessons_lists_every_lesson(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["lessons"]) == 0
    listed = capsys.readouterr().out
    for lesson in course.lessons():
        assert f"{lesson.number}  {lesson.title} ({lesson.minutes} minutes)" in listed


def test_a_reader_who_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m tlkit lessons | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_info_names_versions_threads_device_and_what_is_embedded(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["info"]) == 0
    said = capsys.readouterr().out
    for word in (tlkit.__version__, "torch", "threads", "device", "zoo:resnet-letters", "greek", "missing"):
        assert word in said
    # How full the caches are, and how full they may be.
    assert re.search(r"caches .*decoded \S+ .?B \(of 20 GB at most\).*; in /", said)


def test_start_copies_and_says_what_it_did_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["start", str(tmp_path / "mine"), "--copy-only"]) == 0
    assert capsys.readouterr().out.count("copied") == len(course.lessons())
    lesson = tmp_path / "mine" / course.lessons()[0].name / "lesson.ipynb"
    lesson.write_text("my work")
    assert cli.main(["start", str(tmp_path / "mine"), "--copy-only"]) == 0
    assert "your work" in capsys.readouterr().out
    assert lesson.read_text() == "my work"


def test_a_failure_is_one_sentence_and_status_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "taken").write_text("")
    assert cli.main(["start", str(tmp_path / "taken"), "--copy-only"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("tlkit: ")
    assert said.err.count("\n") == 1


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals are sent the POSIX way")
def test_start_serves_lesson_1_to_who_has_the_token_and_ends_cleanly(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tlkit", "start", "mine", "--no-browser"]
    environment = {**ENVIRONMENT, "JUPYTER_CONFIG_DIR": str(tmp_path / "config")}
    server = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        address = ""
        assert server.stdout is not None
        for line in server.stdout:
            if found := re.search(r"(http://\S+?)(/lab/tree/\S+)\?token=(\S+)", line):
                address, page, token = found.groups()
                break
        assert address, server.stderr.read() if server.stderr else ""
        assert page.endswith(f"{course.lessons()[0].name}/lesson.ipynb")
        with urllib.request.urlopen(f"{address}{page}?token={token}", timeout=300) as answer:
            shown = answer.read().decode()
        assert "jupyter-config-data" in shown
        assert "apputils-extension:announcements" in shown.split('"disabledExtensions":')[1].split("]")[0]
        contents = f"{address}/api/contents/{page.removeprefix('/lab/tree/')}"
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(contents, timeout=300)
        with urllib.request.urlopen(f"{contents}?token={token}", timeout=300) as answer:
            cells = json.load(answer)["content"]["cells"]
        assert cells
        assert not any(cell.get("outputs") for cell in cells), "a learner sees no result before guessing"
        server.send_signal(signal.SIGINT)
        # It is the way to end a server, and no failure.
        assert server.wait(timeout=300) == 0
        assert "Your notebooks are in" in server.stdout.read()
        until = time.monotonic() + 120
        while time.monotonic() < until:
            try:
                urllib.request.urlopen(f"{address}/api?token={token}", timeout=10)
            except (urllib.error.URLError, OSError):
                break
            time.sleep(0.2)
        else:
            pytest.fail("the server still answers after Ctrl-C")
    finally:
        server.kill()
        server.wait()


@pytest.mark.slow
def test_start_says_why_the_server_does_not_start(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = tlkit_command("start", "mine", "--no-browser", "--port", port, cwd=tmp_path)
    assert done.returncode == 1
    assert "JupyterLab did not start" in done.stderr
    assert "Traceback" not in done.stderr
