"""A decoded frame of any format -> a small upright RGB image as a player would show it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter

from gaze_pipeline.media.geometry import Image, display_size, fit, orientation

HD_HEIGHT = 720  # px, from here on players take an untagged picture for BT.709
UNSPECIFIED = 2


class Painter:
    """Scales frames down, applies pixel aspect and rotation, lays transparency on black."""

    def __init__(self, aspect: Fraction, max_px: int) -> None:
        self._aspect = aspect
        self._max_px = max_px
        self._reformatter = VideoReformatter()

    def paint(self, frame: VideoFrame) -> Image:
        """uint8 [h, w, 3] RGB, long side at most `max_px`, upright, pixels square."""
        full = display_size(frame.width, frame.height, self._aspect)
        width, height = fit(*full, self._max_px)
        transparent = any(component.is_alpha for component in frame.format.components)
        untagged = frame.colorspace == UNSPECIFIED
        colorspace = Colorspace.ITU709 if frame.height >= HD_HEIGHT else Colorspace.ITU601
        scaled = self._reformatter.reformat(
            frame,
            width,
            height,
            "rgba" if transparent else "rgb24",
            src_colorspace=colorspace if untagged else None,
            interpolation=Interpolation.AREA,
            threads=1,
        )
        image = np.asarray(scaled.to_ndarray(), np.uint8)
        if transparent:
            image = (image[..., :3] * (image[..., 3:] / 255.0)).round().astype(np.uint8)
        return orientation(frame).apply(image)
