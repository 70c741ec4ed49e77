"""CLIP's byte-pair encoding of text, number for number that of `open_clip.SimpleTokenizer`.

Written out because open_clip imports torch with it, and because the tokenizers package cuts words by another
version of Unicode, knows no marks typed in the text, and takes 0.3 s to take up the same table.
"""

from __future__ import annotations

import gzip
import html
from functools import cache, lru_cache
from itertools import islice, pairwise

from gaze_pipeline.models.package_file import package_file

_TABLE = "bpe_simple_vocab_16e6.txt.gz"
_MERGES = 49152 - 256 - 2
_START, _END = "<start_of_text>", "<end_of_text>"
_PIECE = rf"(?i){_START}|{_END}|'s|'t|'re|'ve|'m|'ll|'d|[\p{{L}}]+|[\p{{N}}]|[^\s\p{{L}}\p{{N}}]+"
_VISIBLE = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), 256)]
_ORDER = [*_VISIBLE, *sorted(set(range(256)) - set(_VISIBLE))]
_PLACES = {byte: place for place, byte in enumerate(_ORDER)}
_SYMBOLS = [*map(chr, _VISIBLE), *(chr(256 + n) for n in range(256 - len(_VISIBLE)))]
_CACHED_PIECES = 4096

VOCAB_SIZE = 2 * 256 + _MERGES + 2


def tokenize(text: str, context_length: int) -> list[int]:
    """The numbers of a text between those of its start and end, cut at the context length."""
    import regex

    pieces = regex.findall(_PIECE, _clean(text))
    numbers = [number for piece in pieces for number in _merged(piece)]
    return [VOCAB_SIZE - 2, *numbers[: context_length - 2], VOCAB_SIZE - 1]


def _clean(text: str) -> str:
    """Mojibake mended, entities resolved, white space joined, lower case."""
    import ftfy

    return " ".join(html.unescape(html.unescape(ftfy.fix_text(text))).split()).lower()


@lru_cache(_CACHED_PIECES)
def _merged(piece: str) -> tuple[int, ...]:
    """The numbers of a piece: its bytes, the last one marked, joined pair by pair, early merges first."""
    if piece in (_START, _END):
        return (VOCAB_SIZE - 2 + (piece == _END),)
    ranks, places = _ranks(), [_PLACES[byte] for byte in piece.encode()]
    symbols = [_SYMBOLS[place] for place in places]
    numbers = [*places[:-1], places[-1] + 256]
    symbols[-1] += "</w>"
    while len(symbols) > 1:
        found = [ranks.get(f"{one} {next_}", _MERGES) for one, next_ in pairwise(symbols)]
        rank = min(found)
        if rank == _MERGES:
            break
        at = found.index(rank)
        symbols[at : at + 2] = ["".join(symbols[at : at + 2])]
        numbers[at : at + 2] = [2 * 256 + rank]
    return tuple(numbers)


@cache
def _ranks() -> dict[str, int]:
    """The rank of each merge, "first second"; what it makes has the number 512 + rank."""
    with gzip.open(package_file("open_clip", _TABLE), "rt", encoding="utf-8") as file:
        return {line.rstrip("\n"): rank for rank, line in enumerate(islice(file, 1, _MERGES + 1))}
