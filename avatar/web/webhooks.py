"""Tells whoever asked for it that a video is there, or failed: Standard Webhooks, tried again until somebody takes it.

The body is OpenAI's event {"id", "object": "event", "created_at", "type": "video.completed" or "video.failed", "data": {"id"}}.
What was tried stands in the job (notes.py), so that a server that is killed goes on; a webhook may therefore be told
twice, with the same `webhook-id`. (https://www.standardwebhooks.com)
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import http.client
import ipaddress
import json
import os
import secrets
import socket
import ssl
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from avatar.files import is_regular, written_whole
from avatar.jobs import home as homes
from avatar.jobs.job import Job
from avatar.service import queue
from avatar.web import notes
from avatar.web.answers import Refused
from avatar.web.notes import Attempt, Deliveries, ToAddress

PAUSES_S = (0, 5, 60, 300, 1800, 7200, 18000, 36000, 36000)  # before each attempt
TIMEOUT_S = 15.0
POLL_S = 0.5
LONGEST_REST_S = 5.0
SECRET = "webhook-secret"  # file of a home


@dataclass(frozen=True)
class Target:
    """An address that was looked up and may be asked: the connection goes there, whatever the name leads to later."""

    url: SplitResult
    address: str

    @property
    def port(self) -> int:
        return self.url.port or (443 if self.url.scheme == "https" else 80)


def refuse_unusable(url: str, may_be_private: bool) -> None:
    """What can be seen without asking anybody. Raises Refused."""
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and url.isascii()
        is_usable = is_usable and url.isprintable() and " " not in url and parts.username is None
        name = (parts.hostname or "") if is_usable else ""
    except ValueError:
        name = ""
    if not name:
        raise Refused(400, "invalid_request", "webhook is an http or https address.", "webhook")
    try:
        is_private = not ipaddress.ip_address(name).is_global
    except ValueError:
        is_private = name == "localhost" or name.endswith((".localhost", ".local", ".internal"))
    if is_private and not may_be_private:
        raise Refused(400, "private_address", "webhooks go to no private address of this server's network.", "webhook")


def looked_up(url: str, may_be_private: bool) -> Target:
    """Raises OSError where the name leads nowhere, or to an address that may not be asked."""
    parts = urlsplit(url)
    assert parts.hostname
    target = Target(parts, "")
    found = socket.getaddrinfo(parts.hostname, target.port, type=socket.SOCK_STREAM)
    for *_, place in found:
        address = ipaddress.ip_address(str(place[0]).partition("%")[0])
        address = getattr(address, "ipv4_mapped", None) or address
        if may_be_private or (address.is_global and not address.is_multicast):
            return Target(parts, str(address))
    raise OSError("it leads to a private address")


def secret_of(home: Path) -> str:
    """The secret of a home, "whsec_…", made when it is first wanted; nobody else of this host may read it."""
    if chosen := os.environ.get("AVATAR_WEBHOOK_SECRET"):
        return chosen
    path = home / SECRET
    if not is_regular(path):
        home.mkdir(parents=True, exist_ok=True)
        with written_whole(path, durable=True) as partial:
            partial.touch(mode=0o600)
            partial.write_text(f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}\n")
    return path.read_text().strip()


def signature(secret: str, name: str, timestamp: int, body: bytes) -> str:
    """v1,<base64 of HMAC-SHA256 over "id.timestamp.body">."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.digest(key, f"{name}.{timestamp}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(signed).decode()}"


def body_of(name: str, job: Job, is_completed: bool, ended: float) -> bytes:
    kind = "video.completed" if is_completed else "video.failed"
    event = {"id": name, "object": "event", "created_at": int(ended), "type": kind, "data": {"id": job.id}}
    return json.dumps(event, separators=(",", ":")).encode()


