"""Which folder is which, and which lies in another."""

from __future__ import annotations

import os
from pathlib import Path


def real(path: Path) -> Path:
    """The folder itself, whatever links lead there; unlike `resolve`, a loop of links is no error."""
    return Path(os.path.realpath(path))


def nested(one: Path, other: Path) -> bool:
    """Whether one folder is the other or lies in it, whatever links lead there."""
    one, other = real(one), real(other)
    return one.is_relative_to(other) or other.is_relative_to(one)
