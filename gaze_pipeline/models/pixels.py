"""Pictures as CLIP sees them: the same numbers as open_clip's own transform, a batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Preprocess:
    """Resize the short side to `size` (bicubic), cut the middle square, normalise each channel."""

    size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def batch(self, images: Sequence[npt.NDArray[np.uint8]]) -> npt.NDArray[np.float32]:
        """Images uint8 [height, width, 3] to float32 [n, 3, size, size]."""
        squares = np.stack([self._square(image) for image in images])
        scale = 1.0 / (255.0 * np.array(self.std, dtype=np.float32))
        shift = np.array(self.mean, dtype=np.float32) / np.array(self.std, dtype=np.float32)
        pixels = squares.astype(np.float32) * scale.astype(np.float32) - shift
        return np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))

    def _square(self, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        from PIL import Image

        height, width = image.shape[:2]
        short = min(height, width)
        resized = (int(self.size * width / short), int(self.size * height / short))
        picture = Image.fromarray(np.ascontiguousarray(image))
        if picture.size != resized:
            picture = picture.resize(resized, Image.Resampling.BICUBIC)
        left = round((resized[0] - self.size) / 2)
        top = round((resized[1] - self.size) / 2)
        return np.asarray(picture.crop((left, top, left + self.size, top + self.size)))
