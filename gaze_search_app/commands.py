"""`gaze search` and `gaze captions`; they live here because they need the search engine."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group
from rich.text import Text

from gaze_pipeline.commands.format import terminal
from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.formats import count, length
from gaze_pipeline.names import readable
from gaze_pipeline.settings import load
from gaze_pipeline.workspace import Workspace
from gaze_search_app.captions import CaptionFormat
from gaze_search_app.captions import captions as make_captions
from gaze_search_app.given import fingerprint_of, frame_of, picture_of
from gaze_search_app.search.engine import Engine
from gaze_search_app.search.model import (
    QUERY_MAX,
    ChannelCoverage,
    Confidence,
    Evidence,
    LineFoundBy,
    Mode,
    Moment,
    SearchRequest,
    SearchResponse,
)
from gaze_search_app.views import BY_MEANING, meaning_behind, reading_lines

_INDENT = " " * 15
_COLOURS = {Confidence.STRONG: "green", Confidence.POSSIBLE: "cyan", Confidence.WEAK: "dim"}


def search(
    words: Annotated[
        list[str] | None, typer.Argument(help="What was said, or what is seen.")
    ] = None,
    image: Annotated[
        Path | None, typer.Option(help="A picture that it looks like; words then steer.")
    ] = None,
    like: Annotated[
        str | None, typer.Option(metavar="VIDEO@TIME", help="A frame that it looks like.")
    ] = None,
    mode: Annotated[Mode, typer.Option(help="Which channels to search.")] = Mode.BOTH,
    label: Annotated[
        list[str] | None, typer.Option(help="Only moments that show this; may be repeated.")
    ] = None,
    library: Annotated[
        list[str] | None, typer.Option(help="Only this library; may be repeated.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Moments to show.")] = 10,
    offset: Annotated[int, typer.Option(min=0, help="Moments to skip.")] = 0,
    weak: Annotated[bool, typer.Option("--weak", help="Also those that do not convince.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Find the moments in which something was said or seen.

    WORDS may hold operators: "exact phrase", -not, OR, prefix*, say: see: text: label: library: in: before:
    after: lang:, and parts joined by "with" or "then": say:"happy birthday" with see:cake. --image FILE and
    --like film.mp4@1:23 search by a picture, with words or without.
    """
    query = " ".join(words or [])
    if len(query) > QUERY_MAX:
        raise GazeError(ErrorCode.ARGUMENT_INVALID, "WORDS", f"at most {QUERY_MAX} characters")
    if image and like:
        raise GazeError(ErrorCode.ARGUMENT_INVALID, "--image, --like", "one of them")
    request = SearchRequest(
        query=query,
        picture=picture_of(image) if image else None,
        like=frame_of(Workspace.open().catalog, like) if like else None,
        mode=mode,
        labels=label or [],
        libraries=library or [],
        weak=weak,
        limit=limit,
        offset=offset,
    )
    engine = Engine(load())
    response = engine.search(engine.named(request))
    if as_json:
        print(response.model_dump_json())
        return
    console = terminal()
    for line in reading_lines(query, response.reading):
        console.print(line, markup=False, style="yellow")
    for number, moment in enumerate(response.moments, start=offset + 1):
        console.print(_moment(number, moment), soft_wrap=True)
    console.print(_found(response, weak), style="bold")
    channels = {
        "speech": response.coverage.transcript,
        "meaning of speech": meaning_behind(response.coverage),
        "visual": response.coverage.visual,
        "text on screen": response.coverage.text,
    }
    for name, channel in channels.items():
        if channel and channel.asked:
            console.print(_covered(name, channel), markup=False, style="dim")


def captions(
    video: Annotated[str, typer.Argument(help="A video's path or fingerprint.")],
    form: Annotated[
        CaptionFormat, typer.Option("--format", help="Which format.")
    ] = CaptionFormat.SRT,
) -> None:
    """Print the captions of a video."""
    workspace = Workspace.open()
    text = make_captions(workspace.artifacts, fingerprint_of(workspace.catalog, video), form)
    sys.stdout.buffer.write(text.encode())


def _found(response: SearchResponse, weak: bool) -> str:
    """How much was found, and whether there is more of less worth."""
    some = f"{len(response.moments)} of {count(response.total, 'moment')}"
    text = some if response.total else "Nothing convincing" if response.weak else "No moments"
    text += f" in {response.took_ms:.0f} ms."
    if response.weak and not weak:
        text += f" --weak shows {count(response.weak, 'weak match', 'weak matches')}."
    return text


def _moment(number: int, moment: Moment) -> Group:
    times = f"{_clock(moment.start_ms)}-{_clock(moment.end_ms)}"
    head = Text.assemble(
        (f"{number:3}  ", "dim"),
        (f"{moment.confidence.value:8}  ", _COLOURS[moment.confidence]),
        (times, "bold"),
        f"  {moment.path}",
    )
    lines = [head]
    if moment.evidence:
        lines += [_evidence(piece) for piece in moment.evidence]
    elif moment.snippet:
        why = Text(f"{BY_MEANING}: " if moment.by is LineFoundBy.MEANING else "", style="italic")
        lines.append(Text(_INDENT) + why + _marked(moment.snippet, moment.marks))
    if moment.text and not moment.evidence:
        lines.append(_on_screen(moment.text, moment.text_marks, _INDENT))
    if moment.labels:
        lines.append(Text(f"{_INDENT}seen: {', '.join(moment.labels)}", style="green"))
    for copy in moment.copies:
        what = "best original" if copy.original else "also"
        place = f"{_clock(copy.start_ms)}  {readable(copy.path)}"
        lines.append(Text(f"{_INDENT}{what}: {place}", style="dim"))
    return Group(*lines)


def _evidence(piece: Evidence) -> Text:
    """Where one part of the query is met."""
    line = Text.assemble(
        (f"{_INDENT}{_clock(piece.start_ms)}  ", "bold"), (piece.part, "cyan"), "  "
    )
    if piece.speech_score is not None and piece.snippet is not None:
        line.append_text(_marked(piece.snippet, piece.marks))
    if piece.text:
        line.append_text(_on_screen(piece.text, piece.text_marks, "  " if piece.snippet else ""))
    return line


def _on_screen(text: str, marks: Sequence[tuple[int, int]], before: str) -> Text:
    return Text.assemble(before, ("on screen: ", "italic")).append_text(_marked(text, marks))


def _marked(text: str, marks: Sequence[tuple[int, int]]) -> Text:
    snippet = Text(text)
    for start, end in marks:
        snippet.stylize("bold yellow", start, end)
    return snippet


def _covered(name: str, channel: ChannelCoverage) -> str:
    """A sentence on how much was searched, and what keeps the rest out."""
    text = (
        f"{name} searched in {channel.videos} of {channel.videos_total} videos"
        f" ({length(channel.duration_ms)})"
    )
    reasons = [video.reason for video in channel.unsearched]
    if channel.reason:
        text, reasons = f"{name} not searched", [channel.reason]
    for reason in dict.fromkeys(reasons):
        text += f"; {reason}"
        if reason in ErrorCode.__members__:
            text += f": {ErrorCode[reason].remedy}"
    return text


def _clock(ms: int) -> str:
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
