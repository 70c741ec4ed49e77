"""Failures as answers of the server: one form for pages, media and programs."""

from __future__ import annotations

from http import HTTPStatus

from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.names import valid

_STATUS = {
    ErrorCode.ACCESS_DENIED: HTTPStatus.FORBIDDEN,
    ErrorCode.ADDRESS_UNKNOWN: HTTPStatus.NOT_FOUND,
    ErrorCode.ARGUMENT_INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.CODEC_UNSUPPORTED: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    ErrorCode.DECODER_CRASHED: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.DECODER_MEMORY: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.DECODER_STALLED: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.DISK_FULL: HTTPStatus.INSUFFICIENT_STORAGE,
    ErrorCode.FILE_NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorCode.FILE_UNREADABLE: HTTPStatus.FORBIDDEN,
    ErrorCode.INDEX_MISSING: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorCode.INDEX_OUTDATED: HTTPStatus.SERVICE_UNAVAILABLE,
    ErrorCode.LABEL_UNKNOWN: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.LIBRARY_UNKNOWN: HTTPStatus.NOT_FOUND,
    ErrorCode.NOT_A_VIDEO: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    ErrorCode.PICTURE_TOO_LARGE: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.PICTURE_UNREADABLE: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.QUERY_EMPTY: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.READ_ONLY: HTTPStatus.METHOD_NOT_ALLOWED,
    ErrorCode.TRANSCRIPT_MISSING: HTTPStatus.NOT_FOUND,
    ErrorCode.VIDEO_UNKNOWN: HTTPStatus.NOT_FOUND,
}


class Problem(BaseModel):
    """A failure: its code, what happened, to what, and what to do next."""

    model_config = ConfigDict(frozen=True)

    code: str
    message: str
    subject: str = ""
    detail: str = ""
    remedy: str

    @classmethod
    def of(cls, code: ErrorCode, subject: str = "", detail: str = "", remedy: str = "") -> Problem:
        """What there is to say of a code; `remedy` stands for the code's own."""
        return cls(
            code=code.name,
            message=code.sentence,
            subject=valid(subject),
            detail=valid(detail),
            remedy=remedy or code.remedy,
        )


class Failure(BaseModel):
    """What an answer holds that is none."""

    error: Problem


def status(code: ErrorCode) -> int:
    """The HTTP status of a failure."""
    return _STATUS.get(code, HTTPStatus.INTERNAL_SERVER_ERROR)


def refused(request: Request, error: GazeError) -> Response:
    """A GazeError as JSON."""
    del request
    told = Failure(error=Problem.of(error.code, error.subject, error.detail))
    return JSONResponse(told.model_dump(), status(error.code))


def failed(request: Request, error: Exception) -> Response:
    """What no code names, as INTERNAL; the server logs its traceback."""
    return refused(request, GazeError(ErrorCode.INTERNAL, detail=type(error).__name__))
