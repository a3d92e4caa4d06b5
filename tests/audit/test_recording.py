"""Writing the record: in the transaction of what it describes, one disclosure an owner, personal values apart."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import connection, connections, transaction
from django.db.utils import ProgrammingError

from hub.audit.actions import AuditAction
from hub.audit.canonical import commitment_of
from hub.audit.models import AccessEvent, Disclosure, EventPrivate, RefusalCount
from hub.audit.partitions import Month, ensure_partitions, rows_in_default
from hub.audit.recording import DisclosedRow, count_refusal, record
from tenants.actors import Actor, ActorKind
from tenants.decisions import allow, refuse
from tenants.scoping import acting_as

READER, OWNER, OTHER = UUID(int=1), UUID(int=2), UUID(int=3)


def actor_of(tenant: UUID) -> Actor:
    return Actor(
        kind=ActorKind.USER, tenant_id=tenant, user_id=UUID(int=9), label="Ann", address="10.1.2.3", purpose="P"
    )


@pytest.mark.django_db(transaction=True)
def test_without_a_transaction_nothing_is_recorded():
    with pytest.raises(RuntimeError, match="in the transaction of what it describes"):
        record(actor_of(READER), AuditAction.CASE_READ, "case:1", allow("x"))


@pytest.mark.django_db
def test_each_owner_sees_its_own_disclosure_and_no_other():
    reader = actor_of(READER)
    rows = [
        DisclosedRow(OWNER, UUID(int=20), UUID(int=200), UUID(int=5), UUID(int=6)),
        DisclosedRow(OWNER, UUID(int=20), UUID(int=201), UUID(int=5), UUID(int=6)),
        DisclosedRow(OTHER, UUID(int=30), UUID(int=300)),
    ]
    with acting_as(reader):
        event_id = record(
            reader, AuditAction.CASE_LIST, "shared_cases:", allow("grants"), disclosed=rows, fields=["title"]
        )
        assert list(AccessEvent.objects.values_list("pk", "outcome", "basis")) == [(event_id, "allowed", "grants")]
        assert Disclosure.objects.count() == 0
    for owner, cases in ((OWNER, [UUID(int=200), UUID(int=201)]), (OTHER, [UUID(int=300)])):
        with acting_as(actor_of(owner)):
            assert AccessEvent.objects.count() == 0
            (disclosure,) = Disclosure.objects.all()
            assert (disclosure.owner_tenant_id, disclosure.case_ids, disclosure.event_id) == (owner, cases, event_id)
            assert disclosure.reader_tenant_id == READER


@pytest.mark.django_db
def test_personal_values_stand_apart_and_fit_their_commitments():
    with acting_as(actor_of(READER)):
        record(actor_of(READER), AuditAction.CASE_READ, "case:1", refuse("not_available"))
        event = AccessEvent.objects.get()
        values = {row.name: row for row in EventPrivate.objects.filter(event_id=event.pk)}
    assert {name: row.value for name, row in values.items()} == {"address": "10.1.2.3", "label": "Ann"}
    assert event.commitments == {name: commitment_of(row.value, row.salt) for name, row in values.items()}
    assert "10.1.2.3" not in str(AccessEvent.__dict__) + str(event.__dict__)


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["UPDATE {} SET purpose = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize("table", ["audit.access_event", "audit.access_disclosure"])
def test_the_application_cannot_change_or_remove_what_it_wrote(statement, table):
    with acting_as(actor_of(READER)):
        record(actor_of(READER), AuditAction.CASE_READ, "case:1", allow("x"))
        with (
            pytest.raises(ProgrammingError, match="permission denied for table"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement.format(table))


@pytest.mark.django_db
def test_nobody_writes_an_event_of_another_tenant():
    with (
        acting_as(actor_of(READER)),
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction.atomic(),
    ):
        record(actor_of(OWNER), AuditAction.CASE_READ, "case:1", allow("x"))


@pytest.mark.django_db
def test_refusals_of_unknown_callers_are_counted_not_listed():
    for _ in range(5):
        count_refusal("10.9.9.9", "anonymous")
    count_refusal("10.9.9.8", "anonymous")
    assert sorted(RefusalCount.objects.values_list("count", flat=True)) == [1, 5]
    assert "10.9.9" not in "".join(RefusalCount.objects.values_list("address_commitment", flat=True))


@pytest.mark.django_db
def test_a_number_with_a_point_is_refused():
    with acting_as(actor_of(READER)), pytest.raises(TypeError, match="floating-point"):
        record(actor_of(READER), AuditAction.CASE_READ, "case:1", allow("x"), share=0.5)


def test_a_month_knows_the_ids_that_fall_into_it():
    month = Month.of(datetime(2026, 12, 31, 23, 59, tzinfo=UTC))
    assert month.later(1) == Month(2027, 1)
    assert month.table("access_event") == "access_event_2026_12"
    assert month.lower.int >> 80 == 1796083200000
    assert month.upper == Month(2027, 1).lower


@pytest.mark.django_db(transaction=True, databases=["default", "keeper"])
def test_the_keeper_moves_what_the_default_partition_caught():
    far = datetime(2031, 5, 1, tzinfo=UTC)
    with acting_as(actor_of(READER)):
        record(actor_of(READER), AuditAction.CASE_READ, "case:1", allow("x"))
        late = AccessEvent.objects.get()
        late.pk = UUID(int=Month.of(far).lower.int + 5)
        AccessEvent.objects.bulk_create([late])
    before = rows_in_default()
    made = ensure_partitions(far, months_ahead=1)
    try:
        assert made == [
            "access_event_2031_05", "access_event_2031_06", "access_disclosure_2031_05", "access_disclosure_2031_06",
        ]  # fmt: skip
        assert ensure_partitions(far, months_ahead=1) == []
        assert rows_in_default() == before - 1
        with acting_as(actor_of(READER)):
            assert AccessEvent.objects.filter(pk=late.pk).exists()
        with connections["default"].cursor() as cursor, pytest.raises(ProgrammingError, match="permission denied"):
            cursor.execute("SELECT * FROM audit.access_event_2031_05")
    finally:
        with connections["keeper"].cursor() as keeper:
            for table in made:
                keeper.execute(f"DROP TABLE audit.{table}")
