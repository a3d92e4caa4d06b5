"""Who sees what of the record: a tenant's auditor his own people and cases, a platform auditor all, neither a text."""

import io
from uuid import UUID

import orjson
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client

from hub.audit.actions import AuditAction
from hub.audit.models import AccessEvent
from hub.audit.queries import DisclosureFilter, EventFilter
from hub.audit.recording import DisclosedRow, record
from hub.catalog.models import Case, CaseText
from hub.sharing.models import Projection, SharingGrant
from hub.workflows.auditing import read_disclosures, read_events
from hub.workflows.exporting import ExportFormat, ExportSubject, export_pages
from hub.workflows.outcomes import Done, Invalid, Refusal
from hub.workflows.platform_auditors import end_platform_auditor, name_platform_auditor
from tenants.actors import ActorKind, operator_at_console, system_actor
from tenants.decisions import allow
from tenants.loading import load_actor
from tenants.models import User
from tenants.permissions import decide
from tenants.roles import Action, Role
from tenants.scoping import acting_as
from tenants.services import add_member, create_user

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keeper"])
CONSOLE = operator_at_console("test")
PASSWORD = "the long password of vera"
OWN_CASE, FOREIGN_CASE = UUID(int=200), UUID(int=201)


@pytest.fixture
def vera(cast):
    """Somebody in no tenant, named by petra."""
    with acting_as(CONSOLE):
        user = create_user("vera@caseward.example", "Vera", PASSWORD)
    petra = load(cast, "petra")
    with acting_as(petra):
        assert name_platform_auditor(petra, user_id=user.pk) == Done(user.pk)
    return user


@pytest.fixture
def reads(cast):
    """acme's alice reads one case of borealis, borealis' carol one of acme."""
    for who, owner, team, case in (
        ("alice", "borealis", "borealis/lumen", FOREIGN_CASE),
        ("carol", "acme", "acme/atlas", OWN_CASE),
    ):
        actor = cast[who]
        row = DisclosedRow(cast.tenant(owner).pk, cast.team(team).pk, case, UUID(int=5), UUID(int=7))
        with acting_as(actor):
            record(
                actor, AuditAction.CASE_READ, f"shared_case:c_{who}", allow("grant"), disclosed=[row], fields=["title"]
            )


def load(cast, who):
    with acting_as(system_actor(None, "test")):
        return load_actor(cast.user(who).pk)


def auditor(user):
    with acting_as(system_actor(None, "test")):
        return load_actor(user.pk)


def last_event():
    with acting_as(CONSOLE):
        event = AccessEvent.objects.filter(tenant_id=None).order_by("-id")[0]
    return event.action, event.outcome, event.basis


def is_auditor(user_id):
    with acting_as(CONSOLE):
        return User.objects.get(pk=user_id).is_platform_auditor


def test_an_operator_names_somebody_else_and_ends_it(cast, vera):
    assert last_event() == ("auditor.name", "allowed", "operator")
    assert auditor(vera).kind is ActorKind.AUDITOR
    petra = load(cast, "petra")
    with acting_as(petra):
        assert end_platform_auditor(petra, user_id=vera.pk) == Done(vera.pk)
    assert last_event() == ("auditor.end", "allowed", "operator")
    assert auditor(vera).kind is ActorKind.USER


def test_nobody_names_himself_and_only_operators_name(cast, vera):
    petra, olga = load(cast, "petra"), cast["olga"]
    with acting_as(petra):
        assert name_platform_auditor(petra, user_id=petra.user_id) == Refusal("same_person")
    assert last_event() == ("auditor.name", "refused", "same_person")
    assert not is_auditor(petra.user_id)
    for actor in (olga, auditor(vera)):
        with acting_as(actor):
            assert name_platform_auditor(actor, user_id=cast.user("dave").pk) == Refusal("no_role")
    assert not is_auditor(cast.user("dave").pk)


def test_whoever_has_a_role_in_a_tenant_is_not_named(cast, vera):
    petra = load(cast, "petra")
    with acting_as(petra):
        outcome = name_platform_auditor(petra, user_id=cast.user("erin").pk)
    assert isinstance(outcome, Invalid)
    assert last_event()[:2] == ("auditor.name", "failed")
    assert not is_auditor(cast.user("erin").pk)
    with acting_as(CONSOLE), pytest.raises(DatabaseError, match="belongs to no tenant"), transaction.atomic():
        add_member(cast.tenant("acme"), vera, Role.AUDITOR)


@pytest.mark.parametrize("who", ["petra", "erin", "dave"])
def test_the_database_refuses_whoever_writes_the_row_himself(cast, who):
    actor = load(cast, who)
    with acting_as(actor), pytest.raises(DatabaseError, match="only an operator"), transaction.atomic():
        User.objects.filter(pk=actor.user_id).update(is_platform_auditor=True)
    assert not is_auditor(actor.user_id)


