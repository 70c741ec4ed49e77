"""Where in the audio someone speaks: stretches that Whisper reads at once, cut at pauses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000
# 16 s would cost two thirds as much, but cut sentences, and lines are found less exactly.
LONGEST_S = 28.0
JOIN_PAUSE_S = 1.0
_BLOCK_S = 900
_SHORTEST_SILENCE_MS = 160

Audio = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Stretch:
    """Continuous speech: its utterances as (first sample, sample after the last), in order."""

    utterances: tuple[tuple[int, int], ...]

    @property
    def start(self) -> int:
        """The first sample."""
        return self.utterances[0][0]

    @property
    def end(self) -> int:
        """The sample after the last."""
        return self.utterances[-1][1]

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return (self.end - self.start) / SAMPLE_RATE

    def after(self, sample: int) -> Stretch | None:
        """What of it comes after a sample."""
        rest = [(max(start, sample), end) for start, end in self.utterances if end > sample]
        return Stretch(tuple(rest)) if rest else None

    def halves(self) -> tuple[Stretch, Stretch] | None:
        """The two sides of its pause nearest the middle; None where there is no pause."""
        if len(self.utterances) < 2:
            return None
        middle = (self.start + self.end) / 2
        cut = min(
            range(1, len(self.utterances)),
            key=lambda index: abs(self.utterances[index][0] - middle),
        )
        return Stretch(self.utterances[:cut]), Stretch(self.utterances[cut:])


def find_speech(audio: Audio) -> list[Stretch]:
    """The stretches of speech in mono audio at 16 kHz, each at most `LONGEST_S` long."""
    return join(_utterances(audio))


def join(utterances: list[tuple[int, int]]) -> list[Stretch]:
    """Join utterances across short pauses into stretches of at most `LONGEST_S`."""
    stretches: list[Stretch] = []
    held: list[tuple[int, int]] = []
    for start, end in utterances:
        paused = bool(held) and start - held[-1][1] > JOIN_PAUSE_S * SAMPLE_RATE
        too_long = bool(held) and end - held[0][0] > LONGEST_S * SAMPLE_RATE
        if paused or too_long:
            stretches.append(Stretch(tuple(held)))
            held = []
        held.append((start, end))
    if held:
        stretches.append(Stretch(tuple(held)))
    return stretches


def _utterances(audio: Audio) -> list[tuple[int, int]]:
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        max_speech_duration_s=LONGEST_S, min_silence_duration_ms=_SHORTEST_SILENCE_MS
    )
    found: list[tuple[int, int]] = []
    block = _BLOCK_S * SAMPLE_RATE
    for offset in range(0, len(audio), block):  # bounds the detector's memory
        for region in get_speech_timestamps(audio[offset : offset + block], options):
            found.append((offset + int(region["start"]), offset + int(region["end"])))
    return found
