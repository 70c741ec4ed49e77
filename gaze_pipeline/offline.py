"""What other packages would send or fetch by themselves, switched off before any of them is imported."""

from __future__ import annotations

import os

_VARIABLES = {
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "ORT_DISABLE_TELEMETRY": "1",  # ONNX Runtime's packages report to their maker unless told not to
    "OTEL_SDK_DISABLED": "true",
    "STREAMLIT_BROWSER_GATHER_USAGE_STATS": "false",
    "TRANSFORMERS_OFFLINE": "1",
}


def stay_offline() -> None:
    """For this process and those it starts, whatever a user's environment says."""
    os.environ.update(_VARIABLES)
