"""The models of one process: each loaded when first asked for, once."""

from __future__ import annotations

import threading
from pathlib import Path

from gaze_pipeline.models.clip import Clip
from gaze_pipeline.models.clip_text import ClipText
from gaze_pipeline.models.detector import Detector
from gaze_pipeline.models.installed import ModelStatus, model_dir, status
from gaze_pipeline.models.manifest import Kind, Manifest, ModelSpec
from gaze_pipeline.models.ocr import TextReader
from gaze_pipeline.models.sentence_encoder import SentenceEncoder
from gaze_pipeline.models.whisper import Whisper


class Models:
    """Loads models on demand; threads may share it.

    Asking for a model that is not there raises GazeError(MODEL_MISSING | MODEL_CORRUPT); asking again
    after it was installed succeeds.
    """

    def __init__(
        self,
        manifest: Manifest,
        models_dir: Path,
        device: str = "auto",
        threads: int = 0,
        min_confidence: float = 0.4,
    ) -> None:
        self.manifest = manifest
        self.models_dir = models_dir
        self._device = device
        self._threads = threads
        self._min_confidence = min_confidence
        self._lock = threading.Lock()
        self._whisper: Whisper | None = None
        self._clip: Clip | None = None
        self._clip_text: ClipText | None = None
        self._detector: Detector | None = None
        self._sentence_encoder: SentenceEncoder | None = None
        self._text_reader: TextReader | None = None

    def spec(self, kind: Kind) -> ModelSpec:
        """The model that serves a purpose, loaded or not."""
        return self.manifest.of_kind(kind)

    def status(self) -> list[ModelStatus]:
        """How each model stands on disk."""
        return [status(spec, self.models_dir) for spec in self.manifest.models]

    def whisper(self) -> Whisper:
        """The speech model."""
        with self._lock:
            if self._whisper is None:
                directory = self._directory("whisper")
                self._whisper = Whisper.load(directory, self._device, self._threads)
            return self._whisper

    def clip(self) -> Clip:
        """The image side of the image model."""
        with self._lock:
            if self._clip is None:
                spec, directory = self.spec("clip"), self._directory("clip")
                self._clip = Clip.load(spec.id, directory, spec.params, self._device, self._threads)
            return self._clip

    def clip_text(self) -> ClipText:
        """The text side of the image model; needs neither torch nor a GPU."""
        with self._lock:
            if self._clip_text is None:
                spec, directory = self.spec("clip"), self._directory("clip")
                self._clip_text = ClipText.load(spec.id, directory, spec.params)
            return self._clip_text

    def detector(self) -> Detector:
        """The model of things in pictures."""
        with self._lock:
            if self._detector is None:
                directory = self._directory("detector")
                self._detector = Detector.load(
                    directory, self._min_confidence, self._device, self._threads
                )
            return self._detector

    def sentence_encoder(self) -> SentenceEncoder:
        """The model of what sentences mean; needs neither torch nor a GPU."""
        with self._lock:
            if self._sentence_encoder is None:
                spec, directory = self.spec("sentence"), self._directory("sentence")
                self._sentence_encoder = SentenceEncoder.load(spec.id, directory)
            return self._sentence_encoder

    def text_reader(self) -> TextReader:
        """The models of text in pictures; they come with their package."""
        with self._lock:
            if self._text_reader is None:
                self._text_reader = TextReader.load()
            return self._text_reader

    def _directory(self, kind: Kind) -> Path:
        return model_dir(self.spec(kind), self.models_dir)
