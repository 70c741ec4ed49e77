"""One batch of speech through Whisper: language, text and timed words of each clip.

Features are padded to the longest clip of a lot, not to Whisper's half minute: the encoder, most of the
cost, is then paid for speech only.

Products of so few clips gain little from a second thread: two lots with a thread each took three quarters
of the time of one with two threads. So a batch is dealt out to workers.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from gaze_pipeline.models.sentences import Word
from gaze_pipeline.models.speech import Audio
from gaze_pipeline.models.speech_encoder import Ranked
from gaze_pipeline.models.vectors import Vectors

_FRAMES_PER_S = 100
_LONGEST_FRAMES = 3000
_MARGIN_FRAMES = 200  # with no silence after the last word Whisper starts over
_LONGEST_TOKENS = 448
_TOKENS_PER_S = 14
_TOKENS_LEAST = 40
_OPENING, _CLOSING = "\"'“¿([{-", "\"'.。,，!！?？:：”)]}、"
_WORD_LEAST_S = 0.8

T = TypeVar("T")

Encode = Callable[[Vectors], tuple[Any, list[Ranked]]]
"""Log-mel features [clips, mels, frames] to what the model decodes, and the languages of each clip."""


@dataclass(frozen=True)
class Decoded:
    """What a clip was read as; word times count from its start."""

    language: str
    ranked: Ranked
    words: tuple[Word, ...]
    average_log: float
    no_speech: float
    repetition: float


@dataclass(frozen=True)
class _Heard:
    """What the encoder made of a lot of clips, and how many frames of each are speech."""

    encoded: Any
    ranked: list[Ranked]
    lengths: list[int]


class Decoder:
    """Decodes batches with a faster-whisper model."""

    def __init__(self, model: Any, encode: Encode | None = None, workers: int = 1) -> None:
        """`encode` is an encoder to use in the place of the model's own; `workers` take up a lot each."""
        self._model = model
        self._encode = encode or self._with_its_own
        self._workers = workers
        self._threads = ThreadPoolExecutor(workers, "speech")

    def decode(
        self,
        clips: Sequence[Audio],
        choose: Callable[[list[Ranked]], list[str]],
        careful: bool = False,
    ) -> list[Decoded]:
        """Read clips of less than half a minute; `choose` settles their languages.

        `careful` searches with beams and refuses repeated phrases.
        """
        heard = list(self._threads.map(self._hear, _dealt(clips, self._workers)))
        languages = choose(_gathered([lot.ranked for lot in heard]))
        chosen = _dealt(languages, self._workers)
        read = self._threads.map(self._read, heard, chosen, [careful] * len(heard))
        return _gathered(list(read))

    def _hear(self, clips: Sequence[Audio]) -> _Heard:
        features, lengths = self._features(clips)
        return _Heard(*self._encode(features), lengths)

    def _read(self, heard: _Heard, languages: Sequence[str], careful: bool) -> list[Decoded]:
        from faster_whisper.tokenizer import Tokenizer
        from faster_whisper.transcribe import get_suppressed_tokens

        tokenizers = [
            Tokenizer(self._model.hf_tokenizer, True, task="transcribe", language=language)
            for language in languages
        ]
        results = self._model.model.generate(
            heard.encoded,
            [[*tokenizer.sot_sequence, tokenizer.no_timestamps] for tokenizer in tokenizers],
            beam_size=5 if careful else 1,
            no_repeat_ngram_size=4 if careful else 0,
            max_length=_token_limit(max(heard.lengths)),
            suppress_tokens=get_suppressed_tokens(tokenizers[0], [-1]),
            return_scores=True,
            return_no_speech_prob=True,
        )
        tokens = [
            [token for token in result.sequences_ids[0] if token < tokenizer.eot]
            for result, tokenizer in zip(results, tokenizers, strict=True)
        ]
        aligned = self._align(heard.encoded, tokenizers, tokens, heard.lengths)
        return [
            Decoded(
                language=languages[index],
                ranked=heard.ranked[index],
                words=_words(tokenizers[index], tokens[index], aligned[index]),
                average_log=_average_log(results[index]),
                no_speech=float(results[index].no_speech_prob),
                repetition=_repetition(tokenizers[index].decode(tokens[index])),
            )
            for index in range(len(languages))
        ]

    def _with_its_own(self, features: Vectors) -> tuple[Any, list[Ranked]]:
        encoded = self._model.encode(features)
        return encoded, [
            [(token[2:-2], float(probability)) for token, probability in languages]
            for languages in self._model.model.detect_language(encoded)
        ]

    def _align(
        self,
        encoded: Any,
        tokenizers: Sequence[Any],
        tokens: Sequence[list[int]],
        lengths: Sequence[int],
    ) -> list[Any]:
        """Which frames the tokens of each clip attend to; clips of one language are aligned together."""
        aligned: list[Any] = [None] * len(tokens)
        for start in {tuple(tokenizer.sot_sequence) for tokenizer in tokenizers}:
            rows = [row for row, one in enumerate(tokenizers) if tuple(one.sot_sequence) == start]
            found = self._model.model.align(
                _rows(encoded, rows),
                list(start),
                [tokens[row] for row in rows],
                [lengths[row] for row in rows],
            )
            for row, alignment in zip(rows, found, strict=True):
                aligned[row] = alignment
        return aligned

    def _features(self, clips: Sequence[Audio]) -> tuple[npt.NDArray[np.float32], list[int]]:
        """Log-mel features [clips, mels, frames] and the frames of each that are speech."""
        spectra = [self._model.feature_extractor(clip)[..., :-1] for clip in clips]
        lengths = [min(spectrum.shape[-1], _LONGEST_FRAMES) for spectrum in spectra]
        width = min(_LONGEST_FRAMES, max(lengths) + _MARGIN_FRAMES)
        width += width % 2  # the encoder halves it
        batch = np.zeros((len(clips), spectra[0].shape[0], width), dtype=np.float32)
        for row, spectrum, length in zip(batch, spectra, lengths, strict=True):
            row[:, :length] = spectrum[:, :length]
        return batch, lengths


