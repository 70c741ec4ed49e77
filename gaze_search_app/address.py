"""What the search page's address says: a search is a link, and the back button goes back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from gaze_search_app.search.model import QUERY_MAX, FrameRef, Mode, SearchRequest

PAGE_SIZE = 20
FRAME_REF = "([0-9a-f]{16})@([0-9]{1,10})"
"""A frame in an address: the fingerprint of its video, and when it is on screen (ms)."""


@dataclass(frozen=True)
class Address:
    """A search as its address holds it: `?q=...&mode=...&label=...&library=...&page=...&weak=1`.

    `like=FINGERPRINT@MS` is a frame to search by; a picture of one's own is never in an address.
    """

    query: str = ""
    mode: Mode = Mode.BOTH
    labels: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    page: int = 1
    weak: bool = False
    like: FrameRef | None = None

    @classmethod
    def parse(cls, params: Mapping[str, Sequence[str]]) -> Address:
        """Read an address; what makes no sense in it falls back to the default."""
        mode = next(iter(params.get("mode", ())), Mode.BOTH.value)
        page = next(iter(params.get("page", ())), "1")
        return cls(
            query=next(iter(params.get("q", ())), "").strip()[:QUERY_MAX],
            mode=Mode(mode) if mode in set(Mode) else Mode.BOTH,
            labels=_distinct(params.get("label", ())),
            libraries=_distinct(params.get("library", ())),
            page=int(page) if re.fullmatch(r"[1-9]\d{0,5}", page, re.ASCII) else 1,
            weak="1" in params.get("weak", ()),
            like=frame_ref(next(iter(params.get("like", ())), "")),
        )

    def params(self) -> dict[str, list[str]]:
        """The parameters of the address, defaults left out."""
        given = {
            "q": [self.query] if self.query else [],
            "mode": [self.mode.value] if self.mode is not Mode.BOTH else [],
            "label": list(self.labels),
            "library": list(self.libraries),
            "page": [str(self.page)] if self.page > 1 else [],
            "weak": ["1"] if self.weak else [],
            "like": [f"{self.like.fingerprint}@{self.like.at_ms}"] if self.like else [],
        }
        return {name: values for name, values in given.items() if values}

    @property
    def link(self) -> str:
        """The part of the address after `?`, of the first page."""
        return urlencode(replace(self, page=1).params(), doseq=True)

    @property
    def sought(self) -> bool:
        """Whether it asks for anything: a program can ask the same by its address."""
        return bool(self.query) or self.like is not None

    @property
    def filters(self) -> str:
        """What narrows the words, to be read beside them."""
        mode = {Mode.TRANSCRIPT: ["spoken"], Mode.VISUAL: ["seen"]}.get(self.mode, [])
        return ", ".join([*mode, *self.labels, *self.libraries])

    def request(self) -> SearchRequest:
        """The search that the address asks for."""
        return SearchRequest(
            query=self.query,
            mode=self.mode,
            labels=list(self.labels),
            libraries=list(self.libraries),
            weak=self.weak,
            limit=PAGE_SIZE,
            offset=(self.page - 1) * PAGE_SIZE,
            like=self.like,
        )


def frame_ref(text: str) -> FrameRef | None:
    """The frame that `FINGERPRINT@MS` names, if it does."""
    match = re.fullmatch(FRAME_REF, text)
    return FrameRef(fingerprint=match[1], at_ms=int(match[2])) if match else None


def _distinct(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))
