"""How the videos stand, told to Dagster: a check of each stage's asset, kept as the catalog has it."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import dagster as dg

from gaze_pipeline.channels import SWITCHED_OFF
from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.resources import WorkspaceResource
from gaze_pipeline.states import Stage, Status
from gaze_pipeline.store.catalog.rows import VideoRow, remedy

STANDING = "standing"
EVERY_S = 30
HINDERED = (Status.FAILED, Status.WAITING, Status.CANCELLED)


@dataclass(frozen=True)
class Tally:
    """How many videos stand how in one stage, and in a sentence each what keeps those that are not done."""

    stage: Stage
    counts: dict[Status, int]
    hindrances: list[str]

    @property
    def passed(self) -> bool:
        """Whether nothing failed, waits for a model or was cancelled."""
        return not any(self.counts.get(status) for status in HINDERED)

    @property
    def severity(self) -> dg.AssetCheckSeverity:
        """How bad it is if it did not pass."""
        failed = self.counts.get(Status.FAILED)
        return dg.AssetCheckSeverity.ERROR if failed else dg.AssetCheckSeverity.WARN

    @property
    def metadata(self) -> dict[str, int | dg.MarkdownMetadataValue]:
        """What the Dagster UI shows."""
        lines = dg.MetadataValue.md("\n".join(f"- {line}" for line in self.hindrances))
        return {
            **{status.value: count for status, count in self.counts.items()},
            **({"what to do": lines} if self.hindrances else {}),
        }

    @property
    def digest(self) -> list[object]:
        """Equal for equal tallies; goes through JSON."""
        return [sorted(self.counts.items()), self.hindrances]


def tally(stage: Stage, videos: Sequence[VideoRow]) -> Tally:
    """How the videos stand in a stage. No name of a video is in it: Dagster keeps it for long."""
    rows = [video.stage(stage) for video in videos if stage in video.wanted]
    if videos and not rows:
        return Tally(stage, {}, [f"The stage is {SWITCHED_OFF}."])
    hindrances = Counter(
        (row.status, row.error_code, row.error_detail if row.status is Status.WAITING else "")
        for row in rows
        if row.status in HINDERED
    )
    return Tally(
        stage,
        dict(Counter(row.status for row in rows)),
        [_sentence(*what, count) for what, count in sorted(hindrances.items(), key=str)],
    )


def _sentence(status: Status, code: ErrorCode | None, detail: str, count: int) -> str:
    name = f"{code.name}: {code.sentence} " if code else ""
    return f"{count} {status}: {name}{remedy(status, code, detail)}"


@dg.multi_asset_check(
    name=STANDING,
    specs=[
        dg.AssetCheckSpec(
            STANDING,
            asset=stage.value,
            description="Nothing failed, waits for a model or was cancelled.",
        )
        for stage in Stage
    ],
    can_subset=True,
)
def standing(
    context: dg.AssetCheckExecutionContext, workspace: WorkspaceResource
) -> Iterator[dg.AssetCheckResult]:
    """How every video stands in each stage, as the page and `gaze status` show it."""
    videos = workspace.get().catalog.videos.all()
    chosen = {key.asset_key.to_user_string() for key in context.selected_asset_check_keys}
    for stage in Stage:
        if stage.value in chosen:
            found = tally(stage, videos)
            yield dg.AssetCheckResult(
                asset_key=stage.value,
                check_name=STANDING,
                passed=found.passed,
                severity=found.severity,
                metadata=found.metadata,
            )


@dg.sensor(
    name="standing",
    minimum_interval_seconds=EVERY_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Tells how every video stands, where that has changed.",
)
def follow_standing(
    context: dg.SensorEvaluationContext, workspace: WorkspaceResource
) -> dg.SensorResult:
    """Evaluate the checks of the stages whose tally is another than when it was last told."""
    told = json.loads(context.cursor or "{}")
    videos = workspace.get().catalog.videos.all()
    tallies = {stage: tally(stage, videos) for stage in Stage}
    digests = json.loads(json.dumps({stage: found.digest for stage, found in tallies.items()}))
    return dg.SensorResult(
        asset_events=[
            dg.AssetCheckEvaluation(
                asset_key=dg.AssetKey(stage.value),
                check_name=STANDING,
                passed=found.passed,
                severity=found.severity,
                metadata=found.metadata,
            )
            for stage, found in tallies.items()
            if digests[stage] != told.get(stage)
        ],
        cursor=json.dumps(digests),
    )
