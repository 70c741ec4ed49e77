"""`gaze models pull`, killed in the midst of a file: the next one goes on where it was."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
import tomlkit

from tests.models_code.file_server import serving
from tests.support.killing import Run
from tests.support.roots import root_variables

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
WEIGHTS = os.urandom(4 * 1024 * 1024)
HALF = len(WEIGHTS) // 2


def test_a_killed_download_goes_on(tmp_path: Path) -> None:
    with serving() as server:
        server.files, server.stalls = {"/toy/weights.bin": WEIGHTS}, [HALF]
        manifest = tmp_path / "manifest.toml"
        manifest.write_text(tomlkit.dumps({"model": [model(server.url)]}))
        root, models = tmp_path / "data", tmp_path / "models"
        variables = {
            **root_variables(root),
            "GAZE_MODELS": str(models),
            "GAZE_MODELS__MANIFEST": str(manifest),
        }
        pull = Run(root, variables, "models", "pull", "toy")
        weights = models / "toy" / "server" / "weights.bin"
        part = weights.with_name("weights.bin.part")
        assert pull.kill_when(lambda: part.exists() and part.stat().st_size > HALF // 2)
        assert not weights.exists()
        kept = part.stat().st_size
        assert 0 < kept <= HALF
        Run(root, variables, "models", "pull", "toy").finish()
        assert weights.read_bytes() == WEIGHTS
        assert not part.exists()
        assert server.requests[-1] == ("/toy/weights.bin", f"bytes={kept}-")


def model(url: str) -> dict[str, object]:
    digest = hashlib.sha256(WEIGHTS).hexdigest()
    file = {"name": "weights.bin", "bytes": len(WEIGHTS), "sha256": digest}
    source = {"name": "server", "kind": "http", "location": f"{url}/toy", "files": [file]}
    about = {"id": "toy", "kind": "clip", "title": "Toy", "licence": "MIT"}
    return {**about, "source": [source]}
