"""Who may ask, before a byte of the body is read: by the host's name, the asking page's origin, the token, size and rate.

Loopback is no protection by itself. A page of another site may send a form here (no preflight is asked for one), and by DNS
rebinding may seem to be of the same origin: so Host must be a name that this server goes by, and a request that a browser
marks as another site's is refused. There is no CORS: nobody else's page may read an answer.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from avatar.web.answers import TooLarge, failed

LOOPBACK = ("localhost", "127.0.0.1", "::1")
MOST_JSON_BYTES = 1 << 20
OPEN_PATHS = (
    "/",
    "/health",
    "/ready",
    "/favicon.ico",
    "/docs",
    "/openapi.json",
)  # of a server with tokens, without one
OPEN_FOLDERS = ("/page/",)
SECURITY = {
    "content-security-policy": "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}


@dataclass(frozen=True)
class Rules:
    """hosts: the names that this server goes by; tokens: {sha256 of a token: the home of its owner}, none for a server
    without; home: the one without tokens; most_bytes: of a body; posts_a_minute, at_once: of one token or address."""

    home: Path
    hosts: frozenset[str] = frozenset(LOOPBACK)
    tokens: dict[str, Path] = field(default_factory=dict)
    most_bytes: int = 1 << 30
    posts_a_minute: int = 600
    at_once: int = 100

    @property
    def homes(self) -> list[Path]:
        return list(dict.fromkeys(self.tokens.values())) or [self.home]


class Guard:
    """ASGI middleware; what it lets through has `scope["state"]["home"]`."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self.app, self.rules, self.rate = app, rules, Rate(rules.posts_a_minute)
        self.open = Counter[str]()  # requests that are being answered, by who asked

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        answer = self.refusal(scope, headers)
        if answer is not None:
            await answer(scope, receive, with_security(send))
            return
        most = self.rules.most_bytes if is_form(headers) else MOST_JSON_BYTES
        asker = self.asker(scope, headers)
        self.open[asker] += 1
        try:
            await self.app(scope, counted(receive, most), with_security(send))
        finally:
            self.open[asker] -= 1
            if not self.open[asker]:
                del self.open[asker]

    def refusal(self, scope: Scope, headers: dict[str, str]):
        """The answer to what is not let through; None for the rest, whose home is noted."""
        if host_of(headers.get("host", "")) not in self.rules.hosts:
            return failed(421, "wrong_host", "this server does not go by that name; --host-name NAME adds one.")
        if is_foreign(headers):
            return failed(403, "foreign_site", "a page of another site may not ask here.")
        home = self.rules.home if not self.rules.tokens else self.owner(token_of(headers))
        path = scope["path"]
        if home is None and not (path in OPEN_PATHS or path.startswith(OPEN_FOLDERS)):
            return failed(401, "invalid_token", "this server wants a token: Authorization: Bearer TOKEN.")
        scope.setdefault("state", {})["home"] = home or self.rules.home
        asker = self.asker(scope, headers)
        if self.open[asker] >= self.rules.at_once:
            said = f"{self.rules.at_once} requests are being answered, streams of events among them; end some."
            return failed(429, "too_many_at_once", said, retry_s=5)
        if scope["method"] != "POST":
            return None
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length) > (self.rules.most_bytes if is_form(headers) else MOST_JSON_BYTES):
            return failed(413, "too_large", "the request is too large; send smaller files.")
        if wait_s := self.rate.wait_s(asker):
            return failed(
                429, "rate_limit", f"more than {self.rules.posts_a_minute} requests a minute.", retry_s=wait_s
            )
        return None

    def asker(self, scope: Scope, headers: dict[str, str]) -> str:
        """Whose requests are counted together: of a token that is known, else of an address. Any other token is only a word."""
        token = token_of(headers)
        return token if self.rules.tokens and self.owner(token) else (scope.get("client") or ("",))[0]

    def owner(self, token: str) -> Path | None:
        """The home that a token opens. Each known one is compared, in constant time."""
        digest, found = hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest(), None
        for known, home in self.rules.tokens.items():
            if hmac.compare_digest(known, digest):
                found = home
        return found


class Rate:
    """So many a minute for each name, and as many at once."""

    def __init__(self, a_minute: int) -> None:
        self.a_minute, self.left = a_minute, dict[str, tuple[float, float]]()

    def wait_s(self, name: str) -> float:
        """0 where one more may come, which is counted; else how long to wait."""
        now = time.monotonic()
        left, at = self.left.get(name, (float(self.a_minute), now))
        left = min(self.a_minute, left + (now - at) * self.a_minute / 60)
        if left < 1:
            self.left[name] = (left, now)
            return (1 - left) * 60 / self.a_minute
        self.left[name] = (left - 1, now)
        if len(self.left) > 10_000:  # names of long ago
            self.left = {each: (had, then) for each, (had, then) in self.left.items() if now - then < 60}
        return 0.0


def token_of(headers: dict[str, str]) -> str:
    return headers.get("authorization", "").removeprefix("Bearer ").strip() or headers.get("xi-api-key", "")


def host_of(header: str) -> str:
    """The name in a Host header, without its port."""
    try:
        return (urlsplit(f"//{header}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_foreign(headers: dict[str, str]) -> bool:
    """Whether a browser says that another site's page asks. An address typed by a person is none's ("none")."""
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return True
    if (origin := headers.get("origin")) is None:
        return False
    try:
        found = urlsplit(origin)
        return found.netloc.lower() != headers.get("host", "").lower() or found.scheme not in ("http", "https")
    except ValueError:
        return True


def is_form(headers: dict[str, str]) -> bool:
    return headers.get("content-type", "").lower().startswith("multipart/form-data")


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def counted(receive: Receive, most: int) -> Receive:
    """Raises TooLarge where more bytes come than this."""
    got = 0

    async def counting() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        if got > most:
            raise TooLarge
        return message

    return counting


def with_security(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            known = {name.lower() for name, _ in message["headers"]}
            message["headers"] = [
                *message["headers"],
                *((name.encode(), value.encode()) for name, value in SECURITY.items() if name.encode() not in known),
            ]
        await send(message)

    return sending
