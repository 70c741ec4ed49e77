"""The snapshot before, as far as its rows can be taken over into the next one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from gaze_pipeline.store import snapshot_rows as rows
from gaze_pipeline.store.catalog.rows import VideoRow

OLD = "old"
"""The name under which it is attached."""


@dataclass(frozen=True)
class Before:
    """What it holds of each video: the name of what its rows were made from, and its facts.

    `places` is the order in which their rows lie.
    """

    sources: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)

    def holds(self, video: VideoRow, sources: Mapping[str, str]) -> bool:
        """Whether a video's rows are made from the same."""
        return self.sources.get(video.fingerprint) == sources[video.fingerprint]

    def runs(
        self, videos: Sequence[VideoRow], sources: Mapping[str, str]
    ) -> Iterator[Sequence[VideoRow]]:
        """The videos, in order, as runs of which it holds all, and their rows in a row, or none."""
        first = 0
        for here in range(1, len(videos) + 1):
            if here == len(videos) or not self._follow(videos[here - 1], videos[here], sources):
                yield videos[first:here]
                first = here

    def _follow(self, video: VideoRow, after: VideoRow, sources: Mapping[str, str]) -> bool:
        held = self.holds(video, sources)
        if held != self.holds(after, sources):
            return False
        return not held or self.places[video.fingerprint] + 1 == self.places[after.fingerprint]


@contextmanager
def attached(db: duckdb.DuckDBPyConnection, path: Path | None) -> Iterator[Before]:
    """The snapshot in a file, while it is attached to `db`. Raises duckdb.Error where it is damaged."""
    if path is None:
        yield Before()
        return
    quoted = str(path).replace("'", "''")
    db.execute(f"ATTACH '{quoted}' AS {OLD} (READ_ONLY)")
    names = ", ".join(f'"{fact.name}"' for fact in rows.FACTS)
    query = f"SELECT fingerprint, {names} FROM {OLD}.videos ORDER BY fingerprint"
    told = db.execute(query).to_arrow_table().to_pylist()
    facts = {row.pop("fingerprint"): row for row in told}
    places = {fingerprint: place for place, fingerprint in enumerate(facts)}
    yield Before(dict(db.execute(f"FROM {OLD}.sources").fetchall()), facts, places)
    db.execute(f"DETACH {OLD}")  # after a failure the whole of `db` is given up
