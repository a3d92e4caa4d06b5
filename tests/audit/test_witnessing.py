"""Checkpoints leave the hub: each tenant's auditors may keep the newest, and the witness file has them all."""

import io

import pytest
from django.core.management import call_command
from django.db import connections

from hub.audit.checkpoints import verify_note
from hub.audit.models import AccessEvent
from hub.audit.sealing import signing_key
from hub.workflows.auditing import read_checkpoint
from hub.workflows.keeping import seal_record
from hub.workflows.outcomes import Refusal
from tenants.scoping import acting_as

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keeper", "auditor"])


def ask(actor):
    with acting_as(actor):
        return read_checkpoint(actor)


def test_an_auditor_of_any_tenant_is_shown_the_newest_checkpoint_and_that_is_on_record(cast):
    erin = cast["erin"]
    assert ask(erin) is None
    (sealed,) = seal_record()
    shown = ask(erin)
    assert (shown.size, shown.note, shown.verifier) == (sealed.checkpoint.size, sealed.note, signing_key().verifier)
    assert verify_note(shown.note, shown.verifier) == sealed.checkpoint
    with acting_as(erin):
        events = AccessEvent.objects.filter(action="audit.read", object_kind="checkpoint").order_by("pk")
        assert [event.object_id for event in events] == ["", str(shown.size)]


def test_nobody_else_is_shown_it(cast):
    assert ask(cast["alice"]) == Refusal("no_role")
    with acting_as(cast["alice"]):
        assert AccessEvent.objects.get(action="audit.read").outcome == "refused"


def test_the_witness_file_has_every_checkpoint(cast, settings, tmp_path):
    settings.CASEWARD_WITNESS_FILE = str(tmp_path / "witness")
    sizes = []
    for _ in range(3):
        ask(cast["erin"])
        sizes += [sealed.checkpoint.size for sealed in seal_record()]
    assert seal_record() == []
    printed = io.StringIO()
    call_command("verify_audit", checkpoint=[tmp_path / "witness"], verifier=None, stdout=printed)
    assert len(sizes) == 3
    assert f"{sizes[-1]} rows sealed, {2 * len(sizes)} checkpoints hold, 0 rows wait" in printed.getvalue()


def test_each_verification_is_on_record_with_what_came_of_it(cast):
    ask(cast["erin"])
    seal_record()
    call_command("verify_audit", checkpoint=[], verifier=None, stdout=io.StringIO())
    with connections["keeper"].cursor() as keeper:
        keeper.execute("UPDATE audit.access_event SET basis = 'role:officer'")
    with pytest.raises(SystemExit):
        call_command("verify_audit", checkpoint=[], verifier=None, stdout=io.StringIO())
    with connections["keeper"].cursor() as keeper:
        keeper.execute(
            "SELECT actor_key, outcome, (detail->>'findings')::int > 0 FROM audit.access_event"
            " WHERE action = 'audit.verify' ORDER BY id"
        )
        assert keeper.fetchall() == [
            ("operator:verify_audit", "allowed", False), ("operator:verify_audit", "failed", True),
        ]  # fmt: skip


def test_whoever_may_only_read_verifies_all_the_same_and_is_told(cast):
    ask(cast["erin"])
    seal_record()
    said = io.StringIO()
    with connections["default"].cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
        try:
            call_command("verify_audit", checkpoint=[], verifier=None, stdout=io.StringIO(), stderr=said)
        finally:
            cursor.execute("SET default_transaction_read_only = off")
    assert "not on record" in said.getvalue()
