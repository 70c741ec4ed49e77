"""The tables of a trial, and what is kept of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table

from tests.quality.methods import ENGINE
from tests.quality.metrics import Figures
from tests.quality.queries import Channel, Query
from tests.quality.trial import ANSWERED, Answers, Asked, Trial

_NONE = "-"


def setting(trial: Trial) -> str:
    """What was asked of what."""
    library = f"{trial.videos} videos, {trial.seconds / 60:.0f} minutes"
    return f"{len(trial.queries)} queries over {library}; pictures by {trial.model}."


def by_method(trial: Trial) -> Table:
    """Each method over all queries in plain words, by channel, and where there is no answer."""
    table = Table(title="Methods")
    table.add_column("method")
    columns = ("success@1", "success@5", "MRR", "IoU", "R@1, IoU>=.5")
    alone = (*ANSWERED, Channel.TEXT, Channel.MEANING)
    rates = ("false alarms", "separation")
    for name in (*columns, *(f"{channel} s@1" for channel in alone), *rates):
        table.add_column(name, justify="right")
    for answers in trial.answers:
        whole = {one.query.channel for one in answers.asked} >= set(ANSWERED)
        own = [answers.over(channel) for channel in alone]
        table.add_row(
            answers.method,
            *(_figures(answers.over(*ANSWERED)) if whole else [_NONE] * len(columns)),
            *(_percent(one.success_1) if one.queries else _NONE for one in own),
            _percent(answers.false_alarms()),
            f"{answers.separation(*ANSWERED):.2f}" if whole else _NONE,
        )
    return table


def by_group(trial: Trial) -> Table:
    """success@1 of each method in each group, and more of Gaze."""
    table = Table(title="Groups: success@1 of each method; false alarms where there is no answer")
    whole = [one for one in trial.answers if not one.method.startswith(f"{ENGINE},")]
    for name in ("channel", "group", "queries", "heard", *(one.method for one in whole)):
        table.add_column(name, justify="left" if name in ("channel", "group") else "right")
    for name in ("MRR", "IoU", "R@1, IoU>=.5", "found"):
        table.add_column(f"{ENGINE} {name}", justify="right")
    gaze = whole[0]
    for (channel, group), count in trial.groups().items():
        nothing = channel is Channel.NOTHING
        own = gaze.over(channel, group=group)
        table.add_row(
            channel,
            group,
            str(count),
            _heard(trial, group),
            *(
                _percent(
                    one.false_alarms(group) if nothing else one.over(channel, group=group).success_1
                )
                for one in whole
            ),
            *([_NONE] * 4 if nothing else [*_figures(own)[2:], _percent(own.found)]),
        )
    return table


def misses(trial: Trial) -> Table:
    """What Gaze got wrong: what came first in place of the right moment, and the right one's rank."""
    table = Table(title=f"What {ENGINE} gets wrong")
    for name in ("query", "group", "rank", "first", "score", "known"):
        table.add_column(name)
    for one in _wrong(trial.answers[0]):
        table.add_row(
            one.query.text,
            one.query.group,
            str(one.judged.rank or _NONE),
            _place(one.first) if one.first else "nothing",
            f"{one.first.score:.2f}" if one.first else _NONE,
            ", ".join(map(_place, one.query.known[:2])) or "no answer",
        )
    return table


def record(trial: Trial) -> dict[str, Any]:
    """The whole trial, for JSON: the figures of every method, and every answer of Gaze."""
    return {
        "setting": setting(trial),
        "methods": {answers.method: _record(trial, answers) for answers in trial.answers},
        "gaze": [_answer(one, trial.heard) for one in trial.answers[0].asked],
    }


def _record(trial: Trial, answers: Answers) -> dict[str, Any]:
    channels = {one.query.channel for one in answers.asked}
    by_channel = {c: answers.over(c) for c in Channel if c in channels - {Channel.NOTHING}}
    whole = channels >= set(ANSWERED)
    return {
        **({"all": _rounded(answers.over(*ANSWERED))} if whole else {}),
        **{channel: _rounded(own) for channel, own in by_channel.items()},
        "groups": {
            f"{channel}: {group}": _rounded(answers.over(channel, group=group))
            for channel, group in trial.groups()
            if channel in by_channel
        },
        "false alarms": {
            "all": round(answers.false_alarms(), 4),
            **{
                group: round(answers.false_alarms(group), 4)
                for channel, group in trial.groups()
                if channel is Channel.NOTHING
            },
        },
        "separation": {channel: round(answers.separation(channel), 4) for channel in by_channel},
    }


def _answer(one: Asked, heard: dict[Query, bool]) -> dict[str, Any]:
    query = one.query
    return {
        "query": query.text,
        "group": f"{query.channel}: {query.group}",
        **({"heard": heard[query]} if query in heard else {}),
        "rank": one.judged.rank,
        "iou": round(one.judged.iou, 3),
        "first": _place(one.first) if one.first else None,
        "score": round(one.first.score, 3) if one.first else None,
        "known": "; ".join(map(_place, query.known)),
    }


def _wrong(answers: Answers) -> Iterator[Asked]:
    for one in answers.asked:
        wrong = (
            one.first is not None if one.query.channel is Channel.NOTHING else one.judged.rank != 1
        )
        if wrong:
            yield one


def _heard(trial: Trial, group: str) -> str:
    told = [heard for query, heard in trial.heard.items() if query.group == group]
    return _percent(sum(told) / len(told)) if told else _NONE


def _figures(own: Figures) -> Sequence[str]:
    return (
        _percent(own.success_1),
        _percent(own.success_5),
        f"{own.mrr:.2f}",
        f"{own.iou:.2f}",
        _percent(own.tight_1),
    )


def _rounded(own: Figures) -> dict[str, float]:
    return {name: round(value, 4) for name, value in asdict(own).items()}


def _place(span: Any) -> str:
    return f"{span.video} {span.start_ms / 1000:.1f}-{span.end_ms / 1000:.1f}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"
