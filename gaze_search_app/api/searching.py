"""`/api/search`: the same engine, query language and answers as the page's."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from gaze_search_app.address import FRAME_REF, frame_ref
from gaze_search_app.api.context import Limit, Offset, Search
from gaze_search_app.search.model import QUERY_MAX, Mode, SearchRequest, SearchResponse

router = APIRouter(prefix="/search", tags=["search"])
Names = Annotated[list[str], Query(max_length=100)]


@router.post("")
def post_search(request: SearchRequest, engine: Search) -> SearchResponse:
    """Find the moments that answer a query, best first, and what was searched for them."""
    return engine.search(engine.named(request))


@router.get("")
def get_search(
    engine: Search,
    q: Annotated[str, Query(max_length=QUERY_MAX, description="In the query language.")] = "",
    like: Annotated[
        str,
        Query(pattern=f"^({FRAME_REF})?$", description="A frame to search by: `FINGERPRINT@MS`."),
    ] = "",
    mode: Mode = Mode.BOTH,
    label: Names = [],  # noqa: B006
    library: Names = [],  # noqa: B006
    fingerprint: Names = [],  # noqa: B006
    weak: bool = False,
    limit: Limit = 20,
    offset: Offset = 0,
) -> SearchResponse:
    """The same for a query in the address."""
    request = SearchRequest(
        query=q,
        mode=mode,
        labels=label,
        libraries=library,
        fingerprints=fingerprint,
        weak=weak,
        limit=limit,
        offset=offset,
        like=frame_ref(like),
    )
    return engine.search(engine.named(request))
