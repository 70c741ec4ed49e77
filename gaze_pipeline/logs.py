"""Logs under the data root: bounded, without tokens, and without paths unless the user wants them."""

from __future__ import annotations

import json
import logging
import os
import re
import site
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2s
from logging.handlers import RotatingFileHandler
from pathlib import Path
from urllib.parse import quote, unquote

from gaze_pipeline.settings import Settings

LOG_BYTES = 4 * 1024 * 1024
LOG_COUNT = 3
CHECKOUT = Path(__file__).resolve().parents[1]

_SYSTEM = {
    *("bin", "boot", "dev", "etc", "lib", "lib32", "lib64"),
    *("proc", "run", "sbin", "snap", "sys", "usr"),
}
"""Folders at the root of the file system in which nobody keeps their own files."""

_CLOSING = {
    "'": "'",
    '"': '"',
    "`": "`",
    "(": ")",
    "[": "]",
    "<": ">",
    "“": "”",
    "‘": "’",
    "«": "»",
}
_SUFFIX = re.compile(r"\.[^\W_]{1,8}(?![\w.])")
_ADDRESS = re.compile(r"[^\s'\"<>&?#]*")
_QUERY = re.compile(r"(token=|Bearer )[\w-]+")


@dataclass(frozen=True)
class _Place:
    """A folder whose paths are taken out of logs: its label, and whether what lies in it is no secret."""

    label: str
    path: str
    open: bool = False


class Redaction:
    """Takes tokens and paths out of a line.

    A path becomes the library, or else the place, and a short hash of the rest, so that it can still be
    told from another. What lies in our own folders, or Python's, keeps its name there. Where no quote
    tells the end of a path with spaces, more is taken out rather than less.
    """

    def __init__(self, settings: Settings | None, secret: str = "") -> None:
        self._secret = secret
        self._shows = settings is not None and settings.support.log_paths
        places = {place.path: place for place in reversed(list(_places(settings)))}
        self._forms = {
            form: (place, decoded)
            for place in places.values()
            for form, decoded in _forms(place.path)
        }
        longest_first = sorted(self._forms, key=len, reverse=True)
        listed = "|".join(map(re.escape, longest_first))
        self._start = re.compile(rf"(?<![\w.%\\/-])({listed})(?=[/\\%'\"`)\]>:,;\s]|$)")

    def __call__(self, line: str) -> str:
        """The line without them."""
        if self._secret:
            line = line.replace(self._secret, "<token>")
        line = _QUERY.sub(r"\1<token>", line)
        if self._shows:
            return line
        parts: list[str] = []
        at = 0
        while (found := self._start.search(line, at)) is not None:
            place, decoded = self._forms[found[1]]
            before = line[found.start() - 1 : found.start()]
            end = self._end(line, found.end(), before, decoded is unquote)
            parts += [line[at : found.start()], _named(place, decoded(line[found.end() : end]))]
            at = end
        return "".join(parts) + line[at:]

    def _end(self, line: str, start: int, before: str, is_address: bool) -> int:
        """Where a path ends that goes on at `start`."""
        if start == len(line) or line[start] not in "/\\%":
            return start
        if is_address:
            found = _ADDRESS.match(line, start)
            return found.end() if found else start
        if before in _CLOSING:
            closing = line.find(_CLOSING[before], start)
            while closing > 0 and line[closing - 1] == "\\":  # escaped, as in JSON
                closing = line.find(_CLOSING[before], closing + 1)
            if closing >= 0:
                return closing
        other = self._start.search(line, start)
        limit = other.start() if other else len(line)
        suffixes = [match.end() for match in _SUFFIX.finditer(line, start, limit)]
        return suffixes[-1] if suffixes else len(line[:limit].rstrip())


def rotating_log(path: Path, redact: Callable[[str], str]) -> logging.Logger:
    """A logger that writes redacted lines to `path`, keeping a few files of a few MiB each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(
        path, maxBytes=LOG_BYTES, backupCount=LOG_COUNT, encoding="utf-8", errors="replace"
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    handler.addFilter(lambda record: _redacted(record, redact))
    log = logging.Logger(path.stem)
    log.addHandler(handler)
    return log


def close(log: logging.Logger) -> None:
    """Close the log's files."""
    for handler in log.handlers:
        handler.close()


def _redacted(record: logging.LogRecord, redact: Callable[[str], str]) -> bool:
    record.msg, record.args = "\n".join(map(redact, record.getMessage().split("\n"))), None
    return True


def _places(settings: Settings | None) -> Iterator[_Place]:
    """The most telling first: a folder may have several names."""
    if settings is not None:
        for library in settings.libraries:
            for path in {str(library.path), os.path.realpath(library.path)}:
                yield _Place(f"library:{library.name}", path)
        for path in {str(settings.root), os.path.realpath(settings.root)}:
            yield _Place("data", path, open=True)
        yield _Place("models", str(settings.models_dir), open=True)
    yield _Place("gaze", str(CHECKOUT), open=True)
    for path in (*site.getsitepackages(), sys.prefix, sys.base_prefix):
        if len(Path(path).parts) > 2:
            yield _Place("python", path, open=True)
    yield _Place("home", str(Path.home()))
    for entry in os.scandir(os.sep):
        if entry.name not in _SYSTEM and entry.is_dir():
            yield _Place("path", entry.path)


def _forms(path: str) -> Iterator[tuple[str, Callable[[str], str]]]:
    """The ways in which a path is written down, and how the rest of each is read."""
    yield json.dumps(path)[1:-1], _unescaped
    yield json.dumps(path, ensure_ascii=False)[1:-1], _unescaped
    yield quote(os.fsencode(path)), unquote
    yield quote(os.fsencode(path), safe=""), unquote
    yield path.encode("utf-8", "replace").decode(), str
    yield path, str


def _unescaped(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        return text


def _named(place: _Place, rest: str) -> str:
    inner = rest.replace("\\", "/").strip("/")
    if not inner:
        return f"<{place.label}>"
    if place.open:
        return f"<{place.label}>/{inner}"
    digest = blake2s(inner.encode("utf-8", "replace"), digest_size=3).hexdigest()
    return f"<{place.label}>/…{digest}"
