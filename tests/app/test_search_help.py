"""The list of operators: each example is a sound query."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from gaze_search_app.app_pages.search_help import listing
from gaze_search_app.search.browse import Examples
from gaze_search_app.search.parser import parse
from gaze_search_app.search.syntax import Field

OWN = Examples(("dining table",), "my films", "Müller's <trips>", 2021, "zh", "中国", "中", "国")


@pytest.mark.parametrize("known", [Examples(), OWN])
def test_every_example_is_read_as_it_is_written(known: Examples) -> None:
    links = re.findall(r'href="([^"]+)"', listing(known))
    queries = [parse_qs(urlsplit(unescape(link)).query)["q"][0] for link in links]
    fields = set()
    for query in queries:
        read = parse(query)
        assert not read.notes
        assert parse(str(read.query)) == read
        fields |= {f"{field}:" for field in Field if f"{field}:" in query}
    assert fields == {f"{field}:" for field in Field}


def test_names_cannot_break_out_of_the_page() -> None:
    assert "<trips>" not in listing(OWN)
