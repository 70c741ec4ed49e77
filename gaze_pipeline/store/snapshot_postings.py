"""Writing the words of a snapshot: which lines hold them, in the order in which `snapshot_words` reads them.

The tables are those of DuckDB's full-text index, so that its own ranking works on them, but for its list of
occurrences: it lies in the order of the lines, so that each query would read all of it. Here it is put in the
order of the words, each with all its lines in a row; DuckDB reads it through a view. What the snapshot before
says of lines that are still there is taken over, and not split into words again.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

FULL_TEXT = """PRAGMA create_fts_index('{table}', 'id', 'tokens', stemmer = 'none',
    stopwords = 'none', ignore = '\\s+', strip_accents = 0, lower = 0)"""
_BEGIN = (
    FULL_TEXT,
    "DROP TABLE fts_main_{table}.terms",
    *(f"DELETE FROM fts_main_{{table}}.{part}" for part in ("dict", "docs", "stats")),
    "CREATE TABLE {table}_postings (termid INTEGER, line INTEGER, times INTEGER)",
    """CREATE VIEW fts_main_{table}.terms AS
       SELECT line::BIGINT AS docid, 0::BIGINT AS fieldid, termid::BIGINT AS termid
       FROM (SELECT *, unnest(range(times)) FROM {table}_postings)""",
    "CREATE TEMP TABLE {table}_fresh (termid INTEGER, line INTEGER, times INTEGER)",
    "CREATE TEMP TABLE {table}_lengths (line INTEGER, length INTEGER)",
    "CREATE TEMP TABLE {table}_kept (was INTEGER, line INTEGER)",
)
_KEEP = (
    """INSERT INTO {table}_lengths
       SELECT line, len FROM {old}.fts_main_{table}.docs JOIN {table}_kept ON docid = was""",
    """INSERT INTO {table}_postings SELECT * FROM (
           SELECT termid, kept.line, times
           FROM {old}.{table}_postings AS held JOIN {table}_kept AS kept ON held.line = was
           UNION ALL FROM {table}_fresh)
       ORDER BY termid, line""",
)
_FRESH = ("INSERT INTO {table}_postings FROM {table}_fresh ORDER BY termid, line",)
_END = (
    """INSERT INTO fts_main_{table}.dict
       SELECT termid, term, count FROM (SELECT termid, count(*) FROM {table}_postings GROUP BY 1)
       AS used(termid, count) JOIN {table}_terms USING (termid) ORDER BY termid""",
    "INSERT INTO fts_main_{table}.docs SELECT line, line, length FROM {table}_lengths ORDER BY line",
    "INSERT INTO fts_main_{table}.stats SELECT count(*), avg(len) FROM fts_main_{table}.docs",
    "CREATE INDEX {table}_by_id ON {table} (id)",
    "DROP TABLE {table}_fresh",
    "DROP TABLE {table}_lengths",
    "DROP TABLE {table}_kept",
)


class Postings:
    """The words of one table of lines with the columns `id` and `tokens`, as they are written.

    `old` is the name under which the snapshot before is attached, if there is one.
    """

    def __init__(self, db: duckdb.DuckDBPyConnection, table: str, old: str | None = None) -> None:
        self._db = db
        self._table = table
        self._old = old
        self._terms: dict[str, int] = {}
        self._run(_BEGIN)
        if old is not None:
            held = db.execute(f"SELECT term, termid FROM {old}.fts_main_{table}.dict").fetchnumpy()
            self._terms = dict(zip(held["term"].tolist(), held["termid"].tolist(), strict=True))
        self._next = max(self._terms.values(), default=-1) + 1

    def add(self, first: int, tokens: pa.ChunkedArray) -> None:
        """Lines in a row from the id `first` on, each with its tokens between single blanks."""
        words = pc.split_pattern(tokens.combine_chunks(), " ")
        lines = np.asarray(pc.list_parent_indices(words), np.int64)
        found = pc.list_flatten(words).dictionary_encode()
        numbers = np.array([self._number(term) for term in found.dictionary.to_pylist()], np.int64)
        terms = numbers[np.asarray(found.indices)]
        held = terms >= 0
        keys, times = np.unique(terms[held] << 32 | lines[held], return_counts=True)
        self._insert("fresh", termid=keys >> 32, line=first + (keys & 0xFFFFFFFF), times=times)
        lengths = np.bincount(lines[held], minlength=len(words))
        self._insert("lengths", line=first + np.arange(len(words)), length=lengths)

    def keep(self, was: int, first: int, count: int) -> None:
        """So many lines in a row that had the ids from `was` on have those from `first` on now."""
        kept = np.arange(count)
        self._insert("kept", was=was + kept, line=first + kept)

    def write(self) -> None:
        """Write the index; every line has been told of."""
        self._run(_FRESH if self._old is None else _KEEP)
        terms = {"termid": list(self._terms.values()), "term": pa.array(self._terms, pa.string())}
        self._db.register(f"{self._table}_terms", pa.table(terms))
        self._run(_END)
        self._db.unregister(f"{self._table}_terms")

    def _number(self, term: str) -> int:
        """The number of a term, -1 for that of a line without any."""
        if not term:
            return -1
        number = self._terms.setdefault(term, self._next)
        self._next += number == self._next
        return number

    def _insert(self, part: str, **columns: np.ndarray) -> None:
        self._db.register("rows_of_words", pa.table(columns))
        self._db.execute(f"INSERT INTO {self._table}_{part} FROM rows_of_words")
        self._db.unregister("rows_of_words")

    def _run(self, statements: tuple[str, ...]) -> None:
        for statement in statements:
            self._db.execute(statement.format(table=self._table, old=self._old))


def index_words(db: duckdb.DuckDBPyConnection, table: str) -> None:
    """Make a table of lines, whose ids count from 0, searchable by its column `tokens`."""
    words = Postings(db, table)
    words.add(0, db.execute(f"SELECT tokens FROM {table} ORDER BY id").to_arrow_table()["tokens"])
    words.write()
