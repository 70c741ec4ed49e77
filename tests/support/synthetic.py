"""A data root made up in seconds: artifacts and catalog rows as the stages would have left them.

    root = SyntheticRoot(tmp_path)
    root.add(Film("a" * 16, lines=[Line(0, 2000, "the quick fox")], labels={3: ["dog"]}))
    publish(root.workspace)

`fill` adds any number of films whose words follow Zipf's law and whose frame vectors lie in clusters.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from unittest import mock

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gaze_pipeline.models.scripts import script_of
from gaze_pipeline.settings import Settings
from gaze_pipeline.states import Stage, Status
from gaze_pipeline.store import schemas
from gaze_pipeline.store.artifacts import Recipe
from gaze_pipeline.store.catalog.rows import FileRow
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_pipeline.workspace import Workspace

MODEL_ID = "openclip-vit-b-32"
SENTENCE_MODEL_ID = "multilingual-e5-small"
LABELS = ("person", "dog", "cat", "car", "cup", "dining table")
TOPICS = 32


@dataclass(frozen=True)
class Line:
    """A spoken line."""

    start_ms: int
    end_ms: int
    text: str
    language: str = "en"


@dataclass(frozen=True)
class Written:
    """A line of text on screen; its box is x, y, w, h as fractions of the frame."""

    start_ms: int
    end_ms: int
    text: str
    box: tuple[float, float, float, float] = (0.1, 0.2, 0.5, 0.1)


@dataclass(frozen=True)
class Film:
    """A video: its lines, the vector of each frame [frames, dimensions], labels by frame index.

    None in place of lines, vectors, meanings (the vector of each line, [lines, dimensions]) or texts leaves
    that stage undone. `sure` is how sure the detector was.
    """

    fingerprint: str
    lines: Sequence[Line] | None = ()
    vectors: npt.NDArray[np.float32] | None = None
    labels: Mapping[int, Sequence[str]] = field(default_factory=dict)
    frames: int = 0
    every_ms: int = 2000
    library: str = "films"
    path: Path | None = None
    sure: float = 0.8
    meanings: npt.NDArray[np.float32] | None = None
    texts: Sequence[Written] | None = None

    @property
    def frame_count(self) -> int:
        """How many frames were sampled."""
        return self.frames if self.vectors is None else len(self.vectors)

    @property
    def duration_ms(self) -> int:
        """As long as its frames and lines need."""
        lines = [*(self.lines or ()), *(self.texts or ())]
        spoken = max((line.end_ms for line in lines), default=0)
        return max(self.frame_count * self.every_ms, spoken, 1000)


class SyntheticRoot:
    """A data root without any media."""

    def __init__(self, root: Path, dimensions: int = 64, seed: int = 0) -> None:
        self.root = root
        self.dimensions = dimensions
        self.rng = np.random.default_rng(seed)
        self.topics = unit(self.rng.standard_normal((TOPICS, dimensions)))
        """Centres of the clusters of frame vectors, [TOPICS, dimensions]."""

    @cached_property
    def settings(self) -> Settings:
        """The settings of this root."""
        return Settings(root=self.root)

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace of this root."""
        return Workspace(self.settings)

    def add(self, film: Film) -> None:
        """Write what the stages would have written for a film."""
        self._register(film)
        self._write(film, Stage.AUDIO, _audio(film))
        self._write(film, Stage.FRAMES, _frames(film))
        self._write(film, Stage.DETECTIONS, _detections(film))
        if film.lines is not None:
            self._write(film, Stage.TRANSCRIPT, _transcript(film))
        if film.vectors is not None:
            self._write(film, Stage.EMBEDDINGS, _embeddings(film))
        if film.meanings is not None:
            self._write(film, Stage.MEANINGS, _meanings(film))
        if film.texts is not None:
            self._write(film, Stage.TEXTS, _texts(film))

    def fill(self, films: int, lines: int = 100, frames: int = 30, words: int = 12) -> None:
        """Add many films; without syncing each file to the disk, which only a real one needs."""
        known = np.array(vocabulary(self.rng, 20_000))
        weights = 1 / np.arange(1, len(known) + 1)
        weights /= weights.sum()
        with unsynced():
            for number in range(films):
                said = self.rng.choice(known, (lines, words), p=weights)
                self.add(
                    Film(
                        hashlib.sha256(f"film {number}".encode()).hexdigest()[:16],
                        [
                            Line(3000 * i, 3000 * i + 2500, " ".join(row))
                            for i, row in enumerate(said)
                        ],
                        self.near_topics(self.rng.integers(0, TOPICS, frames)),
                        {i: [str(self.rng.choice(LABELS))] for i in range(0, frames, 2)},
                        library=f"library {number % 3}",
                    )
                )

    def near_topics(self, topics: npt.ArrayLike, spread: float = 0.5) -> npt.NDArray[np.float32]:
        """A vector near each of the numbered topics, float32 [n, dimensions], unit length."""
        centres = self.topics[np.asarray(topics, dtype=int)]
        noise = self.rng.standard_normal(centres.shape) * spread / self.dimensions**0.5
        return unit(centres + noise)

    def _register(self, film: Film) -> None:
        facts = {
            "fingerprint": film.fingerprint,
            "duration_ms": film.duration_ms,
            "width": 1280,
            "height": 720,
            "rotation": 0,
            "fps": 25.0,
            "container": "mp4",
            "audio_streams": 1,
            "other_audio_first": False,
        }
        self.workspace.artifacts.write_facts(
            film.fingerprint, pa.Table.from_pylist([facts], schema=schemas.MEDIA)
        )
        path = film.path or Path("/films") / f"{film.fingerprint}.mp4"
        catalog = self.workspace.catalog
        catalog.files.record([FileRow(path, film.library, 1000, 1, film.fingerprint)])
        catalog.videos.add(film.fingerprint, film.duration_ms)

    def _write(self, film: Film, stage: Stage, table: pa.Table) -> None:
        model = {Stage.EMBEDDINGS: MODEL_ID, Stage.MEANINGS: SENTENCE_MODEL_ID}.get(stage, "")
        self.workspace.artifacts.write(film.fingerprint, stage, table, Recipe(model))
        self.workspace.catalog.stages.settle(film.fingerprint, stage, Status.DONE)


