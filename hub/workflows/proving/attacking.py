"""Attacks the live API over HTTP as each of the synthetic people, and judges what comes back."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson
from django.utils import timezone
from graphql import GraphQLSchema

from hub.audit.models import AccessEvent
from hub.outgoing.faults import OutgoingFault
from hub.outgoing.http import Answer, Limits, send
from tenants.scoping import acting_as

from .findings import Finding, Findings
from .marks import Mark, found_in
from .questions import INTROSPECTION, Asking, Document, Question, document_of, pack, schema_of
from .stage import VISIBLE, IssuedKey, Side

LIMITS = Limits(seconds=30, answer_bytes=8_000_000)
# Answers that say nothing about a right: then nothing has been tried.
FAULTS = frozenset({"LIMIT_EXCEEDED", "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "INTERNAL_ERROR",
                    "RATE_LIMITED", "BUDGET_EXHAUSTED"})  # fmt: skip
MOST_REFUSALS = 12
# What a mutation that was not carried out answers.
NOT_DONE = frozenset({"NotAvailable", "InvalidInput", "Invalid"})
RAW = "query($id: ID!) { rawCase(id: $id) { __typename ... on RawCase { id document } } }"
LIST = (
    "{ cases(first: 50) { nodes { id title summary writeUp { results remediation } evidence(first: 5) { payload } } } }"
)


class NoAnswer(Exception):
    """The API does not answer as an API should; the message says what came instead."""


@dataclass(frozen=True, slots=True)
class Attacker:
    """Somebody who comes with a token, and what he may be shown."""

    name: str
    who: str
    side: Side
    other: Side
    key: IssuedKey

    @property
    def home(self) -> str:
        """His side, as it begins the names of its cases."""
        return self.side.slug

    def may_see(self, mark: Mark) -> bool:
        """Whether this mark may stand in an answer to him."""
        owner, _, case = mark.case.partition("/")
        if owner == self.home:
            return self.who == "owner"
        return self.who == "reader" and case in VISIBLE and not mark.is_secret


@dataclass(slots=True)
class Attack:
    """One run over HTTP: what was asked, what was seen, and what was wrong with it."""

    base_url: str
    sides: tuple[Side, Side]
    keys: dict[tuple[str, str], IssuedKey]
    public_ids: dict[str, dict[str, str]]
    findings: Findings
    # Only these root fields; all of them where it is empty.
    roots: frozenset[str] = frozenset()
    requests: int = 0
    answers: int = 0
    places: set[str] = field(default_factory=set)
    seen: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    refused: dict[tuple[str, str], int] = field(default_factory=dict)
    # Requests by side that must have left an event.
    asked: dict[str, int] = field(default_factory=dict)

    @property
    def attackers(self) -> Iterator[Attacker]:
        """Everybody on both sides."""
        for side, other in (self.sides, self.sides[::-1]):
            for who in side.users:
                yield Attacker(f"{side.slug}/{who}", who, side, other, self.keys[side.slug, who])

    @property
    def marks(self) -> list[Mark]:
        """All marks of both sides."""
        return [mark for side in self.sides for marked in side.marked.values() for mark in marked.marks]

    def compare(self, revoked_key: str) -> None:
        """What everybody gets who asks plainly: owners and recipients theirs, and keys that have ended nothing."""
        self._ask_without_key(revoked_key)
        for attacker in self.attackers:
            self._look_at_own(attacker)
        self._compare_with_what_must_be_seen()

    def try_everything(self, verb: str) -> None:
        """Strangers at every field that reads (`query`) or changes something (`mutation`)."""
        schema = self._introspect(self.keys[self.sides[0].slug, "owner"].text)
        later = (timezone.now() + timedelta(days=20)).isoformat()
        for attacker in self.attackers:
            if attacker.who == "owner":
                continue
            if verb == "mutation":
                ids = [str(attacker.other.cases["private"]), str(attacker.other.teams["owners"])]
                for document in pack(self._wanted(Asking(schema, ids, [], later).mutations())):
                    self._try(attacker, document)
                continue
            for side in (attacker.other,) if attacker.who == "auditor" else self.sides:
                asking = Asking(schema, self._ids(side), self._texts(side), later)
                for document in pack(self._wanted(asking.queries())):
                    self._try(attacker, document)

    def _wanted(self, questions: Iterator[Question]) -> Iterator[Question]:
        return (question for question in questions if not self.roots or question.root in self.roots)

    def recorded(self, side: Side) -> tuple[int, int]:
        """How many requests of a side's people must be on its record by now, and how many are."""
        tokens = [self.keys[side.slug, who].token_id for who in side.users]
        with acting_as(side.system, durable=True):
            events = AccessEvent.objects.filter(tenant_id=side.tenant_id, token_id__in=tokens)
            return self.asked.get(side.slug, 0), events.order_by().values("request_id").distinct().count()

    # -- asking -------------------------------------------------------------------------------------------------------

    def _send(self, key: str, text: str, variables: dict[str, Any]) -> Answer:
        headers = {"content-type": "application/json"}
        if key:
            headers["authorization"] = f"Bearer {key}"
        body = orjson.dumps({"query": text, "variables": variables})
        self.requests += 1
        try:
            return send("POST", f"{self.base_url}/graphql", headers=headers, body=body, limits=LIMITS)
        except OutgoingFault as fault:
            raise NoAnswer(f"The API at CASEWARD_PROOF_URL cannot be reached: {fault.code}.") from None

    def _body(self, answer: Answer, place: str) -> dict[str, Any]:
        if answer.status != 200 or answer.is_cut:
            raise NoAnswer(f"The API answered {answer.status} at {place}.")
        body: dict[str, Any] = orjson.loads(answer.body)
        return body

    def _introspect(self, key: str) -> GraphQLSchema:
        body = self._body(self._send(key, INTROSPECTION, {}), "its schema")
        if body.get("errors"):
            raise NoAnswer("The API does not show its schema.")
        return schema_of(body["data"])

    def _ask_without_key(self, revoked_key: str) -> None:
        for name, key in (("nobody", ""), ("revoked token", revoked_key), ("unknown token", "cw_nobody_knows")):
            answer = self._send(key, LIST, {})
            self.findings.check(answer.status == 401, Finding("tokens", name, "Query.cases", f"HTTP {answer.status}"))

    def _look_at_own(self, attacker: Attacker) -> None:
        """The list and the raw text of everything, asked plainly: what the owner and the recipient must get."""
        body = self._ask(attacker, Question("query", "cases", {}, {}, ""), LIST, {})
        codes = {error.get("extensions", {}).get("code") for error in body.get("errors", [])}
        if codes & FAULTS:
            raise NoAnswer(f"The API answered {', '.join(sorted(filter(None, codes)))} at Query.cases.")
        for side in self.sides:
            for case_id in side.cases.values():
                self._ask(attacker, Question("query", "rawCase", {"id": ""}, {}, ""), RAW, {"id": str(case_id)})

    def _ids(self, side: Side) -> list[str]:
        """Ids of a side by which its strangers should get nothing that they may not have."""
        cases, public = side.cases, self.public_ids[side.slug]
        return [
            str(cases["private"]), str(cases["shared"]), public["shared"], public["restricted"],
            str(side.grants["shared"]), str(side.teams["owners"]),
        ]  # fmt: skip

    def _texts(self, side: Side) -> list[str]:
        private = side.marked["private"]
        return [private.words.value, private.secrets[0].value]

    def _try(self, attacker: Attacker, document: Document) -> None:
        """Ask a document; where a refusal has taken its neighbours with it, ask those again without it."""
        waiting = list(document.questions)
        while waiting:
            document = document_of(waiting)
            body = self._ask(attacker, waiting[0], document.text, document.variables, document=document)
            errors = body.get("errors", [])
            codes = {error.get("extensions", {}).get("code") for error in errors}
            if "LIMIT_EXCEEDED" in codes and len(waiting) > 1:
                half = len(waiting) // 2
                self._try(attacker, document_of(waiting[:half]))
                waiting = waiting[half:]
                continue
            if codes & FAULTS:
                told = ", ".join(sorted(filter(None, codes)))
                raise NoAnswer(f"The API answered {told} at {waiting[0].place}.")
            if body.get("data") is not None or not errors:
                self.places |= {question.place for question in waiting}
                return
            refused = waiting.pop(int(str(errors[0]["path"][0]).removeprefix("q")))
            self.places.add(refused.place)
            known = (attacker.name, refused.root)
            self.refused[known] = self.refused.get(known, 0) + 1
            if self.refused[known] >= MOST_REFUSALS:
                # Whoever may not ask here at all is refused whatever he asks for.
                waiting = [question for question in waiting if question.root != refused.root]

    # -- judging ------------------------------------------------------------------------------------------------------

    def _ask(
        self,
        attacker: Attacker,
        first: Question,
        text: str,
        variables: dict[str, Any],
        document: Document | None = None,
    ) -> dict[str, Any]:
        answer = self._send(attacker.key.text, text, variables)
        body = self._body(answer, first.place)
        self.answers += 1
        codes = {error.get("extensions", {}).get("code") for error in body.get("errors", [])}
        # Input that nobody could act on is answered before anything is decided or read.
        if first.verb == "query" and codes <= {"NOT_AVAILABLE"}:
            self.asked[attacker.home] = self.asked.get(attacker.home, 0) + 1
        place = first.place if document is None or len(document.questions) == 1 else f"{first.place} and beside it"
        for mark in found_in(answer.body, self.marks):
            if self._is_echo(mark, variables):
                continue
            self.seen.setdefault(attacker.name, set()).add((mark.case, mark.name))
            guard = "redaction" if mark.is_secret else "isolation"
            self._check(attacker.may_see(mark), attacker, guard, place, f"{mark.name} of {mark.case}")
        if attacker.who != "auditor":
            # Auditors are shown the ids that their own people have asked by.
            self._look_for_ids(attacker, answer.body, variables, place)
        if document is not None:
            self._judge_refusals(attacker, document, body)
        return body

    def _is_echo(self, mark: Mark, variables: dict[str, Any]) -> bool:
        """Whether the asker has sent it himself: what the gate signs, for one, holds what it was asked."""
        return mark.value in orjson.dumps(variables).decode()

    def _check(self, holds: bool, attacker: Attacker, guard: str, place: str, what: str) -> None:
        """Count a check; where it does not hold, with the request that the record knows."""
        request_id = "" if holds else self._newest_request(attacker)
        self.findings.check(holds, Finding(guard, attacker.name, place, what, request_id))

    def _newest_request(self, attacker: Attacker) -> str:
        """The id of the request that was just answered, as events and logs name it; empty if it left no event."""
        with acting_as(attacker.side.system, durable=True):
            events = AccessEvent.objects.filter(tenant_id=attacker.side.tenant_id, token_id=attacker.key.token_id)
            return events.order_by("-pk").values_list("request_id", flat=True).first() or ""

    def _look_for_ids(self, attacker: Attacker, body: bytes, variables: dict[str, Any], place: str) -> None:
        sent = orjson.dumps(variables)
        for name, case_id in attacker.other.cases.items():
            given = str(case_id).encode()
            what = f"id of {attacker.other.slug}/{name}"
            self._check(given in sent or given not in body, attacker, "inner ids", place, what)

    def _judge_refusals(self, attacker: Attacker, document: Document, body: dict[str, Any]) -> None:
        """A mutation with somebody else's ids is carried out by nobody; the record is shown to auditors alone."""
        data = body.get("data") or {}
        for number, question in enumerate(document.questions):
            told = data.get(f"q{number}")
            if question.verb == "mutation":
                kind = told.get("__typename") if isinstance(told, dict) else None
                is_refused = told is None or kind in NOT_DONE
                self._check(is_refused, attacker, "decisions", question.place, f"carried out: {kind}")
            elif question.root in {"accessEvents", "disclosures"} and attacker.who != "auditor":
                self._check(told is None, attacker, "decisions", question.place, "the record was shown")

    def _compare_with_what_must_be_seen(self) -> None:
        """An API that shows nothing to anybody would leak nothing: owners and recipients must have got theirs."""
        for attacker in self.attackers:
            seen = self.seen.get(attacker.name, set())
            for mark in self.marks:
                must = attacker.may_see(mark)
                self.findings.check(
                    not must or (mark.case, mark.name) in seen,
                    Finding("comparison", attacker.name, "Query.cases", f"{mark.name} of {mark.case} was not shown"),
                )
