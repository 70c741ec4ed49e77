"""A model in another form, kept beside its file since it was first opened."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from gaze_pipeline.store.paths import sync

T = TypeVar("T")


def opened(
    file: Path, form: str, number: int, convert: Callable[[Path], None], load: Callable[[Path], T]
) -> T:
    """What `load` makes of the folder that `convert` fills: anew if the file has changed since.

    `form` names what it is for, `number` how it is written: another number, another folder. What `load`
    raises RuntimeError for is converted anew. Raises OSError where there is no room for it.
    """
    stat = file.stat()
    kept = file.with_name(f".{form}-{number}-{stat.st_size:x}-{stat.st_mtime_ns:x}")
    if kept.is_dir():
        with suppress(RuntimeError):  # damaged since
            return load(kept)
    with _draft(file.parent, form) as draft:
        convert(draft)
        loaded = load(draft)
        if draft.parent == kept.parent:
            _keep(draft, kept, form)
    return loaded


@contextmanager
def _draft(folder: Path, form: str) -> Iterator[Path]:
    """A folder to write to and rename: in another one if need be, for where models lie may be read-only."""
    draft = folder / f".{form}.{os.getpid()}.tmp"
    try:
        draft.mkdir()
    except OSError:
        draft = Path(tempfile.mkdtemp())
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _keep(draft: Path, kept: Path, form: str) -> None:
    """Make the draft what is kept, in the place of what was; another process may be at it as well."""
    for old in kept.parent.glob(f".{form}-*"):
        shutil.rmtree(old, ignore_errors=True)
    for file in draft.iterdir():
        sync(file)
    with suppress(OSError):
        draft.rename(kept)
