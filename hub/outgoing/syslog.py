"""Syslog to a collector: RFC 5424 messages over TCP or TLS, with octet counting (RFC 6587, RFC 5425).

Syslog knows no answer. So each batch has a connection of its own: we say that we are done, the collector reads to the
end and closes, and its closing is taken for the receipt. A connection that is cut or reset before is a batch that was
not taken; it comes again.
"""

import ssl
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from socket import SHUT_WR, socket
from urllib.parse import urlsplit

from django.conf import settings

from .connecting import Deadline, connect, is_allowed_by_name
from .faults import FaultCode, OutgoingFault
from .tls import tls_context
from .urls import UnusableUrl

PORTS = {"tls": 6514, "tcp": 601}
FACILITY = 13  # "log audit"
LAST_SEQUENCE = 2_147_483_647
_CHUNK = 65536


class Severity(IntEnum):
    """RFC 5424, table 2; what the hub uses of it."""

    WARNING = 4
    NOTICE = 5
    INFORMATIONAL = 6


@dataclass(frozen=True, slots=True)
class Collector:
    """Where a collector listens."""

    host: str
    port: int
    is_tls: bool


def read_collector(text: str) -> Collector:
    """A collector's address, `tls://host:port` or `tcp://host:port`; raises UnusableUrl with words for people."""
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    if parts.scheme not in PORTS or not host or parts.username or parts.path.strip("/") or parts.query:
        raise UnusableUrl("This is not the address of a collector. Give one such as tls://siem.example:6514.")
    port = port or PORTS[parts.scheme]
    is_allowed = is_allowed_by_name(host)
    if parts.scheme == "tcp" and not is_allowed:
        raise UnusableUrl(
            "The address must begin with tls://. Only hosts that the operator allows by name "
            "(OUTGOING_ALLOWED_HOSTS) are reached without TLS."
        )
    if not is_allowed and port < 1024:
        raise UnusableUrl("The port belongs to another service. Use 6514, or another one from 1024 up.")
    return Collector(host, port, parts.scheme == "tls")


def format_message(
    text: str, *, severity: Severity, moment: datetime, message_id: str, sequence: int, host: str
) -> bytes:
    """One RFC 5424 message; `sequence` goes into the registered element `meta`, `moment` has a time zone."""
    priority = FACILITY * 8 + severity
    stamp = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    header = f"<{priority}>1 {stamp} {_name(host, 255)} caseward - {_name(message_id, 32)}"
    return f'{header} [meta sequenceId="{sequence % LAST_SEQUENCE + 1}"] {text}'.encode()


def frame(message: bytes) -> bytes:
    """The message with the count of its octets before it."""
    return str(len(message)).encode() + b" " + message


def send_messages(address: str, messages: Iterable[bytes], *, seconds: float) -> None:
    """Send a batch on a connection of its own, and wait until the collector has read all of it; raises OutgoingFault.

    Whether the collector has kept any of it is not known after a fault.
    """
    try:
        collector = read_collector(address)
    except UnusableUrl:
        raise OutgoingFault(FaultCode.URL_UNUSABLE) from None
    deadline = Deadline(seconds)
    stream = connect(collector.host, collector.port, deadline)
    try:
        if collector.is_tls:
            context = tls_context(settings.CASEWARD_OUTGOING_CA_FILE)
            stream = context.wrap_socket(stream, server_hostname=collector.host)
        content = b"".join(frame(message) for message in messages)
        for start in range(0, len(content), _CHUNK):
            stream.settimeout(deadline.remaining())
            stream.sendall(content[start : start + _CHUNK])
        _wait_for_end(stream, deadline)
    except TimeoutError:
        raise OutgoingFault(FaultCode.TIMED_OUT) from None
    except ssl.SSLError:
        raise OutgoingFault(FaultCode.TLS_FAILED) from None
    except OSError:
        raise OutgoingFault(FaultCode.CUT_OFF) from None
    finally:
        with suppress(OSError):
            stream.close()


def _wait_for_end(stream: socket, deadline: Deadline) -> None:
    """Say that nothing more comes, and read until the other side closes too."""
    if isinstance(stream, ssl.SSLSocket):
        stream.settimeout(deadline.remaining())
        try:
            stream = stream.unwrap()
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
            # It has read to the end and closed without TLS's own goodbye.
            return
        except OSError as error:
            if error.errno:
                raise
            return
    stream.shutdown(SHUT_WR)
    while True:
        stream.settimeout(deadline.remaining())
        if not stream.recv(_CHUNK):
            return


def _name(text: str, longest: int) -> str:
    """A header field: printable ASCII without blanks, or the nil value."""
    return "".join(letter for letter in text if "!" <= letter <= "~")[:longest] or "-"
