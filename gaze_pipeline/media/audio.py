"""The sound of a video as speech models want it: 16 kHz mono, sample 0 at the video's time 0."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from av.audio.frame import AudioFrame

from gaze_pipeline.media.extracts import AudioExtract
from gaze_pipeline.media.output import writing
from gaze_pipeline.media.reader import Progress, Pulse, Reader
from gaze_pipeline.media.source import open_source
from gaze_pipeline.media.timeline import Samples, Timeline, mono
from gaze_pipeline.media.track import RATE


class AudioReader:
    """Iterates over the sound of a file in blocks: float32 [n], 16 kHz mono, about a second each.

    The blocks laid end to end start at the video's time 0. After exhaustion `damage` and
    `has_audio` tell how it went. Raises GazeError as `open_source` does.
    """

    def __init__(self, path: Path, on_progress: Progress | None = None) -> None:
        self._path = path
        self._on_progress = on_progress
        self.damage: str | None = None
        self.has_audio = False

    def __iter__(self) -> Iterator[Samples]:
        with open_source(self._path) as source:
            stream = source.audio
            if stream is None:
                if source.container.streams.audio:
                    self.damage = "no decoder for its audio format is built in"
                return
            self.has_audio = True
            reader = Reader(source, stream, self._on_progress)
            for planes in laid_out(reader, Timeline(RATE)):
                yield mono(planes)
            self.damage = reader.damage


def laid_out(reader: Reader, timeline: Timeline, end: float | None = None) -> Iterator[Samples]:
    """All that `reader` can decode before `end` seconds, as the blocks of `timeline`."""
    for packet in chain(reader, [None]):
        for frame in reader.decode(packet, AudioFrame):
            pts = frame.pts
            at = None if pts is None else reader.source.seconds(pts, reader.stream)
            if at is not None and end is not None and at >= end:
                yield from timeline.finish()
                return
            yield from timeline.add(frame, at)
    yield from timeline.finish()


def extract_audio(path: Path, out: Path, on_progress: Progress | None = None) -> AudioExtract:
    """Write the sound of `path` to `out` as 16 kHz mono 16-bit FLAC, in bounded memory.

    Without an audio stream `out` is a valid FLAC file of no samples. Raises GazeError: as
    `open_source`, or DISK_FULL / FILE_UNREADABLE where `out` cannot be written.
    """
    pulse = Pulse(on_progress)
    reader = AudioReader(path, pulse)
    written = 0
    with writing(out, "flac") as container:
        stream = container.add_stream("flac", rate=RATE, layout="mono", format="s16")
        for block in reader:
            pcm = np.clip(np.rint(block * 32768.0), -32768, 32767).astype(np.int16)
            frame = AudioFrame.from_ndarray(pcm[None, :], format="s16", layout="mono")
            frame.sample_rate = RATE
            frame.pts = written
            written += len(pcm)
            container.mux(stream.encode(frame))
            pulse.beat()  # a gap may be filled with hours of silence
        container.mux(stream.encode(None))
    return AudioExtract(written * 1000 // RATE, reader.has_audio, reader.damage)