def said(snapshot: Snapshot, token: str) -> list[str]:
    """The lines of a snapshot that hold a word."""
    rows = snapshot.rows(
        "SELECT text FROM segments WHERE fts_main_segments.match_bm25(id, $token) IS NOT NULL",
        {"token": token},
    )
    return [text for (text,) in rows]


def unit(vectors: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """The rows, scaled to length 1."""
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def vocabulary(rng: np.random.Generator, size: int) -> list[str]:
    """About so many made-up words, each once."""
    onsets, vowels = list("bcdfghklmnprstvw"), list("aeiou")
    syllables = [onset + vowel for onset in onsets for vowel in vowels]
    words = {"".join(rng.choice(syllables, rng.integers(2, 5))) for _ in range(size)}
    return sorted(words, key=lambda word: hashlib.md5(word.encode()).digest())


@contextlib.contextmanager
def unsynced() -> Iterator[None]:
    """Without bringing each file to the disk, which only a real root needs."""
    with mock.patch("gaze_pipeline.store.paths.sync"):
        yield


def _audio(film: Film) -> pa.Table:
    row = {
        "fingerprint": film.fingerprint,
        "duration_ms": film.duration_ms,
        "has_audio": bool(film.lines),
    }
    return pa.Table.from_pylist([row], schema=schemas.AUDIO)


def _transcript(film: Film) -> pa.Table:
    rows = [
        {
            "fingerprint": film.fingerprint,
            "segment_index": index,
            "start_ms": line.start_ms,
            "end_ms": line.end_ms,
            "text": line.text,
            "language": line.language,
            "confidence": 0.9,
            "words": [],
        }
        for index, line in enumerate(film.lines or ())
    ]
    return pa.Table.from_pylist(rows, schema=schemas.TRANSCRIPT)


def _texts(film: Film) -> pa.Table:
    rows = [
        {
            "fingerprint": film.fingerprint,
            "span_index": index,
            "start_ms": line.start_ms,
            "end_ms": line.end_ms,
            "text": line.text,
            "script": script_of(line.text),
            "confidence": 0.9,
            **dict(zip("xywh", line.box, strict=True)),
        }
        for index, line in enumerate(film.texts or ())
    ]
    return pa.Table.from_pylist(rows, schema=schemas.TEXTS)


def _frames(film: Film) -> pa.Table:
    rows = [
        {**_frame(film, index), "thumbnail": f"thumbnails/{index:06d}.jpg"}
        for index in range(film.frame_count)
    ]
    return pa.Table.from_pylist(rows, schema=schemas.FRAMES)


def _detections(film: Film) -> pa.Table:
    box = {"confidence": film.sure, "x": 0.1, "y": 0.1, "w": 0.5, "h": 0.5}
    rows = [
        {**_frame(film, index), "label": label, **box}
        for index, labels in film.labels.items()
        for label in labels
    ]
    return pa.Table.from_pylist(rows, schema=schemas.DETECTIONS)


def _embeddings(film: Film) -> pa.Table:
    vectors = np.asarray(film.vectors, np.float16)
    count, dimensions = vectors.shape
    columns = [
        pa.array([film.fingerprint] * count, pa.string()),
        pa.array(range(count), pa.int32()),
        pa.array([index * film.every_ms for index in range(count)], pa.int64()),
        pa.array([MODEL_ID] * count, pa.string()),
        pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), dimensions),
    ]
    return pa.Table.from_arrays(columns, schema=schemas.embeddings(dimensions))


def _meanings(film: Film) -> pa.Table:
    vectors, lines = np.asarray(film.meanings, np.float16), film.lines or ()
    columns = [
        pa.array([film.fingerprint] * len(lines), pa.string()),
        pa.array(range(len(lines)), pa.int32()),
        pa.array([line.start_ms for line in lines], pa.int64()),
        pa.array([line.end_ms for line in lines], pa.int64()),
        pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1]),
    ]
    return pa.Table.from_arrays(columns, schema=schemas.meanings(vectors.shape[1]))


def _frame(film: Film, index: int) -> dict[str, str | int]:
    return {
        "fingerprint": film.fingerprint,
        "frame_index": index,
        "timestamp_ms": index * film.every_ms,
    }
