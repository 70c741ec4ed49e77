"""What the rows of a vector table say, found by their ids."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from gaze_pipeline.store.vector_rows import Rows

FRAGMENT = 2**32


def test_rows_are_found_by_their_ids_wherever_they_were_written_and_whatever_was_deleted() -> None:
    ids = [FRAGMENT + 3, FRAGMENT + 4, 0, 1, 2, 7, 8, 5 * FRAGMENT]
    rows = Rows(
        pa.table(
            {
                "_rowid": pa.array(ids, pa.uint64()),
                "fingerprint": [f"video {number % 3}" for number in ids],
                "frame_index": pa.array(range(len(ids)), pa.int32()),
                "start_ms": pa.array([number * 1000 for number in range(len(ids))], pa.int64()),
            }
        )
    )
    wanted = [8, FRAGMENT + 4, 0, 5 * FRAGMENT, 2, 8]
    found = rows.of(np.array(wanted, np.uint64))
    places = [ids.index(one) for one in wanted]
    assert found["frame_index"].tolist() == places
    assert found["start_ms"].tolist() == [1000 * place for place in places]
    assert found["fingerprint"].tolist() == [f"video {one % 3}" for one in wanted]


def test_of_a_table_without_rows_none_are_found() -> None:
    columns = {"_rowid": pa.array([], pa.uint64()), "fingerprint": pa.array([], pa.string())}
    assert not len(Rows(pa.table(columns)).of(np.array([], np.uint64))["fingerprint"])
