"""The settings: `gaze.toml` in the data root and `GAZE_...` variables, validated, each key documented.

The data root is `GAZE_DATA`, else the folder `data` of the checkout. `gaze.example.toml` documents every
key; it becomes the first `gaze.toml`.
"""

from __future__ import annotations

from gaze_pipeline.settings.editing import EXAMPLE, add_library, library_name, remove_library
from gaze_pipeline.settings.reading import Settings, complaints, data_root, load
from gaze_pipeline.settings.sections import (
    DAY_S,
    VIDEO_SUFFIXES,
    ChannelSettings,
    DecodingSettings,
    DetectionSettings,
    FrameSettings,
    Library,
    ModelSettings,
    RetentionSettings,
    ScanSettings,
    SearchSettings,
    ServiceSettings,
    StorageSettings,
    SupportSettings,
    TextSettings,
    TranscriptSettings,
)

__all__ = [
    "DAY_S",
    "EXAMPLE",
    "VIDEO_SUFFIXES",
    "ChannelSettings",
    "DecodingSettings",
    "DetectionSettings",
    "FrameSettings",
    "Library",
    "ModelSettings",
    "RetentionSettings",
    "ScanSettings",
    "SearchSettings",
    "ServiceSettings",
    "Settings",
    "StorageSettings",
    "SupportSettings",
    "TextSettings",
    "TranscriptSettings",
    "add_library",
    "complaints",
    "data_root",
    "library_name",
    "load",
    "remove_library",
]
