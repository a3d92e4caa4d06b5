"""A signed webhook: the receiver verifies it with any Standard Webhooks library, and reads a CloudEvent."""

from collections.abc import Mapping
from typing import Any

import orjson

from hub.outgoing.envelopes import CONTENT_TYPE, envelope
from hub.outgoing.signing import BadSecret, check_secret, new_secret, sign, verify

from ..contract import (
    CLOSED_STATES,
    OPEN_STATES,
    Content,
    ExternalTicket,
    Message,
    Sent,
    Setting,
    Target,
    TwoWayConnector,
    ask,
    mapping,
    url_problem,
)

TYPE_PREFIX = "dev.caseward."
STATE_CHANGED = "dev.caseward.ticket.state_changed"


class WebhookConnector(TwoWayConnector):
    """Any receiver of our own or of a partner."""

    label = "Signed webhook"
    explanation = "Posts a CloudEvent, signed as Standard Webhooks, to an address. Retries carry the same id and body."
    settings = (Setting("url", "Address", "https://… of the receiver."),)
    secret_label = "Signing secret (whsec_…)"  # noqa: S105 - a label
    inbound_label = "Secret of what comes back (whsec_…)"

    def own_problems(self, settings: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The address."""
        return url_problem("url", settings["url"])

    def secret_problem(self, secret: str) -> str:
        """In the written form of Standard Webhooks."""
        try:
            check_secret(secret)
        except BadSecret as error:
            return str(error)
        return ""

    def new_secret(self) -> str:
        """One for the receiver to copy, shown once."""
        return new_secret()

    def render(self, content: Content, settings: Mapping[str, Any]) -> str:
        """The CloudEvent."""
        told = {
            "title": content.title, "summary": content.summary, "tlp": content.tlp, "severity": content.severity,
            "case": content.case, "ticket": content.ticket, "state": content.state, "link": content.link,
        }  # fmt: skip
        return envelope(
            id=content.message_id,
            source=f"/tenants/{content.tenant}",
            type=TYPE_PREFIX + content.kind,
            subject=f"tickets/{content.ticket}" if content.ticket else "",
            time=content.occurred_at,
            data={**dict(content.payload), **{name: value for name, value in told.items() if value}},
            dataclassification=content.data_class,
        ).decode()

    def send(self, message: Message, target: Target) -> Sent:
        """Signed with every secret that counts now."""
        headers = sign(message.id, message.body.encode(), target.secrets, at=message.sent_at)
        headers["content-type"] = CONTENT_TYPE
        answer = ask(
            "POST", target.settings["url"], headers=headers, body=message.body, now=message.sent_at,
            seconds=target.seconds,
        )  # fmt: skip
        # The receiver knows a ticket by our id.
        return Sent(answer.status, external_id=message.ticket, external_state="")

    def new_inbound_secret(self) -> str:
        """In the written form of Standard Webhooks."""
        return new_secret()

    def inbound_secret_problem(self, secret: str) -> str:
        """The same."""
        return self.secret_problem(secret)

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: tuple[str, ...]) -> str:
        """Signed like ours, with the secret of what comes back."""
        return verify(headers, body, secrets)

    def read_inbound(self, body: bytes, settings: Mapping[str, Any]) -> ExternalTicket | None:
        """A CloudEvent of type `dev.caseward.ticket.state_changed` with data.ticket and data.state."""
        event = mapping(orjson.loads(body))
        data = mapping(event.get("data"))
        state, ticket = data.get("state"), data.get("ticket")
        if (
            event.get("type") != STATE_CHANGED
            or state not in OPEN_STATES + CLOSED_STATES
            or not isinstance(ticket, str)
        ):
            return None
        return ExternalTicket(ticket[:200], str(state), str(event.get("time", ""))[:60])

    def counterpart(self, state: str) -> str:
        """The receiver has our own states."""
        return state
