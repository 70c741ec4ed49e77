from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.states import Stage
from gaze_pipeline.store import schemas
from gaze_pipeline.store.artifacts import ArtifactStore, Recipe
from gaze_pipeline.store.paths import DataPaths

VIDEO = "0123456789abcdef"


def audio(duration_ms: int = 1000) -> pa.Table:
    row = {"fingerprint": VIDEO, "duration_ms": duration_ms, "has_audio": True}
    return pa.Table.from_pylist([row], schema=schemas.AUDIO)


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(DataPaths(tmp_path))


def test_a_table_comes_back_as_it_was(store: ArtifactStore) -> None:
    store.write(VIDEO, Stage.AUDIO, audio(), Recipe("m", {"p": 1}), damage="ends early")
    assert store.read(VIDEO, Stage.AUDIO).equals(audio())
    info = store.info(VIDEO, Stage.AUDIO)
    assert info is not None
    assert (info.rows, info.damage) == (1, "ends early")


def test_another_recipe_counts_as_absent(store: ArtifactStore) -> None:
    store.write(VIDEO, Stage.AUDIO, audio(), Recipe("m", {"p": 1, "q": None}))
    assert store.holds(VIDEO, Stage.AUDIO, Recipe("m", {"q": None, "p": 1}))
    assert not store.holds(VIDEO, Stage.AUDIO, Recipe("m", {"p": 2, "q": None}))
    assert not store.holds(VIDEO, Stage.AUDIO, Recipe("n", {"p": 1, "q": None}))


def test_the_contract_is_checked_on_writing(store: ArtifactStore) -> None:
    with pytest.raises(ValueError, match="schema"):
        store.write(VIDEO, Stage.FRAMES, audio(), Recipe())
    assert store.info(VIDEO, Stage.FRAMES) is None


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"not parquet at all"])
def test_a_damaged_file_counts_as_absent(store: ArtifactStore, damage: bytes) -> None:
    store.write(VIDEO, Stage.AUDIO, audio(), Recipe())
    store.paths.artifact(VIDEO, Stage.AUDIO).write_bytes(damage)
    assert store.info(VIDEO, Stage.AUDIO) is None
    with pytest.raises(GazeError) as caught:
        store.read(VIDEO, Stage.AUDIO)
    assert caught.value.code is ErrorCode.ARTIFACT_CORRUPT


def test_a_writer_killed_at_any_moment_leaves_a_whole_artifact(tmp_path: Path) -> None:
    script = textwrap.dedent(
        f"""
        import sys
        from pathlib import Path
        from tests.store.test_artifacts import VIDEO, audio
        from gaze_pipeline.states import Stage
        from gaze_pipeline.store.artifacts import ArtifactStore, Recipe
        from gaze_pipeline.store.paths import DataPaths
        store = ArtifactStore(DataPaths(Path({str(tmp_path)!r})))
        for number in range(1_000_000):
            store.write(VIDEO, Stage.AUDIO, audio(number), Recipe())
            if number == 1:
                print("writing", flush=True)
        """
    )
    store = ArtifactStore(DataPaths(tmp_path))
    for delay_ms in (1, 7, 23):
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                writer.wait(delay_ms / 1000)
            os.kill(writer.pid, signal.SIGKILL)
        assert store.read(VIDEO, Stage.AUDIO).num_rows == 1


def test_facts_from_before_are_read_without_what_they_do_not_tell(store: ArtifactStore) -> None:
    told = {
        "fingerprint": VIDEO, "duration_ms": 1000, "width": 64, "height": 48, "rotation": 0,
        "fps": 25.0, "container": "mp4", "audio_streams": 1, "other_audio_first": False,
        "starts_ms": 0,
    }  # fmt: skip
    table = pa.Table.from_pylist([told], schema=schemas.MEDIA)
    store.write_facts(VIDEO, table)
    pq.write_table(table.drop_columns(["starts_ms"]), store.paths.facts(VIDEO))
    assert store.read_facts(VIDEO).to_pylist() == [{**table.to_pylist()[0], "starts_ms": None}]
    pq.write_table(table.drop_columns(["width"]), store.paths.facts(VIDEO))
    with pytest.raises(GazeError) as raised:
        store.read_facts(VIDEO)
    assert raised.value.code is ErrorCode.ARTIFACT_CORRUPT
