"""Every failure a user can meet: its code, its sentence, its remedy, and whether it can pass by itself."""

from __future__ import annotations

from enum import Enum
from pathlib import Path


class ErrorCode(Enum):
    """One row an error: (can it pass by itself?, what happened, what to do next)."""

    retryable: bool
    sentence: str
    remedy: str

    def __init__(self, retryable: bool, sentence: str, remedy: str) -> None:
        self.retryable = retryable
        self.sentence = sentence
        self.remedy = remedy

    def __str__(self) -> str:
        return self.name

    # Files
    FILE_NOT_FOUND = (
        True,
        "The file is no longer where it was.",
        "Reconnect the disk or run `gaze scan`; a moved file is recognised by its content.",
    )
    FILE_UNREADABLE = (
        True,
        "The file or folder cannot be read.",
        "Give your user read permission to it, then run `gaze scan`.",
    )
    FILE_EMPTY = (False, "The file is empty.", "Copy the video again from where it came from.")
    FILE_UNSTABLE = (
        True,
        "The file is still being copied.",
        "Nothing to do: it is taken up once its size stops changing.",
    )
    NOT_A_VIDEO = (
        False,
        "The file is not a video, whatever its name says.",
        "Remove or rename it, or play it elsewhere to check that it is whole.",
    )
    FILE_DAMAGED = (
        False,
        "The file is damaged: only a part of it could be read.",
        "What could be read is searchable. Copy the video again if another copy exists.",
    )
    CODEC_UNSUPPORTED = (
        False,
        "No decoder for this video or audio format is built in.",
        "Convert the file to H.264 or VP9; the rest of the library is unaffected.",
    )

    DECODER_CRASHED = (
        False,
        "The decoder crashed on this file; nothing else was affected.",
        "Copy the video again if another copy exists, or convert it with another program.",
    )
    DECODER_STALLED = (
        False,
        "The decoder got stuck in this file and was stopped.",
        "If only its disk is slow, raise stall_s under [decoding] in gaze.toml: it is then tried again. "
        "Else copy or convert the video.",
    )
    DECODER_MEMORY = (
        False,
        "The decoder needed more memory for this file than it may use, and was stopped.",
        "If the video plays elsewhere, raise memory_mb under [decoding] in gaze.toml: it is then tried "
        "again.",
    )

    # Models
    MODEL_MISSING = (
        True,
        "A model that this needs is not installed.",
        "Run `gaze models pull` (or `gaze models import DIR` without a network).",
    )
    MODEL_CORRUPT = (
        False,
        "A model file does not have the expected content.",
        "Run `gaze models pull` to fetch it again; the wrong file is never loaded.",
    )
    MODEL_UNREACHABLE = (
        True,
        "No source of the model could be reached.",
        "Check the network, set GAZE_MODEL_MIRROR, or bring the files with `gaze models import DIR`.",
    )
    MODEL_UNKNOWN = (
        False,
        "There is no model of that name.",
        "`gaze models status` lists the names.",
    )

    # Libraries and settings
    LIBRARY_UNKNOWN = (
        False,
        "There is no library of that name.",
        "`gaze library list` lists them; `gaze library add FOLDER` adds one.",
    )
    LIBRARY_EXISTS = (
        False,
        "A library of that name or folder is already there.",
        "Choose another name with --name, or remove the old one with `gaze library remove`.",
    )
    LIBRARY_NESTED = (
        False,
        "The folder lies inside another library, or contains one.",
        "Its videos are already covered; remove the other library first if you want them apart.",
    )
    LIBRARY_OFFLINE = (
        True,
        "The library's folder is not there, or is empty as an unplugged disk leaves it.",
        "Reconnect the disk; nothing of it was removed from the index. If you emptied the folder "
        "yourself, `gaze library remove NAME` takes its videos out.",
    )
    SETTINGS_INVALID = (
        False,
        "A setting is not valid.",
        "Mend the named key in gaze.toml; gaze_pipeline/gaze.example.toml documents each one.",
    )
    ARGUMENT_INVALID = (
        False,
        "Something typed is not as it must be.",
        "Mend what is named; `--help` after the command shows what it takes.",
    )
    DATA_ROOT_UNUSABLE = (
        False,
        "The data root cannot be read or written.",
        "Check the folder that GAZE_DATA names; a damaged catalog is made anew by `gaze index`.",
    )
    PACKAGE_MISSING = (
        False,
        "A Python package that Gaze needs is not installed.",
        "Run `make setup` in the checkout: it installs every package in its tested version.",
    )
    VIDEO_UNKNOWN = (
        False,
        "No video of that path or fingerprint is in the catalog.",
        "`gaze status` lists the videos; `gaze scan` looks for new ones.",
    )

    FORGETTING_UNFINISHED = (
        True,
        "Something of what is to be forgotten is still there.",
        "Nothing of it is searchable. `gaze upkeep` tries again, and so does every night's upkeep.",
    )
    TRANSCRIPT_MISSING = (
        True,
        "The video has not been transcribed yet.",
        "`gaze status` shows how far it is; `gaze index` goes on with it.",
    )

    # Store and search
    DISK_FULL = (
        True,
        "The disk of the data root is full.",
        "Free some space, or move the data root with GAZE_DATA; the work goes on by itself.",
    )
    ARTIFACT_CORRUPT = (
        True,
        "A stored result cannot be read back.",
        "Nothing to do: the stage makes it again on its next run.",
    )
    STAGE_NOT_READY = (
        True,
        "The stage before this one has no result yet.",
        "Run that stage first, or `gaze index`, which runs whatever is needed in order.",
    )
    INDEX_MISSING = (
        True,
        "Nothing has been published yet.",
        "Run `gaze index`, or wait for the running one: results appear after the first video.",
    )
    INDEX_OUTDATED = (
        True,
        "The index was published by another version of Gaze.",
        "A running `gaze up` publishes it anew within a minute; `gaze index --publish` does it now.",
    )
    INDEX_CORRUPT = (
        True,
        "The published index cannot be read.",
        "Run `gaze index --publish` to build it again from the artifacts.",
    )
    LABEL_UNKNOWN = (
        False,
        "No video shows anything of that label.",
        "Use one of the labels named, or leave --label out and describe the thing in words.",
    )
    QUERY_EMPTY = (
        False,
        "There is nothing to search for.",
        "Type a few words that were said, or describe what was seen.",
    )

    FRAME_UNKNOWN = (
        True,
        "The frame to search by has not been looked at yet.",
        "`gaze status` shows how far the video is; search by a frame that is there meanwhile.",
    )
    PICTURE_UNREADABLE = (
        False,
        "What was given to search by is not a picture that can be read.",
        "Give a JPEG, PNG, WebP, AVIF, GIF, BMP or TIFF; a screenshot of it will do.",
    )
    PICTURE_TOO_LARGE = (
        False,
        "The picture to search by is too large.",
        "Give a smaller one: at most 30 MB and 100 megapixels.",
    )

    # Services
    ADDRESS_UNKNOWN = (
        False,
        "There is nothing at this address.",
        "/api/openapi.json lists every address of the HTTP API.",
    )
    READ_ONLY = (
        False,
        "The HTTP API only reads.",
        "Change what is indexed with the `gaze` command or in the Dagster UI; see `gaze --help`.",
    )
    ALREADY_RUNNING = (
        True,
        "Gaze is already running on this data root.",
        "Open the printed address, or stop it with Ctrl-C where it runs.",
    )
    PORT_IN_USE = (
        True,
        "Another program uses the port.",
        "Set another port in gaze.toml under [services], or stop that program.",
    )
    ACCESS_DENIED = (
        False,
        "The page was opened without this start's access token, or from another site.",
        "Open the address that `gaze up` printed; typing `gaze up` again prints it once more.",
    )
    SERVICE_FAILED = (
        True,
        "One of Gaze's services did not start.",
        "Read its log under the data root's logs folder; `gaze doctor` checks the installation.",
    )
    CANCELLED = (
        False,
        "The work was cancelled.",
        "`gaze retry` takes it up again; finished stages are kept.",
    )
    OUT_OF_MEMORY = (
        True,
        "The machine ran out of memory.",
        'Close other programs, or set device = "cpu" under [models], then run `gaze retry`.',
    )
    PROCESS_DIED = (
        True,
        "The process that worked on it died, again and again.",
        "Play the file elsewhere to see whether it is whole; `gaze retry` tries it at once.",
    )
    INTERNAL = (
        False,
        "Something went wrong that Gaze did not foresee.",
        "Please report it with the output of `gaze doctor`; other videos are unaffected.",
    )


class GazeError(Exception):
    """A failure with a code.

    `subject` names what it happened to (a path, a model, a settings key); `detail` is the underlying
    message, for people who read further.
    """

    def __init__(self, code: ErrorCode, subject: str | Path = "", detail: str = "") -> None:
        self.code = code
        self.subject = str(subject)
        self.detail = detail
        super().__init__(str(self))

    def __reduce__(self) -> tuple[type[GazeError], tuple[ErrorCode, str, str]]:
        return type(self), (self.code, self.subject, self.detail)

    def __str__(self) -> str:
        return explain(self.code, self.subject, self.detail)


def explain(code: ErrorCode, subject: str = "", detail: str = "", remedy: str = "") -> str:
    """The text of a failure as the CLI, the page and Dagster show it; `remedy` stands for the code's."""
    head = f"{code.name}: {code.sentence}"
    if subject:
        head += f" [{subject}]"
    if detail:
        head += f" ({detail})"
    return f"{head} {remedy or code.remedy}"
