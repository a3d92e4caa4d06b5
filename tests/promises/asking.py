"""Asks the hub as anybody of the cast, by a real token through the real middleware, and reads its record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import psycopg
from django.db import connections
from django.test import Client

from tests.world import PURPOSE, World, owner_connection

LIST = "query { cases(first: 50) { totalCount nodes { id title summary owner } } }"
CASE = "query($id: ID!) { case(id: $id) { __typename ... on Case { id title } ... on NotAvailable { message } } }"
RAW = "query($id: ID!) { rawCase(id: $id) { __typename ... on RawCase { version document basis } } }"
STRANGERS = ("dana", "rita", "olga", "omar", "erin", "carol", "dave", "oscar", "trudy")


@dataclass(frozen=True)
class Answer:
    """What came back: the bytes, and what they say."""

    status: int
    content: bytes
    headers: dict[str, str]

    @property
    def body(self) -> Any:
        """The JSON of the answer."""
        return orjson.loads(self.content)

    @property
    def data(self) -> Any:
        """The data of an answer without errors."""
        assert "errors" not in self.body, self.body["errors"]
        return self.body["data"]

    @property
    def codes(self) -> list[str]:
        """The codes of the answer's errors."""
        return [error["extensions"]["code"] for error in self.body.get("errors", [])]


@dataclass
class Asker:
    """`ask("carol", LIST)`: the answer of `POST /graphql` to a token of carol's, made for the world's purpose."""

    world: World
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))
    tokens: dict[tuple[str, str], str] = field(default_factory=dict)
    sessions: dict[str, Client] = field(default_factory=dict)

    def token(self, who: str, purpose: str = PURPOSE) -> str:
        """The token of somebody for a purpose, the same at every call."""
        if (who, purpose) not in self.tokens:
            self.tokens[who, purpose] = self.world.cast.token(who, purpose=purpose)
        return self.tokens[who, purpose]

    def session(self, who: str) -> Client:
        """A browser in which somebody has signed in at the officers' site."""
        if who not in self.sessions:
            browser = self.sessions[who] = Client(raise_request_exception=False)
            form = {"username": self.world.cast.user(who).email, "password": self.world.cast.password(who)}
            answer = browser.post("/admin/login/?next=/admin/", form)
            assert (answer.status_code, answer.headers.get("Location")) == (302, "/admin/"), answer.status_code
        return self.sessions[who]

    def __call__(
        self,
        who: str,
        query: str,
        *,
        purpose: str = PURPOSE,
        headers: Mapping[str, str] | None = None,
        **variables: Any,
    ) -> Answer:
        """Ask one operation."""
        return self.send(who, query, variables, purpose=purpose, headers=headers)

    def send(
        self,
        who: str,
        query: str,
        variables: Mapping[str, Any],
        *,
        purpose: str = PURPOSE,
        headers: Mapping[str, str] | None = None,
        in_browser: bool = False,
    ) -> Answer:
        """Ask one operation, with variables of whatever names."""
        client, sent = self.client, {}
        # Who operates the platform has no tenant, and so no token.
        if in_browser or who == "petra":
            client, sent = self.session(who), {"GraphQL-Require-Preflight": "1", "Caseward-Purpose": purpose}
        else:
            sent["Authorization"] = f"Bearer {self.token(who, purpose)}"
        sent |= headers or {}
        response = client.post(
            "/graphql", {"query": query, "variables": variables}, content_type="application/json", headers=sent
        )
        return Answer(response.status_code, response.content, dict(response.headers))

    def owners(self, who: str, **settings: Any) -> list[str]:
        """Whose cases somebody is shown in a list, sorted."""
        return sorted(node["owner"] for node in self(who, LIST, **settings).data["cases"]["nodes"])


@contextmanager
def as_owner(*statements: str) -> Iterator[psycopg.Connection[Any]]:
    """The migration role in a transaction of its own, committed at the end of the block."""
    with owner_connection() as owner:
        for statement in statements:
            owner.execute(statement)
        yield owner


@contextmanager
def changed(table: str, key: str, value: Any, **columns: Any) -> Iterator[None]:
    """Rows of a table with other values for the block, committed by the owner; what stood before comes back."""
    names = ", ".join(columns)
    with as_owner() as owner:
        before = owner.execute(f"SELECT id, {names} FROM {table} WHERE {key} = %s", [value]).fetchall()
        assert before, f"{table} has no row where {key} = {value}"
        sets = ", ".join(f"{name} = %s" for name in columns)
        owner.execute(f"UPDATE {table} SET {sets} WHERE {key} = %s", [*columns.values(), value])
    try:
        yield
    finally:
        with as_owner() as owner:
            for row_id, *values in before:
                owner.execute(f"UPDATE {table} SET {sets} WHERE id = %s", [*values, row_id])


def keeper_rows(statement: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
    """Rows of the access record, whosever they are."""
    with connections["keeper"].cursor() as keeper:
        keeper.execute(statement, parameters or [])
        return keeper.fetchall()


def count_events(condition: str = "true", parameters: list[Any] | None = None) -> int:
    """How many events are on record."""
    return int(keeper_rows(f"SELECT count(*) FROM audit.access_event WHERE {condition}", parameters)[0][0])


def last_event(world: World, who: str) -> tuple[str, str, str]:
    """Action, outcome and basis of the newest event of somebody."""
    found = keeper_rows(
        "SELECT action, outcome, basis FROM audit.access_event WHERE user_id = %s ORDER BY id DESC LIMIT 1",
        [world.cast.user(who).pk],
    )
    action, outcome, basis = found[0]
    return action, outcome, basis
