"""The paraphrases are what they are called: they share no word with the line they mean."""

from __future__ import annotations

from gaze_pipeline.store.text import index_tokens, query_words
from tests.quality.material import material
from tests.quality.meant import meant

LEAST = 20
LITTLE = 3
"""Words like "the" and "des" may be shared."""


def test_each_stands_at_one_line() -> None:
    lines = [scene.ask for film in material().narrated for scene in film.scenes]
    lines += [line.ask for film in material().recorded for line in film.lines]
    for one in meant():
        assert sum(one.of in asked for asked in lines) == 1, one.of
    assert sum(len(one.ask) + len(one.foreign) for one in meant()) >= LEAST


def test_no_word_of_a_paraphrase_is_said() -> None:
    said = {
        asked: (scene.say, film.language)
        for film in material().narrated
        for scene in film.scenes
        for asked in scene.ask
    }
    for one in meant():
        if one.of not in said:
            continue
        text, language = said[one.of]
        tokens = set(index_tokens(text, language).split())
        for paraphrase in one.ask:
            words = query_words(paraphrase, [language])
            shared = {token.split("~")[0] for word in words for token in word & tokens}
            assert not [word for word in shared if len(word) > LITTLE], paraphrase
