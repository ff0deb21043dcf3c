"""Shelf: an organisation's own library of pretrained networks, in a folder or in object storage."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlkit import files
from tlkit.backbones.backbone import Backbone
from tlkit.backbones.card import ModelCard
from tlkit.backbones.card_gaps import needed
from tlkit.backbones.shelf import packing, sealed_json
from tlkit.backbones.shelf.checked import KIND, Checked, manifest_of
from tlkit.backbones.shelf.entry import Entry, Listing, Verified, matches
from tlkit.backbones.shelf.lineage import Lineage, lineage_of
from tlkit.backbones.shelf.offered import offered
from tlkit.backbones.shelf.store import LEFT_OVER_SECONDS, NOTE, shelf_place, store_at
from tlkit.backbones.shelf.versions import PREFIX, Version, checked_name, split, wanted_version
from tlkit.backbones.shelf.web import INDEX
from tlkit.errors import ShelfError, TakenError, level_of_the_caller

if TYPE_CHECKING:
    from tlkit.train import Run


class DeprecatedModelWarning(UserWarning):
    """A network was loaded that its shelf advises against."""


class Shelf:
    """Pretrained networks with their cards, by name and version.

    A version is a folder ``NAME/VERSION`` with ``model.safetensors``, ``config.json`` (layers, transform, classes),
    ``README.md`` (the card, with the front matter of the Hugging Face hub) and ``manifest.json`` (a hash of each):
    ``huggingface_hub.upload_folder`` takes it as it is. Versions never change. The hashes find damage; they are no
    signature, so that who may write to the shelf decides what is on it.

    Parameters
    ----------
    place
        A folder, ``s3://bucket/path``, ``gs://bucket/path``, or ``https://...`` to read only; None for
        ``$TLKIT_SHELF``, else a folder among the user's data.
    token
        For ``https://``; None takes ``$TLKIT_SHELF_TOKEN``. For ``gs://``, as gcsfs takes it.
    options
        For object storage, as fsspec takes them: ``endpoint_url``, for example.

    Examples
    --------
    >>> import tempfile
    >>> from tlkit import backbones
    >>> shelf = Shelf(tempfile.mkdtemp())
    >>> letters = backbones.load("zoo:resnet-letters")
    >>> print(shelf.push(letters, "letters", version="1.0.0"))
    shelf:letters@1.0.0: A small resnet for grey pictures of 32 x 32 that learned letters.
    >>> shelf.load("letters@1").fingerprint == letters.fingerprint
    True
    >>> shelf.verify().ok
    True
    """

    def __init__(
        self, place: str | os.PathLike[str] | None = None, *, token: str | None = None, **options: Any
    ) -> None:
        self._store = store_at(shelf_place() if place is None else place, token, options)
        self._checked = Checked(self._store)

    @property
    def place(self) -> str:
        """Where it stands."""
        return self._store.place

    def push(
        self,
        network: Backbone | Run,
        name: str,
        card: ModelCard | None = None,
        *,
        version: str | None = None,
        allow_incomplete: str = "",
    ) -> Entry:
        """Put a network on the shelf, whole or not at all.

        Parameters
        ----------
        network
            A backbone; or a run, whose trained network, head and classes are kept, with the run's record.
        name
            Small letters, digits, ``-``, ``_`` and ``.``.
        card
            What is to be said beyond what the network's own card or the run says; its entries come first.
        version
            ``"1.2.0"``, ``"minor"``, ``"major"``; None for the next patch, and 1.0.0 for the first.
        allow_incomplete
            Why the card may lack a licence that can be read, or its lineage; the reason is kept on the card.

        Raises
        ------
        TakenError
            The version is there already, perhaps since a moment: somebody else pushed it.
        ShelfError
            The card lacks a licence or its lineage, or the network cannot be stored.
        StoreError
            The shelf cannot be written to.
        """
        checked_name(name)
        there = self._checked.versions(name)
        number = wanted_version(version, there)
        if number in there:
            raise TakenError(
                f"{name}@{number} is on the shelf {self.place} already, and versions never change.",
                "Leave version= out for the next one.",
            )
        backbone, more = offered(network, f"{PREFIX}{name}@{number}", card, self._checked.find)
        gaps = needed(backbone.card)
        if gaps and not str(allow_incomplete).strip():
            raise ShelfError(
                f"The card of {name} does not say: {'; '.join(gaps)}.",
                "Give card=ModelCard(name=..., licence_weights=..., ...), or allow_incomplete='why'.",
            )
        if gaps:
            told = replace(backbone.card, allowed_incomplete=str(allow_incomplete).strip())
            backbone = replace(backbone, card=told)
        content = {**packing.pack(backbone), **more}
        self._store.put(name, str(number), content, manifest_of(name, number, content))
        self._store.clear(name, LEFT_OVER_SECONDS)
        return self.entry(f"{name}@{number}")

    def load(self, name: str) -> Backbone:
        """Return a network, after every byte of it was checked.

        Parameters
        ----------
        name
            ``"greek"``, ``"greek@1.2"`` (the newest that begins so), ``"greek@1.2.0"``.

        Raises
        ------
        UnknownNameError
            There is no such network or version.
        WeightsError
            A byte was changed since it was pushed.
        """
        own, version = self._checked.chosen(name)
        if reason := self._checked.reason(own, version):
            warnings.warn(
                f"{own}@{version} is not to be used any more: {reason}",
                DeprecatedModelWarning,
                stacklevel=level_of_the_caller(),
            )
        return packing.unpack(self._checked.content(own, version))

    def entry(self, name: str) -> Entry:
        """Return what the shelf says of a network: its card, size and whether it is still to be used."""
        own, version = self._checked.chosen(name)
        return self._checked.entry(own, version)

    def list(self) -> Listing:
        """Return all networks and versions."""
        return Listing(self.place, tuple(self._checked.entries()))

    def search(self, *, task: str = "", licence: str = "", text: str = "") -> Listing:
        """Return what fits all that is asked for.

        Parameters
        ----------
        task
            What it was trained on or for: a data set, a class, a word of its purpose.
        licence
            Of the weights: ``"mit"``, or a family: ``"cc-by"`` (``CC-BY-4.0``, but not ``CC-BY-NC-4.0``).
        text
            Words that stand anywhere on the card.
        """
        found = [one for one in self._checked.entries() if matches(one, task, licence, text)]
        return Listing(self.place, tuple(found))

    def lineage(self, name: str) -> Lineage:
        """Return what a network was made from, back to the first source."""
        return lineage_of(self.entry(name).card, self._checked.find)

    def deprecate(self, name: str, version: str, reason: str) -> Entry:
        """Advise against a version from now on: it stays, and loading it warns.

        Parameters
        ----------
        name, version
            Of one version: ``"greek", "1.2.0"``.
        reason
            For those who meet the warning.
        """
        if not isinstance(reason, str) or not reason.strip():
            raise ShelfError("No reason is given.", "Say why, and what to use instead.")
        own, number = self._checked.chosen(f"{name}@{Version.of(version)}")
        self._store.note(own, str(number), sealed_json.write({"reason": " ".join(reason.split())}))
        return self._checked.entry(own, number)

    def pull(self, name: str, to: str | os.PathLike[str] | None = None) -> Path:
        """Copy a version into a shelf in a folder, after every byte was checked; return its own folder.

        Parameters
        ----------
        name
            As for :meth:`load`.
        to
            The folder of the other shelf; None for a folder among the user's data, or ``$TLKIT_SHELF``.

        Raises
        ------
        TakenError
            There is another network under that name and version.
        ShelfError
            The other shelf is no folder.
        WeightsError
            What is there already was damaged.
        """
        there = Shelf(shelf_place() if to is None else to)
        if "://" in there.place:
            raise ShelfError(
                f"What is pulled goes into a folder, and {there.place} is none.", "Give to='folder' (--to)."
            )
        own, version = self._checked.chosen(name)
        content = self._checked.content(own, version)
        manifest = manifest_of(own, version, content)
        reason = self._checked.reason(own, version)
        note = {NOTE: sealed_json.write({"reason": reason})} if reason else {}
        try:
            there._store.put(own, str(version), {**content, **note}, manifest)
        except TakenError:
            if there._checked.manifest(own, version)["files"] != manifest["files"]:
                raise
            there._checked.content(own, version)
            if reason:
                there._store.note(own, str(version), note[NOTE])
        return Path(there.place) / own / str(version)

    def verify(
        self, name: str | None = None, *, leftovers_after_seconds: float = LEFT_OVER_SECONDS
    ) -> Verified:
        """Read every byte again and say what was changed; clear away what broken pushes left.

        Parameters
        ----------
        name
            ``"greek"`` for all its versions, ``"greek@1.2.0"`` for one; None for the whole shelf.
        leftovers_after_seconds
            A push younger than that may still be going on: what it has written stays.
        """
        begun = self._store.names() if name is None else []
        if name is None:
            chosen = [(own, one) for own, there in self._checked.contents().items() for one in there]
        elif "@" in name:
            chosen = [self._checked.chosen(name)]
        else:
            own = split(name)[0]
            chosen = [(own, one) for one in self._checked.known_versions(own)]
        problems = [
            (f"{own}@{version}", words)
            for own, version in chosen
            for words in self._checked.problems(own, version)
        ]
        cleared = [
            left
            for own in sorted({*begun, *(own for own, _ in chosen)})
            for left in self._store.clear(own, leftovers_after_seconds)
        ]
        return Verified(self.place, len(chosen), tuple(problems), tuple(cleared))

    def index(self) -> dict[str, Any]:
        """Return what is on the shelf, as a web server tells it."""
        names = {
            name: {str(one): self._checked.named_files(name, one) for one in there}
            for name, there in self._checked.contents().items()
        }
        return {"kind": f"{KIND}.index", "names": names}

    def served(self, name: str, version: Version, folder: str, file: str) -> bytes | None:
        """Return a file as a reader of this shelf gets it; None for what no manifest names."""
        return self._checked.named(name, version, folder, file)

    def write_index(self) -> Path:
        """Write ``index.json`` into the folder of the shelf, so that any web server can serve it.

        It tells what is there now: write it again after each push.
        """
        if "://" in self.place:
            raise ShelfError("Only a shelf in a folder gets an index.", "Use `tlkit shelf serve` for others.")
        path = Path(self.place) / INDEX
        files.write_json(path, self.index())
        return path

    def __repr__(self) -> str:
        return f"Shelf({self.place!r})"
