"""Puts a batch into words and sends it: a signed CloudEvent by webhook, or one syslog message for each row."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid5

import orjson
from django.conf import settings

from hub.outgoing.envelopes import CONTENT_TYPE, envelope
from hub.outgoing.http import Limits, send
from hub.outgoing.schedule import read_retry_after
from hub.outgoing.signing import sign
from hub.outgoing.syslog import Severity, format_message, read_collector, send_messages
from hub.outgoing.urls import UnusableUrl, read_url

from ..actions import Outcome
from ..ocsf import from_disclosure, from_event
from ..proofs import prove_growth
from .models import Feed, FeedContent, FeedTransport
from .reading import Batch, Item

PREFIX = "dev.caseward.audit."
TESTED = "audit.test"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A batch in words: the same batch always gives the same bytes. Syslog has a message for each item."""

    id: str
    transport: str
    address: str
    messages: tuple[bytes, ...]


class NotTaken(Exception):
    """The receiver has answered, and not taken it; the code is safe to show and to keep."""

    def __init__(self, code: str, status: int, retry_after: float | None) -> None:
        super().__init__(code)
        self.code, self.status, self.retry_after = code, status, retry_after


def address_problem(content: str, transport: str, address: str) -> str:
    """What is wrong with where a feed goes; empty where nothing is."""
    if content == FeedContent.CHECKPOINTS and transport != FeedTransport.WEBHOOK:
        return "Checkpoints go by signed webhook; syslog is for events."
    try:
        read_url(address) if transport == FeedTransport.WEBHOOK else read_collector(address)
    except UnusableUrl as error:
        return str(error)
    return ""


def pack(feed: Feed, batch: Batch, tenant: str) -> Parcel:
    """A batch for its receiver; `tenant` is the organisation's short name."""
    parcel_id = str(uuid5(feed.pk, f"{batch.start}-{batch.end}"))
    if feed.transport == FeedTransport.SYSLOG:
        return Parcel(parcel_id, feed.transport, feed.address, tuple(_line(item) for item in batch.items))
    if feed.content == FeedContent.CHECKPOINTS:
        data: dict[str, Any] = {"checkpoints": [item.values for item in batch.items]}
        if feed.delivered_at is not None and batch.start:
            # Whoever has kept the checkpoint before can see at once that the log has only grown.
            proof = [b64encode(value).decode() for value in prove_growth(batch.start, batch.end)]
            data["growth"] = {"from": batch.start, "to": batch.end, "proof": proof}
    else:
        data = {"first": batch.start, "next": batch.end, "events": [_event(item) for item in batch.items]}
    body = envelope(
        id=parcel_id, source=f"/tenants/{tenant}", type=PREFIX + ("checkpoints" if "checkpoints" in data else "events"),
        time=batch.items[-1].moment, data=data,
    )  # fmt: skip
    return Parcel(parcel_id, feed.transport, feed.address, (body,))


def pack_test(feed: Feed, tenant: str, moment: datetime) -> Parcel:
    """A message that says nothing but that it is a test."""
    parcel_id = str(uuid5(feed.pk, f"test:{moment.isoformat()}"))
    if feed.transport == FeedTransport.SYSLOG:
        line = format_message(
            '{"message":"This is a test of Caseward."}', severity=Severity.NOTICE, moment=moment, message_id=TESTED,
            sequence=0, host=settings.CASEWARD_ORIGIN,
        )  # fmt: skip
        return Parcel(parcel_id, feed.transport, feed.address, (line,))
    body = envelope(
        id=parcel_id, source=f"/tenants/{tenant}", type=PREFIX + "test", time=moment,
        data={"message": "This is a test of Caseward."},
    )  # fmt: skip
    return Parcel(parcel_id, feed.transport, feed.address, (body,))


def send_parcel(parcel: Parcel, secrets: tuple[str, ...], *, now: datetime, seconds: float) -> int | None:
    """Send it; the HTTP status, where there is one. Raises outgoing.faults.OutgoingFault or NotTaken."""
    if parcel.transport == FeedTransport.SYSLOG:
        send_messages(parcel.address, parcel.messages, seconds=seconds)
        return None
    (body,) = parcel.messages
    headers: Mapping[str, str] = sign(parcel.id, body, secrets, at=now) | {"content-type": CONTENT_TYPE}
    limits = Limits(seconds=seconds, answer_bytes=0)
    answer = send("POST", parcel.address, headers=headers, body=body, limits=limits)
    if answer.is_accepted:
        return answer.status
    code = "redirected" if 300 <= answer.status < 400 else f"http_{answer.status}"
    raise NotTaken(code, answer.status, read_retry_after(answer.headers.get("retry-after"), now=now))


def _event(item: Item) -> dict[str, Any]:
    """The row as OCSF, numbered by its position in the log."""
    event = from_event(item.values) if item.kind == "access_event" else from_disclosure(item.values)
    event["metadata"] = {**event["metadata"], "sequence": item.position}
    return event


def _line(item: Item) -> bytes:
    is_plain = item.values.get("outcome", Outcome.ALLOWED.value) == Outcome.ALLOWED.value
    return format_message(
        orjson.dumps(_event(item), option=orjson.OPT_SORT_KEYS).decode(),
        severity=Severity.INFORMATIONAL if is_plain else Severity.WARNING, moment=item.moment,
        message_id=item.values.get("action", "case.disclose"), sequence=item.position, host=settings.CASEWARD_ORIGIN,
    )  # fmt: skip