def post(target: Target, headers: dict[str, str], body: bytes) -> int:
    """The status of the answer; redirects are not followed. Raises OSError and HTTPException."""
    assert target.url.hostname
    path = (target.url.path or "/") + (f"?{target.url.query}" if target.url.query else "")
    connection = http.client.HTTPConnection(target.url.hostname, target.port, timeout=TIMEOUT_S)
    try:
        connection.sock = socket.create_connection((target.address, target.port), TIMEOUT_S)
        if target.url.scheme == "https":
            context = ssl.create_default_context()
            connection.sock = context.wrap_socket(connection.sock, server_hostname=target.url.hostname)
        connection.request("POST", path, body, {**headers, "host": target.url.netloc})
        return connection.getresponse().status
    finally:
        connection.close()


def attempt(
    job: Job, home: Path, url: str, deliveries: Deliveries, is_completed: bool, may_be_private: bool
) -> Attempt:
    now = time.time()
    try:
        target = looked_up(url, may_be_private)
        body = body_of(deliveries.id, job, is_completed, deliveries.ended)
        headers = {
            "content-type": "application/json",
            "user-agent": "avatar",
            "webhook-id": deliveries.id,
            "webhook-timestamp": str(int(now)),
            "webhook-signature": signature(secret_of(home), deliveries.id, int(now), body),
        }
        return Attempt(time=now, status=post(target, headers, body))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Attempt(time=now, problem=str(error)[:200] or type(error).__name__)


def tell_due(home: Path, may_be_private: bool, told: dict[str, queue.Mark]) -> float:
    """Tell of each job that ended what is due now; returns in how many seconds the next one is. told: empty at first;
    those of which nobody is to be told any more, which are not read again."""
    soonest = float("inf")
    for folder in homes.folders(home):
        mark = queue.mark(folder)
        if mark is None or told.get(folder.name) == mark:
            continue
        place = queue.place_of(Job(folder))
        if not place or place.entry.state == "queued":
            continue
        wait_s = tell_of(place, home, may_be_private)
        if wait_s is None:
            told[folder.name] = mark
        else:
            soonest = min(soonest, wait_s)
    return soonest


def tell_of(place: queue.Place, home: Path, may_be_private: bool) -> float | None:
    """Tell of a job that ended, whom that is due. Returns in how many seconds it is the next time, None for never."""
    job, ended, urls = place.job, place.entry.ended, notes.read(place.job).webhooks
    if place.entry.state not in ("done", "failed") or not ended or not urls:
        return None
    known = notes.read_deliveries(job)
    if known is None or known.ended != ended:
        known = Deliveries(ended=ended, id=f"evt_{hashlib.sha256(f'{job.id} {ended}'.encode()).hexdigest()[:24]}")
    waits = []
    for url in urls:
        before = known.to.get(url, ToAddress())
        # One that lies further ahead than any pause is of a clock that was set back.
        left_s = before.not_before - time.time()
        if not before.is_done and not 0 < left_s <= PAUSES_S[-1]:
            now = told_once_more(before, attempt(job, home, url, known, place.entry.state == "done", may_be_private))
            known = known.model_copy(update={"to": known.to | {url: now}})
            if job.folder.is_dir():
                notes.write_deliveries(job, known)
            before, left_s = now, now.not_before - time.time()
        if not before.is_done:
            waits.append(max(0.0, left_s))
    return min(waits, default=None)


def told_once_more(before: ToAddress, made: Attempt) -> ToAddress:
    tried = [*before.attempts, made]
    is_taken = made.status is not None and 200 <= made.status < 300
    is_done = is_taken or made.status == 410 or len(tried) >= len(PAUSES_S)
    pause_s = 0 if is_done else PAUSES_S[len(tried)]
    return ToAddress(attempts=tried, is_done=is_done, not_before=time.time() + pause_s)


async def keep_telling(home: Path, may_be_private: bool) -> None:
    """Until this is cancelled. Looks when the queue was changed or something is due."""
    seen, due, told = -1, 0.0, dict[str, queue.Mark]()
    while True:
        change = queue.last_change(home)
        if change != seen or time.monotonic() >= due:
            seen = change
            try:
                due = time.monotonic() + await asyncio.to_thread(tell_due, home, may_be_private, told)
            except Exception as error:  # a full disk: it is tried again
                print(f"avatar serve: webhooks of {home}: {error}", file=sys.stderr)
                due = time.monotonic() + LONGEST_REST_S
        await asyncio.sleep(POLL_S)