def test_all_events_for_the_platform_those_of_his_own_for_a_tenants(cast, vera, reads):
    acme, borealis = cast.tenant("acme").pk, cast.tenant("borealis").pk
    actor = auditor(vera)
    with acting_as(actor):
        page = read_events(actor, condition=EventFilter(actions=("case.read",)), first=50)
        assert {event.tenant_id for event in page.events} == {acme, borealis}
        only = read_events(actor, condition=EventFilter(actions=("case.read",), tenant_id=acme), first=50)
        assert [event.object_id for event in only.events] == ["c_alice"]
        given = read_disclosures(actor, condition=DisclosureFilter(), first=50)
        assert {row.owner_tenant_id for row in given.disclosures} == {acme, borealis}
        owned = read_disclosures(actor, condition=DisclosureFilter(owner_tenant_id=acme), first=50)
        assert [row.case_ids for row in owned.disclosures] == [[OWN_CASE]]
    assert last_of(actor) == ("audit.read", "allowed", "platform_auditor")
    for who, own, foreign in (("erin", OWN_CASE, FOREIGN_CASE),):
        erin = cast[who]
        with acting_as(erin):
            page = read_events(erin, condition=EventFilter(actions=("case.read",)), first=50)
            assert [event.object_id for event in page.events] == ["c_alice"]
            assert read_events(erin, condition=EventFilter(tenant_id=borealis), first=50).events == ()
            given = read_disclosures(erin, condition=DisclosureFilter(), first=50)
            assert [row.case_ids for row in given.disclosures] == [[own]]
            assert read_disclosures(erin, condition=DisclosureFilter(case_id=foreign), first=9).disclosures == ()


def last_of(actor):
    with acting_as(CONSOLE):
        event = AccessEvent.objects.filter(tenant_id=None, user_id=actor.user_id).order_by("-id")[0]
    return event.action, event.outcome, event.basis


@pytest.mark.parametrize("form", list(ExportFormat))
@pytest.mark.parametrize("subject", list(ExportSubject))
def test_exports_hold_no_other_owners_ids_for_a_tenants_auditor(cast, vera, reads, subject, form):
    own = b"".join(export_pages(cast["erin"], subject=subject, form=form))
    assert str(FOREIGN_CASE).encode() not in own
    assert str(cast.tenant("borealis").pk).encode() not in own or subject is ExportSubject.DISCLOSURES
    whole = b"".join(export_pages(auditor(vera), subject=subject, form=form))
    wanted = (b"c_alice", b"c_carol") if subject is ExportSubject.EVENTS else (OWN_CASE, FOREIGN_CASE)
    assert all((mark if isinstance(mark, bytes) else str(mark).encode()) in whole for mark in wanted)


def test_a_platform_auditor_may_do_two_things_and_sees_no_row_of_a_tenant(cast, vera, reads):
    actor = auditor(vera)
    with acting_as(actor):
        allowed = {action for action in Action if decide(actor, action, on=None).allowed}
        assert allowed == {Action.VIEW_AUDIT, Action.EXPORT_AUDIT}
        assert not any(decide(actor, action, on=cast.tenant("acme")).allowed for action in Action)
        assert not any(decide(actor, action, on=cast.team("acme/atlas")).allowed for action in Action)
        assert [model.objects.count() for model in (Case, CaseText, Projection, SharingGrant)] == [0] * 4


def test_he_comes_in_at_the_site_and_the_api_and_gets_the_record_alone(cast, vera, reads):
    browser = Client()
    form = {"username": vera.email, "password": PASSWORD}
    assert browser.post("/admin/login/?next=/admin/", form).headers["Location"] == "/admin/"
    page = browser.get("/admin/").content.decode()
    assert "Platform" in page
    opened = {
        path: browser.get(f"/admin/{path}/").status_code
        for path in ("audit/accessevent", "audit/disclosure", "audit/isolationrun", "catalog/case",
                     "sharing/sharinggrant", "tenants/user", "retention/legalhold", "questions")
    }  # fmt: skip
    assert opened == {
        "audit/accessevent": 200, "audit/disclosure": 200, "audit/isolationrun": 200, "catalog/case": 403,
        "sharing/sharinggrant": 403, "tenants/user": 403, "retention/legalhold": 403, "questions": 403,
    }  # fmt: skip
    listed = browser.get("/admin/audit/accessevent/").content.decode()
    assert "c_alice" in listed
    assert "c_carol" in listed
    query = '{ accessEvents(filter: {actions: ["case.read"]}) { nodes { tenantId objectId } } cases { nodes { id } } }'
    answer = browser.post(
        "/graphql", {"query": query}, content_type="application/json", headers={"GraphQL-Require-Preflight": "1"}
    ).json()
    assert answer["data"] is None
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["NOT_AVAILABLE"]
    only = query.partition(" cases")[0] + "}"
    answer = browser.post(
        "/graphql", {"query": only}, content_type="application/json", headers={"GraphQL-Require-Preflight": "1"}
    ).json()
    nodes = answer["data"]["accessEvents"]["nodes"]
    assert {(node["tenantId"], node["objectId"]) for node in nodes} == {
        (str(cast.tenant("acme").pk), "c_alice"), (str(cast.tenant("borealis").pk), "c_carol"),
    }  # fmt: skip


def test_from_the_command_line_without_a_tenant(cast, vera, reads, tmp_path):
    file = tmp_path / "whole.jsonl"
    call_command("export_audit", email=vera.email, output=file, stdout=io.StringIO())
    objects = {orjson.loads(line)["object_id"] for line in file.read_bytes().splitlines()}
    assert {"c_alice", "c_carol"} <= objects
    with pytest.raises(CommandError, match="no such platform auditor"):
        call_command("export_audit", email="erin@acme.example", output=file, stdout=io.StringIO())
    call_command("platform_auditor", vera.email, end=True, stdout=io.StringIO())
    assert not is_auditor(vera.pk)
    with pytest.raises(CommandError, match="role in an organisation"):
        call_command("platform_auditor", "erin@acme.example", stdout=io.StringIO())
