"""What every connector does: check its settings, put a message into words once, and send exactly these words."""

import hashlib
import hmac
import secrets as randomness
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from hub.outgoing.http import Answer, Limits, send
from hub.outgoing.schedule import read_retry_after
from hub.outgoing.signing import BadSignature
from hub.outgoing.urls import UnusableUrl, read_url

# What a receiver will refuse however often it is asked.
FINAL_STATUSES = frozenset({400, 410, 413, 414, 415, 422})
# Tickets' states in our words.
OPEN_STATES = ("open", "in_progress", "waiting")
CLOSED_STATES = ("resolved", "closed")


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that a connector has to know."""

    name: str
    label: str
    help_text: str
    is_required: bool = True
    default: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """What may be said to one destination: a projection for its profile, and ids. No field holds raw text."""

    message_id: str
    kind: str
    occurred_at: datetime
    tenant: str
    title: str = ""
    summary: str = ""
    tlp: str = ""
    data_class: str = ""
    severity: str = ""
    case: str = ""
    link: str = ""
    ticket: str = ""
    state: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)

    @property
    def headline(self) -> str:
        """A line for people; where the title is withheld, what happened to what."""
        what = self.kind.replace(".", " ").replace("_", " ").capitalize()
        return self.title or (f"{what}: {self.ticket[:8]}" if self.ticket else what)


@dataclass(frozen=True, slots=True)
class Message:
    """One attempt: the id, the frozen body, and how many attempts came before."""

    id: str
    kind: str
    body: str
    attempt: int
    sent_at: datetime
    ticket: str = ""
    queued_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Where to, with the secrets that count now (the newest first), and the other side's id of the ticket."""

    settings: Mapping[str, Any]
    secrets: tuple[str, ...] = ()
    external_id: str = ""
    seconds: float = 15.0


@dataclass(frozen=True, slots=True)
class Sent:
    """It was taken. Connectors with tickets of their own say which one it is there, and how it stands."""

    status: int | None
    external_id: str = ""
    external_url: str = ""
    external_state: str = ""
    external_version: str = ""


@dataclass(frozen=True, slots=True)
class ExternalTicket:
    """A ticket as the other system shows it, its state in our words.

    `version` is the other side's clock for its last change, in ISO 8601, or empty where it gives none.
    """

    external_id: str
    state: str
    version: str


class NotAccepted(Exception):
    """The other side has answered, but not taken it; the code is safe to show and to keep."""

    def __init__(
        self, code: str, *, status: int | None = None, retry_after: float | None = None, is_final: bool = False
    ) -> None:
        super().__init__(code)
        self.code, self.status, self.retry_after, self.is_final = code, status, retry_after, is_final


class Connector(ABC):
    """One kind of destination. A connector keeps nothing: rows and secrets come as values."""

    label: ClassVar[str]
    explanation: ClassVar[str]
    settings: ClassVar[tuple[Setting, ...]]
    secret_label: ClassVar[str] = ""
    inbound_label: ClassVar[str] = ""
    has_tickets: ClassVar[bool] = False
    # The kinds of messages that mean something there; others are turned down when they are queued for it.
    kinds: ClassVar[frozenset[str]] = frozenset()

    def problems(self, settings: Mapping[str, Any]) -> list[tuple[str, str]]:
        """What is wrong with settings: the name of each, and what to do about it."""
        known = {setting.name for setting in self.settings}
        found = [(name, "There is no such setting here.") for name in settings if name not in known]
        for setting in self.settings:
            value = settings.get(setting.name, "")
            if not isinstance(value, str) or len(value) > 500 or any(ord(letter) < 32 for letter in value):
                found.append((setting.name, "Give one line of up to 500 characters."))
            elif setting.is_required and not value.strip():
                found.append((setting.name, f"{setting.label} is missing."))
        return found or self.own_problems(settings)

    @abstractmethod
    def own_problems(self, settings: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The same for what is particular to this kind; every setting is a line of text by now."""

    def secret_problem(self, secret: str) -> str:
        """What is wrong with a secret; empty where nothing is."""
        if not 8 <= len(secret) <= 500 or not secret.isascii() or not secret.isprintable():
            return "The secret must be 8 to 500 printable ASCII characters."
        return ""

    def new_secret(self) -> str:
        """A secret made here, for receivers that take ours; empty where the other side makes it."""
        return ""

    @abstractmethod
    def render(self, content: Content, settings: Mapping[str, Any]) -> str:
        """The body, made once and kept."""

    @abstractmethod
    def send(self, message: Message, target: Target) -> Sent:
        """Send it; raises outgoing.faults.OutgoingFault or NotAccepted."""


class TwoWayConnector(Connector):
    """A system with tickets of its own, which tells us how they stand. The others have no way back."""

    has_tickets = True

    def new_inbound_secret(self) -> str:
        """A secret for what comes back, to be entered over there."""
        return randomness.token_urlsafe(32)

    def inbound_secret_problem(self, secret: str) -> str:
        """What is wrong with a secret for what comes back; empty where nothing is."""
        is_strong = 16 <= len(secret) <= 200 and secret.isascii() and secret.isprintable()
        return "" if is_strong else "The secret must be 16 to 200 printable ASCII characters."

    @abstractmethod
    def verify(self, headers: Mapping[str, str], body: bytes, secrets: tuple[str, ...]) -> str:
        """The id of a genuine message from there; raises outgoing.signing.BadSignature.

        The id is made of what is signed, so that nobody can send the same content again under another one.
        """

    @abstractmethod
    def read_inbound(self, body: bytes, settings: Mapping[str, Any]) -> ExternalTicket | None:
        """What a genuine message says about a ticket; None where it is about something else."""

    @abstractmethod
    def counterpart(self, state: str) -> str:
        """The state in which a ticket that is in `state` here stands over there, in our words."""


class ComparableConnector(TwoWayConnector):
    """A system that can be asked how a ticket stands, so that a message that got lost does no harm."""

    @abstractmethod
    def fetch(self, target: Target) -> ExternalTicket | None:
        """How the ticket stands there now; None where it is gone. Raises OutgoingFault or NotAccepted."""


def signed_body_id(body: bytes, signature: str, secrets: tuple[str, ...]) -> str:
    """The id of a body whose HMAC-SHA-256, as `sha256=<hex>`, one of the secrets has made; raises BadSignature.

    It is the body's own digest: ids in headers are not covered by such a signature.
    """
    for secret in secrets:
        own = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        if signature.isascii() and hmac.compare_digest(own, signature):
            return hashlib.sha256(body).hexdigest()
    raise BadSignature


def mapping(value: Any) -> dict[str, Any]:
    """The value where it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def url_problem(name: str, value: str) -> list[tuple[str, str]]:
    """What is wrong with an address."""
    try:
        read_url(value)
    except UnusableUrl as error:
        return [(name, str(error))]
    return []


def ask(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: str,
    now: datetime,
    seconds: float,
    answer_bytes: int = 0,
) -> Answer:
    """One guarded request whose answer must be a 2xx; raises OutgoingFault or NotAccepted."""
    answer = send(
        method, url, headers=headers, body=body.encode(), limits=Limits(seconds=seconds, answer_bytes=answer_bytes)
    )
    if answer.is_accepted:
        return answer
    code = "redirected" if 300 <= answer.status < 400 else f"http_{answer.status}"
    raise NotAccepted(
        code,
        status=answer.status,
        retry_after=read_retry_after(answer.headers.get("retry-after"), now=now),
        is_final=answer.status in FINAL_STATUSES,
    )
