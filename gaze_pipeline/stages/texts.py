"""TEXTS: what is written on the screen, as lines with their place, from when to when.

The thumbnails tell which frames show lines that were not there before; only these are decoded again, large
enough to read small letters. Most of a talk's frames repeat a slide, and most of a film's have no text.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa

from gaze_pipeline.media.extracts import frame_name
from gaze_pipeline.media.images import decode_jpeg
from gaze_pipeline.models.manifest import Kind
from gaze_pipeline.models.ocr import GLANCE_PX, MODEL_ID, READ_PX, TextReader, WrittenLine
from gaze_pipeline.models.scripts import script_of
from gaze_pipeline.stages.text_frames import Watcher, Writing
from gaze_pipeline.stages.text_spans import Shown, is_text, spans
from gaze_pipeline.stages.thumbnails import batches, damage
from gaze_pipeline.stages.work import OnProgress, Product, frame_recipe, source
from gaze_pipeline.states import Stage
from gaze_pipeline.store import schemas
from gaze_pipeline.store.artifacts import Recipe, disk_error
from gaze_pipeline.workspace import Workspace

MODEL: Kind | None = None

_READING = 3
"""Counts how often it has changed what the same models read: what was read before is read again."""
_AT_ONCE = 200
"""Frames that are decoded large at a time: some 30 MB on the disk."""
_LOOKING = 0.6
"""The share of the work that goes into looking for text."""


def recipe(workspace: Workspace) -> Recipe:
    """The models and how sure they must be, over the frames as sampled."""
    chosen = {
        "glance_px": GLANCE_PX,
        "read_px": READ_PX,
        "reading": _READING,
        "min_confidence": workspace.settings.text.min_confidence,
    }
    return Recipe(MODEL_ID, {**frame_recipe(workspace.settings).parameters, **chosen})


def make(fingerprint: str, workspace: Workspace, on_progress: OnProgress) -> Product:
    """Look through the thumbnails, read the frames whose text is new, and join what stays."""
    reader = workspace.models.text_reader()
    watcher = Watcher(reader)
    for batch in batches(fingerprint, workspace, lambda part: on_progress(part * _LOOKING)):
        watcher.look(batch)
    shown = _shown(watcher.writings, reader, fingerprint, workspace, on_progress)
    rows = [
        {
            "fingerprint": fingerprint,
            "span_index": index,
            "start_ms": span.start_ms,
            "end_ms": span.end_ms,
            "text": span.line.text,
            "script": script_of(span.line.text),
            "confidence": span.line.confidence,
            **asdict(span.line.box),
        }
        for index, span in enumerate(spans(shown))
    ]
    table = pa.Table.from_pylist(rows, schema=schemas.TEXTS)
    return Product(table, damage(fingerprint, workspace))


def _shown(
    writings: Sequence[Writing],
    reader: TextReader,
    fingerprint: str,
    workspace: Workspace,
    on_progress: OnProgress,
) -> Iterator[Shown]:
    """What is written in each of the frames, from when until when."""
    least = workspace.settings.text.min_confidence
    ends = _ends(fingerprint, workspace)
    large = [writing for writing in writings if not writing.is_read]
    read = dict(_read(large, reader, fingerprint, workspace, on_progress))
    for writing in writings:
        lines = read.get(writing.first, writing.lines) or ()
        sure = [line for line in lines if is_text(line, least, writing.stays)]
        yield Shown(writing.timestamp_ms, ends[writing.last], sure)


def _read(
    writings: Sequence[Writing],
    reader: TextReader,
    fingerprint: str,
    workspace: Workspace,
    on_progress: OnProgress,
) -> Iterator[tuple[int, Sequence[WrittenLine]]]:
    """The lines of each of the frames, by its number, decoded large."""
    done = 0
    for first in range(0, len(writings), _AT_ONCE):
        group = writings[first : first + _AT_ONCE]
        with _Enlarged(group, fingerprint, workspace) as enlarged:
            for writing in group:
                image = enlarged.get(writing.timestamp_ms)
                yield writing.first, reader.read(decode_jpeg(image)) if image else []
                done += 1
                on_progress(_LOOKING + (1 - _LOOKING) * done / len(writings))


def _ends(fingerprint: str, workspace: Workspace) -> list[int]:
    """Until when each frame is shown: to the next one, or the end of the video; in ms."""
    frames = workspace.artifacts.read(fingerprint, Stage.FRAMES, ["timestamp_ms"])
    times: list[int] = frames["timestamp_ms"].to_pylist()
    duration = workspace.artifacts.read_facts(fingerprint)["duration_ms"][0].as_py()
    return [*times[1:], max(times[-1] + 1, duration)] if times else []


class _Enlarged:
    """The frames of some writings, decoded large into a folder that goes with it; by their time in ms."""

    def __init__(self, group: Sequence[Writing], fingerprint: str, workspace: Workspace) -> None:
        self._times = [writing.timestamp_ms for writing in group]
        self._workspace = workspace
        self._fingerprint = fingerprint
        self._folder = workspace.paths.video(fingerprint) / f".reading.{os.getpid()}.tmp"

    def __enter__(self) -> dict[int, Path]:
        path = source(self._fingerprint, self._workspace)
        shutil.rmtree(self._folder, ignore_errors=True)
        try:
            self._folder.mkdir(parents=True)
            extract = self._workspace.decoder.write_frames_at(
                path, self._folder, self._times, READ_PX
            )
        except BaseException as error:
            self.__exit__()
            if isinstance(error, OSError):
                raise disk_error(error, self._folder) from error
            raise
        return {
            time: self._folder / frame_name(number)
            for number, time in enumerate(extract.timestamps_ms)
        }

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
