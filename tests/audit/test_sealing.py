"""The sealed record: whole when nobody touched it, and every kind of tampering found."""

import random
from uuid import UUID

import psycopg
import pytest
from django.db import connections
from django.db.utils import ProgrammingError

from hub.audit.actions import AuditAction
from hub.audit.leaves import EVENT_COLUMNS
from hub.audit.models import AccessEvent
from hub.audit.recording import DisclosedRow, record
from hub.audit.sealing import seal, signing_key
from hub.audit.verifying import LATE_GRACE, verify
from tenants.actors import Actor, ActorKind
from tenants.decisions import allow
from tenants.identifiers import new_id
from tenants.scoping import acting_as

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keeper"])
TENANT = UUID(int=7)


def append(count: int) -> None:
    """Events with a disclosure each."""
    actor = Actor(kind=ActorKind.USER, tenant_id=TENANT, user_id=UUID(int=8), label="Ann", address="10.1.2.3")
    for number in range(count):
        with acting_as(actor):
            record(
                actor, AuditAction.CASE_READ, f"shared_case:{number}", allow("grant"),
                disclosed=[DisclosedRow(UUID(int=1), UUID(int=2), new_id())], fields=["title"], count=number,
            )  # fmt: skip


def tamper(statement: str, *values: object) -> None:
    with connections["keeper"].cursor() as keeper:
        keeper.execute(statement, values)
        assert keeper.rowcount == 1


def findings(*outside: str) -> list[str]:
    return verify(verifier=signing_key().verifier, outside_notes=list(outside)).findings


def test_rows_get_positions_without_gaps_whatever_the_batches():
    append(11)
    sizes = []
    while (sealed := seal(limit=3)).rows:
        sizes.append(sealed.rows)
    assert sum(sizes) == 22
    result = verify(verifier=signing_key().verifier)
    assert (result.sealed_rows, result.waiting_rows, result.findings) == (22, 0, [])
    assert result.checkpoints == len(sizes)


def test_a_row_that_commits_late_gets_the_next_position():
    append(1)
    late = new_id()
    append(1)
    seal()
    with acting_as(Actor(kind=ActorKind.USER, tenant_id=TENANT, user_id=UUID(int=8))):
        event = AccessEvent.objects.first()
        event.pk = late
        AccessEvent.objects.bulk_create([event])
    assert seal().rows == 1
    assert findings() == []


def test_a_row_of_an_open_transaction_is_found_once_it_ends():
    append(1)
    with psycopg.connect(**connections["keeper"].get_connection_params()) as other:
        copy = EVENT_COLUMNS[1:]
        other.execute(
            f"INSERT INTO audit.access_event (id, {', '.join(copy)}) SELECT %s, {', '.join(copy)}"
            " FROM audit.access_event",
            [new_id()],
        )
        append(3)
        assert seal().rows == 8
        assert seal().rows == 0
        other.commit()
        late = seal()
    assert (late.rows, late.found_late) == (1, 0)
    assert seal(look_at_all=True).rows == 0
    assert findings() == []


def test_a_run_looks_at_new_rows_alone_and_a_full_look_finds_the_rest():
    append(3)
    seal()
    append(1)
    with connections["keeper"].cursor() as keeper:
        keeper.execute(
            "UPDATE audit.access_event SET appended_in = '3' WHERE object_id = '0'"
            " AND id > (SELECT max(row_id::text)::uuid FROM audit.sealed_leaf)"
        )
        assert keeper.rowcount == 1
    assert seal().rows == 1
    assert seal().rows == 0
    found = seal(look_at_all=True)
    assert (found.rows, found.found_late) == (1, 1)
    assert findings() == []


def test_the_limit_of_a_run_moves_the_horizon_no_further_than_it_came():
    append(6)
    first = seal(limit=5)
    assert (first.rows, first.has_more) == (5, True)
    rows = []
    while (sealed := seal(limit=5)).rows:
        rows.append((sealed.rows, sealed.has_more))
    assert rows == [(5, True), (2, False)]


def test_a_record_restored_where_transactions_count_anew_is_looked_at_as_a_whole():
    append(1)
    seal()
    tamper("UPDATE audit.checkpoint SET horizon = '9000000000000'")
    append(1)
    assert seal().rows == 2


def test_the_application_cannot_choose_the_transaction_of_a_row():
    append(1)
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        acting_as(Actor(kind=ActorKind.USER, tenant_id=TENANT, user_id=UUID(int=8))),
        connections["default"].cursor() as cursor,
    ):
        cursor.execute("INSERT INTO audit.access_event (id, appended_in) VALUES (%s, '3')", [new_id()])


