"""Ports on this machine's own address."""

from __future__ import annotations

import os
import socket
import time

from gaze_pipeline.errors import ErrorCode, GazeError

HOST = "127.0.0.1"


def require_free(port: int, patience_s: float = 0.0) -> None:
    """Raise GazeError(PORT_IN_USE) when something listens on the port, still after `patience_s`."""
    deadline = time.monotonic() + patience_s
    while True:
        try:
            return _try(port)
        except GazeError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.1)


def _try(port: int) -> None:
    with socket.socket() as probe:
        if os.name == "posix":  # elsewhere this option would let two programs share the port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen()
        except OSError as error:
            raise GazeError(ErrorCode.PORT_IN_USE, f"{HOST}:{port}", str(error)) from error


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
