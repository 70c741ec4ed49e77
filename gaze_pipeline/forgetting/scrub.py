"""Taking the forgotten out of what others keep writing to: SQLite tables and log files."""

from __future__ import annotations

import mmap
import sqlite3
from collections.abc import Callable
from pathlib import Path

from gaze_pipeline.forgetting.needles import Needles
from gaze_pipeline.store.sqlite_files import read_only, tables, transaction

BLANK = b"-"
FORGOTTEN = "forgotten"

Value = str | bytes | int | float | None
"""What SQLite holds."""


def named_in(needles: Needles) -> Callable[[Value], bool]:
    """Whether a value names the forgotten."""

    def named(value: Value) -> bool:
        if isinstance(value, str):
            value = value.encode("utf-8", "surrogatepass")
        return isinstance(value, bytes) and bool(needles.found(value))

    return named


def without(needles: Needles) -> Callable[[Value], Value]:
    """A value with the names of the forgotten replaced."""

    def scrubbed(value: Value) -> Value:
        if not isinstance(value, str):
            return value
        text = value.encode("utf-8", "surrogatepass")
        for pattern in sorted(needles.found(text), key=len, reverse=True):
            text = text.replace(pattern, FORGOTTEN.encode())
        return text.decode("utf-8", "surrogatepass")

    return scrubbed


def scrub_tables(
    db: sqlite3.Connection, needles: Needles, kept: frozenset[str] = frozenset()
) -> int:
    """Delete every row that names the forgotten; in the tables `kept`, only replace the names.

    Returns how many rows there were.
    """
    db.create_function("named", 1, named_in(needles))
    db.create_function("without", 1, without(needles))
    before = db.total_changes
    with transaction(db):
        for table, columns in tables(db).items():
            where = " OR ".join(f'named("{column}")' for column in columns)
            if table in kept:
                change = ", ".join(f'"{column}" = without("{column}")' for column in columns)
                db.execute(f'UPDATE "{table}" SET {change} WHERE {where}')
            else:
                db.execute(f'DELETE FROM "{table}" WHERE {where}')
    return db.total_changes - before


def names_it(path: Path, needles: Needles) -> bool:
    """Whether a SQLite file has a row that names the forgotten."""
    named = named_in(needles)
    try:
        with read_only(path) as db:
            return any(
                named(value)
                for table in tables(db)
                for row in db.execute(f'SELECT * FROM "{table}"')
                for value in row
            )
    except sqlite3.Error:
        return bool(needles.found(path.read_bytes()))


def blank_lines(path: Path, needles: Needles) -> int:
    """Overwrite the lines of a log that name the forgotten, in place: its writer may have it open.

    Returns how many there were.
    """
    if not path.stat().st_size:
        return 0
    blanked = 0
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as content:
        start = 0
        while start < len(content):
            end = content.find(b"\n", start)
            end = len(content) if end < 0 else end
            if needles.found(content[start:end]):
                content[start:end] = BLANK * (end - start)
                blanked += 1
            start = end + 1
    return blanked
