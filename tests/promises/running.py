"""The whole hub as it runs: web server, worker, keeper and beat as processes, and people who come over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from hub.demo.processes import free_port, start_hub
from hub.embedded.processes import ProcessGroup

from .background import Background, background

CSRF_FIELD = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass
class RunningHub:
    """Where the hub is, and everything that it has answered."""

    base_url: str
    background: Background
    logs: Path
    answers: list[tuple[str, str, str]] = field(default_factory=list)

    def ask(self, who: str, token: str, query: str, **variables: Any) -> Any:
        """The data that a token gets of `POST /graphql`."""
        answer = self.post(who, token, {"query": query, "variables": variables})
        assert answer.status_code == 200, (answer.status_code, answer.text[:500])
        assert "errors" not in answer.json(), answer.json()
        return answer.json()["data"]

    def post(self, who: str, token: str, body: Any) -> httpx.Response:
        """Whatever comes back of a body at `POST /graphql`."""
        with httpx.Client(base_url=self.base_url, timeout=60) as client:
            answer = client.post("/graphql", json=body, headers={"Authorization": f"Bearer {token}"})
        self.answers.append((who, "/graphql", answer.text))
        return answer

    @contextmanager
    def browser(self, who: str, email: str = "", password: str = "", start: str = "/admin/") -> Iterator[Browser]:
        """A browser; signed in and at the start page, when there is an e-mail address."""
        with httpx.Client(base_url=self.base_url, timeout=60, follow_redirects=True) as client:
            browser = Browser(self, who, client)
            if email:
                page = browser.send(f"/admin/login/?next={start}", username=email, password=password, next=start)
                assert (page.status_code, page.url.path) == (200, start), page.url
            yield browser


@dataclass
class Browser:
    """Somebody before the pages of the hub."""

    hub: RunningHub
    who: str
    client: httpx.Client

    def see(self, path: str) -> httpx.Response:
        """One page."""
        answer = self.client.get(path)
        self.hub.answers.append((self.who, path, answer.text))
        return answer

    def send(self, path: str, **fields: str) -> httpx.Response:
        """The form of a page, filled in."""
        page = self.see(path)
        found = CSRF_FIELD.search(page.text)
        assert found, f"{path} has no form (HTTP {page.status_code})"
        data = {**fields, "csrfmiddlewaretoken": found[1]}
        answer = self.client.post(path, data=data, headers={"Referer": str(page.url)})
        self.hub.answers.append((self.who, path, answer.text))
        return answer


@contextmanager
def running_hub(folder: Path) -> Iterator[RunningHub]:
    """All processes of the hub on the database of this test, and a broker of their own."""
    with background(folder) as here, ProcessGroup() as group:
        port = free_port(0)
        start_hub(group, port=port, log_folder=folder / "process-logs")
        yield RunningHub(f"http://127.0.0.1:{port}", here, folder / "process-logs")
        ended = group.find_ended()
        assert ended is None, f"{ended and ended.name} ended by itself: {ended and ended.log_tail()}"
