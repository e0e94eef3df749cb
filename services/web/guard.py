"""What every request passes: the Host allow-list, the origin check, the security headers.

``Origin == Host`` alone does not stop DNS rebinding (the attacker's name is in both), so the
name a browser uses must be one of ours. Works below the framework, on event streams too.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.web.problems import problem

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
WILDCARDS = frozenset({"0.0.0.0", "::", ""})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def host_name(host: str) -> str | None:
    """``name:port`` or ``[v6]:port`` to the lower-case name; None for what is neither."""
    if any(character in host for character in "/@?#\\ ,\t"):
        return None
    try:
        parts = urllib.parse.urlsplit(f"//{host}")
        _ = parts.port  # raises on what is no port
    except ValueError:
        return None
    return parts.hostname.removesuffix(".") if parts.hostname else None


def allowed_names(listen_host: str, extra: Iterable[str]) -> frozenset[str]:
    """Loopback's names, the address listened on (unless a wildcard), and configured names."""
    names = set(LOOPBACK_NAMES)
    if listen_host not in WILDCARDS:
        names.add(listen_host.lower())
    names.update(name.lower().strip("[]").removesuffix(".") for name in extra)
    return frozenset(names)


class Guard:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, names: frozenset[str]) -> None:
        self._app = app
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refusal = self._refusal(scope)
        if refusal is None and scope["type"] == "http":
            await self._app(scope, receive, send_with_headers)
        elif scope["type"] == "http":
            status, detail = refusal or (400, "")
            await problem(status, detail)(scope, receive, send_with_headers)
        else:
            # There is no WebSocket here; closing before accepting answers 403.
            await send({"type": "websocket.close", "code": 1008})

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or host_name(hosts[0]) not in self._names:
            got = hosts[0][:80] if len(hosts) == 1 else f"{len(hosts)} Host headers"
            return 421, f"Host: got {got!r}, which is no name of this station ([log] allowed_hosts)"
        if scope.get("method") in SAFE_METHODS:
            return None
        site = headers.get("sec-fetch-site")
        if site not in (None, "same-origin", "none"):
            return 403, f"Sec-Fetch-Site: got {site[:40]!r}, expected same-origin"
        origin = headers.get("origin")
        if origin is not None and not self._same_origin(origin, hosts[0]):
            return 403, f"Origin: got {origin[:80]!r}, expected this station's own page"
        return None

    def _same_origin(self, origin: str, host: str) -> bool:
        try:
            parts = urllib.parse.urlsplit(origin)
        except ValueError:
            return False
        return (
            parts.scheme in ("http", "https")
            and parts.netloc.lower() == host.lower()
            and host_name(parts.netloc) in self._names
        )
