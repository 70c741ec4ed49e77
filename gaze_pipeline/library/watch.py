"""Being told of changes in the folders, so that the next scan looks where something was touched."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from watchfiles import Change, watch

from gaze_pipeline.library.walk import identity
from gaze_pipeline.settings import Library, Settings
from gaze_pipeline.store.catalog import Catalog

CHECK_S = 2.0
PAUSE_S = 60.0
"""How long after a failure a folder is watched anew."""

QUIET_MS = 400
GATHER_MS = 1500
WAKE_MS = 1000
MANY = 5000
"""With more changes at once than this, some may have been lost: the whole library is looked at."""

_FUSE = ("sshfs", "rclone", "s3fs", "gvfsd-fuse", "vmhgfs-fuse", "davfs2", "curlftpfs", "ceph")
REMOTE = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "afpfs", "afs", "9p", "webdav", "davfs"),
        *("ceph", "glusterfs", "fuse.glusterfs", "lustre", "beegfs"),
        *("virtiofs", "vboxsf", "vmhgfs", "prl_fs", "drvfs"),
        *(f"fuse.{name}" for name in _FUSE),
    }
)
"""File systems that others change, too, of which this machine's kernel then tells nothing."""


def why_unwatchable(folder: Path) -> str | None:
    """Why no one tells of every change below a folder, or None: a network's disk is there or inside."""
    real = Path(folder).resolve()
    mounts = [
        (Path(part.mountpoint), part.fstype, part.opts) for part in psutil.disk_partitions(all=True)
    ]
    around = [mount for mount in mounts if real.is_relative_to(mount[0])]
    own = max(around, key=lambda mount: len(mount[0].parts), default=None)
    inside = [mount for mount in mounts if mount[0] != real and mount[0].is_relative_to(real)]
    for place, kind, options in [*([own] if own else []), *inside]:
        if kind.lower() in REMOTE or "remote" in options.split(","):
            return f"{place} is on a network ({kind})"
    return None


class Watcher:
    """Keeps one watch a library, through settings that change and disks that come and go.

    What is touched goes into the catalog; so does which libraries are watched, and why others are not.
    """

    def __init__(
        self, catalog: Catalog, unwatchable: Callable[[Path], str | None] = why_unwatchable
    ) -> None:
        self._catalog = catalog
        self._unwatchable = unwatchable
        self._watches: dict[str, _Watch] = {}

    def follow(self, settings: Settings) -> None:
        """Watch the libraries of the settings as they and their folders are now, and no others."""
        suffixes = tuple(suffix.lower() for suffix in settings.scan.suffixes)
        names = {library.name for library in settings.libraries}
        self._drop([name for name in self._watches if name not in names])
        for library in settings.libraries:
            self._tend(library, suffixes)

    def end(self) -> None:
        """Watch nothing any more."""
        self._drop(list(self._watches))

    def _tend(self, library: Library, suffixes: tuple[str, ...]) -> None:
        known = self._watches.get(library.name)
        reason = self._unwatchable(library.path)
        root = None if reason else identity(library.path)
        if known is not None and known.is_for(library, suffixes, root, reason):
            return
        if known is not None:
            self._drop([library.name])
        found = self._watches[library.name] = _Watch(library, suffixes, root, reason, self._catalog)
        if reason is not None:
            self._catalog.libraries.watch(library.name, library.path, reason)
        elif root is None:
            self._catalog.touched.add([library.path], time.time())
        else:
            found.start()

    def _drop(self, names: Iterable[str]) -> None:
        names = list(names)
        for name in names:
            self._watches.pop(name).end()
        self._catalog.libraries.unwatch(names)


@dataclass
class _Watch:
    """The watch of one library's folder as it was found: `root` is None while there is none."""

    library: Library
    suffixes: tuple[str, ...]
    root: tuple[int, int] | None
    reason: str | None
    catalog: Catalog
    stop: threading.Event = field(default_factory=threading.Event)
    failed_at: float | None = None
    thread: threading.Thread | None = None

    def is_for(
        self,
        library: Library,
        suffixes: tuple[str, ...],
        root: tuple[int, int] | None,
        reason: str | None,
    ) -> bool:
        same = (self.library, self.suffixes, self.root, self.reason) == (
            *(library, suffixes, root, reason),
        )
        paused = self.failed_at is None or time.monotonic() - self.failed_at < PAUSE_S
        return same and paused

    def start(self) -> None:
        name = f"watch {self.library.name}"
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.thread.start()

    def end(self) -> None:
        self.stop.set()
        if self.thread is not None:
            self.thread.join()

    def _run(self) -> None:
        try:
            self._watch()
        except Exception as error:  # noqa: BLE001 - what cannot be watched is scanned instead
            self.failed_at = time.monotonic()
            problem = str(error) or type(error).__name__
            print(f"{self.library.name}: {problem}", flush=True)
            self.catalog.libraries.watch(self.library.name, self.library.path, problem)
            self._touch([self.library.path])

    def _watch(self) -> None:
        library, begun = self.library, False
        for changes in watch(
            library.path,
            watch_filter=None,
            debounce=GATHER_MS,
            step=QUIET_MS,
            stop_event=self.stop,
            rust_timeout=WAKE_MS,
            yield_on_timeout=True,
            raise_interrupt=False,
            force_polling=False,
            recursive=library.recursive,
            ignore_permission_denied=True,
        ):
            if not begun:  # what changed before the watch began was missed
                begun = True
                self.catalog.libraries.watch(library.name, library.path)
                self._touch([library.path])
            if len(changes) > MANY:
                self._touch([library.path])
            elif changes:
                self._touch([path for kind, path in _paths(changes) if self._matters(kind, path)])

    def _matters(self, kind: Change, path: Path) -> bool:
        inside = (
            path.relative_to(self.library.path) if path.is_relative_to(self.library.path) else path
        )
        if any(name.startswith(".") for name in inside.parts):
            return False
        if path.name.lower().endswith(self.suffixes):
            return True
        return self.catalog.files.knows(path) if kind is Change.deleted else path.is_dir()

    def _touch(self, paths: Iterable[Path]) -> None:
        self.catalog.touched.add(paths, time.time())


def _paths(changes: Iterable[tuple[Change, str]]) -> Iterable[tuple[Change, Path]]:
    return ((kind, Path(path)) for kind, path in changes)
