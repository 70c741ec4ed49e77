"""The script that a text is written in, by ISO 15924's names."""

from __future__ import annotations

import unicodedata
from collections import Counter

_SCRIPTS = {
    "LATIN": "Latn",
    "FULLWIDTH": "Latn",
    "CYRILLIC": "Cyrl",
    "GREEK": "Grek",
    "HIRAGANA": "Jpan",
    "KATAKANA": "Jpan",
    "HALFWIDTH": "Jpan",
    "CJK": "Hani",
}
NONE = "Zyyy"
"""Digits and signs alone."""


def script_of(text: str) -> str:
    """The script of most letters of a text; Chinese characters beside kana are Japanese."""
    counts = Counter(found for found in map(_script, text) if found)
    if not counts:
        return NONE
    if counts["Jpan"] and counts["Hani"]:
        counts["Jpan"] += counts.pop("Hani")
    return counts.most_common(1)[0][0]


def _script(character: str) -> str | None:
    if not character.isalpha():
        return None
    return _SCRIPTS.get(unicodedata.name(character, "").split(" ")[0])
