"""A small real server on 127.0.0.1 that answers as it is told, and remembers what it was asked."""

import contextlib
import http.server
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Listener:
    """Where it listens, what it was asked, and how it answers (a function of the handler)."""

    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    answer: Callable[[http.server.BaseHTTPRequestHandler], None] = field(default=lambda handler: reply(handler, 204))
    connections: int = 0

    def url(self, path: str = "/", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


def reply(handler, status: int, body: bytes = b"", **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def drip(handler, *, seconds: float) -> None:
    """A body that never quite ends."""
    handler.send_response(200)
    handler.send_header("content-length", "1000000")
    handler.end_headers()
    ends_at = time.monotonic() + seconds
    with contextlib.suppress(OSError):
        while time.monotonic() < ends_at:
            handler.wfile.write(b".")
            time.sleep(0.05)


def cut(handler) -> None:
    handler.close_connection = True
    handler.connection.close()


@contextlib.contextmanager
def listening(*, tls: ssl.SSLContext | None = None) -> Iterator[Listener]:
    listener = Listener()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def _any(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            self.given = body
            listener.asked.append(Asked(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            with contextlib.suppress(OSError):
                listener.answer(self)

        do_GET = do_POST = do_PUT = do_PATCH = _any

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        # Handlers that still drip are not waited for.
        block_on_close = False

        def get_request(self):
            connection, address = super().get_request()
            listener.connections += 1
            return connection, address

        def handle_error(self, request, client_address):
            pass  # a caller that hangs up is part of the test

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    listener.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
