"""What a video leaves behind: its fingerprint, its paths, what was said in it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from gaze_pipeline.errors import GazeError
from gaze_pipeline.states import Stage
from gaze_pipeline.store.snapshot_corpus import SPOKEN, WRITTEN
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_pipeline.workspace import Workspace

WORDS_A_PHRASE = 3
SHORTEST_PHRASE = 12
SHORTEST_NAME = 8
"""In bytes; what is shorter may stand in compressed data by chance."""

PUBLISHED = {Stage.TRANSCRIPT: SPOKEN, Stage.TEXTS: WRITTEN}
"""The stages that write down words, and the tables of a snapshot that hold them."""

_WORD = re.compile(r"\w+")
_UNSPACED_RUN = 6


@dataclass(frozen=True)
class Traces:
    """The traces of one subject: a video, or a library, which has no fingerprint and no lines.

    `lines` are what is said, `written` what is on the screen: its single words, such as those of program
    code, stand anywhere.
    """

    subject: str
    fingerprint: str = ""
    paths: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    written: tuple[str, ...] = ()

    @classmethod
    def of_video(cls, workspace: Workspace, fingerprint: str, paths: Iterable[Path]) -> Traces:
        """What is known of a video, before any of it is erased."""
        return cls(
            subject=fingerprint,
            fingerprint=fingerprint,
            paths=tuple(str(path) for path in paths),
            lines=tuple(dict.fromkeys(_lines(workspace, fingerprint, Stage.TRANSCRIPT))),
            written=tuple(dict.fromkeys(_lines(workspace, fingerprint, Stage.TEXTS))),
        )

    @classmethod
    def of_library(cls, name: str, paths: Iterable[Path]) -> Traces:
        """A library that is removed: its folder, and files whose videos stay or never were taken up."""
        return cls(subject=f"library {name}", paths=tuple(str(path) for path in paths))

    @classmethod
    def parse(cls, text: str) -> Traces:
        """The traces that `str` wrote down."""
        row = json.loads(text)
        lines, written = tuple(row["lines"]), tuple(row.get("written", ()))
        return cls(row["subject"], row["fingerprint"], tuple(row["paths"]), lines, written)

    def __str__(self) -> str:
        return json.dumps(asdict(self))

    def names(self) -> set[bytes]:
        """The fingerprint and the paths in every form in which they may be written down."""
        forms = {form for path in self.paths for form in _forms(path, Path(path).name)}
        if self.fingerprint:
            forms |= {self.fingerprint.encode(), self.fingerprint.encode("utf-16-le")}
        return forms

    def phrases(self) -> Iterator[bytes]:
        """What was said and written, in stretches of three words, as UTF-8."""
        for line in (*self.lines, *self.written):
            spans = [match.span() for match in _WORD.finditer(line)]
            last = len(spans) - WORDS_A_PHRASE
            stretches = [
                line[spans[first][0] : spans[first + WORDS_A_PHRASE - 1][1]]
                for first in range(last + 1)
            ]
            unspaced = [
                line[at : at + _UNSPACED_RUN]
                for start, end in spans
                if not line[start:end].isascii()
                for at in range(start, end - _UNSPACED_RUN + 1, _UNSPACED_RUN)
            ]
            for stretch in (stretches or [line.strip()]) + unspaced:
                encoded = stretch.encode("utf-8", "replace")
                if len(encoded) >= SHORTEST_PHRASE:
                    yield encoded

    def words(self) -> set[str]:
        """Every word that was said."""
        return words(" ".join(self.lines))


def words(text: str) -> set[str]:
    """The words of a text, without case."""
    return set(_WORD.findall(text.casefold()))


def _lines(workspace: Workspace, fingerprint: str, stage: Stage) -> list[str]:
    """The lines of a stage, from its artifact or else from the published snapshot."""
    try:
        table = workspace.artifacts.read(fingerprint, stage, ["text"])
        return [line for line in table["text"].to_pylist() if line]
    except GazeError:
        pass
    try:
        query = f"SELECT text FROM {PUBLISHED[stage]} WHERE fingerprint = $fingerprint ORDER BY id"
        rows = Snapshot.open(workspace.paths).rows(query, {"fingerprint": fingerprint})
        return [line for (line,) in rows if line]
    except GazeError:
        return []


def _forms(*texts: str) -> Iterator[bytes]:
    """A path or name as it stands, in JSON, in an address, and in UTF-16."""
    for text in texts:
        plain = os.fsencode(text)
        shown = text.encode("utf-8", "replace").decode()
        forms = {
            plain,
            shown.encode(),
            json.dumps(text)[1:-1].encode(),
            json.dumps(shown, ensure_ascii=False)[1:-1].encode(),
            quote(plain).encode(),
            quote(plain, safe="").encode(),
            shown.encode("utf-16-le"),
        }
        yield from (form for form in forms if len(form) >= SHORTEST_NAME)
