"""Whisper on CTranslate2: speech to sentences with timed words, the language found per stretch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.models.decoding import Decoded, Decoder, Encode
from gaze_pipeline.models.device import cores, pick
from gaze_pipeline.models.sentences import Segment, Word, segments
from gaze_pipeline.models.speech import SAMPLE_RATE, Audio, Stretch, find_speech
from gaze_pipeline.models.speech_encoder import Ranked, SpeechEncoder

BATCH = 8  # more are no faster, and take more memory
WORKERS = 4
_UNREAD_S = 2.0
_CLEAR_LANGUAGE = 0.6
_SECOND_LANGUAGE = 0.2
_REPETITIVE = 2.4
_UNSURE = -0.9
_SPLIT_UNSURE_S = 8.0  # shorter ones read no better in two
_NO_SPEECH = 0.6


@dataclass(frozen=True)
class _Outcome:
    """What came of reading a stretch: words with times in the audio, and what to read next."""

    stretch: Stretch
    language: str = ""
    words: tuple[Word, ...] = ()
    again: tuple[Stretch, ...] = ()


class Whisper:
    """A loaded Whisper model; threads may share it."""

    def __init__(self, decoder: Decoder, device: str) -> None:
        self._decoder = decoder
        self.device = device

    @classmethod
    def load(cls, directory: Path, device: str = "auto", threads: int = 0) -> Whisper:
        """Load from files: int8 on a CPU, float16 on a GPU whose libraries are there.

        Raises GazeError(MODEL_CORRUPT).
        """
        name, threads = pick(device).name, threads or cores()
        try:
            try:
                model = _open(directory, name, threads)
            except RuntimeError:
                if name == "cpu" or device != "auto":
                    raise
                name = "cpu"
                model = _open(directory, name, threads)
        except (RuntimeError, ValueError, OSError) as error:
            raise GazeError(ErrorCode.MODEL_CORRUPT, directory, str(error)) from error
        encoder = _encoder(directory, model, name, threads)
        return cls(Decoder(model, encoder, _workers(name, threads)), name)

    def transcribe(
        self,
        audio: Audio,
        language: str | None = None,
        on_progress: Callable[[float], None] | None = None,
    ) -> list[Segment]:
        """Mono float32 audio [n] at 16 kHz to sentences in order of time; none if nobody speaks.

        `language` (ISO 639) skips its recognition; `on_progress` is given the share done, 0..1.
        """
        waiting = find_speech(audio)
        total = sum(stretch.seconds for stretch in waiting)
        heard: set[str] = set()
        outcomes: list[_Outcome] = []
        while waiting:
            waiting.sort(key=lambda stretch: stretch.seconds)  # equals share a batch
            batch = [waiting.pop() for _ in range(min(BATCH, len(waiting)))]
            for outcome in self._read(audio, batch, language, heard):
                outcomes.append(outcome)
                waiting += outcome.again
            if on_progress is not None:
                on_progress(1.0 - sum(stretch.seconds for stretch in waiting) / total)
        outcomes.sort(key=lambda outcome: outcome.stretch.start)
        return [
            segment for outcome in outcomes for segment in segments(outcome.words, outcome.language)
        ]

    def _read(
        self, audio: Audio, batch: list[Stretch], language: str | None, heard: set[str]
    ) -> list[_Outcome]:
        def choose(ranked: list[Ranked]) -> list[str]:
            if language is not None:
                return [language] * len(ranked)
            heard.update(entry[0][0] for entry in ranked if entry[0][1] >= _CLEAR_LANGUAGE)
            return [_likeliest(entry, heard) for entry in ranked]

        clips = [audio[stretch.start : stretch.end] for stretch in batch]
        outcomes = []
        for stretch, clip, decoded in zip(
            batch, clips, self._decoder.decode(clips, choose), strict=True
        ):
            halves = stretch.halves()
            if halves and _troubled(decoded, stretch, language is None):
                outcomes.append(_Outcome(stretch, again=halves))
                continue
            if decoded.repetition > _REPETITIVE:
                decoded = self._decoder.decode([clip], choose, careful=True)[0]
            outcomes.append(_settle(stretch, decoded))
        return outcomes


def _open(directory: Path, device: str, threads: int) -> Any:
    from faster_whisper import WhisperModel

    model = WhisperModel(
        str(directory),
        device=device,
        compute_type="float16" if device == "cuda" else "int8",
        cpu_threads=threads // _workers(device, threads),
        num_workers=_workers(device, threads),
    )
    if device == "cuda":  # CUDA's libraries are looked for at the first use
        model.encode(model.feature_extractor(np.zeros(SAMPLE_RATE, dtype=np.float32)))
    return model


def _workers(device: str, threads: int) -> int:
    """How many take up a lot of clips each, with as many of the threads each."""
    return min(threads, WORKERS) if device == "cpu" else 1


def _encoder(directory: Path, model: Any, device: str, threads: int) -> Encode | None:
    """What encodes faster than the model itself on a CPU; None for a file that it cannot be made from."""
    if device != "cpu":
        return None
    try:
        each = threads // _workers(device, threads)
        return SpeechEncoder(directory / "model.bin", model.hf_tokenizer, each).encode
    except (KeyError, ValueError):
        return None


def _likeliest(ranked: Ranked, heard: set[str]) -> str:
    """The language of a clip: an unclear one speaks a language that is clear elsewhere."""
    known = [entry for entry in ranked if entry[0] in heard]
    return (known if ranked[0][1] < _CLEAR_LANGUAGE and known else ranked)[0][0]


def _troubled(decoded: Decoded, stretch: Stretch, recognised: bool) -> bool:
    """Whether a clip is better read in two: it mixes languages, repeats itself, or is unsure."""
    mixed = recognised and decoded.ranked[1][1] >= _SECOND_LANGUAGE
    unsure = decoded.average_log < _UNSURE and stretch.seconds > _SPLIT_UNSURE_S
    return mixed or unsure or decoded.repetition > _REPETITIVE


def _settle(stretch: Stretch, decoded: Decoded) -> _Outcome:
    """The words of a clip as they lie in the audio, and the speech after them if any is left."""
    silent = decoded.no_speech > _NO_SPEECH and decoded.average_log < _UNSURE
    if silent or decoded.repetition > _REPETITIVE or not decoded.words:
        return _Outcome(stretch)
    offset = round(stretch.start * 1000 / SAMPLE_RATE)
    words = tuple(
        replace(word, start_ms=word.start_ms + offset, end_ms=word.end_ms + offset)
        for word in decoded.words
    )
    rest = stretch.after(words[-1].end_ms * SAMPLE_RATE // 1000)
    again = (rest,) if rest is not None and rest.seconds >= _UNREAD_S else ()
    return _Outcome(stretch, decoded.language, words, again)
