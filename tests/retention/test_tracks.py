"""The tracks beside raw and redacted text: delivered messages, personal values of events; an export leaves nothing."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.conf import settings
from django.db import IntegrityError, connection
from django.utils import timezone

from hub.audit import personal
from hub.audit.actions import AuditAction
from hub.audit.models import AccessEvent, EventPrivate
from hub.audit.recording import record
from hub.escalation.models import RemediationTicket, TicketCase
from hub.escalation.outbox.models import Delivery, DeliveryState, Destination
from hub.retention.models import DispositionEntry, ListedItem
from hub.retention.rules import RuleError, parse_rule
from hub.workflows import holding
from hub.workflows.disposition import Progress, dispose_of_due
from hub.workflows.keeping import seal_record, verify_record
from tenants.actors import system_actor
from tenants.decisions import allow
from tenants.identifiers import new_id
from tenants.scoping import acting_as
from tests.platform.servers import TestServers, with_database
from tests.retention.test_disposition import confirm, count, dry_run, govern, seen_by_system
from tests.world import World


@pytest.fixture
def superuser(servers: TestServers) -> Iterator[psycopg.Connection[Any]]:
    """Past walls and triggers, for setting clocks back."""
    url = with_database(servers.superuser_url, str(settings.DATABASES["default"]["NAME"]))
    with psycopg.connect(url, autocommit=True) as found:
        found.execute("SET session_replication_role = replica")
        yield found


def deliver(world: World, *cases: UUID, body: str = "told") -> UUID:
    """A delivered message about a ticket with these cases."""
    tenant, now = world.cast.tenant("acme").pk, timezone.now()
    with seen_by_system(world):
        destination = Destination.objects.create(
            tenant_id=tenant, slug=f"d-{new_id().hex}", name="there", kind="webhook", author="user:x"
        )
        ticket = RemediationTicket.objects.create(
            tenant_id=tenant, team_id=world.cast.team("acme/atlas").pk, title="t", opened_by="user:x", opened_at=now,
            number=RemediationTicket.objects.count() + 1,
        )  # fmt: skip
        for case in cases:
            TicketCase.objects.create(tenant_id=tenant, ticket=ticket, case_id=case, linked_at=now)
        return Delivery.objects.create(
            tenant_id=tenant, destination=destination, idempotency_key=new_id().hex, kind="test", body=body,
            ticket_id=ticket.pk, state=DeliveryState.DELIVERED, delivered_at=now, next_attempt_at=now,
        ).pk  # fmt: skip


def end(world: World) -> Progress:
    confirm(world, dry_run(world).run_id)
    return dispose_of_due(world.cast.tenant("acme").pk)


def test_a_delivered_message_ends(kept: World, superuser: psycopg.Connection[Any]) -> None:
    about_case, about_none = deliver(kept, kept.cases["atlas"]), deliver(kept)
    superuser.execute("UPDATE outbox_delivery SET delivered_at = delivered_at - interval '89 days'")
    assert dry_run(kept).due == 0
    superuser.execute("UPDATE outbox_delivery SET delivered_at = delivered_at - interval '2 days'")
    pending = deliver(kept, body="not yet old")
    assert end(kept) == Progress(disposed=2)
    with seen_by_system(kept):
        assert dict(Delivery.objects.values_list("pk", "body")) == {
            about_case: "", about_none: "", pending: "not yet old",
        }  # fmt: skip
        assert set(DispositionEntry.objects.values_list("pk", "track")) == {
            (about_case, "delivery"), (about_none, "delivery"),
        }  # fmt: skip
    # Its row is there, so that nothing is told twice; and the sweep finds nothing more.
    assert dispose_of_due(kept.cast.tenant("acme").pk, now=True) == Progress()


def test_a_hold_on_any_case_of_a_ticket_keeps_its_messages(kept: World, superuser: psycopg.Connection[Any]) -> None:
    second = kept.submit("alice", "acme/atlas", kept.canaries.case("atlas-2"))
    cases = sorted([kept.cases["atlas"], second])
    deliver(kept, *cases)
    superuser.execute("UPDATE outbox_delivery SET delivered_at = delivered_at - interval '1 year'")
    run_id = dry_run(kept).run_id
    confirm(kept, run_id)
    olga = kept.cast["olga"]
    with acting_as(olga):
        holding.place_hold(
            olga, selection={"cases": [str(cases[1])]}, is_by_query=False, authority="a court", reason="an inquiry",
            review_on=(timezone.now() + timedelta(days=90)).date(),
        )  # fmt: skip
    assert dispose_of_due(kept.cast.tenant("acme").pk) == Progress(differences=1)
    made = dry_run(kept)
    with seen_by_system(kept):
        assert ListedItem.objects.get(run_id=made.run_id, track="delivery").kept_because == "held"
        assert Delivery.objects.get().body == "told"


def old_event(world: World, superuser: psycopg.Connection[Any], days: int) -> UUID:
    """An event of acme with an address, so many days old."""
    with acting_as(world.cast["erin"]):
        event_id = record(world.cast["erin"], AuditAction.AUDIT_READ, "question:test", allow("role:auditor"))
    older = UUID(int=event_id.int - (days * 86_400_000 << 80))
    superuser.execute("SET ROLE caseward_keeper")
    superuser.execute("UPDATE audit.access_event SET id = %s WHERE id = %s", [older, event_id])
    superuser.execute("UPDATE audit.event_private SET event_id = %s WHERE event_id = %s", [older, event_id])
    superuser.execute("RESET ROLE")
    return older


def test_personal_values_end_and_the_record_stays_whole(kept: World, superuser: psycopg.Connection[Any]) -> None:
    rule = govern(kept, "events", track="access_event", keep="P30D")
    young, old = old_event(kept, superuser, 31), old_event(kept, superuser, 33)
    seal_record()
    before = verify_record()
    made = dry_run(kept)
    confirm(kept, made.run_id)
    # A day counts as over two days late: 31 days old is not 30 days after that.
    assert (made.due, dispose_of_due(kept.cast.tenant("acme").pk)) == (1, Progress(disposed=1))
    with seen_by_system(kept):
        assert EventPrivate.objects.filter(event_id=young).exists()
        assert not EventPrivate.objects.filter(event_id=old).exists()
        assert (
            AccessEvent.objects.get(pk=old).commitments.keys()
            == AccessEvent.objects.get(pk=young).commitments.keys()
            != set()
        )
        entry = DispositionEntry.objects.get()
        assert (entry.track, entry.rule_id, entry.case_id) == ("access_event", rule, UUID(int=0))
        assert personal.day_of(entry.pk) == (timezone.now() - timedelta(days=33)).date()
    seal_record()
    after = verify_record()
    assert len(after.findings) == len(before.findings)
    assert after.sealed_rows > before.sealed_rows


def test_no_personal_value_goes_without_its_certificate(kept: World, superuser: psycopg.Connection[Any]) -> None:
    old_event(kept, superuser, 400)
    values = count("audit.event_private")
    acme = system_actor(kept.cast.tenant("acme").pk, "test")
    with pytest.raises(IntegrityError, match="only with their certificate"), acting_as(acme, durable=True):
        EventPrivate.objects.all().delete()
    borealis = system_actor(kept.cast.tenant("borealis").pk, "test")
    with acting_as(borealis, durable=True), connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit.event_private")
        assert cursor.rowcount == 0
    assert count("audit.event_private") == values


@pytest.mark.parametrize(("change", "place"), [
    ({"track": "delivery", "clock": "last_read"}, "clock"),
    ({"track": "access_event", "select": {"kinds": ["incident"]}}, "select"),
    ({"track": "access_event", "then": "archive"}, "then"),
    ({"track": "raw_evidence", "then": "keep_summary"}, "then"),
    ({"track": "export"}, "track"),
])  # fmt: skip
def test_what_a_track_does_not_know(change: dict[str, Any], place: str) -> None:
    with pytest.raises(RuleError, match=f"^{place}:"):
        parse_rule({"clock": "recorded", "keep": "P1Y", "then": "purge", **change})
