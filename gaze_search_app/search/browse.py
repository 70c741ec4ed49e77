"""What a snapshot can be filtered by, and what to try on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_pipeline.store.text import elements
from gaze_search_app.search.scope import slashed


@dataclass(frozen=True)
class LabelCount:
    """A detected label, and in how many frames and videos it is seen."""

    label: str
    frames: int
    videos: int


@dataclass(frozen=True)
class LibraryCount:
    """A library as published."""

    name: str
    videos: int
    duration_ms: int


def labels(snapshot: Snapshot, libraries: Sequence[str] = ()) -> list[LabelCount]:
    """Every label detected in some libraries, or in all, the commonest first."""
    rows = snapshot.rows(
        """SELECT label, count(DISTINCT (fingerprint, frame_index)) AS frames,
                  count(DISTINCT fingerprint)
           FROM detections
           WHERE len($libraries) = 0 OR fingerprint IN
                 (SELECT fingerprint FROM files WHERE list_contains($libraries, library))
           GROUP BY label ORDER BY frames DESC, label""",
        {"libraries": list(libraries)},
    )
    return [LabelCount(*row) for row in rows]


def libraries(snapshot: Snapshot) -> list[LibraryCount]:
    """Every library that holds a video, by name."""
    rows = snapshot.rows(
        """SELECT library, count(*), sum(duration_ms)::BIGINT
           FROM (SELECT DISTINCT library, fingerprint FROM files) JOIN videos USING (fingerprint)
           GROUP BY library ORDER BY library"""
    )
    return [LibraryCount(*row) for row in rows]


@dataclass(frozen=True)
class Examples:
    """Names and words of a library to try; general ones where it has none yet."""

    labels: tuple[str, ...] = ("dog", "car")
    library: str = "films"
    folder: str = "2024"
    year: int = 2024
    language: str = "en"
    phrase: str = "happy birthday"
    word: str = "happy"
    other: str = "birthday"
    written: str = "exit"


def examples(snapshot: Snapshot) -> Examples:
    """What a library would find by each way of searching."""
    general = Examples()
    seen = tuple(found.label for found in labels(snapshot)[:2])
    places = snapshot.rows(
        "SELECT library, path, recorded_at FROM files JOIN videos USING (fingerprint) ORDER BY path"
    )
    library, path, recorded_at = places[0] if places else (general.library, "", None)
    folders = [folder for folder in slashed(path).split("/")[:-1] if folder]
    year = datetime.fromtimestamp(recorded_at).year if recorded_at is not None else general.year
    language, said = _said(snapshot)
    return Examples(
        labels=seen or general.labels,
        library=library,
        folder=folders[-1] if folders else general.folder,
        year=year,
        language=language or general.language,
        phrase=" ".join(said) or general.phrase,
        word=said[0] if said else general.word,
        other=said[1] if said else general.other,
        written=_written(snapshot) or general.written,
    )


def _written(snapshot: Snapshot) -> str:
    """The longest word among the first that are written on a screen."""
    rows = snapshot.rows("SELECT text FROM texts ORDER BY id LIMIT 50")
    words = [text[word.start : word.end] for (text,) in rows for word in elements(text)]
    return max(words, key=len, default="")


def _said(snapshot: Snapshot) -> tuple[str, tuple[str, ...]]:
    """A language and two telling words that follow each other in one of its lines."""
    rows = snapshot.rows(
        "SELECT language, text FROM segments WHERE length(text) BETWEEN 8 AND 400 ORDER BY id LIMIT 50"
    )
    best: tuple[int, str, tuple[str, ...]] = (0, "", ())
    for language, text in rows:
        words = [text[element.start : element.end] for element in elements(text)]
        for one, other in pairwise(words):
            if min(len(one), len(other)) > max(best[0], 3) and f"{one} {other}" in text:
                best = (min(len(one), len(other)), language, (one, other))
    return best[1], best[2]
