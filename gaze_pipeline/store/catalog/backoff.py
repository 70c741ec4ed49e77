"""When a stage that failed is tried again by itself.

The wait doubles with each failure in a row, from `FIRST_WAIT_S` to `LONGEST_WAIT_S`; where processes
died of it again and again, from there to `RAREST_S`. There is no jitter: one machine tries, nothing is to
be spread.
"""

from __future__ import annotations

from gaze_pipeline.errors import ErrorCode

FIRST_WAIT_S = 10.0
LONGEST_WAIT_S = 3600.0
RAREST_S = 24 * 3600.0
MAX_ATTEMPTS = 3
"""After so many attempts that may be the video's own fault it is left alone until a person asks. Processes
that died are no proof: a person may have killed them."""

OUTSIDE = frozenset(
    {
        ErrorCode.DISK_FULL,
        ErrorCode.FILE_NOT_FOUND,
        ErrorCode.FILE_UNREADABLE,
        ErrorCode.FILE_UNSTABLE,
        ErrorCode.SERVICE_FAILED,
        ErrorCode.STAGE_NOT_READY,
    }
)
"""Failures that say nothing of the video: they use up no attempt."""


def wait_s(failures: int) -> float:
    """How long to wait after so many failures in a row, in seconds."""
    return min(FIRST_WAIT_S * 2.0 ** min(max(failures - 1, 0), 32), LONGEST_WAIT_S)


def deaths_wait_s(attempts: int) -> float:
    """How long to wait after so many attempts that processes died of, `MAX_ATTEMPTS` at least."""
    return min(LONGEST_WAIT_S * 2.0 ** min(attempts - MAX_ATTEMPTS, 32), RAREST_S)


def can_pass(code: ErrorCode, attempt: int) -> bool:
    """Whether trying again by itself makes sense; `attempt` is the number of attempts used up."""
    return code.retryable and (code in OUTSIDE or attempt < MAX_ATTEMPTS)
