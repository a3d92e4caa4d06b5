"""Opens connections to addresses that were looked at after the name was resolved: no second look-up can change them."""

import socket
import threading
import time

from django.conf import settings

from .addresses import AddressKind, kind_of
from .faults import FaultCode, OutgoingFault


class Deadline:
    """The moment by which everything is over: resolving, connecting, sending, and the whole of the answer."""

    def __init__(self, seconds: float) -> None:
        self.ends_at = time.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left; raises where none are."""
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise OutgoingFault(FaultCode.TIMED_OUT)
        return left


def is_allowed_by_name(host: str) -> bool:
    """Whether the operator lets the hub reach this host inside a private network, and without TLS."""
    return host.lower().rstrip(".") in {name.lower() for name in settings.CASEWARD_OUTGOING_ALLOWED_HOSTS}


def open_addresses(host: str, port: int, deadline: Deadline) -> list[str]:
    """The host's addresses that may be connected to, resolved once; raises where there is none."""
    found = _resolve(host, port, deadline)
    permitted = {AddressKind.PUBLIC, AddressKind.SPECIAL} if is_allowed_by_name(host) else {AddressKind.PUBLIC}
    addresses = [address for address in found if kind_of(address) in permitted]
    if not addresses:
        raise OutgoingFault(FaultCode.ADDRESS_FORBIDDEN)
    return addresses


def connect(host: str, port: int, deadline: Deadline) -> socket.socket:
    """A TCP connection to a host, for protocols other than HTTP; its timeout is what is left of the deadline."""
    for address in open_addresses(host, port, deadline):
        try:
            connected = socket.create_connection((address, port), timeout=deadline.remaining())
        except OSError:
            continue
        try:
            check_peer(connected.getpeername()[0], host)
        except OutgoingFault:
            connected.close()
            raise
        connected.settimeout(deadline.remaining())
        return connected
    raise OutgoingFault(FaultCode.CONNECT_FAILED)


def check_peer(address: str, host: str) -> None:
    """Look at the address that is really connected, whatever was asked for."""
    kind = kind_of(address)
    if kind is AddressKind.NEVER or (kind is AddressKind.SPECIAL and not is_allowed_by_name(host)):
        raise OutgoingFault(FaultCode.ADDRESS_FORBIDDEN)


def _resolve(host: str, port: int, deadline: Deadline) -> list[str]:
    """Ask the system's resolver, in a thread of its own: it knows no deadline."""
    answers: list[list[str]] = []

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            answers.append([])
        else:
            answers.append(list(dict.fromkeys(str(entry[4][0]) for entry in found)))

    thread = threading.Thread(target=ask, name="resolving", daemon=True)
    thread.start()
    thread.join(deadline.remaining())
    if not answers:
        raise OutgoingFault(FaultCode.TIMED_OUT)
    if not answers[0]:
        raise OutgoingFault(FaultCode.NAME_UNRESOLVED)
    return answers[0]
