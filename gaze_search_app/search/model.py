"""What a search is asked and what it answers; the CLI's `--json` and the HTTP API carry these models."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, model_validator

QUERY_MAX = 1000
"""The longest query, in characters."""


class Mode(StrEnum):
    """Which channels are searched: speech, pictures with the text in them, or all."""

    TRANSCRIPT = "transcript"
    VISUAL = "visual"
    BOTH = "both"


STRONG, POSSIBLE = 0.75, 0.5
"""From which scores on a moment is called so; below it is weak."""


class Confidence(StrEnum):
    """How sure a moment is; `weak` ones convince nobody and are given only on request."""

    STRONG = "strong"
    POSSIBLE = "possible"
    WEAK = "weak"


class LineFoundBy(StrEnum):
    """Why a line answers: it holds words of the query, or only means what is asked for."""

    WORDS = "words"
    MEANING = "meaning"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FrameRef(_Frozen):
    """The picture on screen in a video at a time."""

    fingerprint: str
    at_ms: int = Field(ge=0)


class SearchRequest(_Frozen):
    """A query (see `search.parser`) with its filters. An empty list filters nothing.

    `mode` decides where plain words are searched; terms like `say:` and `see:` say it themselves. With
    `weak` the answer goes on with the moments that do not convince. A query may have an example, and then
    needs no words: `picture`, the content of a picture file (base64 in JSON), or `like`, a frame that is
    in the library.
    """

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    query: str = Field(default="", max_length=QUERY_MAX)
    picture: bytes | None = Field(default=None, repr=False)
    like: FrameRef | None = None
    mode: Mode = Mode.BOTH
    labels: list[str] = []
    libraries: list[str] = []
    fingerprints: list[str] = []
    weak: bool = False
    limit: int = Field(default=20, ge=1, le=500)
    offset: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _one_example(self) -> SearchRequest:
        if self.picture is not None and self.like is not None:
            raise ValueError("either a picture or a frame of the library, not both")
        return self

    @property
    def exemplified(self) -> bool:
        """Whether it has an example."""
        return self.picture is not None or self.like is not None


class Box(_Frozen):
    """A rectangle as fractions of the upright frame, x and y of the upper left."""

    x: float
    y: float
    w: float
    h: float


class Evidence(_Frozen):
    """Where one part of a query is met within a moment; the values are as those of a moment."""

    part: str
    start_ms: int
    end_ms: int
    score: float
    speech_score: float | None = None
    visual_score: float | None = None
    text_score: float | None = None
    snippet: str | None = None
    marks: list[tuple[int, int]] = []
    snippet_start_ms: int | None = None
    by: LineFoundBy | None = None
    text: str | None = None
    text_marks: list[tuple[int, int]] = []
    boxes: list[Box] = []
    frame_index: int | None = None
    frame_ms: int | None = None


class Copy(_Frozen):
    """The same content in another video; `original` is whether that is the best one there is."""

    fingerprint: str
    path: str
    start_ms: int
    end_ms: int
    original: bool


class Moment(_Frozen):
    """A stretch of one video that answers the query, with the evidence of each channel.

    Times are ms from the start of the video; scores are 0..1. `marks` are the [start, end) character
    ranges of `snippet` that match the query; `by` tells why it does. `text` is what is written on the
    screen and `text_marks` what of it matches. `frame_index` names the best frame's thumbnail, `boxes` where
    in it the text stands. `evidence` is given, in order, for each part of a query that has several.
    `copies` are the other videos that hold the same content.
    """

    fingerprint: str
    path: str
    paths: list[str]
    libraries: list[str]
    start_ms: int
    end_ms: int
    score: float
    confidence: Confidence
    speech_score: float | None = None
    visual_score: float | None = None
    text_score: float | None = None
    snippet: str | None = None
    marks: list[tuple[int, int]] = []
    snippet_start_ms: int | None = None
    by: LineFoundBy | None = None
    text: str | None = None
    text_marks: list[tuple[int, int]] = []
    boxes: list[Box] = []
    frame_index: int | None = None
    frame_ms: int | None = None
    labels: list[str] = []
    evidence: list[Evidence] = []
    copies: list[Copy] = []


class Unsearched(_Frozen):
    """A video that a channel could not search, and why (an error code or a state)."""

    fingerprint: str
    path: str
    reason: str


class ChannelCoverage(_Frozen):
    """How much of the asked-for library one channel searched; `asked` is whether the query includes it."""

    asked: bool = True
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
    meaning: ChannelCoverage
    visual: ChannelCoverage
    text: ChannelCoverage


class Reading(_Frozen):
    """How a query was read, in the query language, and what a person should know about it."""

    text: str
    notes: list[str] = []


class SearchResponse(_Frozen):
    """One page of moments, best first. `total` counts the moments of all pages, `weak` those that do not
    convince: they come last, or not at all unless they were asked for.
    """

    reading: Reading
    moments: list[Moment]
    total: int
    weak: int
    coverage: Coverage
    took_ms: float
