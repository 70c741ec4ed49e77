from __future__ import annotations

from collections import Counter

from tests.quality.material import material
from tests.quality.queries import Channel, queries
from tests.quality.shape_films import GROUPS, cast, images, shape_films
from tests.quality.timeline import Event, Span, in_order, stretches, together
from tests.support.shapes import NAMES

SHOWN = sorted({scene.see for film in material().narrated for scene in film.scenes})


def span(start: int, end: int, video: str = "a.mp4") -> Span:
    return Span(video=video, start_ms=start, end_ms=end)


def test_every_shape_plays_one_part_or_none() -> None:
    parts = cast(SHOWN)
    dealt = [name for names in parts.by_group.values() for name in names]
    assert Counter([*SHOWN, *dealt, *parts.absent]) == Counter(NAMES)
    assert {group: len(names) for group, names in parts.by_group.items()} == GROUPS
    shown = {name for film in shape_films(parts) for shot in film.shots for name in shot.names}
    assert shown == set(dealt)


def test_a_film_has_the_frames_of_its_shots() -> None:
    film = shape_films(cast(SHOWN))[-1]
    frames = [image.shape for image in images(film.shots[:1], seed=0)]
    assert frames == [(288, 512, 3)] * 24


def test_no_topic_is_said_twice_over_one_picture() -> None:
    scenes = [scene for film in material().narrated for scene in film.scenes]
    pairs = Counter((scene.topic, scene.see) for scene in scenes if scene.topic)
    assert set(pairs.values()) == {1}
    assert all(scene.topic in scene.say.casefold() for scene in scenes)


def test_stretches_join_what_follows_at_once() -> None:
    events = [
        Event(video="a.mp4", start_ms=0, end_ms=10, see=("x",)),
        Event(video="a.mp4", start_ms=10, end_ms=20, see=("x", "y")),
        Event(video="a.mp4", start_ms=30, end_ms=40, see=("x",)),
        Event(video="b.mp4", start_ms=40, end_ms=50, see=("x",)),
    ]
    found = stretches(events, lambda event: "x" in event.see)
    assert found == [span(0, 20), span(30, 40), span(40, 50, "b.mp4")]


def test_together_is_the_overlap() -> None:
    assert together([span(0, 20)], [span(10, 30), span(0, 9, "b.mp4")]) == [span(10, 20)]


def test_in_order_takes_the_next_one_in_time() -> None:
    later = [span(25, 30), span(40, 50), span(0, 5)]
    assert in_order([span(10, 20)], later, within_ms=20) == [span(10, 30)]
    assert in_order([span(10, 20)], later, within_ms=4) == []


def test_queries_know_their_moments_or_that_there_are_none() -> None:
    parts = cast(SHOWN)
    a, b = parts.by_group["order"][:2]
    events = [
        Event(video="o.mp4", start_ms=0, end_ms=6000, see=(a,)),
        Event(video="o.mp4", start_ms=6000, end_ms=12_000, see=(b,)),
        Event(video="t.mp4", start_ms=0, end_ms=900, say="a line", language="en", ask=("line",)),
    ]
    made = queries(events, official=False)
    by_text = {query.text: query for query in made}
    assert by_text["line"].known == (span(0, 900, "t.mp4"),)
    assert by_text[a].known == (span(0, 6000, "o.mp4"),)
    assert by_text[f'see:"{a}" then see:"{b}" within 30s'].known == (span(0, 12_000, "o.mp4"),)
    assert f'see:"{b}" then see:"{a}" within 30s' not in by_text
    assert by_text[parts.absent[0]].known == ()
    assert {query.channel for query in made} == set(Channel) - {
        Channel.FUSED,
        Channel.TEXT,
        Channel.MEANING,
    }
    assert all(query.known for query in made if query.channel is not Channel.NOTHING)


def test_real_footage_is_asked_for_only_where_the_official_model_sees() -> None:
    events = [
        Event(video=name, start_ms=0, end_ms=5000, see=("footage",), ask=("a dog jumping",))
        for name in ("dog.mp4", "same dog.webm")
    ]
    [seen] = [q for q in queries(events, official=True) if q.channel is Channel.VISUAL]
    assert (seen.text, len(seen.known)) == ("a dog jumping", 2)
    assert not [q for q in queries(events, official=False) if q.channel is Channel.VISUAL]


def test_time_logic_has_a_form_in_plain_words() -> None:
    parts = cast(SHOWN)
    a, b = parts.by_group["order"][:2]
    events = [
        Event(video="o.mp4", start_ms=0, end_ms=6000, see=(a,)),
        Event(video="o.mp4", start_ms=6000, end_ms=12_000, see=(b,)),
    ]
    [query] = [q for q in queries(events, official=False) if q.channel is Channel.TIME]
    assert query.words == f"{a} {b}"
