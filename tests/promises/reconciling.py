"""Random operations through every door, each with what its record must hold, worked out from what really came back."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import UUID, uuid4

import orjson
from django.test import Client
from django.utils import timezone

from hub.workflows.importing import import_file
from hub.workflows.outcomes import Refusal
from hub.workflows.projection import build_projections
from tests.admin.pages import LISTS, label
from tests.promises.asking import Asker, keeper_rows
from tests.promises.background import owner_rows
from tests.world import PURPOSE

# What is asked below a field; id and digest are always asked for.
FIELDS = {
    "title": "", "summary": "", "tags": "", "owner": "", "kind": "", "links": "", "evidenceCount": "",
    "severity": "{ label }", "model": "{ name }", "evidence": "(first: 1) { name }", "writeUp": "{ results }",
}  # fmt: skip
READERS = ("alice", "bob", "dana", "rita", "olga", "erin", "carol", "dave", "trudy")
INSIDE = ("olga", "omar", "erin", "rita", "petra")
CHANGE_LINK = re.compile(r'href="/admin/([a-z]+/[a-z]+)/([0-9a-f-]{36})/change/')
# Doors at which a fault is put behind the record of what was done: all of it is taken back.
FAULTS = ("hub.api.catalog.mutations._submitted", "hub.api.catalog.queries._connection",
          "hub.api.catalog.queries.RawCase.from_disclosure")  # fmt: skip
STATE = ("catalog_case", "catalog_caseversion", "catalog_casetag", "sharing_sharinggrant", "sharing_receipt",
         "sharing_accessrequest")  # fmt: skip


@dataclass(frozen=True)
class Event:
    """One event as it is compared; `detail` holds only what could be read off the answer."""

    action: str
    outcome: str
    user_id: UUID | None
    object_id: str | None = None
    detail: tuple[tuple[str, Any], ...] = ()
    # Owner tenant, cases, fields, policy versions, grants, raw, purpose.
    disclosed: frozenset[tuple[Any, ...]] = frozenset()


@dataclass
class Reconciler:
    """Acts at random and keeps the books: what was returned, and what is on record of it."""

    ask: Asker
    chance: random.Random
    folder: Path
    done: Counter[str] = field(default_factory=Counter)
    expected: int = 0
    counted: int = 0
    number: int = 0
    # The first transaction that belongs to the present operation.
    horizon: str = "0"

    def __post_init__(self) -> None:
        self.world = self.ask.world
        self.own = [str(case_id) for case_id in self.world.cases.values()]
        self.public = [row[0] for row in owner_rows("SELECT DISTINCT public_id FROM sharing_projection")]
        self.grants = [str(grant_id) for grant_id in self.world.grants.values()]
        for who in READERS:
            self.ask.token(who)
        for who in INSIDE:
            self.ask.session(who)
        self.start = self.count()
        self.counted_before = self.refusals()

    # -- books ----------------------------------------------------------------------------------------------------

    def act(self) -> None:
        """One random operation, and the comparison of its record with what came back."""
        self.number += 1
        doors: dict[Callable[[], list[Event]], int] = {
            self.list_cases: 20, self.read_case: 15, self.read_raw: 8, self.list_record: 8, self.several: 6,
            self.change: 12, self.govern: 6, self.look: 10, self.open_row: 6, self.import_some: 2,
            self.upload: 2, self.sign_in: 2, self.come_as_nobody: 4, self.break_down: 5, self.work: 1,
        }  # fmt: skip
        door = self.chance.choices(list(doors), list(doors.values()))[0]
        self.horizon = keeper_rows("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")[0][0]
        expected = door()
        found = self.found(expected)
        assert Counter(found) == Counter(expected), f"operation {self.number}, {door.__name__}"
        self.expected += len(expected)
        self.done[door.__name__] += 1

    def found(self, expected: list[Event]) -> list[Event]:
        """What is on record since the operation began, as far as it is compared."""
        wanted = {(event.action, event.outcome): event for event in expected}
        rows = keeper_rows(
            "SELECT id, action, outcome, user_id, object_id, detail::text FROM audit.access_event"
            " WHERE appended_in >= %s::text::xid8",
            [self.horizon],
        )
        events = []
        for event_id, action, outcome, user_id, object_id, detail in rows:
            like, told = wanted.get((action, outcome)), orjson.loads(detail)
            disclosed = keeper_rows(
                "SELECT owner_tenant_id, case_ids, fields, policy_version_ids, grant_ids, is_raw, purpose"
                " FROM audit.access_disclosure WHERE event_id = %s", [event_id],
            )  # fmt: skip
            events.append(Event(
                action, outcome, user_id, object_id if like and like.object_id is not None else None,
                tuple((name, frozen(told.get(name))) for name, _ in like.detail) if like else (),
                frozenset((owner, frozenset(cases), tuple(fields), frozenset(versions), frozenset(grants), raw, purpose)
                          for owner, cases, fields, versions, grants, raw, purpose in disclosed),
            ))  # fmt: skip
        return events

    def count(self) -> int:
        """All events there are."""
        return int(keeper_rows("SELECT count(*) FROM audit.access_event")[0][0])

    def refusals(self) -> int:
        """Refusals of nobody in particular."""
        return int(keeper_rows("SELECT coalesce(sum(count), 0) FROM audit.refusal_count")[0][0])

    def state(self) -> list[Any]:
        """How many rows there are of what operations make and change."""
        return [owner_rows(f"SELECT count(*), max(xmin::text::bigint) FROM {table}") for table in STATE]

    # -- GraphQL --------------------------------------------------------------------------------------------------

    def send(self, who: str, query: str, **variables: Any) -> Any:
        """The body of an answer over the real door."""
        answer = self.ask.send(who, query, variables)
        assert answer.status == 200, answer.content
        return answer.body

    def user(self, who: str) -> UUID:
        """Whose account it is."""
        return self.world.cast.user(who).pk

    def fields(self) -> tuple[str, ...]:
        """Some fields of a case; id and digest tell afterwards which projection it was."""
        return ("id", "digest", *self.chance.sample(sorted(FIELDS), self.chance.randint(1, 5)))

    def list_cases(self) -> list[Event]:
        """A page of shared cases under a random filter and order."""
        who, fields = self.chance.choice(READERS), self.fields()
        order = self.chance.choice(["NEWEST", "OLDEST", "SEVERITY", "OCCURRED"])
        condition = self.chance.choice(
            ["", "kinds: [INCIDENT]", 'text: "refund"', "highestTlp: GREEN", 'tags: ["x:y"]']
        )
        query = f"{{ cases(first: {self.chance.randint(1, 6)}, order: {order}, filter: {{{condition}}})"
        body = self.send(who, f"{query} {{ nodes {{ {selection(fields)} }} }} }}")
        return [self.listed(who, body, "cases", fields)]

    def listed(self, who: str, body: Any, alias: str, fields: tuple[str, ...]) -> Event:
        """What must be on record of a page that came back, or of its refusal."""
        page = (body["data"] or {}).get(alias)
        if page is None:
            assert {error["extensions"]["code"] for error in body["errors"]} == {"NOT_AVAILABLE"}
            return Event("case.list", "refused", self.user(who))
        disclosed = self.disclosed(who, page["nodes"], fields)
        return Event("case.list", "allowed", self.user(who), "", (("count", len(page["nodes"])),), disclosed)

    def read_case(self) -> list[Event]:
        """One case by whatever id."""
        who, fields = self.chance.choice(READERS), self.fields()
        wanted = self.chance.choice([*self.public, *self.own, str(uuid4()), "c_" + "a" * 26])
        root = self.chance.choice(["case", "node"])
        query = f"query($id: ID!) {{ {root}(id: $id) {{ __typename ... on Case {{ {selection(fields)} }} }} }}"
        node = self.send(who, query, id=wanted)["data"][root]
        if node is None or node["__typename"] != "Case":
            return [Event("case.read", "refused", self.user(who), wanted)]
        return [Event("case.read", "allowed", self.user(who), wanted, (), self.disclosed(who, [node], fields))]

    def disclosed(self, who: str, nodes: list[Any], fields: tuple[str, ...]) -> frozenset[tuple[Any, ...]]:
        """The disclosures that nodes of an answer ask for: found by what came back, not by what was decided."""
        by_owner: dict[UUID, list[tuple[UUID, UUID, UUID | None]]] = {}
        own_teams = [UUID(str(team)) for team in self.world.cast[who].team_ids]
        for node in nodes:
            assert set(node) - {"__typename"} == set(fields)
            ((case, owner, team, version, audience),) = owner_rows(
                "SELECT case_id, tenant_id, team_id, policy_version_id, audience_id FROM sharing_projection"
                " WHERE public_id = %s AND digest = %s AND is_in_force", [node["id"], node["digest"]],
            )  # fmt: skip
            grant = None
            if team not in own_teams:
                # The oldest running grant to that audience which covers the case: the basis by the rule of sharing.
                ((grant,), *_) = owner_rows(
                    "SELECT g.id FROM sharing_sharinggrant g JOIN sharing_grantcoverage c ON c.grant_id = g.id"
                    " WHERE g.audience_id = %s AND c.case_id = %s AND g.state = 'active' AND g.starts_at <= now()"
                    " AND g.expires_at > now() AND g.purpose = %s ORDER BY g.issued_at", [audience, case, PURPOSE],
                )  # fmt: skip
            by_owner.setdefault(owner, []).append((case, version, grant))
        return frozenset(
            (owner, frozenset(row[0] for row in rows), tuple(sorted(set(fields))), frozenset(row[1] for row in rows),
             frozenset(row[2] for row in rows if row[2]), False, PURPOSE)
            for owner, rows in by_owner.items()
        )  # fmt: skip

    def read_raw(self) -> list[Event]:
        """The raw document of a case, by those who may and those who may not."""
        who, wanted = self.chance.choice(READERS), self.chance.choice([*self.own, str(uuid4())])
        query = "query($id: ID!) { rawCase(id: $id) { __typename ... on RawCase { id version document basis } } }"
        raw = self.send(who, query, id=wanted)["data"]["rawCase"]
        if raw["__typename"] == "NotAvailable":
            return [Event("case.read_raw", "refused", self.user(who), wanted)]
        ((tenant,),) = owner_rows("SELECT tenant_id FROM catalog_case WHERE id = %s", [raw["id"]])
        row = (tenant, frozenset([UUID(raw["id"])]), ("raw",), frozenset(), frozenset(), True, PURPOSE)
        detail = (("version", raw["version"]),)
        return [Event("case.read_raw", "allowed", self.user(who), wanted, detail, frozenset([row]))]

    def list_record(self) -> list[Event]:
        """Events, disclosures, grants, and oneself."""
        who = self.chance.choice(READERS)
        root, action = self.chance.choice([("accessEvents", "audit.read"), ("disclosures", "audit.read"),
                                           ("grants", "grant.list"), ("viewer", "viewer.read")])  # fmt: skip
        if root == "viewer":
            assert self.send(who, "{ viewer { key } }")["data"]["viewer"]
            return [Event(action, "allowed", self.user(who))]
        body = self.send(who, f"{{ {root}(first: {self.chance.randint(1, 9)}) {{ nodes {{ id }} }} }}")
        if body["data"] is None:
            return [Event(action, "refused", self.user(who))]
        ids = [node["id"] for node in body["data"][root]["nodes"]]
        detail = ("grants", tuple(ids)) if root == "grants" else ("count", len(ids))
        return [Event(action, "allowed", self.user(who), "", (detail,))]

    def several(self) -> list[Event]:
        """Several root fields in one request: an event for each."""
        who, fields = self.chance.choice(("alice", "bob", "dana", "carol", "dave")), self.fields()
        times = self.chance.randint(2, 4)
        roots = [
            f"r{number}: cases(first: {number + 1}) {{ nodes {{ {selection(fields)} }} }}" for number in range(times)
        ]
        body = self.send(who, "{ " + " ".join(roots) + " }")
        return [self.listed(who, body, f"r{number}", fields) for number in range(times)]

    def change(self) -> list[Event]:
        """Steps of owners and reviewers, by whoever it is."""
        who, wanted = self.chance.choice(READERS), self.chance.choice([*self.own, str(uuid4())])
        title = f"A router sends tickets astray, {self.number}"
        document = {"title": self.chance.choice([title, title, ""]), "facts": {"kind": "bug"}}
        root, action, declared, given, values = self.chance.choice([
            ("submitCase", "case.submit", "$t: ID!, $c: JSON!", "teamId: $t, case: $c",
             {"t": str(self.world.cast.team(self.chance.choice(("acme/atlas", "borealis/lumen"))).pk), "c": document}),
            ("editCase", "case.edit", "$i: ID!, $c: JSON!", "caseId: $i, case: $c", {"i": wanted, "c": document}),
            ("tagCase", "case.tag", "$i: ID!, $a: [String!]", "caseId: $i, add: $a",
             {"i": wanted, "a": [self.chance.choice(['team:a="b"', "no tag"])]}),
            ("raiseSensitivity", "case.sensitivity", "$i: ID!", "caseId: $i, dataClass: RESTRICTED", {"i": wanted}),
            ("reviewCase", "case.review", "$i: ID!", "caseId: $i, version: 1, verdict: ACCEPT", {"i": wanted}),
            ("addEvidence", "evidence.add", "$i: ID!",
             'caseId: $i, evidence: {name: "log", kind: "logs", payload: "step=route"}', {"i": wanted}),
        ])  # fmt: skip
        return self.step(who, root, action, declared, given, values)

    def govern(self) -> list[Event]:
        """Steps of officers, by whoever it is."""
        who = self.chance.choice(("olga", "olga", "omar", "alice", "erin", "carol"))
        terms = {
            "recipient": self.chance.choice(["borealis/drift", "cobalt", "nobody/here"]), "profile": "partner",
            "purpose": "AcademicResearch", "ceilingClass": "RESTRICTED", "ceilingTlp": "AMBER",
            "expiresAt": (timezone.now() + timedelta(days=9)).isoformat(),
        }  # fmt: skip
        team = str(self.world.cast.team("acme/atlas").pk)
        fresh = [grant for grant in self.grants if grant not in map(str, self.world.grants.values())]
        wanted = self.chance.choice([*fresh, str(uuid4())])
        root, action, declared, given, values = self.chance.choice([
            ("issueGrant", "grant.issue", "$t: ID!, $x: GrantTermsInput!", "teamId: $t, terms: $x",
             {"t": team, "x": terms}),
            ("revokeGrant", "grant.revoke", "$i: ID!", 'id: $i, reason: "r"', {"i": wanted}),
        ])  # fmt: skip
        return self.step(who, root, action, declared, given, values)

    def step(self, who: str, root: str, action: str, declared: str, given: str, values: dict[str, Any]) -> list[Event]:
        """One mutation; what it answers decides what must be on record, and whether anything may have changed."""
        before = self.state()
        query = f"mutation({declared}) {{ {root}({given}) {{ __typename {ANSWERS.get(root, '')} }} }}"
        answer = self.send(who, query, **values)["data"][root]
        kind = answer["__typename"]
        if kind in {"NotAvailable", "InvalidInput"}:
            assert self.state() == before, (root, kind)
        if kind == "NotAvailable":
            return [Event(action, "refused", self.user(who))]
        if kind == "InvalidInput":
            return [Event(action, "refused" if root == "issueGrant" else "failed", self.user(who))]
        if root == "submitCase":
            self.own.append(answer["caseId"])
            return [Event(action, "allowed", self.user(who), answer["caseId"])]
        if root == "issueGrant":
            self.grants.append(answer["grantId"])
            if answer["state"] == "PROPOSED":
                action = "grant.propose"
            return [Event(action, "allowed", self.user(who))]
        return [Event(action, "allowed", self.user(who), values["i"])]

    def break_down(self) -> list[Event]:
        """A fault of ours after reading, changing and recording: nothing of it stands, the fault alone is recorded."""
        place = self.chance.choice(FAULTS)
        who, case = "alice", self.own[0]
        title = orjson.dumps(f"Never kept {self.number}").decode()
        team = self.world.cast.team("acme/atlas").pk
        query = {
            FAULTS[0]: f'mutation {{ submitCase(teamId: "{team}", case: {{title: {title}}}) {{ __typename }} }}',
            FAULTS[1]: "{ cases(first: 2) { nodes { id } } }",
            FAULTS[2]: f'{{ rawCase(id: "{case}") {{ __typename }} }}',
        }[place]
        before = self.state()
        with mock.patch(place, side_effect=ValueError("broken")) as broken:
            answer = self.ask.send(who, query, {})
        assert broken.called
        assert (answer.status, answer.codes) == (500, ["INTERNAL_ERROR"])
        assert self.state() == before
        return [Event("operation.fail", "failed", self.user(who), "graphql", (("status", 500),))]

    # -- the officers' site ---------------------------------------------------------------------------------------

    def look(self) -> list[Event]:
        """A list of the site, by anybody who comes in there."""
        who, path = self.chance.choice(INSIDE), self.chance.choice(sorted(LISTS))
        page = self.ask.session(who).get(f"/admin/{path}/")
        if page.status_code == 403:
            return [Event("admin.view", "refused", self.user(who), "")]
        assert page.status_code == 200
        table = page.content.decode().partition('id="result_list"')[2].partition("</table>")[0]
        shown = {row for model, row in CHANGE_LINK.findall(table) if model == path}
        return [Event("admin.view", "allowed", self.user(who), "", (("count", len(shown)),))]

    def open_row(self) -> list[Event]:
        """A row of the site, or one that is not there."""
        who = self.chance.choice(INSIDE)
        path, row = self.chance.choice([("catalog/case", self.chance.choice(self.own)), ("catalog/case", str(uuid4())),
                                        ("sharing/sharinggrant", self.chance.choice(self.grants))])  # fmt: skip
        page = self.ask.session(who).get(f"/admin/{path}/{row}/change/")
        outcome = "allowed" if page.status_code == 200 else "refused"
        assert page.status_code in {200, 403}
        ((kind,),) = keeper_rows(
            "SELECT object_kind FROM audit.access_event WHERE appended_in >= %s::text::xid8", [self.horizon]
        )
        assert kind == label(path)
        return [Event("admin.view", outcome, self.user(who), row)]

    # -- other doors ----------------------------------------------------------------------------------------------

    def import_some(self) -> list[Event]:
        """A file of cases, good and bad records in it."""
        who = self.chance.choice(("alice", "alice", "dave"))
        actor = self.world.cast[who]
        names = [f"{self.number}-{number}" for number in range(self.chance.randint(1, 3))]
        records: list[dict[str, Any]] = [
            {"title": f"Imported {name}", "source": "book", "source_id": name, "facts": {"kind": "bug"}}
            for name in names
        ]
        records += [{"title": ""}] * self.chance.randint(0, 2)
        file = self.folder / "cases.jsonl"
        file.write_bytes(b"".join(orjson.dumps(record) + b"\n" for record in records))
        events = []
        for batch in import_file(actor, team_id=self.world.cast.team("acme/atlas").pk, path=file, format="jsonl"):
            if isinstance(batch, Refusal):
                return [Event("case.import", "refused", self.user(who))]
            made = [str(case_id) for case_id in batch.created]
            self.own += made
            detail = (("created", frozen(made)), ("unchanged", batch.unchanged), ("problems", len(batch.problems)))
            events.append(Event("case.import", "allowed", self.user(who), None, detail))
        return events

    def upload(self) -> list[Event]:
        """A file for a case, at its own address."""
        who, wanted = self.chance.choice(("alice", "carol", "erin")), self.chance.choice(self.own)
        answer = self.ask.client.post(
            f"/cases/{wanted}/evidence?name=file{self.number}&kind=logs", b"step=route\n", content_type="text/plain",
            headers={"Authorization": f"Bearer {self.ask.token(who)}"},
        )  # fmt: skip
        outcome = {201: "allowed", 404: "refused", 422: "failed"}[answer.status_code]
        return [Event("evidence.add", outcome, self.user(who), wanted)]

    def sign_in(self) -> list[Event]:
        """In and out at the site; a wrong password is counted."""
        who, is_right = self.chance.choice(INSIDE), self.chance.random() < 0.7
        browser = Client()
        password = self.world.cast.password(who) if is_right else "not the password"
        # Each from an address of its own, so that the lock on wrong passwords stays open.
        at = {"REMOTE_ADDR": f"10.{self.number // 250 % 250}.{self.number % 250}.7"}
        form = {"username": self.world.cast.user(who).email, "password": password}
        answer = browser.post("/admin/login/", form, **at)
        if not is_right:
            assert answer.status_code == 200
            self.counted += 1
            return []
        assert answer.status_code == 302
        assert browser.post("/admin/logout/", **at).status_code == 200
        return [Event("sign_in", "allowed", self.user(who)), Event("sign_out", "allowed", self.user(who))]

    def come_as_nobody(self) -> list[Event]:
        """Without a token, or with one that opens nothing: counted."""
        sent = self.chance.choice([{}, {"Authorization": "Bearer cw_nonsense"}, {"Authorization": "Basic x"}])
        question = {"query": "{ cases { nodes { id } } }"}
        answer = Client(headers=sent).post("/graphql", question, content_type="application/json")
        assert answer.status_code == 401
        self.counted += 1
        return []

    def work(self) -> list[Event]:
        """Background work: every projection that changed hands is on record, and no other."""
        stored = "SELECT id, state, built_at FROM sharing_projection WHERE state IN ('ready', 'withheld')"
        before = set(owner_rows(stored))
        for tenant in self.world.cast.tenants.values():
            build_projections(tenant.pk)
        made = Counter(
            (f"projection.{'build' if state == 'ready' else 'withhold'}", str(row))
            for row, state, _ in set(owner_rows(stored)) - before
        )
        events = keeper_rows(
            "SELECT action, object_id FROM audit.access_event WHERE appended_in >= %s::text::xid8", [self.horizon],
        )  # fmt: skip
        assert Counter(event for event in events if event[0].startswith("projection.")) == made
        # What was found in new texts, and levels that it has raised, are events beside these.
        assert {action for action, _ in events} <= {
            "projection.build", "projection.withhold", "analysis.build", "case.sensitivity", "policy.switch",
        }  # fmt: skip
        self.public = [row[0] for row in owner_rows("SELECT DISTINCT public_id FROM sharing_projection")]
        return [Event(action, "allowed", None) for action, _ in events]


ANSWERS = {"submitCase": "... on CaseSubmitted { caseId }", "issueGrant": "... on GrantChanged { grantId state }"}


def selection(fields: tuple[str, ...]) -> str:
    """Fields of a case as a selection."""
    return " ".join(f"{name}{FIELDS.get(name, '')}" for name in fields)


def frozen(value: Any) -> Any:
    """A value that can be counted."""
    return tuple(value) if isinstance(value, list) else value
