"""`avatar serve`: one web server for a home, with its worker, until it is told to stop."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from avatar.errors import EnvironmentProblem, RequestError, TemporaryProblem
from avatar.files import hold, open_lock
from avatar.web.children import Worker
from avatar.web.guard import LOOPBACK, Rules, is_loopback

STOP_S = 3  # seconds that open answers have when the server stops
NAMED_TOKEN = re.compile(r"([a-z0-9][a-z0-9-]{0,31})=(\S+)")
SHORTEST_TOKEN = 16


def serve(
    home: Path,
    host: str,
    port: int,
    host_names: tuple[str, ...] = (),
    webhooks_may_be_private: bool = False,
    most_upload_bytes: int = 1 << 30,
    tell: Callable[[str], object] = print,
    on: str | None = None,
) -> None:
    """Serve until SIGTERM or Ctrl-C. tell: is called with the address once it is served. on: the Ray
    cluster that makes what is sent, in place of this machine.

    Raises RequestError without a token on an address that others reach, TemporaryProblem for a second server of a home,
    EnvironmentProblem where the port is taken.
    """
    tokens = homes_by_token(os.environ.get("AVATAR_TOKEN", ""), home)
    if not tokens and not is_loopback(host):
        raise RequestError(
            f"on {host} others reach this server, and it has no token; set AVATAR_TOKEN to a long one, or leave the host "
            "at 127.0.0.1.",
            ("host",),
        )
    names = {*LOOPBACK, *(name.lower() for name in host_names)} | ({host.lower()} if not is_any(host) else set())
    rules = Rules(home, frozenset(names), tokens, most_upload_bytes)
    with contextlib.ExitStack() as held:
        for each in rules.homes:
            held.enter_context(alone(each))
        listening = held.enter_context(bound(host, port))
        run(rules, Worker(rules.homes, on), webhooks_may_be_private, listening, tell)


def run(
    rules: Rules, worker: Worker, may_be_private: bool, listening: socket.socket, tell: Callable[[str], object]
) -> None:
    import uvicorn

    from avatar.web import sockets
    from avatar.web.app import make_app
    from avatar.web.state import State

    class Counted(sockets.Connection):
        door = sockets.opened()

    state = State(rules, worker, may_be_private)
    app = make_app(state)
    config = uvicorn.Config(
        app, http=Counted, timeout_keep_alive=sockets.IDLE_S, timeout_graceful_shutdown=STOP_S, lifespan="on",
        backlog=sockets.WAITING, log_level="warning", access_log=False, server_header=False,
    )  # fmt: skip
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    tell(f"http://{shown}:{port}")
    sys.stdout.flush()

    class Server(uvicorn.Server):
        def handle_exit(self, sig, frame) -> None:
            """A second Ctrl-C, or a signal to the whole group, does not break off the end: it is short."""
            if not self.should_exit:
                super().handle_exit(sig, frame)

    server = Server(config)
    state.is_stopping = lambda: server.should_exit
    server.run(sockets=[listening])


def homes_by_token(said: str, home: Path) -> dict[str, Path]:
    """AVATAR_TOKEN: one token, whose home is the usual one; or name=token for several, each with a home of its own,
    <home>/tenants/<name>. Returned by the tokens' sha256."""
    words = said.replace(",", " ").split()
    found = [(NAMED_TOKEN.fullmatch(word), word) for word in words]
    for match, word in found:
        token = match[2] if match else word
        if len(token) < SHORTEST_TOKEN:
            raise RequestError(
                f"a token of AVATAR_TOKEN has {len(token)} characters, {SHORTEST_TOKEN} are the least; "
                "'openssl rand -hex 24' makes one."
            )
    if len(found) > 1 and not all(match for match, _ in found):
        raise RequestError("of several tokens in AVATAR_TOKEN each needs a name: alice=TOKEN,bob=TOKEN; name them.")
    homes = {
        digest(match[2] if match else word): home / "tenants" / match[1] if match else home for match, word in found
    }
    if len(homes) != len(found) or len(set(homes.values())) != len(found):
        raise RequestError("a token or a name stands twice in AVATAR_TOKEN; give each its own.")
    return homes


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def is_any(host: str) -> bool:
    return host in ("0.0.0.0", "::", "")


@contextlib.contextmanager
def alone(home: Path) -> Iterator[None]:
    """Be the one server of a home. Raises TemporaryProblem for a second."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = open_lock(home / "serve.lock")
    except OSError as error:
        raise EnvironmentProblem(
            f"{str(home)!r} may not be written ({error.strerror}); mend its permissions, or set AVATAR_HOME to another folder."
        ) from error
    with lock:
        if not hold(lock):
            raise TemporaryProblem(
                f"another server serves {str(home)!r}; stop it first, or set AVATAR_HOME to another folder."
            )
        yield


@contextlib.contextmanager
def bound(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens. Raises EnvironmentProblem."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.create_server((host, port), family=family, backlog=512) as listening:
            yield listening
    except (OSError, OverflowError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no port"
        raise EnvironmentProblem(f"cannot serve on {host} port {port}: {reason}; name another port.") from error
