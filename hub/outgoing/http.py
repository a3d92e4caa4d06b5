"""One guarded HTTP request: checked address, no redirects, no proxy, verified TLS, an end in size and time."""

import ssl
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpcore
from django.conf import settings

from .connecting import Deadline, check_peer, open_addresses
from .faults import FaultCode, OutgoingFault
from .tls import tls_context
from .urls import UnusableUrl, read_url

_CHUNK = 65536
USER_AGENT = "Caseward"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long everything may take together, and how much of an answer is read."""

    seconds: float = 15.0
    answer_bytes: int = 65536


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `is_cut` says that the body was longer than was read."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_cut: bool = False

    @property
    def is_accepted(self) -> bool:
        """Whether the other side has taken it: any 2xx, nothing else."""
        return 200 <= self.status < 300


def send(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"", limits: Limits | None = None
) -> Answer:
    """Send one request on a connection of its own; raises OutgoingFault. A redirect is an answer, never followed.

    With `limits.answer_bytes` 0 the answer's body is not waited for.
    """
    try:
        target = read_url(url)
    except UnusableUrl:
        raise OutgoingFault(FaultCode.URL_UNUSABLE) from None
    limits = limits or Limits()
    deadline = Deadline(limits.seconds)
    own = {"user-agent": USER_AGENT, "accept-encoding": "identity", "connection": "close"}
    given = {name.lower(): value for name, value in (headers or {}).items()}
    backend = _GuardedBackend(deadline)
    pool = httpcore.ConnectionPool(
        ssl_context=tls_context(settings.CASEWARD_OUTGOING_CA_FILE), network_backend=backend, retries=0, http2=False
    )
    try:
        with (
            pool,
            pool.stream(
                method, str(target), headers=list((own | given).items()), content=body or None,
                extensions={"timeout": {"pool": limits.seconds}},
            ) as response,
        ):  # fmt: skip
            return _answer(response, limits)
    except (OutgoingFault, httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError) as error:
        raise OutgoingFault(_code_of(error)) from None


def _answer(response: httpcore.Response, limits: Limits) -> Answer:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
    body, is_cut = bytearray(), False
    if limits.answer_bytes:
        for chunk in response.iter_stream():
            body += chunk
            if len(body) > limits.answer_bytes:
                is_cut = True
                break
    return Answer(response.status, headers, bytes(body[: limits.answer_bytes]), is_cut)


def _code_of(error: BaseException) -> FaultCode:
    """The code of what happened, found along the chain: the TLS library's word counts more than the socket's."""
    chain: list[BaseException] = []
    step: BaseException | None = error
    while step is not None and step not in chain:
        chain.append(step)
        step = step.__cause__ or step.__context__
    for kind, code in (
        (OutgoingFault, None),
        (ssl.SSLError, FaultCode.TLS_FAILED),
        (httpcore.TimeoutException, FaultCode.TIMED_OUT),
        (httpcore.ConnectError, FaultCode.CONNECT_FAILED),
        (httpcore.RemoteProtocolError, FaultCode.ANSWER_MALFORMED),
    ):
        for step in chain:
            if isinstance(step, kind):
                if code is FaultCode.ANSWER_MALFORMED and "disconnected" in str(step):
                    return FaultCode.CUT_OFF
                return step.code if isinstance(step, OutgoingFault) else code or FaultCode.CUT_OFF
    return FaultCode.CUT_OFF


class _GuardedBackend(httpcore.NetworkBackend):
    """Resolves once, looks at each address, connects to it by number, and looks at who is connected."""

    def __init__(self, deadline: Deadline) -> None:
        self.deadline = deadline
        self.plain = httpcore.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        """Connect to the first of the host's open addresses that answers."""
        for address in open_addresses(host, port, self.deadline):
            with suppress(httpcore.ConnectError):
                stream = self.plain.connect_tcp(address, port, timeout=self.deadline.remaining())
                try:
                    check_peer(stream.get_extra_info("server_addr")[0], host)
                except OutgoingFault:
                    stream.close()
                    raise
                return _TimedStream(stream, self.deadline)
        raise OutgoingFault(FaultCode.CONNECT_FAILED)


class _TimedStream(httpcore.NetworkStream):
    """A connection that ends with its deadline, however slowly the bytes drip."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self.stream = stream
        self.deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read within what is left of the time."""
        return self.stream.read(max_bytes, self.deadline.remaining())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write piece by piece, since each piece has only what is left of the time."""
        for start in range(0, len(buffer), _CHUNK):
            self.stream.write(buffer[start : start + _CHUNK], self.deadline.remaining())

    def close(self) -> None:
        """End the connection."""
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Agree on TLS for the host that was asked for, not for the address that it resolved to."""
        secured = self.stream.start_tls(ssl_context, server_hostname, self.deadline.remaining())
        return _TimedStream(secured, self.deadline)

    def get_extra_info(self, info: str) -> Any:
        """What the connection knows about itself."""
        return self.stream.get_extra_info(info)
