"""Decoded audio frames of any rate and layout -> one unbroken line of samples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

JITTER_S = 0.06  # timestamps rounded by a container stay well below this
NAMED_CHANNELS = 8  # beyond these a downmix knows of no place for some of them
OPPOSED = 50.0  # energy ratio of side to middle above which the channels cancel each other

Samples = NDArray[np.float32]


class Timeline:
    """Lays frames on a line of samples that starts at `origin` seconds, filling gaps with silence.

    Blocks are float32 [channels, n], `rate` samples a second, about a second each; one channel
    where the source has one, else two (unless `stereo` forces two).
    """

    def __init__(self, rate: int, origin: float = 0.0, stereo: bool = False) -> None:
        self._rate = rate
        self._origin = origin
        self._stereo = stereo
        self._resampler: AudioResampler | None = None
        self._shape: tuple[str, str, int] | None = None
        self._emitted = 0  # samples of output
        self._run_start = 0.0  # s after the origin, where the unbroken run of frames began
        self._run_samples = 0  # samples of input in it
        self._run_rate = rate
        self._started = False

    def add(self, frame: AudioFrame, at: float | None) -> Iterator[Samples]:
        """Place one frame that starts at `at` seconds (None: right after the one before)."""
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        expected = self._run_start + self._run_samples / self._run_rate
        start = expected if at is None else at - self._origin
        slack = JITTER_S if self._started else 0.0
        if start < expected - slack:
            trimmed = _without_head(frame, round((expected - start) * frame.sample_rate))
            if trimmed is None:
                return
            frame, start = trimmed, expected
        if shape != self._shape or start > expected + slack:
            yield from self.finish()
            yield from self._silence(round(start * self._rate) - self._emitted)
            self._run_start, self._run_samples = start, 0
            self._run_rate, self._shape = frame.sample_rate, shape
            layout = _layout(frame, self._stereo)
            self._resampler = AudioResampler("flt", layout, self._rate, frame_size=self._rate)
        self._started = True
        self._run_samples += frame.samples
        frame.pts = None
        if self._resampler is not None:
            yield from self._emit(self._resampler.resample(frame))

    def finish(self) -> Iterator[Samples]:
        """What is still inside the resampler."""
        if self._resampler is not None:
            yield from self._emit(self._resampler.resample(None))
            self._resampler = None

    def _emit(self, frames: list[AudioFrame]) -> Iterator[Samples]:
        for frame in frames:
            packed = np.asarray(frame.to_ndarray(), np.float32)
            planes = packed.reshape(-1, frame.layout.nb_channels).T
            if len(planes) > 2:
                planes = _all_channels(planes, 2 if self._stereo else 1)
            self._emitted += planes.shape[1]
            yield planes

    def _silence(self, samples: int) -> Iterator[Samples]:
        self._emitted += max(samples, 0)
        while samples > 0:
            yield np.zeros((2 if self._stereo else 1, min(samples, self._rate)), np.float32)
            samples -= self._rate


def mono(planes: Samples) -> Samples:
    """Mix float32 [channels, n] to [n]; channels wired in opposite phase do not cancel out."""
    if len(planes) == 1:
        only: Samples = planes[0]
        return only
    middle: Samples = (planes[0] + planes[1]) * np.float32(0.5)
    side: Samples = (planes[0] - planes[1]) * np.float32(0.5)
    opposed = float(np.dot(side, side)) > OPPOSED * float(np.dot(middle, middle)) + 1e-6
    return side if opposed else middle


def _layout(frame: AudioFrame, stereo: bool) -> str:
    """What to resample to: mono or stereo, or every channel where a downmix would lose some."""
    channels = frame.layout.nb_channels
    if channels > NAMED_CHANNELS:
        return str(frame.layout.name)
    return "mono" if channels == 1 and not stereo else "stereo"


def _all_channels(planes: Samples, copies: int) -> Samples:
    """Mix float32 [channels, n] of unknown places to [copies, n]."""
    mixed = np.clip(planes.sum(axis=0) / np.sqrt(len(planes)), -1.0, 1.0)
    return np.tile(mixed.astype(np.float32), (copies, 1))


def _without_head(frame: AudioFrame, count: int) -> AudioFrame | None:
    """The frame without its first `count` samples, None if nothing is left."""
    # PyAV cannot hand out more planes than this: such a frame is dropped whole.
    if count >= frame.samples or frame.layout.nb_channels > NAMED_CHANNELS:
        return None
    data: Any = frame.to_ndarray()
    channels = 1 if frame.format.is_planar else frame.layout.nb_channels
    rest = AudioFrame.from_ndarray(
        np.ascontiguousarray(data[:, count * channels :]), frame.format.name, frame.layout.name
    )
    rest.sample_rate = frame.sample_rate
    return rest
