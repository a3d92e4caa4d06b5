"""`GET /audit/export`: what each of the cast gets of the record, in which form, and what stays on record of it."""

import csv
import hashlib
import io
import json
from uuid import UUID

import pytest
from django.db import connections
from django.test import Client

from hub.audit.actions import AuditAction
from hub.audit.models import AccessEvent
from hub.audit.recording import DisclosedRow, record
from hub.audit.sealing import seal
from hub.demo.cast import CAST
from hub.workflows import exporting
from hub.workflows.exporting import _may_run
from tenants.actors import system_actor
from tenants.decisions import allow, refuse
from tenants.scoping import acting_as

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keeper"])
OWN, FOREIGN, GRANT = UUID(int=901), UUID(int=902), UUID(int=903)


@pytest.fixture
def read(cast):
    """Alice of acme has read a case of borealis under a grant, and carol of borealis one of acme."""
    acme, atlas = cast.tenant("acme").pk, cast.team("acme/atlas").pk
    borealis, lumen = cast.tenant("borealis").pk, cast.team("borealis/lumen").pk
    for who, owner, team, case in (("alice", borealis, lumen, FOREIGN), ("carol", acme, atlas, OWN)):
        actor = cast.actor(who, purpose="ResearchAndDevelopment")
        with acting_as(actor):
            record(
                actor, AuditAction.CASE_READ, "shared_case:c_1", allow(f"grant:{GRANT}"), fields=["title"],
                disclosed=[DisclosedRow(owner, team, case, GRANT)], count=1,
            )  # fmt: skip
            record(actor, AuditAction.CASE_READ_RAW, f"case:{case}", refuse("not_available"))
    bob = cast["bob"]
    for number in range(3):
        with acting_as(bob):
            record(bob, AuditAction.CASE_READ, f"shared_case:c_{number}", refuse("not_available"))
    return cast


def pull(cast, who, **query):
    answer = Client().get("/audit/export", query, headers={"Authorization": f"Bearer {cast.token(who)}"})
    return answer, b"".join(answer.streaming_content) if answer.streaming else answer.content


def exports(cast, tenant="acme"):
    with acting_as(system_actor(cast.tenant(tenant).pk, "test")):
        return list(AccessEvent.objects.filter(action="audit.export").order_by("id"))


def test_only_the_auditor_gets_rows_and_each_refusal_is_on_record(read):
    people = [member for member in CAST if member.role is not None]
    for member in people:
        for subject in ("events", "disclosures"):
            answer, body = pull(read, member.name, subject=subject)
            assert answer.status_code == (200 if member.name == "erin" else 404), member.name
            if member.name != "erin":
                assert json.loads(body)["errors"][0]["extensions"]["code"] == "NOT_AVAILABLE"
                last = exports(read, member.tenant)[-1]
                assert (last.outcome, last.basis, last.user_id) == (
                    "refused", "no_role", read.user(member.name).pk,
                )  # fmt: skip
    assert len(exports(read)) == 2 * len([member for member in people if member.tenant == "acme"])
    assert Client().get("/audit/export").status_code == 401


def test_an_auditor_sees_own_people_and_readers_of_own_cases_and_no_other_owners_case(read):
    _, events = pull(read, "erin", subject="events")
    _, disclosures = pull(read, "erin", subject="disclosures")
    assert {row["tenant_id"] for row in map(json.loads, events.splitlines())} == {str(read.tenant("acme").pk)}
    assert [row["case_ids"] for row in map(json.loads, disclosures.splitlines())] == [[str(OWN)]]
    assert str(FOREIGN) not in disclosures.decode()
    allowed = [row for row in map(json.loads, events.splitlines()) if row["outcome"] == "allowed"]
    assert str(FOREIGN) not in json.dumps(allowed)


