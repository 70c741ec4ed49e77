"""The visual channel: frames whose vectors lie near the query's, with a score that means something."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app.search.calibration import Background, Vector, calibrate
from gaze_search_app.search.hits import FrameHit, Interval
from gaze_search_app.search.model import POSSIBLE

MOST = 400
"""The nearest frames that become moments."""
LABELLED_MOST = 20_000
"""The surest frames of a label that become moments."""
BACKGROUND_FRAMES = 2048
"""So many frames tell a query's scale: with twice as many, 4 of 60,000 frames passed one half."""
_KEPT = 0.5


def search(
    snapshot: Snapshot,
    vector: Vector,
    background: Background,
    fingerprints: Sequence[str] | None,
    labels: Collection[str],
) -> list[FrameHit]:
    """The frames nearest to a query's vector, among these videos, that show any of these labels."""
    if snapshot.vectors is None:
        return []
    seeking = snapshot.vectors.seek(vector, MOST, sorted(labels), fingerprints)
    scale = calibrate(vector, background)  # meanwhile
    found = seeking()
    scores = scale.score(found["cosine"])
    names = ("fingerprint", "start_ms", "end_ms", "frame_index", "shot")
    *places, shots = (found[name] for name in names)
    columns = (*places, scores, shots)
    return [FrameHit(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def best_of(answers: Sequence[Sequence[FrameHit]]) -> list[FrameHit]:
    """The frames of several answers, each once with its best score."""
    answers = [answer for answer in answers if answer]
    if len(answers) == 1:
        return list(answers[0])
    best: dict[tuple[str, int], FrameHit] = {}
    for hit in (hit for answer in answers for hit in answer):
        key = (hit.fingerprint, hit.frame_index)
        if key not in best or hit.score > best[key].score:
            best[key] = hit
    return list(best.values())


def without(hits: Sequence[FrameHit], unwanted: Sequence[FrameHit]) -> list[FrameHit]:
    """The hits, each worth less the more it is like what is unwanted."""
    if not unwanted:
        return list(hits)
    like = {(hit.fingerprint, hit.frame_index): hit.score for hit in unwanted}
    return [
        replace(hit, score=hit.score * (1 - like.get((hit.fingerprint, hit.frame_index), 0.0)))
        for hit in hits
    ]


def telling(hits: Sequence[FrameHit], least: float = 0.0) -> float:
    """The score from which a hit is worth showing: half of the best one's, and no less than `least`."""
    return max(_KEPT * max((hit.score for hit in hits), default=0.0), least)


def labelled(
    snapshot: Snapshot,
    labels: Collection[str],
    fingerprints: Sequence[str] | None,
    most: int = LABELLED_MOST,
) -> list[FrameHit]:
    """The frames that show any of these labels, scored by how sure the detector was (0..1).

    What it tells of at all, by the `min_confidence` of the settings, is possible.
    """
    rows = snapshot.rows(
        """SELECT fingerprint, f.timestamp_ms, f.until_ms, frame_index,
                   greatest(max(d.confidence), $possible)
            FROM detections d JOIN frames f USING (fingerprint, frame_index)
            WHERE list_contains($labels, label)
              AND ($fingerprints IS NULL OR list_contains($fingerprints, fingerprint))
            GROUP BY ALL ORDER BY max(d.confidence) DESC, fingerprint, frame_index LIMIT $most""",
        {
            "most": most,
            "possible": POSSIBLE,
            "labels": sorted(labels),
            "fingerprints": None if fingerprints is None else list(fingerprints),
        },
    )
    return [FrameHit(*row) for row in rows]


def label_times(
    snapshot: Snapshot, labels: Collection[str], fingerprints: Sequence[str]
) -> list[Interval]:
    """When any of these labels is seen in these videos, frame by frame."""
    rows = snapshot.rows(
        """SELECT DISTINCT fingerprint, f.timestamp_ms, f.until_ms
           FROM detections d JOIN frames f USING (fingerprint, frame_index)
           WHERE list_contains($labels, label) AND list_contains($fingerprints, fingerprint)""",
        {"labels": sorted(labels), "fingerprints": list(fingerprints)},
    )
    return [Interval(*row) for row in rows]
