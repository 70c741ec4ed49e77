"""Indexing without Dagster: plan, run batch by batch, publish after each, look for copies.

What is heard and what is seen are worked on at the same time: while the model of one computes, the other's
file is decoded, and a core that one leaves idle is the other's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from gaze_pipeline.duplicates.find import find_copies
from gaze_pipeline.stages.abreast import Tell, abreast
from gaze_pipeline.stages.plan import plan
from gaze_pipeline.stages.run import Outcome, run_stage
from gaze_pipeline.states import REQUIRES, Stage
from gaze_pipeline.store.snapshot import current_revision, publish
from gaze_pipeline.workspace import Workspace

BATCH = 16
LINES = (
    (Stage.AUDIO, Stage.TRANSCRIPT, Stage.MEANINGS),
    (Stage.FRAMES, Stage.EMBEDDINGS, Stage.DETECTIONS, Stage.TEXTS),
)
"""Stages that need one another, in order; no line needs anything of the other."""

News = Callable[[], None]
"""Tells the watcher of something, when it is called."""


@dataclass
class Watcher:
    """What the caller wants to hear of; each call comes from the indexing thread."""

    on_plan: Callable[[dict[Stage, int]], None] = lambda totals: None
    on_progress: Callable[[Stage, str, float], None] = lambda stage, fingerprint, fraction: None
    on_outcome: Callable[[Outcome], None] = lambda outcome: None
    on_compared: Callable[[int, int], None] = lambda done, of: None


@dataclass
class IndexReport:
    """How an indexing run ended; `asked_at` is when it began, in seconds since the epoch."""

    asked_at: float
    outcomes: list[Outcome] = field(default_factory=list)


def index(workspace: Workspace, watcher: Watcher) -> IndexReport:
    """Run every stage that can run, over all videos, publish, compare what is new, and publish copies.

    Models are loaded once for the whole run. What failed and can pass is tried at once; what is cancelled
    while this runs is left.
    """
    report = IndexReport(time.time())
    todo = plan(workspace, asked=True)
    watcher.on_plan({stage: sum(stage in stages for stages in todo.values()) for stage in Stage})
    remaining = iter(todo)
    while batch := list(islice(remaining, BATCH)):
        _run_batch(workspace, {key: todo[key] for key in batch}, watcher, report)
        publish(workspace)
    _publish_news(workspace)
    find_copies(workspace, watcher.on_compared)
    _publish_news(workspace)
    return report


def _publish_news(workspace: Workspace) -> None:
    if workspace.catalog.revision() != current_revision(workspace.paths):
        publish(workspace)


def _run_batch(
    workspace: Workspace,
    todo: Mapping[str, Sequence[Stage]],
    watcher: Watcher,
    report: IndexReport,
) -> None:
    def ended(outcome: Outcome) -> None:
        report.outcomes.append(outcome)
        watcher.on_outcome(outcome)

    def run_line(line: Sequence[Stage], tell: Tell[News]) -> None:
        broken: set[tuple[str, Stage]] = set()
        for stage in line:
            keys = [
                key
                for key, stages in todo.items()
                if stage in stages and (key, REQUIRES[stage]) not in broken
            ]

            def on_progress(fingerprint: str, fraction: float, stage: Stage = stage) -> None:
                tell(partial(watcher.on_progress, stage, fingerprint, fraction))

            for outcome in run_stage(stage, keys, workspace, on_progress, report.asked_at):
                tell(partial(ended, outcome))
                if not outcome.status.settled:
                    broken.add((outcome.fingerprint, stage))

    with closing(abreast([partial(run_line, line) for line in LINES])) as news:
        for tell_watcher in news:
            tell_watcher()
