"""How long a film that arrives in a watched folder takes until it is found, with all services running."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from pathlib import Path

import httpx
import tomlkit

from gaze_pipeline.gate import Access
from gaze_pipeline.library.fingerprint import fingerprint
from gaze_pipeline.services.ports import HOST
from gaze_pipeline.states import State
from tests.support.running import RunningGaze, until

CALM_S = 20.0
PATIENCE_S = 300.0


def arrival(root: Path, library: Path, film: Path, variables: Mapping[str, str]) -> float:
    """Seconds from the moment `film` lies in the library until a search in it alone finds something.

    `root` is a data root in which the library is indexed; `variables` are what it was indexed with.
    """
    gaze = RunningGaze(root, library)
    gaze.variables = {**gaze.variables, **variables}
    _settle_by_default(root / "gaze.toml")
    gaze.start()
    try:
        until(lambda: _all_done(gaze), PATIENCE_S, "the end of what was left")
        time.sleep(CALM_S)
        shutil.copy(film, library / film.name)
        began = time.perf_counter()
        known = fingerprint(film)
        until(lambda: _found(gaze, known), PATIENCE_S, "the film")
        return time.perf_counter() - began
    finally:
        gaze.stop()


def _settle_by_default(file: Path) -> None:
    document = tomlkit.parse(file.read_text())
    document.remove("scan")
    file.write_text(tomlkit.dumps(document))


def _all_done(gaze: RunningGaze) -> bool:
    return all(video.state is State.DONE for video in gaze.workspace.catalog.videos.all())


def _found(gaze: RunningGaze, known: str) -> bool:
    answer = httpx.get(
        f"http://{HOST}:{gaze.ports[0]}/api/search",
        params={"q": "a talk", "mode": "visual", "fingerprint": known, "weak": True},
        headers={"authorization": f"Bearer {Access.open(gaze.workspace.paths).token}"},
        timeout=60,
    )
    if not answer.is_success:
        return False
    return any(moment["fingerprint"] == known for moment in answer.json()["moments"])
