"""Random acts of somebody who owns the database, each held against the last checkpoint that was kept outside."""

import random
import secrets
from collections import Counter
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connections, transaction

from hub.audit.actions import AuditAction
from hub.audit.recording import DisclosedRow, record
from hub.audit.sealing import seal, signing_key
from hub.audit.verifying import verify
from tenants.actors import Actor, ActorKind
from tenants.decisions import allow
from tenants.identifiers import new_id
from tenants.scoping import acting_as

from .tampering import Tamperer

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keeper"])
ACTS = ("edit", "delete", "insert", "reorder", "cut", "forge_leaf", "rewrite")


@pytest.mark.parametrize("times", [60, pytest.param(1_000, marks=pytest.mark.campaign)])
def test_every_tampering_is_found_against_the_checkpoint_outside(times):
    append(20)
    verifier, outside = signing_key().verifier, seal().note
    seed = secrets.randbits(32)
    chance = random.Random(seed)
    done: Counter[str] = Counter()
    for number in range(times):
        with transaction.atomic(using="keeper"), connections["keeper"].cursor() as cursor:
            act = Tamperer(cursor, chance, settings.CASEWARD_ORIGIN).act(number)
            found = verify(verifier=verifier, outside_notes=[outside]).findings
            transaction.set_rollback(True, using="keeper")
        assert found, f"{act} was not found (seed {seed}, number {number})"
        done[act] += 1
    assert verify(verifier=verifier, outside_notes=[outside]).findings == []
    assert sum(done.values()) == times
    assert {act.split()[0] for act in done} == set(ACTS)
    print(f"{sum(done.values())} of {times} found, seed {seed}: {dict(sorted(done.items()))}")


def append(count):
    """Events, with a disclosure each."""
    actor = Actor(kind=ActorKind.USER, tenant_id=UUID(int=7), user_id=UUID(int=8), label="Ann", address="10.1.2.3")
    for number in range(count):
        with acting_as(actor):
            record(
                actor, AuditAction.CASE_READ, f"shared_case:{number}", allow("grant"),
                disclosed=[DisclosedRow(UUID(int=1), UUID(int=2), new_id())], fields=["title"], count=number,
            )  # fmt: skip
