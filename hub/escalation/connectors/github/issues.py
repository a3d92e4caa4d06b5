"""GitHub issues that mirror tickets: opened once, commented, closed and re-opened, here and there."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from ..contract import (
    CLOSED_STATES,
    ComparableConnector,
    Content,
    ExternalTicket,
    Message,
    NotAccepted,
    Sent,
    Setting,
    Target,
    mapping,
    signed_body_id,
)
from .calling import API, REPOSITORY, call, repository_problems

LABEL = "caseward"
CLOCK_SKEW = timedelta(minutes=10)
_BUSY = {"ticket.opened", "test"}


class GitHubConnector(ComparableConnector):
    """Issues of one repository, by a fine-grained token that may write issues there and nothing else."""

    label = "GitHub issues"
    explanation = (
        "Opens an issue for each ticket, and comments, closes and re-opens it with the ticket. Use a fine-grained "
        "token for this repository with the permission Issues: read and write."
    )
    settings = (REPOSITORY, API, Setting("labels", "More labels", "Separated by commas.", is_required=False))
    secret_label = "Token"  # noqa: S105 - a label
    inbound_label = "Secret of GitHub's webhook"

    def own_problems(self, settings: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The repository and its API."""
        return repository_problems(settings)

    def render(self, content: Content, settings: Mapping[str, Any]) -> str:
        """What the request will say. The marker in the text lets a retry find an issue whose answer was lost."""
        if content.kind == "ticket.changed":
            return _json(_state(content.state))
        if content.kind == "ticket.reopened":
            return _json({"state": "open"})
        lines = [content.summary, f"TLP:{content.tlp}" if content.tlp else "", content.link, _marker(content)]
        text = "\n\n".join(line for line in lines if line)
        if content.kind not in _BUSY:
            return _json({"body": f"{content.headline}\n\n{text}"})
        labels = [LABEL, *(label.strip() for label in str(settings.get("labels", "")).split(",") if label.strip())]
        return _json({"title": content.headline[:250], "body": text, "labels": labels})

    def send(self, message: Message, target: Target) -> Sent:
        """A new issue, a comment, or another state."""
        if message.kind == "test":
            answer, _ = call("GET", "", "", message=message, target=target)
            return Sent(answer.status)
        if message.kind == "ticket.opened":
            found = self._find(message, target) if message.attempt > 1 else None
            if found is not None:
                return _sent(200, found)
            answer, issue = call("POST", "/issues", message.body, message=message, target=target)
            return _sent(answer.status, issue)
        if not target.external_id:
            raise NotAccepted("not_opened_there_yet")
        if message.kind in {"ticket.changed", "ticket.reopened"}:
            answer, issue = call("PATCH", f"/issues/{target.external_id}", message.body, message=message, target=target)
            return _sent(answer.status, issue)
        if message.attempt > 1 and self._is_commented(message, target):
            return Sent(200)
        answer, _ = call("POST", f"/issues/{target.external_id}/comments", message.body, message=message, target=target)
        return Sent(answer.status)

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: tuple[str, ...]) -> str:
        """By `X-Hub-Signature-256`; GitHub's own delivery id stands in a header that is not signed."""
        given = {name.lower(): value for name, value in headers.items()}
        return signed_body_id(body, given.get("x-hub-signature-256", ""), secrets)

    def read_inbound(self, body: bytes, settings: Mapping[str, Any]) -> ExternalTicket | None:
        """An event about an issue of this repository: which one, and how it stands."""
        event = mapping(orjson.loads(body))
        issue = mapping(event.get("issue"))
        repository = str(mapping(event.get("repository")).get("full_name", ""))
        if "pull_request" in issue or repository.lower() != str(settings["repository"]).lower():
            return None
        return _external(issue)

    def counterpart(self, state: str) -> str:
        """Issues are open or closed."""
        return "resolved" if state in CLOSED_STATES else "open"

    def fetch(self, target: Target) -> ExternalTicket | None:
        """The issue as it stands."""
        message = Message("", "", "", 1, datetime.now(UTC))
        try:
            _, issue = call("GET", f"/issues/{target.external_id}", "", message=message, target=target)
        except NotAccepted as answer:
            if answer.status in {404, 410}:
                return None
            raise
        return _external(issue) if isinstance(issue, dict) else None

    def _find(self, message: Message, target: Target) -> dict[str, Any] | None:
        """The issue that a former attempt has opened, its answer lost: by the marker, among the newest of our label."""
        _, issues = call(
            "GET", f"/issues?labels={LABEL}&state=all&per_page=50&sort=created&direction=desc", "",
            message=message, target=target, answer_bytes=4_000_000,
        )  # fmt: skip
        marker = f"caseward-delivery: {message.id}"
        listed = issues if isinstance(issues, list) else []
        return next((issue for issue in listed if marker in str(issue.get("body", ""))), None)

    def _is_commented(self, message: Message, target: Target) -> bool:
        # Oldest first, whatever is asked: those before this message was queued are left out.
        since = f"&since={message.queued_at - CLOCK_SKEW:%Y-%m-%dT%H:%M:%SZ}" if message.queued_at else ""
        _, comments = call(
            "GET", f"/issues/{target.external_id}/comments?per_page=100{since}", "", message=message, target=target,
            answer_bytes=4_000_000,
        )  # fmt: skip
        marker = f"caseward-delivery: {message.id}"
        return isinstance(comments, list) and any(marker in str(comment.get("body", "")) for comment in comments)


def _marker(content: Content) -> str:
    return f"<!-- caseward-delivery: {content.message_id} -->"


def _state(state: str) -> dict[str, str]:
    if state in CLOSED_STATES:
        return {"state": "closed", "state_reason": "completed"}
    return {"state": "open"}


def _external(issue: dict[str, Any]) -> ExternalTicket | None:
    number, state = issue.get("number"), issue.get("state")
    if not isinstance(number, int) or state not in {"open", "closed"}:
        return None
    return ExternalTicket(str(number), "open" if state == "open" else "resolved", str(issue.get("updated_at", ""))[:60])


def _sent(status: int, issue: Any) -> Sent:
    stands = _external(issue) if isinstance(issue, dict) else None
    if stands is None:
        raise NotAccepted("answer_unreadable", status=status)
    return Sent(status, stands.external_id, str(issue.get("html_url", ""))[:500], stands.state, stands.version)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
