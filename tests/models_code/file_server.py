"""A local HTTP server of files that can misbehave the way the network does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass
class FileServer:
    """Serves `files` by path; `requests` notes each request as (path, asked range or empty)."""

    files: dict[str, bytes] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)  # bytes after which each next answer breaks off
    stalls: list[int] = field(
        default_factory=list
    )  # ... after which it waits till the client is gone
    failures: list[int] = field(default_factory=list)  # the status of each next answer
    ranges: bool = True
    requests: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""


@contextmanager
def serving() -> Iterator[FileServer]:
    """A running server on a free port of 127.0.0.1."""
    state = FileServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            state.requests.append((self.path, wanted))
            if state.failures:
                return self.send_error(state.failures.pop(0))
            if self.path in state.redirects:
                self.send_response(302)
                self.send_header("Location", state.redirects[self.path])
                self.send_header("Content-Length", "0")
                return self.end_headers()
            if self.path not in state.files:
                return self.send_error(404)
            return self._send(state.files[self.path], wanted)

        def _send(self, content: bytes, wanted: str) -> None:
            start = 0
            span = re.fullmatch(r"bytes=(\d+)-", wanted)
            if span and state.ranges:
                start = int(span[1])
                if start >= len(content):
                    return self.send_error(416)
                self.send_response(206)
                self.send_header(
                    "Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}"
                )
            else:
                self.send_response(200)
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            body = content[start:]
            if state.stalls:
                self.wfile.write(body[: state.stalls.pop(0)])
                self.connection.recv(1)
                self.close_connection = True
                return None
            if state.cuts:
                body = body[: state.cuts.pop(0)]
                self.close_connection = True
            self.wfile.write(body)
            return None

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
