"""How many connections this server holds, and for how long it waits for what a client has begun.

A connection costs a descriptor and some memory before any rule of guard.py can be asked, so it is counted as it is made: so
many in all, so many of one address. Whoever begins a request and does not end it, sends nothing of a body that was told, or
does not read its answer is let go.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from avatar.web.answers import failed

MOST, MOST_OF_ONE = 1000, 250  # connections: in all, of one address
HEAD_S = 15.0  # for a request's head, from the connection or the answer before
BODY_S = 30.0  # without a byte of a body that is to come
UNREAD_S = 120.0  # without a byte of an answer being taken
IDLE_S = 5  # without a request, after an answer
LOOK_S = 1.0  # between two looks at a connection
LINGER_S = 1.0  # of a connection that is turned away, so that its answer is read
WAITING = 100  # connections that the kernel keeps until they are looked at, which is together
DESCRIPTORS_OF_ONE = 4  # a connection, the file that it sends, and as much for what is no connection


@dataclass
class Door:
    """Who is inside. most: connections that the descriptors of this process allow."""

    most: int = MOST
    inside: Counter[str] = field(default_factory=Counter)  # connections by address
    lingering: int = 0

    def refusal(self, address: str) -> bytes | None:
        """The whole answer to one more connection of this address; None where it may come in."""
        if self.inside.total() >= self.most:
            return whole_answer(503, "connections", f"{self.most} connections are open, the most of this server.", 5)
        if self.inside[address] >= self.most_of_one:
            said = f"{self.most_of_one} connections of this address are open, the most of one; close some."
            return whole_answer(429, "connections", said, 5)
        return None

    @property
    def most_of_one(self) -> int:
        return max(1, self.most * MOST_OF_ONE // MOST)

    @property
    def most_lingering(self) -> int:
        return self.most // 4

    def enter(self, address: str) -> None:
        self.inside[address] += 1

    def leave(self, address: str) -> None:
        self.inside[address] -= 1
        if not self.inside[address]:
            del self.inside[address]


def opened() -> Door:
    """A door for as many as this process may have descriptors for, which are as many as it may ask for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS_OF_ONE * MOST
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return Door(min(MOST, max(8, allowed // DESCRIPTORS_OF_ONE)))


class Connection(H11Protocol):
    """uvicorn's own, that counts and does not wait for ever."""

    door: ClassVar[Door]  # of the server

    def __init__(self, *words: Any, **named: Any) -> None:
        super().__init__(*words, **named)
        self._address: str | None = None  # once inside
        self._heard = time.monotonic()  # since when nothing came that was wanted
        self._unread: float | None = None  # since when nothing of the answer was taken
        self._next_look: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        address = str((transport.get_extra_info("peername") or ("",))[0])
        if answer := self.door.refusal(address):
            transport.set_protocol(TurnedAway(self.door, transport, answer))
            return
        self.door.enter(address)
        self._address = address
        super().connection_made(transport)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._next_look:
            self._next_look.cancel()
        if self._address is not None:
            self.door.leave(self._address)
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        before = self.conn.their_state
        super().data_received(data)
        if before is not h11.IDLE or self.conn.their_state is not h11.IDLE:  # not one more byte of the same head
            self._heard = time.monotonic()

    def on_response_complete(self) -> None:
        self._heard = time.monotonic()
        super().on_response_complete()

    def pause_writing(self) -> None:
        self._unread = time.monotonic()
        super().pause_writing()

    def resume_writing(self) -> None:
        self._unread = None
        super().resume_writing()

    def _look(self) -> None:
        """Let this client go where it is overdue."""
        if self.transport.is_closing():
            return
        now, state = time.monotonic(), self.conn.their_state
        if self._unread is not None and now - self._unread > UNREAD_S:
            self.transport.abort()
            return
        if self.flow.read_paused:  # what is to come waits for us
            self._heard = now
        longest = {h11.IDLE: HEAD_S, h11.SEND_BODY: BODY_S}.get(state)
        if longest is not None and now - self._heard > longest:
            has_begun = self.cycle is not None and state is h11.SEND_BODY and self.cycle.response_started
            if not has_begun:
                self.transport.write(whole_answer(408, "incomplete", "the request did not come to its end.", 1))
            self.transport.close()
            return
        self._next_look = self.loop.call_later(LOOK_S, self._look)


class TurnedAway(asyncio.Protocol):
    """A connection that is answered before it has asked. It stays a moment and is not listened to: closed at once, with
    its request unread, the answer would be lost."""

    def __init__(self, door: Door, transport: Any, answer: bytes) -> None:
        self._door = door
        door.lingering += 1
        if door.lingering > door.most_lingering:
            transport.abort()
            return
        transport.write(answer)
        transport.write_eof()
        asyncio.get_running_loop().call_later(LINGER_S, transport.abort)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._door.lingering -= 1


def whole_answer(status: int, code: str, message: str, retry_s: float) -> bytes:
    """A failure as answers.py has it, with its head, after which the connection ends."""
    answer = failed(status, code, message, retry_s=retry_s)
    phrase = {408: "Request Timeout", 429: "Too Many Requests", 503: "Service Unavailable"}[status]
    head = [f"HTTP/1.1 {status} {phrase}".encode(), *(name + b": " + value for name, value in answer.raw_headers)]
    return b"\r\n".join([*head, b"connection: close", b"", bytes(answer.body)])
