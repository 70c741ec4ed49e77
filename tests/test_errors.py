from __future__ import annotations

import pickle

import pytest

from gaze_pipeline.errors import ErrorCode, GazeError


@pytest.mark.parametrize("code", ErrorCode, ids=str)
def test_every_code_says_what_happened_and_what_to_do(code: ErrorCode) -> None:
    assert code.sentence.endswith(".")
    assert code.remedy.endswith(".")
    text = str(GazeError(code, "film.mp4", "detail"))
    for part in (code.name, code.sentence, code.remedy, "film.mp4", "detail"):
        assert part in text


def test_codes_are_distinct() -> None:
    assert len({code.value for code in ErrorCode}) == len(ErrorCode.__members__)


def test_an_error_survives_a_process_boundary() -> None:
    error = pickle.loads(pickle.dumps(GazeError(ErrorCode.DISK_FULL, "/data", "detail")))
    assert (error.code, error.subject, error.detail) == (ErrorCode.DISK_FULL, "/data", "detail")
