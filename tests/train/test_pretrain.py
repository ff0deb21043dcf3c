"""pretrain: the same seed gives the same files; a network that it makes has learned its source."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tlkit import backbones
from tlkit.backbones.zoo import load_from_zoo, load_sample
from tlkit.errors import StoreError, UnknownNameError
from tlkit.files import sha256
from tlkit.train.pretrain import RECIPE, main, pretrain

SHORT = RECIPE.change(steps=3, batch_size=16)


def files_in(folder: Path) -> dict[str, str]:
    return {path.name: sha256(path) for path in sorted(folder.iterdir())}


def test_the_same_seed_makes_the_same_files_and_another_seed_another_network(tmp_path: Path) -> None:
    made = [
        pretrain("vgg-printed-digits", tmp_path / str(number), seed=seed, recipe=SHORT, progress=False)
        for number, seed in enumerate((3, 3, 4))
    ]
    first, second, third = (files_in(tmp_path / str(number)) for number in range(3))
    assert first == second
    assert first["vgg-printed-digits.safetensors"] != third["vgg-printed-digits.safetensors"]
    assert first["sample-printed-digits.safetensors"] == third["sample-printed-digits.safetensors"]
    assert made[0].fingerprint == made[1].fingerprint != made[2].fingerprint
    assert made[0].card.lineage["seed"] == 3
    assert made[0].card.lineage["steps"] == 3


def test_the_packaged_samples_are_what_the_script_writes(tmp_path: Path) -> None:
    pretrain("resnet-shapes", tmp_path, recipe=SHORT, progress=False)
    assert (load_sample("shapes", tmp_path).images == load_sample("shapes").images).all()


def test_an_unknown_name_and_a_folder_that_is_a_file_are_refused_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UnknownNameError, match="resnet-letters"):
        pretrain("resnet-leters", tmp_path)
    (tmp_path / "taken").write_text("")
    with pytest.raises(StoreError, match="Could not write"):
        pretrain("resnet-shapes", tmp_path / "taken", recipe=SHORT, progress=False)
    assert main(["resnet-leters", "--into", str(tmp_path)]) == 1
    assert "nearest" in capsys.readouterr().err
    assert main(["--list"]) == 0
    assert "inception-photos" in capsys.readouterr().out


@pytest.mark.slow
def test_the_command_remakes_a_network_that_reads_its_source_as_well(tmp_path: Path) -> None:
    done = subprocess.run(
        # 150 of the zoo's 1,500 steps read 98.5 % of these; the rest of a training makes the weights, not the claim.
        [
            *(sys.executable, "-m", "tlkit.train.pretrain", "resnet-printed-digits"),
            *("--into", str(tmp_path), "--steps", "180"),
        ],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    remade = load_from_zoo("zoo:resnet-printed-digits", tmp_path).card.metrics["test_accuracy"]
    packaged = backbones.load("zoo:resnet-printed-digits").card.metrics["test_accuracy"]
    # Other processors round otherwise, so that weights differ in their last digits and then in more.
    assert remade == pytest.approx(packaged, abs=0.03)
