"""Jira issues that mirror tickets: created once, commented, and moved by the transitions that the project offers."""

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

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
    ask,
    mapping,
    signed_body_id,
    url_problem,
)

# Jira's status categories, which every workflow has, in our words.
STATES = {"new": "open", "indeterminate": "in_progress", "done": "resolved"}
_KEY = re.compile(r"[A-Z][A-Z0-9_]{1,20}")
_ISSUE = re.compile(r"[A-Z][A-Z0-9_]{1,20}-[0-9]{1,9}")


class JiraConnector(ComparableConnector):
    """Jira Cloud (e-mail and API token) or Data Center (personal access token, no e-mail)."""

    label = "Jira"
    explanation = (
        "Creates an issue for each ticket, and comments and moves it with the ticket, by the transitions that the "
        "project offers."
    )
    settings = (
        Setting("url", "Address", "https://… of the site, without a path for Jira Cloud."),
        Setting("project", "Project key", "For example ML."),
        Setting("issue_type", "Issue type", "By its name.", default="Task"),
        Setting("user", "E-mail of the account", "Empty for a personal access token.", is_required=False),
    )
    secret_label = "API token"  # noqa: S105 - a label
    inbound_label = "Secret of Jira's webhook"

    def own_problems(self, settings: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The address and the project's key."""
        if not _KEY.fullmatch(settings["project"]):
            return [("project", "Give the project's key in capital letters, for example ML.")]
        return url_problem("url", settings["url"])

    def render(self, content: Content, settings: Mapping[str, Any]) -> str:
        """What the request will say; the label lets a retry find an issue whose answer was lost."""
        lines = [content.summary, f"TLP:{content.tlp}" if content.tlp else "", content.link]
        text = "\n\n".join(line for line in lines if line)
        if content.kind in {"ticket.changed", "ticket.reopened"}:
            return _json({"state": content.state or "open"})
        if content.kind not in {"ticket.opened", "test"}:
            return _json({"body": f"{content.headline}\n\n{text}\n\n{_label(content.message_id)}"})
        fields = {
            "project": {"key": settings["project"]},
            "issuetype": {"name": settings.get("issue_type") or "Task"},
            "summary": " ".join(content.headline.split())[:250],
            "description": text,
            "labels": ["caseward", _label(content.message_id)],
        }
        return _json({"fields": fields})

    def send(self, message: Message, target: Target) -> Sent:
        """A new issue, a comment, or a transition."""
        if message.kind == "test":
            answer, _ = _call("GET", f"/project/{target.settings['project']}", "", message=message, target=target)
            return Sent(answer)
        if message.kind == "ticket.opened":
            key = self._find(message, target) if message.attempt > 1 else None
            status = 200
            if key is None:
                status, made = _call("POST", "/issue", message.body, message=message, target=target)
                key = str(made.get("key", "")) if isinstance(made, dict) else ""
            if not _ISSUE.fullmatch(key):
                raise NotAccepted("answer_unreadable", status=status)
            return Sent(status, key, f"{target.settings['url'].rstrip('/')}/browse/{key}", "open")
        if not target.external_id:
            raise NotAccepted("not_opened_there_yet")
        if message.kind in {"ticket.changed", "ticket.reopened"}:
            return self._move(message, target, orjson.loads(message.body)["state"])
        if message.attempt > 1 and self._is_commented(message, target):
            return Sent(200)
        status, _ = _call("POST", f"/issue/{target.external_id}/comment", message.body, message=message, target=target)
        return Sent(status)

    def verify(self, headers: Mapping[str, str], body: bytes, secrets: tuple[str, ...]) -> str:
        """By `X-Hub-Signature`, as the webhooks that an administrator of Jira registers with a secret have it."""
        given = {name.lower(): value for name, value in headers.items()}
        return signed_body_id(body, given.get("x-hub-signature", ""), secrets)

    def read_inbound(self, body: bytes, settings: Mapping[str, Any]) -> ExternalTicket | None:
        """An issue event: which issue, and how it stands."""
        return _external(mapping(orjson.loads(body)).get("issue"))

    def counterpart(self, state: str) -> str:
        """By the status category, of which Jira has three."""
        return STATES[_wanted(state)]

    def fetch(self, target: Target) -> ExternalTicket | None:
        """The issue as it stands."""
        message = Message("", "", "", 1, datetime.now(UTC))
        try:
            _, issue = _call(
                "GET", f"/issue/{target.external_id}?fields=status,updated", "", message=message, target=target
            )
        except NotAccepted as answer:
            if answer.status in {404, 410}:
                return None
            raise
        return _external(issue)

    def _find(self, message: Message, target: Target) -> str | None:
        query = quote(f'labels = "{_label(message.id)}"')
        # Jira Cloud has given up the search that Data Center has; an account with an e-mail address is one of Cloud.
        path = "/search/jql" if target.settings.get("user") else "/search"
        _, found = _call("GET", f"{path}?jql={query}&fields=status&maxResults=1", "", message=message, target=target)
        issues = found.get("issues") if isinstance(found, dict) else None
        return str(issues[0].get("key", "")) if issues else None

    def _is_commented(self, message: Message, target: Target) -> bool:
        _, found = _call(
            "GET", f"/issue/{target.external_id}/comment?orderBy=-created&maxResults=100", "",
            message=message, target=target,
        )  # fmt: skip
        return _label(message.id) in orjson.dumps(found).decode()

    def _move(self, message: Message, target: Target, state: str) -> Sent:
        """By whichever transition leads to a status of the wanted category; none is needed where it stands there."""
        now = self.fetch(target)
        if now is None:
            raise NotAccepted("gone_there", is_final=True)
        wanted = _wanted(state)
        if STATES[wanted] == now.state:
            return Sent(200, now.external_id, "", now.state, now.version)
        path = f"/issue/{target.external_id}/transitions"
        _, offered = _call("GET", path, "", message=message, target=target)
        moves = offered.get("transitions", []) if isinstance(offered, dict) else []
        fitting = [move for move in moves if _category(move.get("to")) == wanted]
        if not fitting:
            raise NotAccepted("no_such_transition", is_final=True)
        body = _json({"transition": {"id": fitting[0]["id"]}})
        status, _ = _call("POST", path, body, message=message, target=target)
        return Sent(status, target.external_id, "", STATES[wanted])


def _call(method: str, path: str, body: str, *, message: Message, target: Target) -> tuple[int, Any]:
    user, secret = target.settings.get("user", ""), target.secrets[0] if target.secrets else ""
    authorization = f"Basic {base64.b64encode(f'{user}:{secret}'.encode()).decode()}" if user else f"Bearer {secret}"
    answer = ask(
        method, f"{target.settings['url'].rstrip('/')}/rest/api/2{path}",
        headers={"authorization": authorization, "accept": "application/json", "content-type": "application/json"},
        body=body, now=message.sent_at, seconds=target.seconds, answer_bytes=1_000_000,
    )  # fmt: skip
    if not answer.body:
        return answer.status, None
    try:
        return answer.status, orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        raise NotAccepted("answer_unreadable", status=answer.status) from None


def _wanted(state: str) -> str:
    return "done" if state in CLOSED_STATES else "new" if state == "open" else "indeterminate"


def _category(status: Any) -> str:
    return str(((status or {}).get("statusCategory") or {}).get("key", "")) if isinstance(status, dict) else ""


def _external(issue: Any) -> ExternalTicket | None:
    if not isinstance(issue, dict) or not _ISSUE.fullmatch(str(issue.get("key", ""))):
        return None
    given = issue.get("fields")
    fields: dict[str, Any] = given if isinstance(given, dict) else {}
    state = STATES.get(_category(fields.get("status")))
    return ExternalTicket(issue["key"], state, str(fields.get("updated", ""))[:60]) if state else None


def _label(message_id: str) -> str:
    return f"caseward-{message_id}"


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
