"""What a search is asked and what it answers; the CLI's `--json` and the HTTP API carry these models."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Mode(StrEnum):
    """Which channels are searched."""

    TRANSCRIPT = "transcript"
    VISUAL = "visual"
    BOTH = "both"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SearchRequest(_Frozen):
    """A query with its filters. An empty list filters nothing."""

    query: str = Field(max_length=1000)
    mode: Mode = Mode.BOTH
    labels: list[str] = []
    libraries: list[str] = []
    fingerprints: list[str] = []
    limit: int = Field(default=20, ge=1, le=500)
    offset: int = Field(default=0, ge=0)


class Moment(_Frozen):
    """A stretch of one video that answers the query, with the evidence of each channel.

    Times are ms from the start of the video; scores are 0..1. `marks` are the [start, end) character
    ranges of `snippet` that match the query. `frame_index` names the best frame's thumbnail.
    """

    fingerprint: str
    path: str
    paths: list[str]
    libraries: list[str]
    start_ms: int
    end_ms: int
    score: float
    speech_score: float | None = None
    visual_score: float | None = None
    snippet: str | None = None
    marks: list[tuple[int, int]] = []
    snippet_start_ms: int | None = None
    frame_index: int | None = None
    frame_ms: int | None = None
    labels: list[str] = []


class Unsearched(_Frozen):
    """A video that a channel could not search, and why (an error code or a state)."""

    fingerprint: str
    path: str
    reason: str


class ChannelCoverage(_Frozen):
    """How much of the asked-for library one channel searched."""

    searched: bool
    reason: str | None = None
    videos: int
    videos_total: int
    duration_ms: int
    duration_total_ms: int
    unsearched: list[Unsearched] = []


class Coverage(_Frozen):
    """What an answer covers. `snapshot` is the number of the published snapshot that answered."""

    snapshot: int
    transcript: ChannelCoverage
    visual: ChannelCoverage


class SearchResponse(_Frozen):
    """One page of moments, best first. `total` counts the moments of all pages."""

    moments: list[Moment]
    total: int
    coverage: Coverage
    took_ms: float
