"""Queries by a picture: frames of the library as people have them, and photographs of what is not there.

A first answer is right when it is the moment that the picture is of, or a copy of it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageOps
from rich.table import Table

from gaze_pipeline.settings import ModelSettings
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app.search.engine import Engine
from gaze_search_app.search.model import FrameRef, SearchRequest, SearchResponse
from tests.conftest import SHARED_MEDIA
from tests.quality.library import prepare

FRAMES = 8
"""So many frames are treated in each way."""
Treat = Callable[[Image.Image], Image.Image]


def _crop(share: float) -> Treat:
    def cropped(picture: Image.Image) -> Image.Image:
        width, height = picture.size
        x, y = width * (1 - share) / 2, height * (1 - share) / 2
        return picture.crop((round(x), round(y), round(width - x), round(height - y)))

    return cropped


def _warm(picture: Image.Image) -> Image.Image:
    tinted = np.asarray(picture) * np.array([1.25, 1.0, 0.8])
    return Image.fromarray(tinted.clip(0, 255).astype(np.uint8))


def _noisy(picture: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=12)
    return Image.open(buffer).convert("RGB")


TREATMENTS: dict[str, Treat] = {
    "as it is": lambda picture: picture,
    "JPEG noise": _noisy,
    "cropped to 80 %": _crop(0.8),
    "cropped to half": _crop(0.5),
    "mirrored": ImageOps.mirror,
    "darker": lambda picture: ImageEnhance.Brightness(picture).enhance(0.6),
    "warmer": _warm,
    "screenshot": lambda picture: ImageOps.expand(picture, (80, 50, 80, 120), (245, 245, 245)),
}


@dataclass(frozen=True)
class PictureFigures:
    """Shares of right first answers by treatment, and of pictures of nothing here that find something."""

    right: dict[str, float]
    queries: int
    false_alarms: float
    absent: int


def of_library(models: ModelSettings) -> PictureFigures:
    """The figures over the suite's library."""
    settings = prepare(models).settings
    return hold(Engine(settings), Snapshot.open(settings.paths))


def table(figures: PictureFigures) -> Table:
    """The figures, to be printed."""
    found = Table(f"first answer right, {figures.queries} pictures", "%", box=None)
    for name, share in figures.right.items():
        found.add_row(name, f"{share:.0%}")
    found.add_row(f"false alarms, {figures.absent} pictures", f"{figures.false_alarms:.0%}")
    return found


def hold(engine: Engine, snapshot: Snapshot) -> PictureFigures:
    """Ask everything."""
    chosen = list(_frames(snapshot))
    right = {
        name: sum(_is_right(engine, frame, treat) for frame in chosen) / len(chosen)
        for name, treat in TREATMENTS.items()
    }
    photos = sorted((SHARED_MEDIA / "photo").glob("*")) if SHARED_MEDIA.is_dir() else []
    alarms = [bool(_ask(engine, photo.read_bytes()).moments) for photo in photos]
    return PictureFigures(
        right, len(chosen) * len(TREATMENTS), sum(alarms) / max(len(alarms), 1), len(photos)
    )


def _frames(snapshot: Snapshot) -> Iterator[tuple[FrameRef, Path]]:
    """A frame from the middle of films all over the library."""
    rows = snapshot.rows(
        """SELECT fingerprint, frame_index, timestamp_ms FROM frames JOIN videos USING (fingerprint)
           WHERE visual_reason IS NULL AND timestamp_ms >= duration_ms / 3
           QUALIFY row_number() OVER (PARTITION BY fingerprint ORDER BY frame_index) = 1
           ORDER BY fingerprint"""
    )
    for fingerprint, index, at_ms in rows[:: max(1, len(rows) // FRAMES)][:FRAMES]:
        yield FrameRef(fingerprint=fingerprint, at_ms=at_ms), snapshot.thumbnail(fingerprint, index)


def _is_right(engine: Engine, frame: tuple[FrameRef, Path], treat: Treat) -> bool:
    place, path = frame
    buffer = io.BytesIO()
    with Image.open(path) as picture:
        treat(picture.convert("RGB")).save(buffer, "PNG")
    found = _ask(engine, buffer.getvalue()).moments[:1]
    places = [(moment.fingerprint, moment.start_ms, moment.end_ms) for moment in found]
    places += [(c.fingerprint, c.start_ms, c.end_ms) for moment in found for c in moment.copies]
    return any(
        fingerprint == place.fingerprint and start <= place.at_ms <= end
        for fingerprint, start, end in places
    )


def _ask(engine: Engine, picture: bytes) -> SearchResponse:
    return engine.search(SearchRequest(picture=picture, limit=5))
