"""Ranking by BM25: what DuckDB's own ranking gives, however little of the postings is weighed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaze_pipeline.store.snapshot_files import connect
from gaze_pipeline.store.snapshot_postings import index_words
from gaze_pipeline.store.snapshot_words import Words
from gaze_search_app.search.ranking import Contest

WORDS = [f"w{number}" for number in range(40)]
LINES = 3000
_MATCH = """SELECT id, bm25 FROM (SELECT id, fts_main_segments.match_bm25(id, $query) AS bm25 FROM segments)
    WHERE bm25 IS NOT NULL ORDER BY bm25 DESC, id"""


class Corpus:
    """Lines of words that follow Zipf's law, as a snapshot holds them."""

    def __init__(self, folder: Path) -> None:
        rng = np.random.default_rng(3)
        chances = 1 / np.arange(1, len(WORDS) + 1) ** 1.5
        drawn = rng.choice(WORDS, (LINES, 24), p=chances / chances.sum())
        self.lines = [" ".join(row[: rng.integers(1, 24)]) for row in drawn]
        self._db = connect(folder / "corpus.duckdb", read_only=False)
        self._db.execute("CREATE TABLE segments (id BIGINT, tokens VARCHAR)")
        self._db.register("batch", pa.table({"id": range(LINES), "tokens": self.lines}))
        self._db.execute("INSERT INTO segments FROM batch")
        index_words(self._db, "segments")
        self.words = Words(
            lambda query, values: self._db.execute(query, values).fetchnumpy(), "segments"
        )

    def match(self, tokens: set[str]) -> list[tuple[int, float]]:
        """All lines that hold any of the tokens, as DuckDB ranks them."""
        return self._db.execute(_MATCH, {"query": " ".join(tokens)}).fetchall()

    def best(self, tokens: set[str], most: int, even: bool = True) -> list[tuple[int, float]]:
        """The best lines as Gaze ranks them, of even or of all ids."""
        contest = Contest(
            words=self.words,
            terms=list(self.words.known(tokens).values()),
            admitted=lambda lines: lines[(lines % 2 == 0) | (not even)],
            useless=lambda numbers, held: False,
        )
        found = contest.best(most)
        for number, token in enumerate(self.words.known(tokens)):
            holds = [token in self.lines[line].split() for line in found.lines]
            assert found.held[number].tolist() == holds
        return list(zip(found.lines.tolist(), found.bm25.tolist(), strict=True))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return Corpus(tmp_path_factory.mktemp("corpus"))


@given(
    st.sets(st.sampled_from([*WORDS, "unheard"]), max_size=5), st.integers(1, 400), st.booleans()
)
def test_the_best_lines_are_those_of_duckdb(
    corpus: Corpus, tokens: set[str], most: int, even: bool
) -> None:
    all_lines = [row for row in corpus.match(tokens) if not (even and row[0] % 2)]
    best = corpus.best(tokens, most, even)
    assert [score for _, score in best] == pytest.approx([s for _, s in all_lines[:most]], rel=1e-5)
    exact = dict(all_lines)
    assert all(exact[line] == pytest.approx(score, rel=1e-5) for line, score in best)
    assert len({line for line, _ in best}) == len(best)


def test_lines_of_the_first_sets_come_first(corpus: Corpus) -> None:
    tokens = {"w0", "w30"}
    rare = [n for n, line in enumerate(corpus.lines) if "w0" in line.split()][-3:]
    contest = Contest(
        words=corpus.words,
        terms=list(corpus.words.known(tokens).values()),
        admitted=lambda lines: lines,
        useless=lambda numbers, held: False,
        first=[np.array(rare, np.int32)],
        needed=frozenset([0, 1]),
    )
    assert sorted(contest.best(10).lines[:3].tolist()) == rare
