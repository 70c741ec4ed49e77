"""Where a request searches, and how much of that each channel could search."""

from __future__ import annotations

from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app.search.model import ChannelCoverage, SearchRequest, Unsearched

LISTED = 100
"""How many unsearched videos an answer names; the counts cover all."""


def scope(snapshot: Snapshot, request: SearchRequest) -> list[str] | None:
    """The fingerprints that the library and video filters leave; None when they filter nothing."""
    if not request.libraries and not request.fingerprints:
        return None
    rows = snapshot.rows(
        """SELECT fingerprint FROM videos
           WHERE (len($fingerprints) = 0 OR list_contains($fingerprints, fingerprint))
             AND (len($libraries) = 0 OR fingerprint IN
                  (SELECT fingerprint FROM files WHERE list_contains($libraries, library)))
           ORDER BY fingerprint""",
        {"fingerprints": request.fingerprints, "libraries": request.libraries},
    )
    return [fingerprint for (fingerprint,) in rows]


def coverage(
    snapshot: Snapshot,
    channel: str,
    fingerprints: list[str] | None,
    asked: bool,
    reason: str | None = None,
) -> ChannelCoverage:
    """What one channel ("transcript" or "visual") covers of a scope.

    `asked` is whether the mode includes it; `reason` is why it could search nothing at all.
    """
    column = f"{channel}_reason"
    within = "" if fingerprints is None else "WHERE list_contains($fingerprints, fingerprint)"
    values = {} if fingerprints is None else {"fingerprints": fingerprints}
    totals = snapshot.rows(
        f"""SELECT count(*), coalesce(sum(duration_ms), 0),
                   count(*) FILTER ({column} IS NULL),
                   coalesce(sum(duration_ms) FILTER ({column} IS NULL), 0)
            FROM videos {within}""",
        values,
    )
    videos_total, duration_total, videos, duration = (int(value) for value in totals[0])
    searched = asked and reason is None
    unsearched = snapshot.rows(
        f"""SELECT v.fingerprint, min(f.path), coalesce($reason, any_value(v.{column}))
            FROM videos v JOIN files f USING (fingerprint) {within}
            GROUP BY v.fingerprint
            HAVING $reason IS NOT NULL OR any_value(v.{column}) IS NOT NULL
            ORDER BY min(f.path), v.fingerprint LIMIT {LISTED}""",
        {**values, "reason": reason},
    )
    return ChannelCoverage(
        searched=searched,
        reason=reason,
        videos=videos if searched else 0,
        videos_total=videos_total,
        duration_ms=duration if searched else 0,
        duration_total_ms=duration_total,
        unsearched=[
            Unsearched(fingerprint=fingerprint, path=path, reason=why)
            for fingerprint, path, why in unsearched
        ]
        if asked
        else [],
    )
