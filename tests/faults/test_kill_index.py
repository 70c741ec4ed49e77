"""`gaze index`, killed again and again at seeded moments: nothing is lost, doubled or half there."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random

import pyarrow as pa
import pytest

from gaze_pipeline.channels import Channel
from gaze_pipeline.library.fingerprint import fingerprint
from gaze_pipeline.models.sentences import Segment
from gaze_pipeline.recovery import last, recover
from gaze_pipeline.recovery.index import flaw
from gaze_pipeline.settings import Library, ModelSettings, ScanSettings, Settings
from gaze_pipeline.stages import transcript
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.states import Stage
from gaze_pipeline.store import schemas
from gaze_pipeline.store.paths import DataPaths
from gaze_pipeline.workspace import Workspace
from tests.support.contents import contents, differences, half_artifacts, leavings
from tests.support.every_model import every_model
from tests.support.killing import PLACES, ForkedRun, Moment, Run
from tests.support.roots import root_variables, tiny_library, tiny_video
from tests.support.slides import slide, talk

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
VIDEOS = 12
FIRST, FOLLOWING, SEEING, ALL = 60, 15, 10, 5


@dataclass
class Trial:
    """A library, what its index must hold in the end, and a data root to do that on again and again.

    `prepare` makes the data root that each chapter starts from; `length_s` is what a run from there took
    that was the last to end by itself: the same work takes several times as long on a machine that does other
    things, and kills that come after the end of a run are none.
    """

    folder: Path
    films: Path
    seed: int
    prepare: Callable[[Trial, Path], None]
    models: ModelSettings | None = None
    channels: Mapping[str, str] = field(default_factory=dict)
    kind: type[Run] = ForkedRun
    kills: int = 0
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.start, self.root = self.folder / "start", self.folder / "data"
        self.prepare(self, self.start)
        undisturbed = self.folder / "undisturbed"
        shutil.copytree(self.start, undisturbed)
        self.run(undisturbed, "--help").finish()  # the imports are done once and for all
        whole = self.run(undisturbed)
        whole.finish()
        self.length_s = whole.age_s
        self.wanted = contents(undisturbed)
        self.places = [place for place in PLACES if (undisturbed / Path(place).parts[0]).is_dir()]

    def run(self, root: Path, *arguments: str) -> Run:
        variables = root_variables(root, self.films, models=self.models)
        return self.kind(root, {**variables, **self.channels}, *(arguments or ("index",)))

    def chapter(self, kills: int) -> None:
        """Index from the start, with at most so many kills on the way."""
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(self.start, self.root)
        paths = DataPaths(self.root)
        for number in range(kills):
            run = self.run(self.root, *self.random.choice(COMMANDS))
            moment = Moment.choose(self.random, self.length_s, self.places)
            if run.kill_at(moment):
                self.kills += 1
                assert half_artifacts(self.root) == [], moment
                assert flaw(paths) == "", moment
            elif "index" in run.arguments:
                self.length_s = self.length_s if number else run.age_s
                break
        if self.run(self.root).status(120):  # three kills in a row struck one stage
            self.run(self.root, "retry", "--all").finish()
            self.run(self.root).finish()
        assert differences(contents(self.root), self.wanted) == {}
        assert leavings(self.root) == []
        assert not recover(Workspace.open(Settings(root=self.root))), "all was repaired"
        self.told += [line for entry in last(paths) for line in entry.lines]


COMMANDS = [("index",)] * 6 + [("index", "--publish"), ("scan",)]


def run_trial(trial: Trial, kills: int) -> None:
    began = time.monotonic()
    while trial.kills < kills:
        trial.chapter(kills - trial.kills)
    seconds = time.monotonic() - began
    print(f"{trial.kills} kills in {seconds:.0f} s; undisturbed {trial.length_s:.1f} s")


def fresh(trial: Trial, root: Path) -> None:
    """Nothing indexed yet, but that half of the films are known and have transcripts."""
    root_variables(root, trial.films)
    models = trial.models or ModelSettings()
    library = Library(name=trial.films.name, path=trial.films)
    still = ScanSettings(settle_s=0)
    workspace = Workspace.open(Settings(root=root, models=models, libraries=[library], scan=still))
    recipe = transcript.recipe(workspace)
    films = sorted(trial.films.iterdir())
    later = films[len(films) // 2 :]
    for film in later:
        film.rename(trial.folder / film.name)
    for film in set(films) - set(later):
        line = Segment(0, 900, f"the film {film.stem}", "en", 0.9, ())
        row = {**asdict(line), "segment_index": 0, "fingerprint": fingerprint(film), "words": []}
        table = pa.Table.from_pylist([row], schema=schemas.TRANSCRIPT)
        workspace.artifacts.write(fingerprint(film), Stage.TRANSCRIPT, table, recipe)
    scan_libraries(workspace)
    recover(workspace)
    for film in later:
        (trial.folder / film.name).rename(film)


def changed(trial: Trial, root: Path) -> None:
    """All indexed in another way than is wanted now, and since then files came, went and moved."""
    fresh(trial, root)
    late = tiny_video(trial.folder / "late.mp4", seed=99)
    variables = {**root_variables(root, trial.films), "GAZE_FRAMES__EVERY_MS": "700"}
    Run(root, variables, "index").finish()
    (trial.films / "0.mp4").rename(trial.films / "moved.mp4")
    (trial.films / "1.mp4").unlink()
    late.rename(trial.films / "late.mp4")


def test_a_few_kills(tmp_path: Path) -> None:
    films = tiny_library(tmp_path / "films", 3)
    run_trial(Trial(tmp_path, films, seed=1, prepare=fresh, kind=Run), kills=4)


EVERY_CHANNEL = {f"GAZE_CHANNELS__{channel.name}": "true" for channel in Channel}


@pytest.fixture
def films(tmp_path: Path) -> Path:
    return tiny_library(tmp_path / "films", VIDEOS)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_kills_of_a_first_indexing(tmp_path: Path, films: Path) -> None:
    trial = Trial(tmp_path, films, seed=2, prepare=fresh)
    run_trial(trial, kills=FIRST)
    assert any("unfinished" in line for line in trial.told)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_kills_while_an_index_follows_changes(tmp_path: Path, films: Path) -> None:
    run_trial(Trial(tmp_path, films, seed=3, prepare=changed), kills=FOLLOWING)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_kills_with_image_models(tmp_path: Path, films: Path, test_models: ModelSettings) -> None:
    trial = Trial(tmp_path, films, seed=4, prepare=fresh, models=test_models)
    run_trial(trial, kills=SEEING)
    assert "vectors" in " ".join(trial.wanted)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_kills_with_every_channel(tmp_path: Path, test_models: ModelSettings) -> None:
    films = tiny_library(tmp_path / "films", 1)
    talk(films / "talk.mp4", [(slide("latin-1"), 2)])
    models = every_model(tmp_path, test_models)
    trial = Trial(tmp_path, films, seed=5, prepare=fresh, models=models, channels=EVERY_CHANNEL)
    run_trial(trial, kills=ALL)
    made = {f"artifacts: {stage}" for stage in Stage}
    assert made <= set(trial.wanted)
    assert {"snapshot: texts", "snapshot: meanings", "snapshot: vectors"} <= set(trial.wanted)
    assert trial.wanted["snapshot: texts"]
