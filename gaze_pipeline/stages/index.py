"""Indexing without Dagster: plan, run batch by batch, publish after each, look for copies.

Stages that need nothing of one another run at the same time: while the model of one computes, another's file
is decoded, and a core that one leaves idle is the other's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
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

    def run(stage: Stage, broken: Collection[str], tell: Tell[News]) -> None:
        """A stage of all videos but those where what it needs is broken, and what needs the stage."""
        broken = set(broken)

        def on_progress(fingerprint: str, fraction: float) -> None:
            tell(partial(watcher.on_progress, stage, fingerprint, fraction))

        keys = [key for key, stages in todo.items() if stage in stages and key not in broken]
        for outcome in run_stage(stage, keys, workspace, on_progress, report.asked_at):
            tell(partial(ended, outcome))
            if not outcome.status.settled:
                broken.add(outcome.fingerprint)
        run_all(stage, broken, tell)

    def run_all(before: Stage | None, broken: Collection[str], tell: Tell[News]) -> None:
        """Everything that needs `before`, at the same time."""
        works = [partial(run, stage, broken) for stage in Stage if REQUIRES[stage] is before]
        with closing(abreast(works)) as news:
            for one in news:
                tell(one)

    run_all(None, (), lambda tell_watcher: tell_watcher())