def test_a_row_with_the_time_of_long_ago_is_found_even_when_the_keeper_has_sealed_it():
    append(2)
    seal()
    old = UUID(int=new_id().int - (int(LATE_GRACE.total_seconds() * 1000) + 5_000 << 80))
    with connections["keeper"].cursor() as keeper:
        copy = ", ".join(EVENT_COLUMNS[1:])
        keeper.execute(
            f"INSERT INTO audit.access_event (id, {copy}) SELECT %s, {copy} FROM audit.access_event LIMIT 1", [old]
        )
    assert seal().rows == 1
    (finding,) = findings()
    assert finding.startswith(f"Row {old} of access_event at position 4 carries the time ")


def test_what_is_not_sealed_yet_is_said():
    append(2)
    assert verify(verifier=signing_key().verifier).waiting_rows == 4


@pytest.mark.parametrize(
    ("_case", "statement", "finding"),
    [
        ("edit", "UPDATE audit.access_event SET basis = 'role:officer' WHERE id = {row}", "was changed"),
        ("backdate", "UPDATE audit.access_event SET occurred_at = now() WHERE id = {row}", "was changed"),
        ("delete", "DELETE FROM audit.access_event WHERE id = {row}", "was removed"),
        ("forge a leaf", "UPDATE audit.sealed_leaf SET hash = sha256('x') WHERE row_id = {row}", "was changed"),
        ("cut a leaf", "DELETE FROM audit.sealed_leaf WHERE row_id = {row}", "is missing"),
        ("drop the last checkpoint's signature", "UPDATE audit.checkpoint SET note = split_part(note, '—', 1)", "hold"),
    ],
)  # fmt: skip
def test_tampering_is_found(_case, statement, finding):
    append(4)
    seal()
    with connections["keeper"].cursor() as keeper:
        keeper.execute("SELECT row_id FROM audit.sealed_leaf WHERE position = 2")
        row = keeper.fetchone()[0]
    tamper(statement.format(row=f"'{row}'"))
    assert any(finding in text for text in findings())


def test_cutting_the_tail_is_found_by_the_checkpoint_inside_and_outside():
    append(2)
    kept_outside = seal().note
    with connections["keeper"].cursor() as keeper:
        keeper.execute("DELETE FROM audit.sealed_leaf WHERE position >= 2")
    assert any("was cut off" in text for text in findings())
    with connections["keeper"].cursor() as keeper:
        keeper.execute("DELETE FROM audit.checkpoint")
        keeper.execute("DELETE FROM audit.tree_node")
        keeper.execute("DELETE FROM audit.sealed_leaf")
        keeper.execute("DELETE FROM audit.access_event WHERE object_id = '1'")
        keeper.execute("TRUNCATE audit.access_disclosure")
    seal()
    assert findings() == []
    assert findings(kept_outside) == ["A checkpoint speaks of 4 rows, the record holds 1: its end was cut off."]


def test_rewriting_everything_with_another_key_is_found(settings):
    append(3)
    verifier, note = signing_key().verifier, seal().note
    with connections["keeper"].cursor() as keeper:
        keeper.execute("UPDATE audit.access_event SET basis = 'own_team'")
        for table in ("checkpoint", "tree_node", "sealed_leaf"):
            keeper.execute(f"DELETE FROM audit.{table}")
    settings.AUDIT_SIGNING_SEED = "99" * 32
    seal()
    result = verify(verifier=verifier, outside_notes=[note])
    assert "A checkpoint does not hold: No signature of this verifier key holds on the checkpoint." in result.findings
    assert "The checkpoint of 6 rows does not fit: they were rewritten." in result.findings


def test_random_edits_of_any_column_are_all_found():
    append(12)
    note = seal().note
    chance = random.Random(5)
    edits = {
        "tenant_id": f"'{UUID(int=99)}'", "actor_key": "'user:x'", "purpose": "'Marketing'", "action": "'case.list'",
        "outcome": "'refused'", "object_id": "'other'", "request_id": "'r'", "commitments": "'{}'", "detail": "'{}'",
        "user_id": "NULL", "actor_kind": "'token'",
    }  # fmt: skip
    for column, value in edits.items():
        number = str(chance.randrange(12))
        with connections["keeper"].cursor() as keeper:
            keeper.execute("BEGIN")
            keeper.execute(f"UPDATE audit.access_event SET {column} = {value} WHERE object_id = %s", [number])
            found = findings(note)
            keeper.execute("ROLLBACK")
        assert any("was changed" in text for text in found), column
    assert findings(note) == []
