"""Connections of a server: so many in all and of one address, none of which waits for ever for what a client has begun."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import ROOT
from tests.queued import until
from tests.served import Server, serving

ASKED = {"prompt": "This takes a while to say. " * 20, "voice": "joe"}
HEAD = b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n"
OTHER = "127.0.0.2"  # the whole of 127/8 is this host
# A server whose limits are so small that a test can reach them.
SMALL = """
import resource, sys
from avatar.web import guard, sockets
{}
from avatar.__main__ import main
sys.argv = ["avatar", "serve", "--port", "0"]
sys.exit(main())
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("sockets")) as served:
        yield served


@pytest.fixture
def small(tmp_path):
    """Starts a server with these lines before it."""

    @contextlib.contextmanager
    def start(*lines: str):
        command = [ROOT / ".venv/service/bin/python", "-P", "-c", SMALL.format("\n".join(lines))]
        worker = {"AVATAR_WORKER_PYTHON": str(ROOT / ".venv/base/bin/python"), "PYTHONPATH": str(ROOT)}
        with serving(tmp_path / "home", start=command, **worker) as served:
            yield served

    return start


def connected(server: Server, address: str = "127.0.0.1") -> socket.socket:
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), 30, source_address=(address, 0))


def read(connection: socket.socket, seconds: float = 60) -> bytes:
    """What comes until the server closes."""
    connection.settimeout(seconds)
    answer = b""
    while more := connection.recv(1 << 16):
        answer += more
    return answer


