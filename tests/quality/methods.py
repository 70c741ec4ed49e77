"""The methods under comparison: each takes a query and answers with hits, the best first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gaze_search_app.search.engine import Engine
from gaze_search_app.search.model import Mode, SearchRequest
from tests.quality.baselines import Baselines
from tests.quality.metrics import Hit
from tests.quality.queries import Channel, Query

LIMIT = 20
ENGINE = "Gaze"


@dataclass(frozen=True)
class Method:
    """A way to answer, and the channels whose queries it is asked."""

    name: str
    answer: Callable[[Query], list[Hit]]
    channels: frozenset[Channel] = frozenset(Channel)


def methods(engine: Engine, baselines: Baselines) -> list[Method]:
    """Gaze over all channels, over some alone and without the youngest; and the baselines."""

    def without(channel: str) -> Engine:
        channels = engine.settings.channels.model_copy(update={channel: False})
        return Engine(engine.settings.model_copy(update={"channels": channels}))

    textless, literal = without("text"), without("meaning")

    def gaze(mode: Mode, engine: Engine = engine) -> Callable[[Query], list[Hit]]:
        def answer(query: Query) -> list[Hit]:
            request = SearchRequest(query=query.text, mode=mode, limit=LIMIT)
            return [
                Hit(
                    video=Path(moment.path).name,
                    start_ms=moment.start_ms,
                    end_ms=moment.end_ms,
                    score=moment.score,
                )
                for moment in engine.search(request).moments
            ]

        return answer

    def plain(search: Callable[[str], list[Hit]]) -> Callable[[Query], list[Hit]]:
        return lambda query: search(query.words)[:LIMIT]

    speech = frozenset({Channel.SPEECH, Channel.MEANING, Channel.NOTHING})
    visual = frozenset({Channel.VISUAL, Channel.NOTHING})
    return [
        Method(ENGINE, gaze(Mode.BOTH)),
        Method("Gaze, speech only", gaze(Mode.TRANSCRIPT), speech),
        Method("Gaze, words only", gaze(Mode.TRANSCRIPT, literal), speech),
        Method("Gaze, pictures only", gaze(Mode.VISUAL), visual),
        Method("Gaze, text off", gaze(Mode.BOTH, textless)),
        Method("Gaze, meaning off", gaze(Mode.BOTH, literal)),
        Method("BM25 only", plain(baselines.bm25)),
        Method("cosine only", plain(baselines.cosine)),
        Method("reciprocal rank fusion", plain(baselines.reciprocal_ranks)),
        Method("founding formula", plain(baselines.founding)),
    ]
