"""Where a scan looks, and what it sees there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from gaze_pipeline.library.report import Offline
from gaze_pipeline.library.walk import SeenFile, Walk, identity, why_offline
from gaze_pipeline.settings import Library, Settings
from gaze_pipeline.store.catalog import Catalog
from gaze_pipeline.store.catalog.rows import FileRow


@dataclass(frozen=True)
class Round:
    """Where to look: libraries from their folder down, and touched places in the others."""

    libraries: tuple[Library, ...]
    touched: tuple[Path, ...] = ()


def everywhere(settings: Settings, only: str | None = None) -> Round:
    """Every library, or the one of that name. Raises GazeError(LIBRARY_UNKNOWN)."""
    return Round(tuple(settings.libraries) if only is None else (settings.library(only),))


@dataclass
class Sight:
    """What lies at the `places` that were looked at, and what is known of them.

    What is known of an offline library, or below an `unreadable` folder, is left out: it stays as it is.
    """

    places: list[Path] = field(default_factory=list)
    known: dict[Path, FileRow] = field(default_factory=dict)
    seen: list[SeenFile] = field(default_factory=list)
    unreadable: dict[Path, OSError] = field(default_factory=dict)
    offline: list[Offline] = field(default_factory=list)

    def covers(self, path: Path) -> bool:
        """Whether a path is at one of the places or below it."""
        return not {path, *path.parents}.isdisjoint(self.places)


def look(settings: Settings, catalog: Catalog, where: Round) -> Sight:
    """Look at all places of a round."""
    sight = Sight()
    whole = {library.name for library in where.libraries}
    for library in settings.libraries:
        walk = walk_of(library, settings)
        if library.name in whole:
            _look(walk, [library.path], catalog, sight)
        elif where.touched and (places := _places(walk, where.touched)):
            _look(walk, places, catalog, sight)
    return sight


def walk_of(library: Library, settings: Settings) -> Walk:
    """A walk through a library for the files that the settings take for videos."""
    suffixes = tuple(suffix.lower() for suffix in settings.scan.suffixes)
    return Walk(library, suffixes, settings.root)


def _places(walk: Walk, touched: Iterable[Path]) -> list[Path]:
    """Where the library lists the touched paths; none lies inside another."""
    every = {place for path in touched if (place := walk.place(path)) is not None}
    return sorted(place for place in every if every.isdisjoint(place.parents))


def _look(walk: Walk, places: list[Path], catalog: Catalog, sight: Sight) -> None:
    library = walk.library
    sight.places += places
    before = identity(library.path)
    reason = why_offline(library)
    seen = [] if reason else [file for place in places for file in walk.at(place)]
    if reason is None:
        went = before is None or before != identity(library.path)
        reason = "the folder went away meanwhile" if went else why_offline(library)
    if reason is not None:
        sight.offline.append(Offline(library.name, library.path, reason))
        return
    if places == [library.path]:
        known = catalog.files.all(library.name)
    else:
        known = [row for place in places for row in catalog.files.at(place)]
    hidden = walk.unreadable
    sight.known |= {
        row.path: row
        for row in known
        if not hidden or hidden.keys().isdisjoint({row.path, *row.path.parents})
    }
    sight.seen += seen
    sight.unreadable |= hidden
