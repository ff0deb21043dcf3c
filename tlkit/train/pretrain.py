"""pretrain: how every network of the zoo was made, from a seed.

    python -m tlkit.train.pretrain resnet-letters     one of them, one or two minutes
    python -m tlkit.train.pretrain --all              all of them
    python -m tlkit.train.pretrain --list             what there is to make

Writes ``NAME.safetensors`` (half precision) and ``NAME.json`` (the card) into the package, and beside them
the sample of the source's test set that its networks share. The same seed gives the same files on the same
machine.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from joblib import Parallel, delayed

from tlkit import data, files, freeze
from tlkit.backbones import Backbone, ModelCard
from tlkit.backbones.nets import ARCHITECTURES, build
from tlkit.backbones.weights_file import write_weights
from tlkit.backbones.zoo import FOLDER, PREFIX, TRANSFORM, load_from_zoo
from tlkit.errors import TlkitError, unknown_name
from tlkit.train.fit import fit
from tlkit.train.recipe import Recipe

SOURCES = ("letters", "printed-digits", "photos", "shapes")
SEED = 0
RECIPE = Recipe(
    "pretrain",
    head_solver="steps",
    steps=1500,
    steps_growth=0.0,
    learning_rate=4e-3,
    stage_decay=1.0,
    weight_decay=0.05,
    label_smoothing=0.05,
    batch_size=128,
    augmentation=1.0,
    cache="never",
)
# Enough to see a loss of two points, little enough to travel with the package.
_SAMPLE = 520


def makeable() -> list[str]:
    """Return the names of all networks that this script makes.

    Examples
    --------
    >>> makeable()[:2]
    ['resnet-letters', 'resnet-printed-digits']
    """
    return [f"{architecture}-{source}" for architecture in ARCHITECTURES for source in SOURCES]


def pretrain(
    name: str,
    folder: Path = FOLDER,
    *,
    seed: int = SEED,
    recipe: Recipe = RECIPE,
    device: str = "cpu",
    progress: bool = True,
) -> Backbone:
    """Train one network of the zoo from random weights and write it with its card.

    Parameters
    ----------
    name
        One of ``makeable()``.
    folder
        Where weights, card and sample go.
    seed
        Of the weights, the batches and the augmentation.
    recipe
        How it is trained.
    device
        A GPU gives other last digits than a CPU.
    progress
        Whether a terminal shows a bar.

    Returns
    -------
    Backbone
        As it is loaded from the files that were written.

    Raises
    ------
    UnknownNameError
        There is no such network.
    StoreError
        The folder cannot be written to.
    """
    if name not in makeable():
        raise unknown_name("network to pretrain", name, makeable())
    architecture, _, source = name.partition("-")
    dataset = data.load(source)
    blank = ModelCard(name=PREFIX + name, architecture=architecture)
    untrained = Backbone(PREFIX + name, build(architecture, seed), TRANSFORM, blank)
    plan = freeze.plan(untrained, until=untrained.stages[0])
    run = fit(
        untrained, dataset.task(), plan, seed, recipe=recipe, device=device, progress=progress, test=False
    )
    network = run.model.cpu()
    tensors = dict(network.backbone.state_dict())
    tensors |= {f"head.{key}": value for key, value in network.head.state_dict().items()}
    digest = write_weights(folder / f"{name}.safetensors", tensors, half=True)
    write_sample(dataset, folder)
    card = _card(name, dataset, run.steps, seed, recipe, str(run.device), digest)
    card = replace(card, file_bytes=(folder / f"{name}.safetensors").stat().st_size)
    files.write_json(folder / f"{name}.json", card.to_dict())
    # Measured on the network as it will be loaded: in half precision on disk.
    made = load_from_zoo(PREFIX + name, folder)
    test = dataset.test.open(f"card of {name}")
    given = made.source_probabilities(np.asarray(test.images)).argmax(axis=1)
    measured = {"test_accuracy": float((given == test.labels).mean())}
    files.write_json(folder / f"{name}.json", replace(card, metrics=measured).to_dict())
    return load_from_zoo(PREFIX + name, folder)


def write_sample(dataset: data.Dataset, folder: Path) -> None:
    """Write the part of a source's test set that travels with its networks: as many of each class.

    Parameters
    ----------
    dataset
        The source.
    folder
        Where ``sample-NAME.safetensors`` and its card go.
    """
    test = dataset.test.open("the sample that travels with the networks")
    each = max(1, _SAMPLE // len(test.classes))
    of_class = [np.flatnonzero(test.labels == label) for label in range(len(test.classes))]
    # Spread evenly: the test set is in the order of its fonts.
    chosen = np.concatenate(
        [mine[np.linspace(0, len(mine) - 1, min(each, len(mine))).astype(int)] for mine in of_class]
    )
    tensors = {
        "images": torch.from_numpy(np.rint(test.images[chosen] * 255).astype(np.uint8)),
        "labels": torch.from_numpy(test.labels[chosen]),
    }
    digest = write_weights(folder / f"sample-{dataset.name}.safetensors", tensors, half=False)
    files.write_json(
        folder / f"sample-{dataset.name}.json",
        {
            "name": f"sample-{dataset.name}",
            "title": f"{each} test images of every class of {dataset.name}.",
            "origin": dataset.card.origin,
            "licence": dataset.card.licence,
            "attribution": dataset.card.attribution,
            "classes": list(test.classes),
            "data_fingerprint": dataset.fingerprint,
            "sha256": digest,
        },
    )


def _card(
    name: str, dataset: data.Dataset, steps: int, seed: int, recipe: Recipe, device: str, digest: str
) -> ModelCard:
    architecture, _, source = name.partition("-")
    return ModelCard(
        name=PREFIX + name,
        title=f"A small {architecture} for grey pictures of 32 x 32 that learned {source}.",
        architecture=architecture,
        origin="Trained by the tlkit project with tlkit.train.pretrain.",
        data=f"tlkit's {source}: {len(dataset.train):,} training images of {len(dataset.classes)} classes."
        f" {dataset.card.title}",
        classes=dataset.classes,
        licence_code="BSD-3-Clause",
        licence_weights="BSD-3-Clause",
        licence_data=dataset.card.licence,
        lineage={
            "script": f"python -m tlkit.train.pretrain {name}",
            "seed": seed,
            "steps": steps,
            "batch_size": recipe.batch_size,
            "device": device,
            "torch": str(torch.__version__),
            "data": source,
            "data_fingerprint": dataset.fingerprint,
            "parents": "none: from random weights",
        },
        intended_use="Lessons and experiments on transfer learning; small grey pictures of one thing.",
        limits=(
            "Far too small for photographs in daily use.",
            f"Knows nothing but {source}: what transfers has to be measured.",
        ),
        sha256=digest,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the networks that are named and print what each reads of its own source."""
    parser = argparse.ArgumentParser(
        prog="python -m tlkit.train.pretrain", description=__doc__.split("\n")[0]
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="such as resnet-letters")
    parser.add_argument("--all", action="store_true", help="make every network")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    parser.add_argument("--into", type=Path, default=FOLDER, metavar="DIR", help="folder (the package's own)")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--jobs", type=int, default=1, help="how many at a time, one thread each")
    parser.add_argument("--device", default="cpu")
    parser.add_argument(
        "--steps", type=int, default=RECIPE.steps, help="fewer for a first look (the zoo's: %(default)s)"
    )
    given = parser.parse_args(arguments)
    if given.list:
        print("\n".join(makeable()))
        return 0
    names = makeable() if given.all else given.names
    if not names:
        parser.error("name a network, or say --all")
    try:
        made = Parallel(n_jobs=given.jobs, return_as="generator")(
            delayed(pretrain)(
                name,
                given.into,
                seed=given.seed,
                recipe=RECIPE.change(steps=given.steps),
                device=given.device,
            )
            for name in names
        )
        for net in made:
            print(
                f"{net.name}: {100 * net.card.metrics['test_accuracy']:.1f} % of its own test set,"
                f" {net.card.file_bytes / 1e3:.0f} kB",
                flush=True,
            )
    except TlkitError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
