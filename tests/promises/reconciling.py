"""Random operations through every door, each with what its record must hold, worked out from what really came back."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import orjson
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from hub.workflows.importing import import_file
from hub.workflows.outcomes import Refusal
from hub.workflows.projection import build_projections
from tests.admin.pages import LISTS, label
from tests.promises.asking import keeper_rows
from tests.promises.background import owner_rows
from tests.promises.bookkeeping import INSIDE, Event, frozen
from tests.promises.random_questions import QueryDoors

CHANGE_LINK = re.compile(r'href="/admin/([a-z]+/[a-z]+)/([0-9a-f-]{36})/change/')


class Reconciler(QueryDoors):
    """Acts at random at every door and compares: what was returned, and what is on record of it."""

    def act(self) -> None:
        """One random operation, and the comparison of its record with what came back."""
        self.number += 1
        doors: dict[Callable[[], list[Event]], int] = {
            self.list_cases: 20, self.read_case: 15, self.read_raw: 8, self.list_record: 8, self.several: 6,
            self.change: 12, self.govern: 6, self.look: 10, self.open_row: 6, self.import_some: 2,
            self.upload: 2, self.sign_in: 2, self.come_as_nobody: 4, self.break_down: 5, self.work: 1, self.export: 4,
            self.export_by_command: 2,
        }  # fmt: skip
        door = self.chance.choices(list(doors), list(doors.values()))[0]
        self.horizon = keeper_rows("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")[0][0]
        expected = door()
        found = self.found(expected)
        assert Counter(found) == Counter(expected), f"operation {self.number}, {door.__name__}"
        self.expected += len(expected)
        self.done[door.__name__] += 1

    # -- the officers' site ---------------------------------------------------------------------------------------

    def look(self) -> list[Event]:
        """A list of the site, by anybody who comes in there: just the rows that its page holds are on record."""
        who, path = self.chance.choice(INSIDE), self.chance.choice(sorted(LISTS))
        page = self.ask.session(who).get(f"/admin/{path}/")
        if page.status_code == 403:
            return [Event("admin.view", "refused", self.user(who), "")]
        assert page.status_code == 200
        table = page.content.decode().partition('id="result_list"')[2].partition("</table>")[0]
        shown = dict.fromkeys(row for model, row in CHANGE_LINK.findall(table) if model == path)
        detail = (("count", len(shown)), ("rows", tuple(shown) or None))
        return [Event("admin.view", "allowed", self.user(who), "", detail)]

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

    def export(self) -> list[Event]:
        """A file of the record over HTTP: how many rows left, and the digest of what did."""
        who, form = self.chance.choice(("erin", "erin", "olga", "carol")), self.chance.choice(("jsonl", "csv", "ocsf"))
        subject = self.chance.choice(("events", "disclosures"))
        since = (timezone.now() - timedelta(seconds=20)).isoformat()
        answer = self.ask.client.get(
            "/audit/export", {"subject": subject, "format": form, "since": since},
            headers={"Authorization": f"Bearer {self.ask.token(who)}"},
        )  # fmt: skip
        if answer.status_code == 404:
            return [Event("audit.export", "refused", self.user(who))]
        assert answer.status_code == 200
        return [self.exported(who, form, b"".join(answer.streaming_content))]

    def export_by_command(self) -> list[Event]:
        """The same from the command line."""
        who, form = self.chance.choice(("erin", "erin", "olga")), self.chance.choice(("jsonl", "csv", "ocsf"))
        since, file = (timezone.now() - timedelta(seconds=20)).isoformat(), self.folder / "record"
        options = ["--subject", self.chance.choice(("events", "disclosures")), "--format", form, "--from", since]
        email = self.world.cast.user(who).email
        try:
            call_command("export_audit", "--tenant", "acme", "--as", email, "--output", str(file), *options)
        except CommandError:
            return [Event("audit.export", "refused", self.user(who))]
        return [self.exported(who, form, file.read_bytes())]

    def exported(self, who: str, form: str, written: bytes) -> Event:
        """What must be on record of a file that fits one page."""
        rows = written.count(b"\n") - (form == "csv")
        assert rows < 1000, "one page is expected"
        digest = hashlib.sha256(written).hexdigest()
        detail = (("count", rows), ("form", form), ("rows", rows), ("sha256", digest), ("sha256_of_all", digest))
        return Event("audit.export", "allowed", self.user(who), "", detail)

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
