"""A library of made-up films, one of which is to be forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from gaze_pipeline.store.snapshot import publish
from gaze_pipeline.workspace import Workspace
from tests.support.synthetic import Film, Line, SyntheticRoot, Written

SECRET = "deadbeefcafe0123"
STAYS = "0123456789abcdef"
SAID = "Zebrafish quartzite umbrella over Montevideo's café"
WRITTEN = "Confidential quokka balance 2031"
PATH = Path('/films/My höliday "film".mp4')


@dataclass
class Shelf:
    """A published data root with the film SECRET and a few others."""

    root: SyntheticRoot

    @property
    def workspace(self) -> Workspace:
        return self.root.workspace

    def add(self, fingerprint: str, said: str, path: Path | None = None) -> None:
        vectors = self.root.near_topics(range(20))
        lines = [Line(0, 2000, said), Line(2000, 4000, "and so my fellow Americans")]
        meanings = self.root.near_topics(range(2))
        texts = [Written(0, 4000, WRITTEN if fingerprint == SECRET else "the café is over")]
        film = Film(
            fingerprint, lines, vectors, {0: ["dog"]}, path=path, meanings=meanings, texts=texts
        )
        self.root.add(film)


@pytest.fixture
def unpublished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    monkeypatch.setenv("GAZE_DATA", str(tmp_path / "data"))
    shelf = Shelf(SyntheticRoot(tmp_path / "data"))
    shelf.root.fill(2, lines=20, frames=20)
    shelf.add(STAYS, "an umbrella over the sea")
    return shelf


@pytest.fixture
def bare(unpublished: Shelf) -> Shelf:
    """Without SECRET: as it should be once that is forgotten."""
    publish(unpublished.workspace)
    return unpublished


@pytest.fixture
def shelf(unpublished: Shelf) -> Shelf:
    """With SECRET."""
    unpublished.add(SECRET, SAID, PATH)
    publish(unpublished.workspace)
    return unpublished
