"""Dagster's own records, made by real runs: what is forgotten goes, what others made stays known."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from gaze_pipeline.forgetting.forget import forget
from gaze_pipeline.forgetting.needles import Needles
from gaze_pipeline.instance import open_instance
from gaze_pipeline.run_records import RunRecords
from gaze_pipeline.states import Stage
from gaze_pipeline.store.paths import DataPaths
from tests.forgetting.conftest import SECRET, STAYS, Shelf
from tests.support.run_records import run_stages

FIRST, LAST = "1" * 16, "f" * 16
ORDER = [FIRST, SECRET, STAYS, LAST]


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with open_instance(DataPaths(tmp_path / "data")) as instance:
        instance.add_dynamic_partitions("videos", ORDER)
        yield instance


def run(instance: dg.DagsterInstance, first: str, last: str) -> str:
    return run_stages(instance, first, last, [Stage.AUDIO])


def made(instance: dg.DagsterInstance) -> set[str]:
    return instance.get_materialized_partitions(dg.AssetKey("audio"))


def holding(root: Path, text: str) -> list[str]:
    return [
        str(path.relative_to(root))
        for path in root.rglob("*")
        if path.is_file() and text.encode() in path.read_bytes()
    ]


@pytest.mark.parametrize(("first", "last"), [(SECRET, SECRET), (FIRST, LAST), (SECRET, LAST)])
def test_no_record_of_a_run_names_it(
    first: str, last: str, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    home = tmp_path / "data" / "dagster"
    run(instance, first, last)
    others = run(instance, STAYS, LAST)
    assert len(holding(home, SECRET)) >= 3
    before = made(instance)

    RunRecords(home).erase(Needles([SECRET.encode()], (), set()))

    assert holding(home, SECRET) == []
    assert made(instance) == before - {SECRET}
    assert instance.get_dynamic_partitions("videos") == [FIRST, STAYS, LAST]
    assert len(instance.all_logs(others)) > 10
    latest = instance.get_latest_materialization_event(dg.AssetKey("audio"))
    assert latest is not None
    assert run(instance, FIRST, FIRST)
    assert made(instance) == before - {SECRET} | {FIRST}


def test_ticks_and_backfills_that_name_it_go_and_sensors_keep_their_state(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    from dagster._core.definitions.run_request import InstigatorType
    from dagster._core.remote_origin import (
        RegisteredCodeLocationOrigin,
        RemoteInstigatorOrigin,
        RemoteRepositoryOrigin,
    )
    from dagster._core.scheduler.instigation import (
        InstigatorState,
        InstigatorStatus,
        SensorInstigatorData,
        TickData,
        TickStatus,
    )

    place = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("gaze"), "r")
    origin = RemoteInstigatorOrigin(place, "folders")
    data = SensorInstigatorData(last_run_key=f"{SECRET}-{LAST}-0", cursor='{"next_scan": 1}')
    state = InstigatorState(origin, InstigatorType.SENSOR, InstigatorStatus.RUNNING, data)
    instance.add_instigator_state(state)
    for key in (SECRET, STAYS):
        instance.create_tick(
            TickData(
                state.instigator_origin_id,
                "folders",
                InstigatorType.SENSOR,
                TickStatus.SUCCESS,
                time.time(),
                run_ids=[],
                run_keys=[f"{key}-0"],
                selector_id=state.selector_id,
            )
        )
    home = tmp_path / "data" / "dagster"
    assert holding(home, SECRET)

    RunRecords(home).erase(Needles([SECRET.encode()], (), set()))

    assert holding(home, SECRET) == []
    kept = instance.get_instigator_state(state.instigator_origin_id, state.selector_id)
    assert kept is not None
    assert kept.instigator_data.cursor == '{"next_scan": 1}'  # type: ignore[union-attr]
    ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id)
    assert [tick.run_keys for tick in ticks] == [[f"{STAYS}-0"]]


def test_old_records_go_and_what_they_made_stays_known(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    records = RunRecords(tmp_path / "data" / "dagster")
    runs = [run(instance, FIRST, LAST) for _ in range(3)]
    assert records.prune(time.time() - 60) == 0
    assert made(instance) == set(ORDER)
    events = instance.get_records_for_run(runs[-1]).records
    assert events

    assert records.prune(time.time() + 60) == 3

    assert made(instance) == set(ORDER)
    assert instance.get_runs() == []
    assert not [path for path in records.events.parent.glob("*.db") if path.stem in runs]
    assert not any((tmp_path / "data" / "dagster" / "storage").glob("*-*"))
    latest = instance.get_latest_materialization_event(dg.AssetKey("audio"))
    assert latest is not None
    assert latest.run_id == runs[-1]
    assert run(instance, FIRST, LAST)
    assert records.prune(time.time() + 60) == 1


def test_runs_under_way_that_cover_it_are_known(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    records = RunRecords(tmp_path / "data" / "dagster")
    needles = Needles([SECRET.encode()], (), set())
    queued = dg.DagsterRun(
        "ingest", tags={"dagster/partition": SECRET}, status=dg.DagsterRunStatus.NOT_STARTED
    )
    instance.add_run(queued)
    instance.add_run(dg.DagsterRun("ingest", tags={"dagster/partition": STAYS}))
    run(instance, FIRST, LAST)  # finished
    assert records.unfinished(needles) == {queued.run_id: "NOT_STARTED"}


def test_forgetting_reaches_dagster_and_proves_it(
    shelf: Shelf, instance: dg.DagsterInstance
) -> None:
    run(instance, FIRST, LAST)
    queued = dg.DagsterRun(
        "ingest", tags={"dagster/partition": SECRET}, status=dg.DagsterRunStatus.NOT_STARTED
    )
    instance.add_run(queued)
    proof = forget(shelf.workspace, [SECRET])
    assert proof.left == []
    assert instance.get_run_by_id(queued.run_id) is None
    stores = {store.store: store.bytes for store in proof.stores}
    assert stores["dagster"] > 100_000
    assert made(instance) == {FIRST, STAYS, LAST}
