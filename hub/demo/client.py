"""The demo's own reader: talks to the hub over HTTP as anybody would, and keeps every answer for the search."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import httpx

from .faults import DemoError

CSRF_FIELD = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass
class Answers:
    """Everything the hub answered to those who must not see raw text."""

    kept: list[tuple[str, str]] = field(default_factory=list)

    def keep(self, where: str, text: str) -> None:
        """Remember one answer and where it came from."""
        self.kept.append((where, text))


class GraphQLClient:
    """One person's service token at `POST /graphql`."""

    def __init__(self, base_url: str, token: str, who: str, answers: Answers | None) -> None:
        self.who = who
        self._answers = answers
        self._http = httpx.Client(base_url=base_url, headers={"Authorization": f"Bearer {token}"}, timeout=60)

    def ask(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """The `data` of an answer; a refused request is an error of the demo."""
        response = self._http.post("/graphql", json={"query": query, "variables": variables or {}})
        if self._answers is not None:
            self._answers.keep(f"GraphQL answer to {self.who}", response.text)
        body: dict[str, Any] = response.json()
        if response.status_code != 200 or body.get("errors"):
            raise DemoError(f"{self.who}: HTTP {response.status_code} {str(body.get('errors'))[:400]}")
        data: dict[str, Any] = body["data"]
        return data

    def walk(self, query: str, root: str, page: int = 50) -> list[dict[str, Any]]:
        """All nodes of a connection, page by page."""
        nodes: list[dict[str, Any]] = []
        after = None
        while True:
            connection = self.ask(query, {"first": page, "after": after})[root]
            nodes += [edge["node"] for edge in connection["edges"]]
            if not connection["pageInfo"]["hasNextPage"]:
                return nodes
            after = connection["pageInfo"]["endCursor"]


class AdminClient:
    """An officer's or auditor's browser session in the Django admin."""

    def __init__(self, base_url: str, who: str, answers: Answers) -> None:
        self.who = who
        self._answers = answers
        self._http = httpx.Client(base_url=base_url, timeout=60, follow_redirects=True)

    def sign_in(self, email: str, password: str) -> None:
        """Through the sign-in form, as a browser does."""
        page = self._http.get("/admin/login/")
        answer = self._http.post(
            "/admin/login/?next=/admin/",
            data={"username": email, "password": password, "csrfmiddlewaretoken": self._csrf(page), "next": "/admin/"},
            headers={"Referer": str(page.url)},
        )
        self._answers.keep(f"admin page of {self.who}", answer.text)
        if "/login/" in str(answer.url):
            raise DemoError(f"{self.who} could not sign in to the admin (HTTP {answer.status_code}).")

    def see(self, path: str) -> httpx.Response:
        """One page."""
        answer = self._http.get(path)
        self._answers.keep(f"admin page {path} of {self.who}", answer.text)
        if answer.status_code != 200:
            raise DemoError(f"{self.who}: {path} answered HTTP {answer.status_code}.")
        return answer

    def send(self, path: str, data: dict[str, str]) -> httpx.Response:
        """A form of a page that was seen before."""
        page = self.see(path)
        answer = self._http.post(
            path, data={**data, "csrfmiddlewaretoken": self._csrf(page)}, headers={"Referer": str(page.url)}
        )
        self._answers.keep(f"admin form {path} of {self.who}", answer.text)
        if answer.status_code != 200:
            raise DemoError(f"{self.who}: the form {path} answered HTTP {answer.status_code}.")
        return answer

    @staticmethod
    def _csrf(page: httpx.Response) -> str:
        found = CSRF_FIELD.search(page.text)
        if found is None:
            raise DemoError(f"No form on {page.url}.")
        return found[1]
