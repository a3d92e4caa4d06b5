"""A committed world with more cases than a page holds, and clients that ask it over the real door."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from django.db import connections
from django.test import Client

from tests.platform.databases import empty_database
from tests.world import PURPOSE, World, build_world

MORE_CASES = 12
SEVERITIES = ("low", "medium", "high", "critical")


def small_case(number: int) -> dict[str, Any]:
    """A case of a few words, with another month and severity than its neighbours."""
    month = f"2026-0{1 + number % 6}"
    return {
        "title": f"Ticket router sends invoices astray, run {number}",
        "summary": "The classifier prefers the queue that was largest in training.",
        "facts": {
            "kind": "prediction",
            "model": {"name": "ticket-router", "version": f"4.{number % 3}"},
            "data_source": "tickets",
            "occurred": {"from": f"{month}-03", "to": f"{month}-04", "granularity": "day"},
            "severity": {"scheme": "hub", "label": SEVERITIES[number % 4]},
        },
        "tags": ['team:queue="invoices"'],
        "evidence": [{"name": "scores", "kind": "outputs", "payload": {"invoice": 1, "support": 7}}],
    }


def unready() -> list[Any]:
    """The projections that readers do not get, with the reason; as the owner of the tables sees them."""
    with connections["owner"].cursor() as owner:
        owner.execute("SELECT case_id, state, reason FROM sharing_projection WHERE NOT is_in_force")
        return owner.fetchall()


@dataclass
class Answer:
    """An answer of the API as its client gets it."""

    status: int
    body: Any
    content: bytes
    headers: dict[str, str]

    @property
    def data(self) -> Any:
        """The data, of an answer that has no errors."""
        assert "errors" not in self.body, self.body["errors"]
        return self.body["data"]

    @property
    def codes(self) -> list[str]:
        """The codes of its errors, in order."""
        return [error["extensions"]["code"] for error in self.body.get("errors", [])]


@dataclass
class Asker:
    """Asks the hub as one of the cast after another, each by a token of his own."""

    world: World
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))
    tokens: dict[str, str] = field(default_factory=dict)

    def token(self, who: str, purpose: str = PURPOSE) -> str:
        """A token of this person, made once."""
        return self.tokens.setdefault(f"{who} {purpose}", self.world.cast.token(who, purpose=purpose))

    def __call__(self, who: str, query: str, *, purpose: str = PURPOSE, **variables: Any) -> Answer:
        """The answer to a query by POST."""
        return self.post(who, {"query": query, "variables": variables}, purpose=purpose)

    def post(self, who: str | None, body: Any, *, purpose: str = PURPOSE, **headers: str) -> Answer:
        """The answer to any body; nobody in particular asks as None."""
        named = {"Accept": "application/graphql-response+json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        if who is not None:
            named["Authorization"] = f"Bearer {self.token(who, purpose)}"
        content_type = named.pop("Content-Type", "application/json")
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        return answered(self.client.post("/graphql", content, content_type=content_type, headers=named))


def answered(response: Any) -> Answer:
    """A response of Django's client as an answer."""
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        body = None
    return Answer(response.status_code, body, response.content, dict(response.headers))


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """The world of the promises and a dozen small cases of atlas; emptied when the module is through."""
    with django_db_blocker.unblock():
        try:
            world = build_world()
            for number in range(MORE_CASES):
                world.cases[f"small_{number}"] = world.submit("alice", "acme/atlas", small_case(number))
            world.build()
            assert unready() == [], "Every projection is ready before anybody asks."
            yield world
        finally:
            empty_database()


@pytest.fixture(scope="module")
def ask(world: World) -> Asker:
    """The asker of one module."""
    return Asker(world)
