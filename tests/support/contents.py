"""All that an index holds, as rows to compare: whatever happened on the way, they must be the same."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from gaze_pipeline.states import Stage
from gaze_pipeline.store.artifacts import ArtifactStore
from gaze_pipeline.store.paths import DataPaths
from gaze_pipeline.store.snapshot_reader import Snapshot
from gaze_pipeline.store.vector_reader import connect

Rows = Counter[tuple[str, ...]]
SNAPSHOT = {
    "videos": "* EXCLUDE (added_at)",
    "files": "*",
    "segments": "* EXCLUDE (id)",
    "frames": "*",
    "detections": "*",
    "texts": "* EXCLUDE (id)",
    "copies": "*",
    **{
        f"{table} JOIN {table}_postings ON line = id JOIN fts_main_{table}.dict USING (termid)": (
            "fingerprint, start_ms, term, times"
        )
        for table in ("segments", "texts")
    },
}
HELD = "WHERE fingerprint IN (SELECT fingerprint FROM files)"
"""Rows of videos that are gone are kept for a while, in whatever state they were."""
CATALOG = {
    "videos": f"SELECT fingerprint, duration_ms FROM videos {HELD}",
    "files": "SELECT path, library, size, mtime_ns, fingerprint, error_code FROM files",
    "stages": f"SELECT fingerprint, stage, status, error_code, recipe FROM stages {HELD}",
}


def contents(root: Path) -> Mapping[str, Rows]:
    """Every row of the snapshot, its vectors, the artifacts and the catalog, each with its count."""
    paths = DataPaths(root)
    return {
        **{f"artifacts: {name}": rows for name, rows in _artifacts(paths).items()},
        **{f"catalog: {name}": rows for name, rows in _catalog(paths).items()},
        **{f"snapshot: {name}": rows for name, rows in _snapshot(paths).items()},
    }


def differences(found: Mapping[str, Rows], wanted: Mapping[str, Rows]) -> dict[str, list[str]]:
    """What is lost, and what is there too often, by table; nothing when all is the same."""
    told = {}
    for name in sorted({*found, *wanted}):
        lost = wanted.get(name, Counter()) - found.get(name, Counter())
        extra = found.get(name, Counter()) - wanted.get(name, Counter())
        if lost or extra:
            told[name] = [*(f"lost {row}" for row in lost), *(f"extra {row}" for row in extra)][:8]
    return told


def leavings(root: Path) -> list[str]:
    """Temporary files that are still there."""
    return [
        str(path.relative_to(root))
        for path in root.rglob("*")
        if ".tmp" in path.name or path.name.endswith((".wal", "#1"))
    ]


def half_artifacts(root: Path) -> list[str]:
    """Artifacts that are there but not whole, as far as anything that reads them would notice."""
    paths, wrong = DataPaths(root), []
    store = ArtifactStore(paths)
    for fingerprint in store.fingerprints():
        for stage in Stage:
            path = paths.artifact(fingerprint, stage)
            if path.exists():
                table = store.read(fingerprint, stage)
                if stage is Stage.FRAMES:
                    names = table["thumbnail"].to_pylist()
                    folder = paths.video(fingerprint)
                    wrong += [str(folder / name) for name in names if not _whole(folder / name)]
        if paths.facts(fingerprint).exists():
            store.read_facts(fingerprint)
    return wrong


def _whole(jpeg: Path) -> bool:
    try:
        content = jpeg.read_bytes()
    except OSError:
        return False
    return content[:2] == b"\xff\xd8" and content[-2:] == b"\xff\xd9"


def _rows(table: pa.Table) -> Rows:
    columns = [column.to_pylist() for column in table.columns]
    return Counter(tuple(map(str, row)) for row in zip(*columns, strict=True))


def _artifacts(paths: DataPaths) -> Mapping[str, Rows]:
    found: dict[str, Rows] = {}
    store = ArtifactStore(paths)
    for fingerprint in store.fingerprints():
        for stage in Stage:
            if paths.artifact(fingerprint, stage).exists():
                found.setdefault(stage.value, Counter()).update(
                    _rows(store.read(fingerprint, stage))
                )
        found.setdefault("media", Counter()).update(_rows(store.read_facts(fingerprint)))
        files = [paths.audio(fingerprint), *paths.thumbnails(fingerprint).glob("*")]
        found.setdefault("files", Counter()).update(
            (fingerprint, file.name, hashlib.sha256(file.read_bytes()).hexdigest())
            for file in files
            if file.exists()
        )
    return found


def _catalog(paths: DataPaths) -> Mapping[str, Rows]:
    with sqlite3.connect(paths.catalog) as db:
        return {
            name: Counter(tuple(map(str, row)) for row in db.execute(query))
            for name, query in CATALOG.items()
        }


def _snapshot(paths: DataPaths) -> Mapping[str, Rows]:
    snapshot = Snapshot.open(paths)
    found = {
        name: Counter(
            tuple(map(str, row)) for row in snapshot.rows(f"SELECT {columns} FROM {name}")
        )
        for name, columns in SNAPSHOT.items()
    }
    found["full text"] = Counter(
        map(
            tuple,
            snapshot.rows(
                "SELECT 'documents', CAST(count(*) AS VARCHAR) FROM fts_main_segments.docs"
            ),
        )
    )
    info = snapshot.info
    pinned = {
        "vectors": (info.vector_table, info.vector_version),
        "meanings": (info.meaning_table, info.meaning_version),
    }
    for kind, (name, version) in pinned.items():
        if name is not None:
            table = connect(paths).open_table(name)
            table.checkout(version)
            found[kind] = _rows(table.to_arrow().drop_columns("source"))
    return found
