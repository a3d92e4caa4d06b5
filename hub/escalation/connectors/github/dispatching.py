"""GitHub repository dispatch: starts a workflow there, such as a targeted retraining."""

from collections.abc import Mapping
from typing import Any

import orjson

from ..contract import Connector, Content, Message, Sent, Setting, Target
from .calling import API, REPOSITORY, call, repository_problems

EVENT = Setting("event", "Event type", "What the workflow listens for.", default="caseward-retraining")


class DispatchConnector(Connector):
    """The workflow gets ids and codes: it reads the cases themselves over the API, under its own grant."""

    label = "GitHub repository dispatch"
    explanation = "Starts a workflow of a repository, with ids and codes in client_payload. The message's id is in it."
    settings = (REPOSITORY, EVENT, API)
    secret_label = "Token"  # noqa: S105 - a label

    def own_problems(self, settings: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The repository, its API, and the event's name."""
        if len(settings["event"]) > 100:
            return [("event", "Use at most 100 characters.")]
        return repository_problems(settings)

    def render(self, content: Content, settings: Mapping[str, Any]) -> str:
        """At most ten entries, as GitHub takes no more."""
        payload = {"id": content.message_id, "kind": content.kind, "case": content.case, "ticket": content.ticket,
                   "link": content.link, "detail": dict(content.payload)}  # fmt: skip
        return orjson.dumps({"event_type": settings["event"], "client_payload": payload}).decode()

    def send(self, message: Message, target: Target) -> Sent:
        """A test looks at the repository alone: a dispatch would start something."""
        if message.kind == "test":
            answer, _ = call("GET", "", "", message=message, target=target)
        else:
            answer, _ = call("POST", "/dispatches", message.body, message=message, target=target)
        return Sent(answer.status)
