"""Ways to the network, each tried; prints {way: "made", or the name of the error} as JSON.

python -m tests.network_calls [closed]      with "closed", after avatar.host.closed.close_network()
"""

from __future__ import annotations

import asyncio
import ctypes
import errno
import json
import mmap
import os
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Callable

from avatar.host import closed

SERVERS: dict[int, socket.socket] = {}
LIBC = ctypes.CDLL(None, use_errno=True)
FAMILIES = sorted(family for family in dir(socket) if family.startswith("AF_") and family != "AF_UNSPEC")


def outcome(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))
    return "made"


def system_call(number: int, *arguments: object) -> None:
    if LIBC.syscall(ctypes.c_long(number), *arguments) == -1:
        raise OSError(ctypes.get_errno(), "")


def io_uring() -> None:
    system_call(closed.IO_URING_SETUP, ctypes.c_long(1), ctypes.create_string_buffer(120))


def x32_socket() -> None:
    system_call(closed.FIRST_X32_CALL + closed.SOCKET, *map(ctypes.c_long, (socket.AF_UNIX, socket.SOCK_STREAM, 0)))


def i386_socket() -> None:
    """socket(AF_UNIX, SOCK_STREAM, 0) by the kernel's table for 32-bit programs, which int 0x80 leads to."""
    code = bytes.fromhex(
        "53"  # push rbx, which belongs to the caller
        "b867010000"  # mov eax, 359
        "bb01000000"  # mov ebx, 1
        "b901000000"  # mov ecx, 1
        "31d2"  # xor edx, edx
        "cd80"  # int 0x80
        "5b"  # pop rbx
        "c3"  # ret
    )
    with mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC) as page:
        page.write(code)
        place = ctypes.c_char.from_buffer(page)
        answer = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(place))()
        del place
    if answer < 0:
        raise OSError(-answer, "")


def as_cuda_does() -> socket.socket:
    """What cuInit makes, and fails without: a listening socket with a name of its own in no file system."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
    listening.bind(f"\0cuda-uvmfd-test-{os.getpid()}")
    listening.listen(16)
    return listening


def connect(kind: int, family: int = socket.AF_UNIX) -> None:
    """To a server of this very process, opened before the network was closed."""
    socket.socket(family, kind).connect(SERVERS[kind].getsockname())


def accept() -> None:
    """Where somebody waits to be served."""
    SERVERS[socket.SOCK_STREAM].accept()  # by accept4(2)


def accept_as_it_was() -> None:
    system_call(closed.ACCEPT, ctypes.c_long(SERVERS[socket.SOCK_STREAM].fileno()), None, None)


def in_a_child() -> None:
    code = "import _socket\ntry: _socket.socket(2, 1)\nexcept OSError as error: raise SystemExit(error.errno)"
    if number := subprocess.run([sys.executable, "-I", "-S", "-c", code]).returncode:
        raise OSError(number, "")


def waiting_thread(go: threading.Event, answers: queue.Queue) -> None:
    go.wait()
    answers.put(outcome(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)))


def main() -> None:
    for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
        SERVERS[kind] = server = socket.socket(socket.AF_UNIX, kind)
        server.bind(f"\0avatar-test-{os.getpid()}-{int(kind)}")
        server.listen()
    waiting = [socket.socket(socket.AF_UNIX) for _ in range(2)]
    for each in waiting:
        each.connect(SERVERS[socket.SOCK_STREAM].getsockname())
    go, answers = threading.Event(), queue.Queue()
    thread = threading.Thread(target=waiting_thread, args=(go, answers))
    thread.start()
    said = closed.close_network() if sys.argv[1:] == ["closed"] else ""
    go.set()
    results = {
        **{
            family: outcome(lambda family=family: socket.socket(getattr(socket, family), socket.SOCK_DGRAM))
            for family in FAMILIES
        },
        **{
            f"pair of {kind}": outcome(lambda kind=kind: socket.socketpair(socket.AF_UNIX, getattr(socket, kind)))
            for kind in ("SOCK_STREAM", "SOCK_SEQPACKET", "SOCK_DGRAM", "SOCK_RAW")
        },
        "pair with flags": outcome(
            lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        ),
        "as CUDA does": outcome(as_cuda_does),
        "accept": outcome(accept),
        "accept as it was": outcome(accept_as_it_was),
        "connect a stream": outcome(lambda: connect(socket.SOCK_STREAM)),
        "connect packets": outcome(lambda: connect(socket.SOCK_SEQPACKET)),
        "thread from before": answers.get(),
        "child": outcome(in_a_child),
        "io_uring": outcome(io_uring),
        "x32": outcome(x32_socket),
        "i386": outcome(i386_socket),
        "name": outcome(lambda: socket.getaddrinfo("name.invalid", 80)),
        "asyncio": outcome(lambda: asyncio.run(asyncio.sleep(0))),
        "closed again": closed.close_network() if sys.argv[1:] == ["closed"] else "",
    }
    thread.join()
    print(json.dumps({"said": said, "is_closed": closed.is_closed(), "user": os.path.expanduser("~root"), **results}))


if __name__ == "__main__":
    main()
