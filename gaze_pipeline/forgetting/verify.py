"""Proving that the forgotten are gone: every file of the data root is read and searched."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gaze_pipeline.forgetting.needles import Needles
from gaze_pipeline.forgetting.traces import words
from gaze_pipeline.store.contents import Content, contents, vector_contents
from gaze_pipeline.workspace import Workspace

CHUNK_BYTES = 8 * 1024 * 1024
STORES = ("artifacts", "index", "vectors", "clips", "dagster", "logs", "models")
MENTIONS_SHOWN = 20


@dataclass
class Searched:
    """What was searched of one store, and the places that still hold something (path, what)."""

    store: str
    files: int = 0
    bytes: int = 0
    left: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Proof:
    """The search through all stores, and how many patterns and words it was for."""

    stores: tuple[Searched, ...]
    names: int
    phrases: int
    words: int

    @property
    def left(self) -> list[str]:
        """Every place that still holds something."""
        return [place for store in self.stores for place in store.left]


def verify(workspace: Workspace, needles: Needles) -> Proof:
    """Search every file under the data root, as bytes and as what it says once decompressed.

    Libraries that lie in the data root are the user's own files and are left out.
    """
    found: dict[str, Searched] = {}
    root = workspace.paths.root
    libraries = {os.path.realpath(library.path) for library in workspace.settings.libraries}
    for path in sorted(_files(root, libraries)):
        place = path.relative_to(root)
        searched = found.setdefault(_store(place), Searched(_store(place)))
        searched.files += 1
        searched.bytes += _size(path)
        if needles.found(os.fsencode(place)):
            searched.left.append(f"{place}: its name")
        searched.left += _left(str(place), [*_raw(path, needles), *_said(contents(path), needles)])
    vectors = found.setdefault("vectors", Searched("vectors"))
    vectors.left += _left("vectors", _said(vector_contents(workspace.paths), needles))
    order = [*STORES, "catalog", "others"]
    stores = sorted(found.values(), key=lambda searched: order.index(searched.store))
    return Proof(tuple(stores), len(needles.names), len(needles.phrases), len(needles.words))


def _left(place: str, what: Iterable[str]) -> list[str]:
    return [f"{place}: {each}" for each in list(dict.fromkeys(what))[:MENTIONS_SHOWN]]


def _raw(path: Path, needles: Needles) -> Iterator[str]:
    """What a file's bytes hold, read in chunks that overlap by the longest pattern."""
    tail = b""
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                for pattern in needles.found(tail + chunk):
                    yield _shown(pattern)
                tail = chunk[-needles.longest :]
    except FileNotFoundError:  # a service deleted it meanwhile
        return


def _said(texts: Iterable[Content], needles: Needles) -> Iterator[str]:
    for content in texts:
        for pattern in needles.found(content.text):
            yield f"{content.place}: {_shown(pattern)}"
        if content.spoken and needles.words:
            for word in needles.words & words(content.text.decode("utf-8", "replace")):
                yield f"{content.place}: the word {word!r}"


def _shown(pattern: bytes) -> str:
    return repr(pattern.decode("utf-8", "replace"))


def _store(place: Path) -> str:
    first = place.parts[0]
    if first.startswith("catalog"):
        return "catalog"
    return first if first in STORES else "others"


def _files(folder: Path, without: set[str]) -> Iterator[Path]:
    for entry in os.scandir(folder):
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            if os.path.realpath(path) not in without:
                yield from _files(path, without)
        elif entry.is_file(follow_symlinks=False):
            yield path


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
