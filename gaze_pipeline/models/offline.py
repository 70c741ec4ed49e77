"""Keeps model libraries off the network: models come from files that were asked for, or not at all."""

from __future__ import annotations

import os

_VARIABLES = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


def set_offline() -> None:
    """Call before a model library is imported."""
    os.environ.update(_VARIABLES)
