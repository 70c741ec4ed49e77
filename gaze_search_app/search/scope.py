"""Where a request searches, and how much of that each channel could search."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gaze_pipeline.store.postings import Flags, Lines
from gaze_pipeline.store.snapshot_corpus import SPOKEN, Corpus
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_search_app.search.model import ChannelCoverage, Unsearched

LISTED = 100
"""How many unsearched videos an answer names; the counts cover all."""


@dataclass(frozen=True)
class Bounds:
    """Where to look. An empty tuple bounds nothing; `not_` bounds exclude.

    `folders` are parts of paths such as `trips/2024`; `after_s` and `before_s` bound when a video was
    recorded, in s since the epoch, the first inclusive.
    """

    fingerprints: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    not_libraries: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    not_folders: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    not_languages: tuple[str, ...] = ()
    after_s: float | None = None
    before_s: float | None = None


@dataclass(frozen=True)
class Scope:
    """The videos that bounds leave, None for all.

    `fingerprints` are those that may answer, `covered` those and the ones of which it is not known yet,
    since nobody has listened to their language.
    """

    fingerprints: list[str] | None = None
    covered: list[str] | None = None
    languages: tuple[str, ...] = ()
    not_languages: tuple[str, ...] = ()

    def showing(self, snapshot: Snapshot, labels: Collection[str]) -> list[str] | None:
        """The videos that may answer of those in which any of these labels is seen, None for all."""
        if not labels:
            return self.fingerprints
        rows = snapshot.rows(_SHOWING, {"labels": sorted(labels)})
        shown = {fingerprint for (fingerprint,) in rows}
        return sorted(shown if self.fingerprints is None else shown & set(self.fingerprints))

    def admitted(self, corpus: Corpus, labels: Collection[str]) -> Callable[[Lines], Lines]:
        """Leaves of lines those that may answer: within, of videos in which any of these labels is seen."""
        snapshot = corpus.snapshot
        if self == Scope() and not labels:
            return lambda lines: lines
        columns = snapshot.columns
        videos = np.ones(len(columns.fingerprints), bool)
        if self.fingerprints is not None:
            videos &= columns.chosen(self.fingerprints)
        if labels:
            rows = snapshot.rows(_SHOWING, {"labels": sorted(labels)})
            videos &= columns.chosen(fingerprint for (fingerprint,) in rows)
        spoken = self._spoken(snapshot) if corpus.table == SPOKEN else None
        if spoken is None:
            return lambda lines: lines[videos[corpus.videos[lines]]]
        return lambda lines: lines[videos[corpus.videos[lines]] & spoken[lines]]

    def _spoken(self, snapshot: Snapshot) -> Flags | None:
        """Of each line whether it is in a language asked for; None where any will do."""
        if not self.languages and not self.not_languages:
            return None
        found = snapshot.arrays(
            """SELECT (len($languages) = 0 OR list_contains($languages, language))
                      AND NOT list_contains($not_languages, language) AS spoken FROM segments ORDER BY id""",
            {"languages": list(self.languages), "not_languages": list(self.not_languages)},
        )
        return found["spoken"]


_SHOWING = "SELECT DISTINCT fingerprint FROM detections WHERE list_contains($labels, label)"
_INSIDE = """(SELECT fingerprint FROM files WHERE list_bool_or(list_transform(${name}, folder ->
    contains('/' || lower(replace(regexp_replace(path, '[^/\\\\]+$', ''), '\\', '/')), folder))))"""
_SPOKEN = "(SELECT fingerprint FROM segments WHERE list_contains(${name}, language))"
_IN_LIBRARY = "(SELECT fingerprint FROM files WHERE list_contains(${name}, library))"


def scope(snapshot: Snapshot, bounds: Bounds) -> Scope:
    """The videos that lie within bounds."""
    if bounds == Bounds():
        return Scope()
    conditions, values = ["true"], dict[str, Any]()

    def bound(condition: str, name: str, given: Sequence[str]) -> None:
        if given:
            conditions.append(condition.format(name=name))
            values[name] = list(given)

    bound("list_contains(${name}, fingerprint)", "fingerprints", bounds.fingerprints)
    bound(f"fingerprint IN {_IN_LIBRARY}", "libraries", bounds.libraries)
    bound(f"fingerprint NOT IN {_IN_LIBRARY}", "not_libraries", bounds.not_libraries)
    bound(f"fingerprint IN {_INSIDE}", "folders", [_folder(name) for name in bounds.folders])
    bound(f"fingerprint NOT IN {_INSIDE}", "not_folders", [_folder(n) for n in bounds.not_folders])
    if bounds.after_s is not None:
        conditions.append("recorded_at >= $after")
        values["after"] = bounds.after_s
    if bounds.before_s is not None:
        conditions.append("recorded_at < $before")
        values["before"] = bounds.before_s
    where = " AND ".join(conditions)
    covered = _fingerprints(snapshot, where, values)
    fingerprints = covered
    if bounds.languages:
        values["languages"] = list(bounds.languages)
        spoken = f"fingerprint IN {_SPOKEN.format(name='languages')}"
        fingerprints = _fingerprints(snapshot, f"{where} AND {spoken}", values)
        unknown = f"({spoken} OR transcript_reason IS NOT NULL)"
        covered = _fingerprints(snapshot, f"{where} AND {unknown}", values)
    return Scope(fingerprints, covered, bounds.languages, bounds.not_languages)


def slashed(path: str) -> str:
    """A path with slashes, whatever system wrote it."""
    return path.replace("\\", "/")


def _folder(name: str) -> str:
    """A folder as a piece of a path in small letters: `/trips/2024/`."""
    return f"/{slashed(name).strip('/').lower()}/"


def _fingerprints(snapshot: Snapshot, where: str, values: dict[str, Any]) -> list[str]:
    rows = snapshot.rows(
        f"SELECT fingerprint FROM videos WHERE {where} ORDER BY fingerprint", values
    )
    return [fingerprint for (fingerprint,) in rows]


def coverage(
    snapshot: Snapshot,
    needs: Sequence[str],
    fingerprints: list[str] | None,
    asked: bool,
    reason: str | None = None,
) -> ChannelCoverage:
    """What one channel covers of a scope.

    `needs` names what a video must have for it, of "transcript", "visual" and "labels"; `asked` is whether
    the query includes it; `reason` is why it could search nothing at all.
    """
    counts, listed = snapshot.once(
        ("coverage", tuple(needs), reason, None if fingerprints is None else tuple(fingerprints)),
        lambda: _covered(snapshot, needs, fingerprints, reason),
    )
    videos_total, duration_total, videos, duration = counts
    searched = asked and reason is None
    return ChannelCoverage(
        asked=asked,
        searched=searched,
        reason=reason,
        videos=videos if searched else 0,
        videos_total=videos_total,
        duration_ms=duration if searched else 0,
        duration_total_ms=duration_total,
        unsearched=listed if asked else [],
    )


def _covered(
    snapshot: Snapshot, needs: Sequence[str], fingerprints: list[str] | None, reason: str | None
) -> tuple[tuple[int, int, int, int], list[Unsearched]]:
    """Videos and milliseconds in all, those that can be searched, and some that cannot."""
    why = f"coalesce({', '.join(f'v.{need}_reason' for need in needs)})"
    within = "" if fingerprints is None else "WHERE v.fingerprint IN (SELECT unnest($fingerprints))"
    values = {} if fingerprints is None else {"fingerprints": fingerprints}
    [(videos_total, duration_total, videos, duration)] = snapshot.rows(
        f"""SELECT count(*), coalesce(sum(duration_ms), 0),
                   count(*) FILTER ({why} IS NULL),
                   coalesce(sum(duration_ms) FILTER ({why} IS NULL), 0)
            FROM videos v {within}""",
        values,
    )
    unsearched = snapshot.rows(
        f"""SELECT v.fingerprint, min(f.path), coalesce($reason, any_value({why}))
            FROM videos v JOIN files f USING (fingerprint) {within}
            GROUP BY v.fingerprint
            HAVING $reason IS NOT NULL OR any_value({why}) IS NOT NULL
            ORDER BY min(f.path), v.fingerprint LIMIT {LISTED}""",
        {**values, "reason": reason},
    )
    listed = [
        Unsearched(fingerprint=fingerprint, path=path, reason=why)
        for fingerprint, path, why in unsearched
    ]
    return (int(videos_total), int(duration_total), int(videos), int(duration)), listed
