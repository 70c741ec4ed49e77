"""The rows of a snapshot's table `texts`: text on screen, with the tokens by which it is found."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa

from gaze_pipeline.lookalikes import twins
from gaze_pipeline.store.text import index_tokens

TABLE = """
CREATE TABLE texts (
    id BIGINT, fingerprint VARCHAR, span_index INTEGER, start_ms BIGINT, end_ms BIGINT,
    text VARCHAR, script VARCHAR, confidence FLOAT, x FLOAT, y FLOAT, w FLOAT, h FLOAT,
    language VARCHAR, tokens VARCHAR
)
"""
_USUAL = {"Latn": "en", "Cyrl": "ru", "Grek": "el", "Jpan": "ja", "Hani": "zh"}
"""The language whose word forms a text is found by where speech tells of no other."""
_SCRIPT = {language: script for script, language in _USUAL.items()} | dict.fromkeys(
    ("uk", "be", "bg", "sr", "mk", "kk", "mn", "tg", "tt", "ba"), "Cyrl"
)


def written(rows: pa.Table, spoken: pa.Table | None) -> pa.Table:
    """The rows of one video's texts, without their ids; `spoken` are its lines of speech, if known."""
    heard = Counter(spoken["language"].to_pylist()) if spoken is not None else Counter[str]()
    languages = [_language(script, heard) for script in rows["script"].to_pylist()]
    tokens = [
        f"{index_tokens(text, language)} {index_tokens(twins(text), '')}".strip()
        for text, language in zip(rows["text"].to_pylist(), languages, strict=True)
    ]
    found = rows.append_column("language", pa.array(languages, pa.string()))
    return found.append_column("tokens", pa.array(tokens, pa.string()))


def _language(script: str, heard: Counter[str]) -> str:
    """The language spoken most of those that are written so, else the usual one of the script."""
    for language, _ in heard.most_common():
        if _SCRIPT.get(language, "Latn") == script:
            return language
    return _USUAL.get(script, "")
