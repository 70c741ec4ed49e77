"""Small pieces of HTML, everything in them escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from gaze_pipeline.errors import ErrorCode


def problem(code: ErrorCode, subject: str = "", detail: str = "") -> str:
    """A failure: what happened, to what, and what to do next."""
    about = " · ".join(part for part in (subject, detail) if part)
    about = f'<p class="gz-about">{escape(about)}</p>' if about else ""
    return (
        f'<div class="gz-problem" role="alert"><p><b>{escape(code.sentence)}</b></p>{about}'
        f"<p>{commands(code.remedy)}</p><code>{code.name}</code></div>"
    )


def commands(text: str) -> str:
    """A sentence with its `commands` set as code."""
    parts = escape(text).split("`")
    return "".join(
        f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts)
    )


def pill(text: str, tone: str) -> str:
    """A small label; tone is good, busy, waiting, bad or quiet."""
    return f'<span class="gz-pill gz-{tone}">{escape(text)}</span>'


def notice(title: str, *lines: str, body: str = "") -> str:
    """A calm message in an empty place; `lines` may hold `commands`, `body` is HTML already."""
    rest = "".join(f"<p>{commands(line)}</p>" for line in lines)
    return f'<div class="gz-notice"><h2>{escape(title)}</h2>{rest}{body}</div>'


def steps(each: Sequence[tuple[str, str]]) -> str:
    """What to do first, second, third: titles with a sentence that may hold `commands`."""
    body = "".join(
        f"<li><b>{escape(title)}</b><span>{commands(told)}</span></li>" for title, told in each
    )
    return f'<ol class="gz-steps">{body}</ol>'


def facts(rows: list[tuple[str, str]]) -> str:
    """Names and values; the values are HTML already."""
    body = "".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in rows)
    return f'<dl class="gz-facts">{body}</dl>'


def card(title: str, body: str, wide: bool = False) -> str:
    """A titled block; the body is HTML already."""
    kind = "gz-card gz-wide" if wide else "gz-card"
    return f'<section class="{kind}"><h2>{escape(title)}</h2>{body}</section>'
