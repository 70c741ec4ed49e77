"""Words that look the same in Latin and Cyrillic: who reads МОСКВА off a picture may have read MOCKBA."""

from __future__ import annotations

import re

_LATIN = "ABCEHIJKMOPSTXYaceijopsxy"
_CYRILLIC = "АВСЕНІЈКМОРЅТХУасеіјорѕху"
_TWINS = str.maketrans(_LATIN + _CYRILLIC, _CYRILLIC + _LATIN)
_TWIN = re.compile(rf"(?=\w*[^\W\d_])(?:[{_LATIN}\d]{{2,}}|[{_CYRILLIC}\d]{{2,}})")
_WORD = re.compile(r"\w+")


def twins(text: str) -> str:
    """The words of a text that could be of the other script as well, as that would spell them."""
    return " ".join(word.translate(_TWINS) for word in _WORD.findall(text) if _TWIN.fullmatch(word))


def ambiguous(text: str) -> bool:
    """Whether a text has words, and all could be of the other script as well."""
    words = [word for word in _WORD.findall(text) if not word.isdigit()]
    return bool(words) and all(map(_TWIN.fullmatch, words))


def unmixed(text: str) -> str:
    """A text whose words of both scripts are spelled in Cyrillic alone: who misread one letter of КІОСК."""
    return _WORD.sub(lambda word: _cyrillic(word[0]), text)


def _cyrillic(word: str) -> str:
    letters = [letter for letter in word if letter.isalpha()]
    cyrillic = sum("\u0400" <= letter <= "\u052f" for letter in letters)
    if not 0 < cyrillic < len(letters) <= 2 * cyrillic:
        return word
    return "".join(letter.translate(_TWINS) if letter in _LATIN else letter for letter in word)