@pytest.mark.parametrize("form", ["jsonl", "csv", "ocsf"])
def test_the_event_names_the_digest_of_what_left(read, form):
    answer, body = pull(read, "erin", format=form)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    event = exports(read)[-1]
    digest = hashlib.sha256(body).hexdigest()
    assert event.detail["sha256"] == event.detail["sha256_of_all"] == digest
    rows = list(csv.reader(io.StringIO(body.decode())))[1:] if form == "csv" else body.splitlines()
    assert event.detail["rows"] == event.detail["count"] == len(rows) > 2


def test_filters_and_resuming_after_the_last_row(read):
    _, whole = pull(read, "erin")
    ids = [json.loads(line)["id"] for line in whole.splitlines()]
    _, rest = pull(read, "erin", after=ids[2])
    assert [json.loads(line)["id"] for line in rest.splitlines()] == ids[3:]
    alice = f"user:{read.user('alice').pk}"
    found = {
        name: [json.loads(line)["action"] for line in pull(read, "erin", **query)[1].splitlines()]
        for name, query in {
            "actor": {"actor": alice},
            "grant": {"grant": str(GRANT)},
            "refused": {"actor": alice, "outcome": "refused"},
            "before": {"until": "2001-01-01T00:00:00Z"},
            "since": {"actor": alice, "since": "2001-01-01T00:00:00Z", "purpose": "ResearchAndDevelopment"},
        }.items()
    }
    assert found == {
        "actor": ["case.read_raw", "case.read"], "grant": ["case.read"], "refused": ["case.read_raw"], "before": [],
        "since": ["case.read_raw", "case.read"],
    }  # fmt: skip


@pytest.mark.parametrize(
    "query",
    [{"format": "xml"}, {"subject": "cases"}, {"after": "x"}, {"since": "soon"}, {"since": "2026-99-01T00:00:00Z"},
     {"actions": "case.read"}, {"action": "drop"}, {"format": "bundle", "actor": "x"}, {"actor": "a\0b"}],
)  # fmt: skip
def test_a_wrong_question_is_told_what_is_wrong_and_pulls_nothing(cast, query):
    answer, body = pull(cast, "erin", **query)
    assert answer.status_code == 400
    assert json.loads(body)["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert exports(cast) == []


def test_a_bundle_comes_by_the_same_door(read):
    answer, body = pull(read, "erin", format="bundle")
    assert answer.status_code == 409
    seal()
    answer, body = pull(read, "erin", format="bundle")
    lines = [json.loads(line) for line in body.splitlines()]
    assert [lines[0]["type"], lines[-1]["type"], lines[-1]["rows"]] == ["head", "end", len(lines) - 2]
    assert len(lines) > 4


def test_a_page_is_committed_before_its_bytes_leave_and_the_next_one_is_not_drawn(read, monkeypatch):
    monkeypatch.setattr(exporting.export_page, "__kwdefaults__", {**exporting.export_page.__kwdefaults__, "size": 2})
    answer = Client().get("/audit/export", headers={"Authorization": f"Bearer {read.token('erin')}"})

    def committed():
        with connections["keeper"].cursor() as keeper:
            keeper.execute("SELECT count(*) FROM audit.access_event WHERE action = 'audit.export'")
            return keeper.fetchone()[0]

    assert committed() == 0
    pages = iter(answer.streaming_content)
    assert len(next(pages).splitlines()) == 2
    assert committed() == 1
    next(pages)
    assert committed() == 2


@pytest.mark.parametrize(
    "cell",
    [
        "=1",
        " =1",
        "\u00a0+1",
        "\u200b-1",
        "\ufeff@x",
        "\uff1d1",
        "\u22121",
        "\t1",
        "\r1",
        "\n=1",
        " \u202e=1",
        "|x",
        "%0A",
    ],
)
def test_what_a_spreadsheet_could_run_is_marked(cell):
    assert _may_run(cell)


@pytest.mark.parametrize("cell", ["", "a=1", "user:1", "2026-01-01", "[1]", "{}", "1-2", " a"])
def test_what_it_could_not_stays_as_it_is(cell):
    assert not _may_run(cell)
