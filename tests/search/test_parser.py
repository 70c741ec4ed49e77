"""The query language: what is typed, how it is read, and that nothing typed is an error."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gaze_search_app.search.parser import parse
from gaze_search_app.search.syntax import Field
from gaze_search_app.search.tokens import LONE_MINUS, UNCLOSED

PIECES = st.sampled_from(
    [
        *(
            "dog",
            "cat",
            "with",
            "then",
            "within",
            "30s",
            "30",
            "seconds",
            "5 m",
            "or",
            "a:b",
            "WITHIN",
        ),
        *(
            "OR",
            "AND",
            "NOT",
            "WITH",
            "THEN",
            "|",
            "-",
            "--",
            "*",
            "**",
            '"',
            '""',
            "“",
            "”",
            "( )",
        ),
        *('"happy birthday"', '"run"*', "run*", "-dog", '-"a b"', 'say:"a b', "say:", "-say:"),
        *(
            "say:hello",
            'say:"a b"',
            "see:cake",
            'see:"red car"',
            "label:dog",
            'label:"dining table"',
        ),
        *("library:films", 'in:"my folder"', "before:2024", "after:2024-05", "lang:de", "-lang:de"),
        *("-label:dog", "-see:cat", "LABEL:Dog", 'label:""', 'label:""x"', 'label:x"y', "see:a*"),
    ]
)
TYPED = st.lists(PIECES, max_size=9).map(" ".join) | st.text(max_size=40)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("two  words", "two words"),
        ("“happy birthday” anna", '"happy birthday" anna'),
        ("dog -cat", "dog -cat"),
        ("dog NOT cat", "dog -cat"),
        ("cats AND dogs", "cats dogs"),
        ("cats or dogs", "cats or dogs"),
        ("cats | dogs OR birds here", "cats OR dogs OR birds here"),
        ("run* walk**", "run* walk*"),
        ('"happy birth*" "new y"*', '"happy birth"* "new y"*'),
        ("covid-19 10:30", "covid-19 10:30"),
        ('LABEL:Dog label:"Dining table" label:"cat"', 'label:Dog label:"Dining table" label:cat'),
        ("dog library:films in:2024 cat", "dog cat library:films in:2024"),
        ("library:a OR library:b dog", "dog library:a library:b"),
        ("dog OR library:a cat", "dog cat library:a"),
        ("a man with a dog", "a man with a dog"),
        ('say:"happy birthday" with see:cake', 'say:"happy birthday" WITH see:cake'),
        ("see:dog then see:car", "see:dog THEN see:car within 30s"),
        ("see:dog then see:car within 2 minutes", "see:dog THEN see:car within 2m"),
        ("see:dog then within 90s see:car", "see:dog THEN see:car within 90s"),
        ("dog THEN car then bus", "dog THEN car within 30s THEN bus within 30s"),
        (
            'label:dog with hello then see:"red car" within 1h lang:de',
            'label:dog WITH hello THEN see:"red car" within 1h lang:de',
        ),
        ('צה"ל "צה"ל חזק"', 'צה"ל "צה"ל חזק"'),
        ("see:dog with -cat", "see:dog -cat"),
    ],
)
def test_queries_are_read_as_meant(typed: str, read: str) -> None:
    assert str(parse(typed).query) == read


@pytest.mark.parametrize(
    ("typed", "read", "note"),
    [
        ('"happy birthday', "happy birthday", UNCLOSED),
        ('say:"happy birthday', "say:happy birthday", UNCLOSED),
        ("dog - cat", "dog cat", LONE_MINUS),
        ("dog OR", "dog", "OR needs"),
        ("OR dog", "dog", "OR needs"),
        ("dog OR OR cat", "dog OR cat", "OR needs"),
        ("dog OR -cat", "dog -cat", "OR needs"),
        ("OR", "or", "OR needs"),
        ("see:dog then", "see:dog", "need something on either side"),
        ("label: dog", "label: dog", "needs a value"),
        ("lable:dog", "lable:dog", "did you mean label:"),
    ],
)
def test_a_broken_query_is_searched_all_the_same(typed: str, read: str, note: str) -> None:
    result = parse(typed)
    assert str(result.query) == read
    assert any(note in told for told in result.notes)


def test_a_sound_query_needs_no_word_about_it() -> None:
    assert parse('say:"a b" with see:cake -dog run* cat OR bird before:2024').notes == ()


@pytest.mark.parametrize("typed", ["", "  ", "-", '"', '""', "* - |"])
def test_signs_alone_ask_for_nothing(typed: str) -> None:
    query = parse(typed).query
    assert not any(character.isalnum() for character in str(query))


@given(TYPED)
@example("see:a with OR with see:b")
@example("A then B within within 30s 30s")
@example("man with - see:dog")
@example("with library:x see:dog")
def test_a_reading_reads_back_as_itself(typed: str) -> None:
    query = parse(typed).query
    assert parse(str(query)).query == query


@given(TYPED)
def test_readings_are_well_formed(typed: str) -> None:
    query = parse(typed).query
    for number, step in enumerate(query.steps):
        assert (step.within_ms is None) == (number == 0)
        assert step.parts
        for part in step.parts:
            assert part.positive or len(query.parts) == 1
            for clause in part.clauses:
                assert clause.terms
                assert not clause.negated or len(clause.terms) == 1
    for clause in query.scope:
        assert {term.field for term in clause.terms} <= set(Field) - {"say", "see", "label"}


@given(TYPED.filter(lambda text: any(map(str.isalnum, text))))
def test_no_text_with_a_word_is_read_as_nothing(typed: str) -> None:
    assert parse(typed).query.steps or parse(typed).query.scope
