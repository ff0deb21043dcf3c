"""`tlkit shelf`: every action is one call into the shelf, and failures are one sentence and a status."""

from __future__ import annotations

import re
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from tlkit import backbones, cli
from tlkit.backbones.shelf import Shelf, serving


def test_a_network_is_pushed_found_verified_and_pulled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place, other = str(tmp_path / "models"), str(tmp_path / "other")
    assert cli.main(["shelf", "--at", place]) == 0
    assert "the first push makes it" in capsys.readouterr().out
    card = tmp_path / "README.md"
    card.write_text("---\nlicense: mit\n---\n# Letters of the library\n")
    push = ["shelf", "--at", place, "push", "zoo:resnet-letters", "letters"]
    assert cli.main([*push, "--card", str(card)]) == 0
    assert capsys.readouterr().out == "shelf:letters@1.0.0: Letters of the library\n"
    assert cli.main([*push, "--version", "1.0.0"]) == 1
    assert "versions never change" in capsys.readouterr().err
    assert cli.main(["shelf", "--at", place, "list", "--licence", "mit"]) == 0
    assert "shelf:letters@1.0.0" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        cli.main(["shelf", "--at", place, "list", "nowhere"])
    said = capsys.readouterr().err
    assert said == ("tlkit shelf list: unrecognized arguments: nowhere. Try `tlkit shelf list --help`.\n")
    assert cli.main(["shelf", "--at", place, "lineage", "letters"]) == 0
    assert "zoo:resnet-letters" in capsys.readouterr().out
    assert cli.main(["shelf", "--at", place, "deprecate", "letters@1.0.0", "old"]) == 0
    assert "not to be used any more: old" in capsys.readouterr().out
    assert cli.main(["shelf", "--at", place, "pull", "letters", "--to", other]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "other" / "letters" / "1.0.0")
    assert cli.main(["shelf", "--at", other, "verify"]) == 0
    weights = tmp_path / "other" / "letters" / "1.0.0" / "model.safetensors"
    weights.write_bytes(b"\0" + weights.read_bytes()[1:])
    assert cli.main(["shelf", "--at", other, "verify", "letters"]) == 1
    assert "changed or cut short" in capsys.readouterr().out
    assert cli.main(["shelf", "--at", place, "serve", "--host", "0.0.0.0"]) == 1
    assert "others could read the shelf" in capsys.readouterr().err


def test_it_is_served_at_the_address_that_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Shelf(tmp_path).push(backbones.load("zoo:resnet-letters"), "letters")
    # One request instead of all until Ctrl-C, so that the command ends.
    monkeypatch.setattr(serving._Server, "serve_forever", serving._Server.handle_request)
    ended: list[int] = []
    command = ["shelf", "--at", str(tmp_path), "serve", "--port", "0"]
    thread = threading.Thread(target=lambda: ended.append(cli.main(command)))
    thread.start()
    said, address = "", None
    while address is None and thread.is_alive():
        said += capsys.readouterr().out
        address = re.search(r"http://127\.0\.0\.1:\d+/", said)
        time.sleep(0.01)
    assert address is not None
    with urllib.request.urlopen(f"{address[0]}letters/1.0.0/README.md") as answer:
        assert b"license: bsd-3-clause" in answer.read()
    thread.join()
    assert ended == [0]
