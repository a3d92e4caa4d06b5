"""A real syslog collector on 127.0.0.1: reads frames by their octet counts until the sender is done, then closes."""

import contextlib
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ssl import SSLContext


@dataclass
class Collector:
    """Where it listens, the batches it has read to the end, and what it does before it closes (e.g. break off)."""

    port: int = 0
    batches: list[list[bytes]] = field(default_factory=list)
    before_close: Callable[[list[bytes]], None] = field(default=lambda batch: None)

    @property
    def messages(self) -> list[bytes]:
        return [message for batch in self.batches for message in batch]


def read_frames(content: bytes) -> list[bytes]:
    """RFC 6587, 3.4.1; anything that is not a whole frame is an error."""
    found = []
    while content:
        count, _, rest = content.partition(b" ")
        size = int(count)
        assert len(rest) >= size, "a frame was cut off"
        found.append(rest[:size])
        content = rest[size:]
    return found


@contextlib.contextmanager
def collecting(*, tls: SSLContext | None = None) -> Iterator[Collector]:
    collector = Collector()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            stream = tls.wrap_socket(self.request, server_side=True) if tls else self.request
            content = bytearray()
            while piece := stream.recv(65536):
                content += piece
            batch = read_frames(bytes(content))
            collector.before_close(batch)
            collector.batches.append(batch)
            stream.close()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False
        allow_reuse_address = True

        def handle_error(self, request, client_address):
            pass  # a sender that does not agree on TLS, or hangs up, is part of the test

    with Server(("127.0.0.1", 0), Handler) as server:
        collector.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()
