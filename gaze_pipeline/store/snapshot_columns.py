"""What every query needs of each line and frame, as arrays: read once a snapshot, some ten bytes a row.

Videos are numbered in the order of their fingerprints, and the tables of a snapshot lie in that order, so
that the rows of a video are a run of each array.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

LATEST_MS = 2**31 - 1
Ints = npt.NDArray[np.integer]
Fetch = Callable[[str, Mapping[str, Any]], Mapping[str, npt.NDArray[Any]]]


@dataclass(frozen=True)
class Runs:
    """Rows of all videos, those of one in a row: `columns` by name, `starts` [videos + 1]."""

    starts: Ints
    columns: Mapping[str, Ints]

    def of(self, video: int) -> dict[str, Ints]:
        """The rows of one video."""
        rows = slice(self.starts[video], self.starts[video + 1])
        return {name: column[rows] for name, column in self.columns.items()}


def videos_of(runs: Runs) -> npt.NDArray[np.int32]:
    """The number of each row's video."""
    counts = np.diff(runs.starts)
    return np.repeat(np.arange(len(counts), dtype=np.int32), counts)


class Order:
    """The order of rows by video and then by a time, in which many times are looked up at once."""

    def __init__(self, runs: Runs, column: str) -> None:
        videos = np.repeat(np.arange(len(runs.starts) - 1), np.diff(runs.starts))
        self._keys = _key(videos, runs.columns[column])

    def before(self, videos: Ints, times: Ints) -> Ints:
        """The number of the first row that is not before each time of a video."""
        return np.searchsorted(self._keys, _key(videos, times), "left")

    def after(self, videos: Ints, times: Ints) -> Ints:
        """The number of the first row that is after each time of a video."""
        return np.searchsorted(self._keys, _key(videos, times), "right")


def _key(videos: Ints, times: Ints) -> Ints:
    return (videos.astype(np.int64) << 32) + times


def _ms(column: str) -> str:
    """A time in 32 bits; what a damaged clock puts beyond 24 days comes at their end."""
    return f"least({column}, {LATEST_MS})::INTEGER AS {column}"


class Columns:
    """The arrays of one snapshot, each read when first needed; `fetch` gives the columns of a query."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    @cached_property
    def fingerprints(self) -> list[str]:
        """The fingerprints of all videos, in order: a video's number is its place here."""
        found: list[str] = self._fetch("SELECT fingerprint FROM videos ORDER BY 1", {})[
            "fingerprint"
        ].tolist()
        return found

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each video."""
        return {fingerprint: number for number, fingerprint in enumerate(self.fingerprints)}

    def chosen(self, fingerprints: Iterable[str]) -> npt.NDArray[np.bool_]:
        """Which of all videos are among these, by number."""
        mask = np.zeros(len(self.fingerprints), bool)
        mask[[self.numbers[one] for one in fingerprints if one in self.numbers]] = True
        return mask

    @cached_property
    def lines(self) -> Runs:
        """`start_ms` and `end_ms` of each spoken line; a line's id is its place."""
        return self._runs("segments", f"{_ms('start_ms')}, {_ms('end_ms')}")

    @cached_property
    def texts(self) -> Runs:
        """`start_ms` and `end_ms` of each line on screen; a line's id is its place."""
        return self._runs("texts", f"{_ms('start_ms')}, {_ms('end_ms')}")

    @cached_property
    def line_videos(self) -> npt.NDArray[np.int32]:
        """The video of each spoken line."""
        return videos_of(self.lines)

    @cached_property
    def text_videos(self) -> npt.NDArray[np.int32]:
        """The video of each line on screen."""
        return videos_of(self.texts)

    @cached_property
    def frames(self) -> Runs:
        """`index` and `timestamp_ms` of each frame, in order."""
        return self._runs("frames", f"frame_index AS index, {_ms('timestamp_ms')}")

    @cached_property
    def labels(self) -> list[str]:
        """All labels, in order: a label's number is its place here."""
        found: list[str] = self._fetch("SELECT DISTINCT label FROM detections ORDER BY 1", {})[
            "label"
        ].tolist()
        return found

    @cached_property
    def sightings(self) -> Runs:
        """Each label of each frame once: its number, and `start_ms` and `until_ms` of the frame."""
        return self._runs("sightings", "label, start_ms, until_ms")

    @cached_property
    def seen_from(self) -> Order:
        """When each of the sightings begins."""
        return Order(self.sightings, "start_ms")

    @cached_property
    def seen_until(self) -> Order:
        """When each of the sightings ends."""
        return Order(self.sightings, "until_ms")

    def _runs(self, table: str, columns: str) -> Runs:
        counts = self._fetch(
            f"""SELECT count(t.fingerprint) AS rows FROM videos v LEFT JOIN {table} t USING (fingerprint)
                GROUP BY v.fingerprint ORDER BY v.fingerprint""",
            {},
        )["rows"]
        found = self._fetch(f"SELECT {columns} FROM {table}", {})
        return Runs(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), found)
