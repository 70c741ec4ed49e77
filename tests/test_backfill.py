"""A backfill from Dagster's UI over a library that was indexed before its newest channels were on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pytest
import tomlkit

from gaze_pipeline.channels import Channel
from gaze_pipeline.library.fingerprint import fingerprint
from gaze_pipeline.models.sentences import Segment
from gaze_pipeline.recovery import recover
from gaze_pipeline.settings import ChannelSettings, Library, ModelSettings, ScanSettings, Settings
from gaze_pipeline.stages import transcript
from gaze_pipeline.stages.index import Watcher, index
from gaze_pipeline.stages.register import scan_libraries
from gaze_pipeline.states import Stage, Status
from gaze_pipeline.store import schemas
from gaze_pipeline.workspace import Workspace
from tests.support.every_model import every_model
from tests.support.roots import root_variables, tiny_library
from tests.support.running import RunningGaze, until
from tests.support.slides import slide, talk

pytestmark = pytest.mark.slow

NEWEST = {Channel.TEXT: Stage.TEXTS, Channel.MEANING: Stage.MEANINGS}
SENSOR = {"repositoryName": "__repository__", "repositoryLocationName": "gaze"}


@pytest.fixture
def gaze(
    tmp_path: Path, test_models: ModelSettings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RunningGaze]:
    """Started on two indexed videos, one with text on screen, and their lines; its newest channels off."""
    for channel in NEWEST:
        monkeypatch.delenv(f"GAZE_CHANNELS__{channel.name}", raising=False)
    films = tiny_library(tmp_path / "films", 1)
    talk(films / "talk.mp4", [(slide("latin-1"), 2)])
    models = every_model(tmp_path, test_models)
    gaze = RunningGaze(tmp_path / "data", films)
    gaze.variables = root_variables(gaze.root, films, models=models, ports=gaze.ports)
    switch(gaze, on=False)
    libraries = [Library(name=films.name, path=films)]
    still = ScanSettings(settle_s=0)
    before = ChannelSettings(text=False, meaning=False)
    settings = Settings(
        root=gaze.root, models=models, libraries=libraries, scan=still, channels=before
    )
    workspace = Workspace.open(settings)
    for film in films.iterdir():
        write_lines(workspace, fingerprint(film))
    scan_libraries(workspace)
    recover(workspace)
    index(workspace, Watcher())
    try:
        gaze.start()
        yield gaze
    finally:
        gaze.stop()


def switch(gaze: RunningGaze, on: bool) -> None:
    """Write the newest channels into the settings, as a user would."""
    path = gaze.workspace.paths.settings
    document = tomlkit.parse(path.read_text(encoding="utf-8"))
    document["channels"] = {channel.value: on for channel in NEWEST}
    path.write_text(tomlkit.dumps(document), encoding="utf-8")


def write_lines(workspace: Workspace, key: str) -> None:
    """What was said in a video, without a model that hears it."""
    line = {**asdict(Segment(0, 900, "the rent", "en", 0.9, ())), "segment_index": 0, "words": []}
    table = pa.Table.from_pylist([{**line, "fingerprint": key}], schema=schemas.TRANSCRIPT)
    workspace.artifacts.write(key, Stage.TRANSCRIPT, table, transcript.recipe(workspace))


def stop_looking(gaze: RunningGaze) -> None:
    """Switch the sensor off that would ask for the missing stages by itself."""
    query = """query($at: RepositorySelector!) { sensorsOrError(repositorySelector: $at) {
        ... on Sensors { results { id name } } } }"""
    sensors = gaze.ask(query, at=SENSOR)["sensorsOrError"]["results"]
    (folders,) = [sensor["id"] for sensor in sensors if sensor["name"] == "folders"]
    stopped = gaze.ask(
        """mutation($id: String!) { stopSensor(id: $id) { __typename } }""", id=folders
    )
    assert stopped["stopSensor"]["__typename"] == "StopSensorMutationResult"


def partitions(gaze: RunningGaze, stage: Stage) -> list[str]:
    """The videos that Dagster knows an asset for."""
    query = """query($key: AssetKeyInput!) { assetNodeOrError(assetKey: $key) {
        ... on AssetNode { partitionKeys } } }"""
    node = gaze.ask(query, key={"path": [stage.value]})["assetNodeOrError"]
    return sorted(node["partitionKeys"])


def artifacts(gaze: RunningGaze) -> Mapping[str, tuple[str, int]]:
    """Hash and time of every file among the artifacts, by its place."""
    folder = gaze.workspace.paths.artifacts
    return {
        str(path.relative_to(folder)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
        )
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_backfill_makes_what_new_channels_need_in_one_run_and_nothing_else(
    gaze: RunningGaze,
) -> None:
    def done(stages: set[Stage]) -> bool:
        rows = gaze.statuses()
        return len(rows) == 2 and all(
            {stage for stage, status in row.items() if status == Status.DONE} >= stages
            for row in rows
        )

    keys = sorted(video.fingerprint for video in gaze.workspace.catalog.videos.all())
    until(lambda: partitions(gaze, Stage.TEXTS) == keys, what="the partitions")
    stop_looking(gaze)
    until(lambda: not gaze.runs(statuses=["QUEUED", "STARTING", "STARTED"]), what="quiet")
    assert done(set(Stage) - set(NEWEST.values()))
    assert not done(set(Stage))
    before = artifacts(gaze)
    switch(gaze, on=True)

    launched = gaze.ask(
        """mutation($assets: [AssetKeyInput!], $keys: [String!]) {
            launchPartitionBackfill(backfillParams: {
                assetSelection: $assets, partitionNames: $keys
            }) { __typename ... on LaunchBackfillSuccess { backfillId } } }""",
        assets=[{"path": [stage.value]} for stage in NEWEST.values()],
        keys=keys,
    )["launchPartitionBackfill"]
    tag = {"key": "dagster/backfill", "value": launched["backfillId"]}
    until(lambda: gaze.runs(tags=[tag], statuses=["SUCCESS"]), what="the backfill")

    assert len(gaze.runs(tags=[tag])) == 1
    assert done(set(Stage))
    after = artifacts(gaze)
    assert {place: after.get(place) for place in before} == before
    made = {Path(place).name for place in set(after) - set(before)}
    assert made == {f"{stage.value}.parquet" for stage in NEWEST.values()}
    store = gaze.workspace.artifacts
    read = [
        text
        for video in gaze.workspace.catalog.videos.all()
        for text in store.read(video.fingerprint, Stage.TEXTS)["text"].to_pylist()
    ]
    assert read == list(slide("latin-1").lines)
