"""Indexing time: Gaze against the straightforward pipeline, over the same files in the same run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gaze_pipeline.channels import Channel
from gaze_pipeline.settings import ChannelSettings, Settings
from gaze_pipeline.states import State
from gaze_pipeline.workspace import Workspace
from tests.benchmarks.processes import Cost, timed
from tests.benchmarks.stand_ins import BenchModels, variables
from tests.benchmarks.straightforward import STAGES
from tests.benchmarks.workload import Workload

YOUNGEST = (Channel.TEXT, Channel.MEANING)


@dataclass(frozen=True)
class Run:
    """The whole cost of indexing a workload, and what each stage took: seconds, and those of processors."""

    total: Cost
    stages: dict[str, float]
    cpu: dict[str, float]


def gaze(workload: Workload, models: BenchModels, root: Path, all_good: bool = True) -> Cost:
    """One `gaze index` over all files into a data root, start of the process included.

    The youngest channels, which the straightforward pipeline does not have, are left out. Raises RuntimeError
    when a video is not DONE, unless bad ones are expected.
    """
    cost = timed(_command(workload, root), variables(models.settings) | switches())
    if all_good:
        _require_done(root, len(workload.videos), ())
    return cost


def by_stage(
    workload: Workload,
    models: BenchModels,
    root: Path,
    report: Path,
    channels: Sequence[Channel] = (),
) -> Run:
    """The same with each stage alone, one after the other; of the youngest channels with those named.

    Over a data root that was used before they are all there is to do. Raises as `gaze`.
    """
    total = timed(
        [*_command(workload, root), str(report)], variables(models.settings) | switches(channels)
    )
    _require_done(root, len(workload.videos), channels)
    told: dict[str, dict[str, float]] = json.loads(report.read_text())
    stages, cpu = told["seconds"], told["cpu_seconds"]
    stages["start"] = total.seconds - sum(stages.values())
    return Run(total, stages, cpu)


def _command(workload: Workload, root: Path) -> list[str]:
    return ["-m", "tests.benchmarks.gaze_run", str(workload.folder), str(root)]


def switches(used: Sequence[Channel] = ()) -> dict[str, str]:
    """The environment under which Gaze uses these of the youngest channels."""
    return {f"GAZE_CHANNELS__{one.name}": str(one in used) for one in YOUNGEST}


def straightforward(workload: Workload, models: BenchModels, scratch: Path) -> Run:
    """A fresh process for every stage of every file."""
    weights = {
        "transcript": models.whisper,
        "embeddings": models.clip,
        "detections": models.detector,
    }
    seconds: Counter[str] = Counter()
    cpu: Counter[str] = Counter()
    peak = 0.0
    for number, video in enumerate(workload.videos):
        out = scratch / f"{number:02}"
        out.mkdir(parents=True)
        for stage in STAGES:
            model = str(weights.get(stage, ""))
            cost = timed(
                ["-m", "tests.benchmarks.straightforward", stage, str(video), str(out), model]
            )
            seconds[stage] += cost.seconds
            cpu[stage] += cost.cpu_seconds
            peak = max(peak, cost.peak_mb)
    return Run(Cost(seconds.total(), peak, cpu.total()), dict(seconds), dict(cpu))


def _require_done(root: Path, count: int, channels: Sequence[Channel]) -> None:
    used = ChannelSettings(**{one.value: one in channels for one in YOUNGEST})
    settings = Settings(root=root, channels=used)
    states = [video.state for video in Workspace(settings).catalog.videos.all()]
    if states != [State.DONE] * count:
        raise RuntimeError(f"not all of {count} videos are done: {Counter(states)}")
