"""A web server of this process on a free port of 127.0.0.1: what the tests' hub and package index are made on."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar, Self


class LocalServer:
    """Use in a `with` block. A subclass answers every GET, HEAD and POST in `answer`, which runs in a thread per request."""

    protocol: ClassVar[str] = "HTTP/1.0"
    wanted_port: ClassVar[int] = 0  # 0: any that is free

    def __enter__(self) -> Self:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = server.protocol

            def do_GET(self) -> None:
                server.answer(self)

            def do_HEAD(self) -> None:
                server.answer(self)

            def do_POST(self) -> None:
                server.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.wanted_port), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        return self._server.server_port

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        raise NotImplementedError
