"""Files of installed packages, found without importing them."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def package_file(package: str, name: str) -> Path:
    """Where a file of a package lies, or would. Raises ModuleNotFoundError."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"No module named {package!r}", name=package)
    return Path(spec.origin).parent / name
