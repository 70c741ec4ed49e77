"""What the suite's videos say and show, and what is asked of them: `films.toml`, `absent.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

HERE = Path(__file__).parent


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Scene(_Row):
    """A line spoken over a picture of one shape."""

    say: str
    see: str
    topic: str = ""
    ask: tuple[str, ...] = ()


class Narrated(_Row):
    """A film of scenes in one voice of eSpeak."""

    name: str
    voice: str
    scenes: tuple[Scene, ...] = Field(alias="scene")

    @property
    def language(self) -> str:
        """The voice's language, as Whisper names it."""
        return self.voice[:2]


class Line(_Row):
    """A line of a recording, and its own language where that is not the recording's."""

    start_s: float
    end_s: float
    ask: tuple[str, ...]
    language: str = ""


class Recorded(_Row):
    """Real speech in a file of the shared media; `picture` lays track `track` of it over a plain picture."""

    source: str = Field(alias="from")
    language: str
    lines: tuple[Line, ...] = Field(alias="line")
    picture: bool = False
    track: int = 0

    @property
    def video(self) -> str:
        """The name of the video that is indexed."""
        path = Path(self.source)
        return f"{path.stem}.mp4" if self.picture else path.name


class Footage(_Row):
    """Real videos that show what is asked for from their first to their last second."""

    files: tuple[str, ...]
    ask: tuple[str, ...]


class Material(_Row):
    """All of `films.toml`."""

    narrated: tuple[Narrated, ...]
    recorded: tuple[Recorded, ...]
    footage: tuple[Footage, ...]


class Absent(_Row):
    """All of `absent.toml`."""

    unsaid: tuple[str, ...]
    half_said: tuple[str, ...]


def material() -> Material:
    """Read `films.toml`."""
    return Material.model_validate(tomllib.loads((HERE / "films.toml").read_text("utf-8")))


def absent() -> Absent:
    """Read `absent.toml`."""
    return Absent.model_validate(tomllib.loads((HERE / "absent.toml").read_text("utf-8")))
