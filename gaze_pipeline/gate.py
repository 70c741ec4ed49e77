"""The gate in front of every page, media file and API: a token, and no other site's requests.

It listens on 127.0.0.1 only, but any page in the user's browser can reach that address. So the Host
must be a name of this machine, the request must come from our own page, and it must carry this
start's token: as a bearer token, or once in the address (`?token=...`), for which the browser is given a
cookie. A browser shows its cookies to every server on this machine, so the cookie is not the token but
derived from it, and opens nothing by any other way.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import html
import os
import re
import secrets
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gaze_pipeline.errors import ErrorCode
from gaze_pipeline.store.paths import DataPaths

_LOCAL_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?")
_PARAMETER = "token"
_REFUSAL = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Gaze</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<style>body {{ font: 1.0625rem/1.6 system-ui, sans-serif; max-width: 32rem; margin: 22vh auto; }}
body {{ padding: 0 1.5rem; }} small {{ opacity: .7; }}</style>
<h1>Gaze</h1><p>{told}</p><p>{remedy}</p><small>{code}</small></html>"""


@dataclass(frozen=True)
class Access:
    """This start's token and the name of the cookie that stands for it.

    The name is the data root's own, since a browser sends a cookie to every port of a host.
    """

    token: str = field(repr=False)
    cookie: str = "gaze"

    @classmethod
    def open(cls, paths: DataPaths) -> Access:
        """The access of a data root: the token of the running services, else a new one."""
        path = paths.run / "token"
        with contextlib.suppress(FileNotFoundError):
            return cls(path.read_text(encoding="ascii").strip(), _cookie_name(paths))
        return cls.renew(paths, keep=True)

    @classmethod
    def renew(cls, paths: DataPaths, keep: bool = False) -> Access:
        """Write a new 32-byte token, for its owner only; with `keep`, not over another."""
        paths.run.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = paths.run / "token"
        draft = path.with_name(f".token.{os.getpid()}.{secrets.token_hex(4)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(32))
            if keep:
                with contextlib.suppress(FileExistsError):
                    os.link(draft, path)
            else:
                draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        return cls(path.read_text(encoding="ascii").strip(), _cookie_name(paths))

    def url(self, port: int, path: str = "/") -> str:
        """The address that opens a page of this machine: the one place where the token is shown."""
        return f"http://127.0.0.1:{port}{path}?{_PARAMETER}={self.token}"

    @property
    def cookie_value(self) -> str:
        """What the cookie holds: HMAC-SHA256 under the token, which cannot be told from it."""
        return hmac.new(self.token.encode(), b"cookie", hashlib.sha256).hexdigest()

    def grants(self, presented: str | None) -> bool:
        """Whether what was presented is the token."""
        return _same(presented, self.token)

    def grants_cookie(self, presented: str | None) -> bool:
        """Whether what was presented is the cookie's value."""
        return _same(presented, self.cookie_value)


class TokenGate:
    """ASGI middleware: only what carries the token and comes from our own pages gets through."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self.app = app
        self.access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Judge one connection."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        answer = self._answer(scope)
        if answer is None:
            await self.app(scope, receive, _guarded(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "refused"})
        else:
            await answer(scope, receive, _guarded(send))

    def _answer(self, scope: Scope) -> Response | None:
        """What to say instead of letting a connection through; None lets it through."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not _LOCAL_HOST.fullmatch(hosts[0].lower()):
            return _refusal(headers, 403, "the Host is not a name of this machine")
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        presented = dict(query).get(_PARAMETER)
        safe_method = scope.get("method") in ("GET", "HEAD")
        if presented is not None and safe_method and self.access.grants(presented):
            return self._admission(scope, headers, query)
        if not _same_origin(headers, hosts[0]) and not _link_followed(headers, safe_method):
            return _refusal(headers, 403, "the request was made by another site")
        if self.access.grants(_bearer(headers)) or self.access.grants_cookie(self._cookie(headers)):
            return None
        return _refusal(headers, 401, "")

    def _admission(self, scope: Scope, headers: Headers, query: list[tuple[str, str]]) -> Response:
        """Take the token out of the address, and give a cookie in its place."""
        rest = urlencode([(key, value) for key, value in query if key != _PARAMETER])
        place = "/" + quote(scope["path"].lstrip("/\\")) + (f"?{rest}" if rest else "")
        if headers.get("sec-fetch-site") == "cross-site":
            # A redirect would stay cross-site, and the browser would hold the strict cookie back.
            target = html.escape(place, quote=True)
            page = f'<!doctype html><meta http-equiv="refresh" content="0;url={target}">Gaze'
            response: Response = HTMLResponse(page)
        else:
            response = RedirectResponse(place, 303)
        response.set_cookie(
            self.access.cookie, self.access.cookie_value, path="/", httponly=True, samesite="strict"
        )
        response.headers["cache-control"] = "no-store"
        response.headers["referrer-policy"] = "no-referrer"
        return response

    def _cookie(self, headers: Headers) -> str | None:
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(self.access.cookie)
        except CookieError:
            return None
        return cookie.value if cookie else None


def _same(presented: str | None, wanted: str) -> bool:
    """Whether two texts are the same, found out in constant time."""
    return presented is not None and hmac.compare_digest(
        presented.encode("utf-8", "surrogateescape"), wanted.encode()
    )


def _cookie_name(paths: DataPaths) -> str:
    return "gaze_" + hashlib.sha256(os.fsencode(paths.root.resolve())).hexdigest()[:8]


def _bearer(headers: Headers) -> str | None:
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else None


def _same_origin(headers: Headers, host: str) -> bool:
    """Whether our own page, the address bar or a program made the request."""
    origin = headers.get("origin")
    if origin is not None and origin.lower() != f"http://{host.lower()}":
        return False
    return headers.get("sec-fetch-site", "none") in ("none", "same-origin")


def _link_followed(headers: Headers, safe_method: bool) -> bool:
    """Whether a link from our other port was followed (search page to Dagster UI and back)."""
    return (
        safe_method
        and "origin" not in headers
        and headers.get("sec-fetch-site") == "same-site"
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
    )


def _refusal(headers: Headers, status: int, detail: str) -> Response:
    extra = {"www-authenticate": "Bearer", "cache-control": "no-store"}
    code = ErrorCode.ACCESS_DENIED
    if "text/html" in headers.get("accept", ""):
        told = html.escape(f"{code.sentence} {detail}".strip())
        remedy = re.sub("`(.*?)`", r"<code>\1</code>", html.escape(code.remedy))
        return HTMLResponse(
            _REFUSAL.format(told=told, remedy=remedy, code=code.name), status, extra
        )
    error = {"code": code.name, "message": code.sentence, "detail": detail, "remedy": code.remedy}
    return JSONResponse({"error": error}, status, extra)


def _guarded(send: Send) -> Send:
    """Add the headers that keep our pages out of other sites' frames and referrers."""

    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("x-frame-options", "SAMEORIGIN")
            headers.setdefault("x-content-type-options", "nosniff")
            headers.setdefault("referrer-policy", "same-origin")
        await send(message)

    return guarded
