"""One spelling for each word: without case, accents, and what scripts write in more than one way."""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache
from typing import Any

MARKS = "".join(
    chr(point)
    for point in range(0x300, 0x10000)
    if unicodedata.category(chr(point)) in ("Mn", "Mc")
)
"""Every mark that may follow a letter, as a piece of a character class."""
_DROPPED = re.compile(
    "(?<!\u0438)\u0306"  # a breve, but й is no и
    "|[\u0300-\u0305\u0307-\u036f\u0483-\u0487]"  # Latin, Greek and Cyrillic accents
    "|[\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0640]"  # Hebrew and Arabic vowels, tatweel
    "|[\u093c\u09bc\u0a3c\u0abc\u0b3c\u0cbc]"  # the dot under Indic letters
    "|[\u02b9-\u02bf\u05f3\u05f4'\"\u200c\u200d\u00ad]"  # apostrophes, gershayim, joiners
)
_LETTERS = str.maketrans(
    {
        **{"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"},
        **{"ħ": "h", "ŧ": "t", "ŋ": "n", "ə": "e", "ґ": "г"},
        **dict(zip("ךםןףץ", "כמנפצ", strict=True)),  # final forms
        **dict(zip("ىیېکةہھەٱ", "يييكهههها", strict=True)),  # Arabic, Persian and Urdu keyboards
        **{"\u0901": "\u0902", "\u0981": "\u0982"},  # the two signs for a nasal vowel
        **{chr(point): chr(point - 0x60) for point in range(0x30A1, 0x30F7)},  # katakana
        **{
            chr(point): str(unicodedata.decimal(chr(point)))
            for point in range(0x100, 0x10000)
            if unicodedata.category(chr(point)) == "Nd"
        },
    }
)
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_local = threading.local()


@lru_cache(maxsize=1 << 16)
def fold(word: str) -> str:
    """A word in one spelling: "Café" is `cafe`, "STRASSE" and "Straße" are `strasse`."""
    bare = _DROPPED.sub("", unicodedata.normalize("NFD", _cased(word)))
    plain = unicodedata.normalize("NFC", bare).translate(_LETTERS)
    if _HAN.search(plain):
        plain = "".join(_simplified(character) for character in plain)
    return "".join(plain.split())


@lru_cache(maxsize=1 << 16)
def spellings(word: str) -> tuple[str, ...]:
    """The folded word, and as it is written where keys are missing: "Müller" is `mueller` too."""
    spelled_out = unicodedata.normalize("NFC", _cased(word)).translate(_SPELLED_OUT)
    return tuple(dict.fromkeys((fold(word), fold(spelled_out))))


def _cased(word: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).casefold())


def _simplified(character: str) -> str:
    """A Chinese character as mainland China writes it: Whisper writes either way."""
    converter: Any = getattr(_local, "converter", None)
    if converter is None:
        from opencc import OpenCC

        converter = _local.converter = OpenCC("t2s")
    simple: str = converter.convert(converter.convert(character))
    return simple if len(simple) == 1 else character
