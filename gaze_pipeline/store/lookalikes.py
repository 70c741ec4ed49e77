"""Words that look the same in Latin and Cyrillic: who reads МОСКВА off a picture may have read MOCKBA."""

from __future__ import annotations

import re

_LATIN = "ABCEHIJKMOPSTXYaceijopsxy"
_CYRILLIC = "АВСЕНІЈКМОРЅТХУасеіјорѕху"
_TWINS = str.maketrans(_LATIN + _CYRILLIC, _CYRILLIC + _LATIN)
_WORD = re.compile(rf"(?<!\w)(?=\w*[^\W\d_])(?:[{_LATIN}\d]{{2,}}|[{_CYRILLIC}\d]{{2,}})(?!\w)")


def twins(text: str) -> str:
    """The words of a text that could be of the other script as well, as that would spell them."""
    return " ".join(word.translate(_TWINS) for word in _WORD.findall(text))
