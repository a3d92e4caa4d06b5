"""Random questions and steps over GraphQL, each with what its record must hold, worked out from what came back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import UUID, uuid4

import orjson
from django.utils import timezone

from tests.promises.background import owner_rows
from tests.promises.bookkeeping import READERS, Books, Event
from tests.world import PURPOSE

# What is asked below a field; id and digest are always asked for.
FIELDS = {
    "title": "", "summary": "", "tags": "", "owner": "", "kind": "", "links": "", "evidenceCount": "",
    "severity": "{ label }", "model": "{ name }", "evidence": "(first: 1) { name }", "writeUp": "{ results }",
}  # fmt: skip
# Doors at which a fault is put behind the record of what was done: all of it is taken back.
FAULTS = ("hub.api.catalog.mutations._submitted", "hub.api.catalog.queries._connection",
          "hub.api.catalog.queries.RawCase.from_disclosure")  # fmt: skip
ANSWERS = {"submitCase": "... on CaseSubmitted { caseId }", "issueGrant": "... on GrantChanged { grantId state }"}


class QueryDoors(Books):
    """What is done over GraphQL."""

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


def selection(fields: tuple[str, ...]) -> str:
    """Fields of a case as a selection."""
    return " ".join(f"{name}{FIELDS.get(name, '')}" for name in fields)
