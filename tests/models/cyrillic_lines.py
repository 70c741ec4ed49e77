"""Made-up lines of Cyrillic and Latin text, and the pictures of them that the Cyrillic head is trained on."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

RUSSIAN = "".join(map(chr, range(0x410, 0x450))) + "Ёё"
OTHERS = "ІіЇїЄєҐґЎўЂђЈјЉљЊњЋћЏџЅѕЃѓЌќ"
LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SIGNS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~«»—–№€₽…°’“”„"
CHARACTERS = f" 0123456789{SIGNS}{LATIN}{RUSSIAN}{OTHERS}"
LANGUAGES = {"ru_RU": 55, "uk_UA": 15, "bg_BG": 8, "sr_RS": 7, "en_US": 15}
"""Hunspell's word lists, and how often a line is of each."""
_QUOTED = ("«{}»", "({})", '"{}"', "„{}“", "[{}]")
_TAILS = (" —", " –", "-", " №", " %", " €", " ₽")
_LONGEST = 26

Words = dict[str, list[str]]


def words(folder: Path) -> Words:
    """The words of Hunspell's lists in a folder, by language."""
    found: Words = {}
    for language in LANGUAGES:
        path = next(folder.rglob(f"{language}.dic"))
        named = re.search(rb"^SET\s+(\S+)", path.with_suffix(".aff").read_bytes(), re.MULTILINE)
        encoding = (named[1].decode() if named else "utf-8").lower().removeprefix("microsoft-")
        lines = path.read_bytes().decode(encoding, "ignore").splitlines()[1:]
        stems = (line.split("/")[0].strip() for line in lines)
        found[language] = [s for s in stems if 0 < len(s) <= 16 and set(s) <= set(CHARACTERS)]
    return found


def fonts(folder: Path) -> dict[str, list[Path]]:
    """The fonts in a folder that have Cyrillic letters, by family."""
    families: dict[str, list[Path]] = {}
    for path in sorted([*folder.rglob("*.ttf"), *folder.rglob("*.otf")]):
        font = ImageFont.truetype(path, 30)
        shapes = {letter: bytes(font.getmask(letter)) for letter in "ЖЩюфЯ\uffff"}
        if len(set(shapes.values())) == len(shapes):  # what a font lacks all looks the same
            families.setdefault(re.split(r"[-_ ]", path.stem)[0], []).append(path)
    return families


def text(known: Words, rng: Random) -> str:
    """A line of a few words, numbers, single letters and signs."""
    language = rng.choices(list(LANGUAGES), list(LANGUAGES.values()))[0]
    parts = [_dressed(_word(known, language, rng), rng) for _ in range(rng.randint(1, 3))]
    line = " ".join(parts)[:_LONGEST].strip()
    return line.upper() if rng.random() < 0.2 else line


def picture(line: str, font: Path, rng: Random) -> Image.Image:
    """A line in some colours, sizes and states of damage."""
    size = rng.choice([14, 16, 18, 20, 22, 24, 28, 32, 40, 48])
    face = ImageFont.truetype(font, size)
    left, top, right, bottom = face.getbbox(line)
    around, above = rng.randint(1, max(2, size // 4)), rng.randint(0, max(1, size // 5))
    ground, ink = _colours(rng)
    extent = max(int(right - left), 4) + 2 * around, max(int(bottom - top), 4) + 2 * above
    image = Image.new("RGB", extent, ground)
    if rng.random() < 0.2:
        noise = np.random.default_rng(rng.getrandbits(30)).normal(
            0, rng.uniform(4, 20), (*extent[::-1], 3)
        )
        image = Image.fromarray((np.asarray(image) + noise).clip(0, 255).astype(np.uint8))
    ImageDraw.Draw(image).text((around - left, above - top), line, font=face, fill=ink)
    if rng.random() < 0.3:
        image = image.rotate(rng.uniform(-2, 2), Image.Resampling.BICUBIC, fillcolor=ground)
    if rng.random() < 0.25:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.0)))
    if rng.random() < 0.6:
        stream = io.BytesIO()
        image.save(stream, "JPEG", quality=rng.randint(40, 90))
        image = Image.open(stream).convert("RGB")
    return image


def _word(known: Words, language: str, rng: Random) -> str:
    kind = rng.random()
    if kind < 0.8:
        return rng.choice(known[language if kind < 0.72 else "en_US"])
    if kind < 0.9:
        year, time = str(rng.randint(1900, 2030)), f"{rng.randint(0, 23)}:{rng.randint(10, 59)}"
        return rng.choice([str(rng.randint(0, 10**6)), year, time])
    letters = RUSSIAN + OTHERS[:8] if kind < 0.95 else "АВЕКМНОРСТУХ0123456789"
    return "".join(rng.choice(letters) for _ in range(rng.randint(1, 9)))


def _dressed(word: str, rng: Random) -> str:
    case, sign = rng.random(), rng.random()
    word = word.capitalize() if case < 0.25 else word.upper() if case < 0.4 else word
    if sign < 0.12:
        return word + rng.choice(",.:;!?…")
    if sign < 0.16:
        return rng.choice(_QUOTED).format(word)
    return word + rng.choice(_TAILS) if sign < 0.18 else word


def _colours(rng: Random) -> Sequence[tuple[int, int, int]]:
    """A ground and an ink that can be told apart."""
    if rng.random() < 0.5:
        dark, light = rng.randint(0, 70), rng.randint(200, 255)
        pair = [(light,) * 3, (dark,) * 3]
        return pair if rng.random() < 0.6 else pair[::-1]
    while True:
        ground, ink = (
            (rng.randint(0, 255), rng.randint(0, 255), rng.randint(0, 255)) for _ in "12"
        )
        if abs(sum(ground) - sum(ink)) > 240:
            return ground, ink
