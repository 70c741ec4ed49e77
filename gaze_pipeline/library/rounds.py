"""When to look where: what is watched is looked through rarely, and where it was touched at once."""

from __future__ import annotations

from gaze_pipeline.library.sight import Round
from gaze_pipeline.settings import Library, Settings
from gaze_pipeline.store.catalog import Catalog

MAX_TOUCHED = 1000


def due(settings: Settings, catalog: Catalog, now: float) -> Round | None:
    """The round that is due now (seconds since the epoch), or None.

    A library that tells of its changes is looked through every `watched_every_s`, any other every
    `every_s`.
    """
    touched = tuple(catalog.touched.due(now, MAX_TOUCHED))
    libraries = tuple(
        library
        for library in settings.libraries
        if library.path in touched or _is_due(library, settings, catalog, now)
    )
    removed = catalog.libraries.names() - {library.name for library in settings.libraries}
    return Round(libraries, touched) if libraries or touched or removed else None


def _is_due(library: Library, settings: Settings, catalog: Catalog, now: float) -> bool:
    last = catalog.libraries.last_scan(library.name, library.path)
    if last is None:
        return True
    watched = catalog.libraries.unwatched(library.name, library.path) is None
    every_s = settings.scan.watched_every_s if watched else settings.scan.every_s
    return not 0 <= now - last.at < every_s
