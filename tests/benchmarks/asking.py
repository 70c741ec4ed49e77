"""Asking the search page as a browser does: over Streamlit's live connection, without a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from gaze_pipeline.services.ports import HOST

PATIENCE_S = 120
_SEEN = re.compile(rb"[Pp]ictures (and [a-z ]+ )?searched in")
"""How the page says that it has sought pictures, alone or with other channels: `views.coverage_lines`."""


@contextmanager
def session(port: int, token: str) -> Iterator[ClientConnection]:
    """A visitor's live connection."""
    headers = {"Authorization": f"Bearer {token}"}
    address = f"ws://{HOST}:{port}/_stcore/stream"
    with connect(address, additional_headers=headers, max_size=None) as connection:
        yield connection


def ask(connection: ClientConnection, words: str) -> None:
    """Search for words and wait for the whole page. Raises AssertionError without an answer by pictures."""
    question = BackMsg()
    question.rerun_script.query_string = urlencode({"q": words})
    connection.send(question.SerializeToString())
    answered = False
    while True:
        data = connection.recv(PATIENCE_S, decode=False)
        message = ForwardMsg.FromString(data)
        answered |= _SEEN.search(data) is not None
        if message.WhichOneof("type") == "script_finished":
            assert answered, f"the page did not answer {words!r}"
            return
