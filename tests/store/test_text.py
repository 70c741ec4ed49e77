"""Tokens: what people type finds what was said, in any script and spelling."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaze_pipeline.store.text import STEMMERS, fold, index_tokens, query_words, spans

LANGUAGES = st.sampled_from([*STEMMERS, "zh", "ja", "th", "xx", ""])


def found(query: str, text: str, language: str) -> bool:
    """Whether every word of the query is met by the text."""
    held = set(index_tokens(text, language).split())
    words = query_words(query, {language})
    return bool(words) and all(not word.isdisjoint(held) for word in words)


@pytest.mark.parametrize(
    ("query", "text", "language"),
    [
        ("cafe", "Ein Café in Wien", "de"),
        ("CAFÉ", "the cafe", "en"),
        ("strasse", "Die Straße", "de"),
        ("Straße", "STRASSE", "de"),
        ("running", "he runs", "en"),
        ("run", "They were running.", "en"),
        ("haus", "die Häuser", "de"),
        ("covid-19", "about covid-19.", "en"),
        ("covid19", "about COVID-19.", "en"),
        ("covid-19", "about covid19", "en"),
        ("3d", "a 3D film", "en"),
        ("1000", "1,000 people", "en"),
        ("dont", "I don't know", "en"),
        ("don’t", "I don't know", "en"),
        ("homme", "l'homme", "fr"),
        ("usa", "in the U.S.A.", "en"),
        ("中国", "我们去中国吃饭", "zh"),
        ("中", "我们去中国吃饭", "zh"),
        ("吃饭", "我们去中国吃饭", "zh"),
        ("カメラ", "新しいｶﾒﾗです", "ja"),
        ("กำลัง", "เขากำลังไป", "th"),
        ("중국", "중국에서 왔다", "ko"),
        ("ёлка", "наша елка", "ru"),
        ("книга", "две книги", "ru"),
        ("नमस्ते", "नमस्ते दुनिया", "hi"),
        ("مدرسة", "مَدْرَسَة", "ar"),
        ("ISTANBUL", "İstanbul", "tr"),
        ("3D映画", "新しい3D映画だ", "ja"),
    ],
)
def test_what_is_typed_finds_what_was_said(query: str, text: str, language: str) -> None:
    assert found(query, text, language)


@pytest.mark.parametrize(
    ("query", "text", "language"),
    [
        ("cat", "concatenate", "en"),
        ("new", "the news", "xx"),
        ("国中", "我们去中国", "zh"),
        ("covid-19", "covid-20", "en"),
    ],
)
def test_what_was_not_said_is_not_found(query: str, text: str, language: str) -> None:
    assert not found(query, text, language)


def test_a_stem_meets_only_words_of_its_own_language() -> None:
    assert not query_words("die", {"en"})[0] & set(index_tokens("died", "de").split())


def test_signs_alone_are_no_words() -> None:
    assert query_words("?! -- 🎉 _", {"en"}) == []
    assert index_tokens("?! -- 🎉 _", "en") == ""


@given(st.text(max_size=60), LANGUAGES)
def test_a_text_is_found_by_itself(text: str, language: str) -> None:
    held = set(index_tokens(text, language).split())
    for word in query_words(text, {language}):
        assert not word.isdisjoint(held)


@given(st.text(max_size=60), LANGUAGES)
def test_tokens_are_whole_words(text: str, language: str) -> None:
    for token in index_tokens(text, language).split(" "):
        assert token == "".join(token.split())
    for word in query_words(text, {language}):
        assert word
        assert all(token and token == "".join(token.split()) for token in word)


@given(st.text(max_size=60), LANGUAGES)
def test_spans_lie_in_the_text_in_order_and_carry_its_tokens(text: str, language: str) -> None:
    held = set(index_tokens(text, language).split())
    carried: set[str] = set()
    for span in spans(text, language):
        assert 0 <= span.start < span.end <= len(text)
        carried |= span.tokens
    assert carried == held


@given(st.text(max_size=30))
def test_folding_twice_is_folding_once(word: str) -> None:
    assert fold(fold(word)) == fold(word)


@given(st.text(alphabet=st.characters(categories=["Lu", "Ll"]), max_size=20))
def test_case_does_not_matter(word: str) -> None:
    assert fold(word.lower()) == fold(word.upper().lower())


def test_threads_stem_alike() -> None:
    words = [f"{stem}ning" for stem in ("run", "win", "span", "grin", "plan", "spin")] * 200
    alone = [index_tokens(word, "en") for word in words]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda word: index_tokens(word, "en"), words)) == alone
