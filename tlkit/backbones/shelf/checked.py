"""Checked: what a shelf's files hold, after their hashes were compared."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tlkit.backbones.card import ModelCard
from tlkit.backbones.shelf import packing, sealed_json
from tlkit.backbones.shelf.entry import Entry
from tlkit.backbones.shelf.store import MANIFEST, NOTE, UNFINISHED, Store
from tlkit.backbones.shelf.versions import PREFIX, Version, choose, split
from tlkit.errors import TlkitError, WeightsError, unknown_name

KIND, SCHEMA = "tlkit.shelf", 1
_FILE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}")
_FOLDER = re.compile(rf"(?:{re.escape(UNFINISHED)}[0-9a-f]{{1,40}})?")
_CURE = "Nothing of it was used. Delete its folder and pull it again, or push the next version."


class Checked:
    """Reads a store and believes nothing that its hashes do not say.

    Parameters
    ----------
    store
        Where the files lie.
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    def contents(self) -> dict[str, list[Version]]:
        """Return every network with its versions, oldest first."""
        return {
            name: sorted(Version.of(one) for one in there) for name, there in self.store.contents().items()
        }

    def entries(self) -> Iterator[Entry]:
        """Return every version of every network."""
        for name, versions in self.contents().items():
            for version in versions:
                try:
                    yield self.entry(name, version)
                except WeightsError:
                    # One that was damaged does not hide the others; `verify` says what is wrong with it.
                    card = ModelCard(name, "Damaged: see what verify says.")
                    yield Entry(name, str(version), card, 0, "", self.store.place)

    def entry(self, name: str, version: Version) -> Entry:
        """Return one version with its card."""
        manifest = self.manifest(name, version)
        content = self._file(name, version, packing.CONFIG, manifest)
        card = ModelCard.from_dict(packing.read_config(content).get("card"))  # type: ignore[arg-type]
        size = sum(one["bytes"] for one in manifest["files"].values())
        return Entry(name, str(version), card, size, self.reason(name, version), self.store.place)

    def find(self, name: str) -> ModelCard | None:
        """Return the card of a network of this shelf; None for other names."""
        return self.entry(*self.chosen(name)).card if name.startswith(PREFIX) else None

    def versions(self, name: str) -> list[Version]:
        """Return the versions of a network, oldest first."""
        return sorted(Version.of(one) for one in self.store.versions(name))

    def known_versions(self, name: str) -> list[Version]:
        """Return the versions of a network that has to be there."""
        there = self.versions(name)
        if not there:
            raise unknown_name(f"network on the shelf {self.store.place}", name, list(self.store.contents()))
        return there

    def chosen(self, name: str) -> tuple[str, Version]:
        """Return what a name means: a network and a version."""
        own, asked = split(name)
        there = self.known_versions(own)
        if asked.count(".") == 2:
            return own, choose(own, asked, there, {})
        return own, choose(own, asked, there, {one: self._passed_over(own, one) for one in there})

    def reason(self, name: str, version: Version) -> str:
        """Return why a version is not to be used any more; empty if it is."""
        try:
            content = self.store.read(name, str(version), NOTE)
        except FileNotFoundError:
            return ""
        return str(sealed_json.read(content, f"The note on {name}@{version}").get("reason", ""))

    def _passed_over(self, name: str, version: Version) -> int:
        """Return 1 for a version that is advised against, 2 if its note was damaged, 0 if it is as good as any."""
        try:
            return int(bool(self.reason(name, version)))
        except WeightsError:
            return 2

    def manifest(self, name: str, version: Version) -> dict[str, Any]:
        """Return what a version's files have to be."""
        try:
            content = self.store.read(name, str(version), MANIFEST)
        except FileNotFoundError:
            raise WeightsError(f"{name}@{version} has no {MANIFEST}.", _CURE) from None
        told = sealed_json.read(content, f"The manifest of {name}@{version}")
        if told.get("kind") != KIND or told.get("schema") != SCHEMA:
            raise WeightsError(
                f"The manifest of {name}@{version} is of the kind {told.get('kind')!r}, schema {told.get('schema')!r}.",
                "Update tlkit.",
            )
        if (told.get("name"), told.get("version")) != (name, str(version)):
            raise WeightsError(
                f"{name}@{version} says that it is {told.get('name')}@{told.get('version')}: it was moved.",
                _CURE,
            )
        if not _is_sound(told):
            raise WeightsError(f"The manifest of {name}@{version} names files outside of its folder.", _CURE)
        return told

    def _file(self, name: str, version: Version, file: str, manifest: Mapping[str, Any]) -> bytes:
        told = manifest["files"].get(file)
        if told is None:
            raise WeightsError(f"{name}@{version} has no {file}.", _CURE)
        try:
            content = self.store.read(name, str(version), file, str(manifest.get("folder", "")))
        except FileNotFoundError:
            raise WeightsError(f"{name}@{version} has lost its {file}.", _CURE) from None
        found = hashlib.sha256(content).hexdigest()
        if found != told["sha256"]:
            raise WeightsError(
                f"{file} of {name}@{version} was changed or cut short: its SHA-256 is {found}, the manifest says "
                f"{told['sha256']}.",
                _CURE,
            )
        return content

    def content(self, name: str, version: Version) -> dict[str, bytes]:
        """Return all files of a version."""
        manifest = self.manifest(name, version)
        return {file: self._file(name, version, file, manifest) for file in manifest["files"]}

    def named_files(self, name: str, version: Version) -> list[str]:
        """Return the names of all files; of a version whose manifest is damaged only that of the manifest."""
        try:
            return [MANIFEST, *self.manifest(name, version)["files"]]
        except WeightsError:
            return [MANIFEST]

    def named(self, name: str, version: Version, folder: str, file: str) -> bytes | None:
        """Return a manifest, a note, or a file that the manifest names, as it is; None for anything else."""
        manifest = self.manifest(name, version)
        if (file in (MANIFEST, NOTE) and not folder) or (
            file in manifest["files"] and folder == str(manifest.get("folder", ""))
        ):
            return self.store.read(name, str(version), file, folder)
        return None

    def problems(self, name: str, version: Version) -> list[str]:
        """Return in words what is not as it was pushed."""
        try:
            manifest = self.manifest(name, version)
            self.reason(name, version)
        except TlkitError as error:
            return [str(error)]
        found = []
        for file in manifest["files"]:
            try:
                self._file(name, version, file, manifest)
            except TlkitError as error:
                found.append(error.what)
        folder = str(manifest.get("folder", ""))
        known = {*manifest["files"], MANIFEST, NOTE}
        strange = [one for one in self.store.files(name, str(version), folder) if one not in known]
        return [*found, *(f"{one} of {name}@{version} was not pushed with it." for one in strange)]


def _is_sound(manifest: Mapping[str, Any]) -> bool:
    """Say whether a manifest names plain files of its own folder, each with hash and size."""
    told = manifest.get("files")
    return (
        isinstance(told, dict)
        and _FOLDER.fullmatch(str(manifest.get("folder", ""))) is not None
        and all(
            _FILE.fullmatch(file) is not None
            and isinstance(one, dict)
            and isinstance(one.get("sha256"), str)
            and isinstance(one.get("bytes"), int)
            for file, one in told.items()
        )
    )


def manifest_of(name: str, version: Version, content: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the manifest of files that are about to be pushed."""
    told = {
        file: {"sha256": hashlib.sha256(one).hexdigest(), "bytes": len(one)}
        for file, one in sorted(content.items())
    }
    return {"kind": KIND, "schema": SCHEMA, "name": name, "version": str(version), "files": told}