def _dealt(items: Sequence[T], hands: int) -> list[Sequence[T]]:
    """Items in as many lots as there are hands for, one by one: neighbours are much alike."""
    return [items[first::hands] for first in range(min(hands, len(items)))]


def _gathered(lots: Sequence[Sequence[T]]) -> list[T]:
    """The items of lots in the order they had before they were dealt."""
    return [lots[index % len(lots)][index // len(lots)] for index in range(sum(map(len, lots)))]


def _rows(encoded: Any, rows: Sequence[int]) -> Any:
    """Some clips of an encoded batch [clips, frames, width]."""
    if len(rows) == encoded.shape[0]:
        return encoded
    from ctranslate2 import Device, StorageView

    return StorageView.from_array(np.array(encoded.to_device(Device.cpu))[rows])


def _token_limit(frames: int) -> int:
    return min(_LONGEST_TOKENS, _TOKENS_LEAST + _TOKENS_PER_S * frames // _FRAMES_PER_S)


def _average_log(result: Any) -> float:
    length = len(result.sequences_ids[0])
    return float(result.scores[0]) * length / (length + 1)


def _repetition(text: str) -> float:
    """How well a text compresses: beyond about 2.4 it repeats itself."""
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw))


def _words(tokenizer: Any, tokens: list[int], aligned: Any) -> tuple[Word, ...]:
    """The words of one clip, from the frames that their tokens attend to."""
    from faster_whisper.transcribe import merge_punctuations

    texts, groups = tokenizer.split_to_word_tokens([*tokens, tokenizer.eot])
    if len(groups) < 2:
        return ()
    bounds = np.pad(np.cumsum([len(group) for group in groups[:-1]]), (1, 0))
    text_indices, time_indices = np.array(aligned.alignments).T
    jumps = np.pad(np.diff(text_indices), (1, 0), constant_values=1).astype(bool)
    times = time_indices[jumps] * 2 / _FRAMES_PER_S
    found = [
        {
            "word": text,
            "tokens": group,
            "start": float(times[start]),
            "end": float(times[end]),
            "probability": float(np.mean(aligned.text_token_probs[start:end])),
        }
        for text, group, start, end in zip(texts, groups, bounds[:-1], bounds[1:], strict=False)
    ]
    merge_punctuations(found, _OPENING, _CLOSING)
    return _without_pauses([word for word in found if word["word"]])


def _without_pauses(found: list[dict[str, Any]]) -> tuple[Word, ...]:
    """Alignment gives a pause to the word after it: cut what no word takes."""
    durations = [word["end"] - word["start"] for word in found]
    longest = max(_WORD_LEAST_S, 2.5 * float(np.median(durations))) if durations else 0.0
    words = []
    for index, word in enumerate(found):
        start, end = word["start"], word["end"]
        if end - start > longest and index == len(found) - 1:
            end = start + longest
        elif end - start > longest:
            start = end - longest
        words.append(
            Word(round(start * 1000), round(end * 1000), word["word"], word["probability"])
        )
    return tuple(words)
