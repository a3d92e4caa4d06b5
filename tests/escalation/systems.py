"""GitHub and Jira in small, on 127.0.0.1: they keep issues, answer as the recorded answers do, and sign events."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from tests.outgoing.listening import Listener, reply


def hmac_of(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class System:
    """A clock that ticks with each change, and whether answers get lost on their way."""

    def __init__(self, listener: Listener) -> None:
        self.listener, self.issues, self.comments = listener, {}, []
        self.ticks = count(1)
        self.started = datetime.now(UTC) - timedelta(minutes=30)
        self.fails = 0
        listener.answer = self

    def __call__(self, handler: Any) -> None:
        if self.fails:
            self.fails -= 1
            reply(handler, 503)
            return
        body = json.loads(handler.given) if handler.given else {}
        status, answer = self.answer(handler.command, handler.path, body)
        reply(handler, status, b"" if answer is None else json.dumps(answer).encode())

    def now(self) -> datetime:
        return self.started + timedelta(seconds=next(self.ticks))


class GitHub(System):
    """Issues of acme/models."""

    secret = "the secret of GitHub's webhook"

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        """As much of the REST API as mirrors need."""
        if method == "POST" and path == "/repos/acme/models/issues":
            number = len(self.issues) + 1
            self.issues[number] = {
                "number": number, "state": "open", "state_reason": None, "title": body["title"], "body": body["body"],
                "html_url": f"https://github.example/acme/models/issues/{number}", "updated_at": self.stamp(),
            }  # fmt: skip
            return 201, self.issues[number]
        if method == "GET" and path == "/repos/acme/models":
            return 200, {"id": 1, "full_name": "acme/models"}
        if method == "GET" and path.startswith("/repos/acme/models/issues?"):
            return 200, list(self.issues.values())
        found = re.fullmatch(r"/repos/acme/models/issues/(\d+)(/comments)?(\?.*)?", path)
        issue = self.issues.get(int(found[1])) if found else None
        if issue is None:
            return 404, {"message": "Not Found"}
        if method == "PATCH":
            issue |= {"state": body["state"], "updated_at": self.stamp()}
        elif found[2]:
            if method == "GET":
                return 200, [{"body": comment} for number, comment in self.comments if number == issue["number"]]
            self.comments.append((issue["number"], body["body"]))
            return 201, {"id": len(self.comments)}
        return 200, issue

    def stamp(self) -> str:
        return f"{self.now():%Y-%m-%dT%H:%M:%SZ}"

    def move(self, number: int, state: str) -> bytes:
        """Somebody over there closes or re-opens an issue; the event that GitHub would send."""
        self.issues[number] |= {"state": state, "updated_at": self.stamp()}
        return self.event(number, "closed" if state == "closed" else "reopened")

    def event(self, number: int, action: str, repository: str = "acme/models") -> bytes:
        return json.dumps({
            "action": action, "issue": self.issues[number], "repository": {"id": 1, "full_name": repository},
            "sender": {"login": "octocat", "id": 1},
        }).encode()  # fmt: skip

    def signed(self, body: bytes, delivery: str = "72d3162e-cc78-11e3-81ab-4c9367dc0958") -> dict[str, str]:
        """The headers of a delivery."""
        return {"X-GitHub-Event": "issues", "X-GitHub-Delivery": delivery,
                "X-Hub-Signature-256": hmac_of(self.secret, body)}  # fmt: skip


class Jira(System):
    """Issues of the project ML."""

    secret = "the secret of Jira's webhook"
    categories = ("new", "indeterminate", "done")

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        """As much of the REST API as mirrors need."""
        if method == "POST" and path == "/rest/api/2/issue":
            key = f"ML-{len(self.issues) + 1}"
            self.issues[key] = {
                "key": key,
                "fields": {**body["fields"], "status": self.status("new"), "updated": self.stamp()},
            }
            return 201, {"id": "10000", "key": key, "self": f"https://jira.example/rest/api/2/issue/{key}"}
        if method == "GET" and path == "/rest/api/2/project/ML":
            return 200, {"id": "10000", "key": "ML"}
        found = re.fullmatch(r"/rest/api/2/issue/(ML-\d+)(/transitions|/comment)?(\?.*)?", path)
        issue = self.issues.get(found[1]) if found else None
        if issue is None:
            return 404, {"errorMessages": ["Issue does not exist or you do not have permission to see it."]}
        if found[2] == "/transitions":
            if method == "GET":
                moves = [{"id": str(11 + 10 * place), "name": name, "to": self.status(name)}
                         for place, name in enumerate(self.categories)]  # fmt: skip
                return 200, {"expand": "transitions", "transitions": moves}
            self.set(issue, self.categories[(int(body["transition"]["id"]) - 11) // 10])
            return 204, None
        if found[2] == "/comment":
            self.comments.append((found[1], body.get("body")))
            return 201, {"id": "1"}
        return 200, issue

    def status(self, category: str) -> dict[str, Any]:
        return {"name": category, "statusCategory": {"key": category}}

    def set(self, issue: dict[str, Any], category: str) -> None:
        issue["fields"] |= {"status": self.status(category), "updated": self.stamp()}

    def stamp(self) -> str:
        return f"{self.now():%Y-%m-%dT%H:%M:%S.000+0000}"

    def move(self, key: str, category: str) -> bytes:
        """Somebody over there moves an issue; the event that Jira would send."""
        self.set(self.issues[key], category)
        return json.dumps({
            "timestamp": 1, "webhookEvent": "jira:issue_updated", "issue_event_type_name": "issue_generic",
            "issue": self.issues[key],
        }).encode()  # fmt: skip

    def signed(self, body: bytes) -> dict[str, str]:
        """The headers of a webhook that an administrator registered with a secret."""
        return {"X-Atlassian-Webhook-Identifier": "w-1", "X-Hub-Signature": hmac_of(self.secret, body)}