def asked(server: Server, address: str = "127.0.0.1", request: bytes = HEAD) -> tuple[int, dict, dict]:
    """(status, headers, body) of one request on a connection of its own; status 0 where it is closed without an answer."""
    try:
        with connected(server, address) as connection:
            connection.sendall(request.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
            head, _, body = read(connection).partition(b"\r\n\r\n")
    except ConnectionError:
        return 0, {}, {}
    if not head:
        return 0, {}, {}
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, json.loads(body)


def test_one_address_has_its_share_and_leaves_the_others_theirs(server: Server):
    with contextlib.ExitStack() as held:
        for _ in range(250):
            held.enter_context(connected(server)).sendall(b"GET /health HTTP/1.1\r\nhost: local")
        until(lambda: asked(server)[0] == 429, 10)
        status, headers, body = asked(server)
        assert (status, headers["retry-after"], headers["x-should-retry"]) == (429, "5", "true")
        assert (body["error"]["code"], body["error"]["type"]) == ("connections", "rate_limit_error")
        assert headers["connection"] == "close" and int(headers["content-length"]) > 50
        began = time.monotonic()
        assert asked(server, OTHER)[0] == 200 and time.monotonic() - began < 5
    until(lambda: asked(server)[0] == 200, 10)
    assert "Traceback" not in server.log.read_text()


def test_connections_in_all_and_whoever_is_turned_away_costs_nothing(small):
    with small("sockets.MOST = 40") as server, contextlib.ExitStack() as held:
        for number in range(4):
            for _ in range(10):
                held.enter_context(connected(server, f"127.0.0.{2 + number}"))
        until(lambda: asked(server)[0] == 503, 10)
        status, headers, body = asked(server)
        assert (headers["retry-after"], body["error"]["code"]) == ("5", "connections")
        with ThreadPoolExecutor(20) as some:

            def turned_away(_) -> bytes:
                with contextlib.suppress(ConnectionError), connected(server) as connection:
                    return read(connection)[:12]
                return b""

            told = set(some.map(turned_away, range(500)))
        assert told <= {b"HTTP/1.1 503", b""} and b"HTTP/1.1 503" in told
        held.close()
        until(lambda: asked(server)[0] == 200, 10)
        assert "Traceback" not in server.log.read_text()


def test_few_descriptors_make_few_connections(small):
    lines = ("resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))",)
    with small(*lines) as server, contextlib.ExitStack() as held:
        for number in range(120):  # of which it lets 64 in
            held.enter_context(connected(server, f"127.0.{number}.1"))
        until(lambda: asked(server)[0] == 503, 10)
        held.close()
        until(lambda: asked(server)[0] == 200, 10)
        made = server.post("/v1/videos", json={"prompt": "Hello.", "voice": "joe"}).json()
        assert server.ended(made["id"])["status"] == "completed"


@pytest.mark.timeout(120)
def test_a_head_that_does_not_end_is_not_waited_for(server: Server):
    """A byte now and then makes it no shorter; neither on a new connection nor after an answer."""
    silent, slow, again = (connected(server) for _ in range(3))
    with silent, slow, again:
        again.sendall(HEAD)
        assert again.recv(1 << 16).startswith(b"HTTP/1.1 200")
        began = time.monotonic()
        letters = iter(b"GET /health HTTP/1.1\r\nhost: localhost\r\nx-slow: " + b"x" * 100)
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - began < 14:
                letter = bytes([next(letters)])
                slow.sendall(letter)
                again.sendall(letter)
                time.sleep(0.5)
        for connection in (slow, again, silent):
            answer = read(connection)
            assert b"HTTP/1.1 408" in answer and b"retry-after: 1" in answer
        assert 14 < time.monotonic() - began < 25
        idle = connected(server)
        with idle:
            idle.sendall(HEAD)
            began = time.monotonic()
            assert read(idle).startswith(b"HTTP/1.1 200") and 4 < time.monotonic() - began < 8


@pytest.mark.timeout(120)
def test_a_body_that_stops_and_an_answer_that_nobody_reads(small):
    with small("sockets.BODY_S = sockets.UNREAD_S = 3.0", "sockets.LOOK_S = 0.2") as server:
        head = b"POST /v1/videos HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n"
        with connected(server) as stopping, connected(server) as going_on:
            stopping.sendall(head + b"{")
            going_on.sendall(head)
            began = time.monotonic()
            for letter in json.dumps({"prompt": "", "voice": "joe"}).ljust(90):
                if time.monotonic() - began < 5:
                    time.sleep(0.2)
                going_on.sendall(letter.encode())
            assert read(stopping).startswith(b"HTTP/1.1 408")
            going_on.settimeout(30)
            assert going_on.recv(12) == b"HTTP/1.1 400", "a body that comes slowly is read to its end"
        video = server.ended(
            server.post("/v1/videos", json={"prompt": "Hello there. " * 20, "voice": "joe"}).json()["id"]
        )
        ask = f"GET /v1/videos/{video['id']}/content HTTP/1.1\r\nhost: localhost\r\n\r\n".encode()
        with socket.socket() as reader:
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            host, port = server.url.removeprefix("http://").split(":")
            reader.connect((host, int(port)))
            reader.sendall(40 * ask)  # more than the kernel keeps
            time.sleep(6)
            whole = len(server.get(f"/v1/videos/{video['id']}/content").content)
            with contextlib.suppress(ConnectionResetError):
                assert len(read(reader)) < 35 * whole, "and the rest was waited for"
        assert "Traceback" not in server.log.read_text()


def test_streams_of_events_have_an_end_of_their_number(small):
    lines = ("import functools", "guard.Rules = functools.partial(guard.Rules, at_once=5)")
    with small(*lines) as server, contextlib.ExitStack() as held:
        name = server.post("/v1/videos", json=ASKED).json()["id"]
        ask = f"GET /v1/videos/{name}/events HTTP/1.1\r\nhost: localhost\r\n\r\n".encode()
        for _ in range(5):
            stream = held.enter_context(connected(server))
            stream.sendall(ask)
            assert stream.recv(100).startswith(b"HTTP/1.1 200")
        status, headers, body = asked(server, request=ask)
        assert (status, headers["retry-after"], body["error"]["code"]) == (429, "5", "too_many_at_once")
        assert asked(server, OTHER)[0] == 200
        held.close()
        until(lambda: asked(server)[0] == 200, 10)
        assert server.post(f"/v1/videos/{name}/cancel").status_code == 200
