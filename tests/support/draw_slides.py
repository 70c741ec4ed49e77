"""Draws the pictures of text that tests read: `python -m tests.support.draw_slides`.

They are kept beside this, in `slides/`, since not every machine has the fonts (Debian's fonts-dejavu-core,
fonts-liberation2 and fonts-droid-fallback): `GAZE_FONTS` names a folder that holds them.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

HERE = Path(__file__).parent
SLIDES = HERE / "slides"
SIZE = (960, 540)
FONTS = {
    "sans": "DejaVuSans.ttf",
    "mono": "DejaVuSansMono.ttf",
    "serif": "LiberationSerif-Regular.ttf",
    "cjk": "DroidSansFallbackFull.ttf",
}


def main() -> None:
    """Draw every slide of `slides.toml` in eight greys."""
    for slide in tomllib.loads((HERE / "slides.toml").read_text(encoding="utf-8"))["slide"]:
        dark = slide.get("dark", False)
        picture = Image.new("L", SIZE, 30 if dark else 250)
        draw = ImageDraw.Draw(picture)
        font = ImageFont.truetype(_font(slide["font"]), slide.get("px", 38))
        for number, line in enumerate(slide["lines"]):
            draw.text((56, 44 + number * 92), line, font=font, fill=240 if dark else 25)
        picture.quantize(8).save(SLIDES / f"{slide['name']}.png", optimize=True)


def _font(name: str) -> Path:
    folder = Path(os.environ.get("GAZE_FONTS", "/usr/share/fonts"))
    return next(folder.rglob(FONTS[name]))


if __name__ == "__main__":
    main()
