"""Another key signs: the change is on record, old checkpoints hold under the old key, and that key signs no more."""

import pytest
from django.db import connections

from hub.audit.checkpoints import Checkpoint
from hub.audit.sealing import seal, signing_key
from hub.audit.verifying import verify
from hub.workflows.auditing import read_checkpoint
from hub.workflows.keeping import record_new_key, seal_record, verify_record
from tenants.scoping import acting_as

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keeper", "auditor"])


def rotate(cast, settings):
    """Something sealed with one key, and the change to another; both keys and the old note."""
    ask(cast)
    old, outside = signing_key(), seal_record()[-1].note
    settings.AUDIT_SIGNING_SEED = "77" * 32
    ask(cast)
    return old, signing_key(), outside


def ask(cast):
    with acting_as(cast["erin"]):
        read_checkpoint(cast["erin"])


def recorded():
    with connections["keeper"].cursor() as keeper:
        keeper.execute("SELECT actor_key, outcome, detail->>'former', detail->>'new' FROM audit.access_event"
                       " WHERE action = 'audit.key'")  # fmt: skip
        return keeper.fetchall()


def test_the_change_is_recorded_once_and_the_whole_record_holds_under_both_keys(cast, settings):
    old, new, outside = rotate(cast, settings)
    seal_record()
    ask(cast)
    seal_record()
    short = ["+".join(key.verifier.split("+", 2)[:2]) for key in (old, new)]
    assert recorded() == [("system:keeper", "allowed", *short)]
    settings.AUDIT_FORMER_VERIFIERS = [old.verifier]
    result = verify_record(outside_notes=[outside])
    assert (result.findings, result.checkpoints) == ([], 4)


def test_without_the_former_key_its_checkpoints_do_not_hold(cast, settings):
    rotate(cast, settings)
    seal_record()
    (finding,) = verify_record().findings
    assert finding == "A checkpoint does not hold: No signature of this verifier key holds on the checkpoint."


def test_what_the_replaced_key_signs_later_is_a_finding(cast, settings):
    old, new, _ = rotate(cast, settings)
    seal_record()
    ask(cast)
    sealed = seal()
    forged = old.sign(Checkpoint(sealed.checkpoint.origin, sealed.checkpoint.size, sealed.checkpoint.root))
    with connections["keeper"].cursor() as keeper:
        keeper.execute("UPDATE audit.checkpoint SET note = %s WHERE size = %s", [forged, sealed.checkpoint.size])
    found = verify(verifier=new.verifier, former=[old.verifier]).findings
    assert found == [
        f"The checkpoint of {sealed.checkpoint.size} rows is signed with a key that was replaced before it."
    ]


def test_the_same_key_is_no_change(cast):
    assert not record_new_key()
    ask(cast)
    seal_record()
    assert not record_new_key()
    assert recorded() == []
