"""Promise 6: what changes who sees what takes two people, by whichever door one of them tries alone."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from hub.lifecycle import services as lifecycle
from hub.lifecycle.models import PolicyKind, PolicyVersion
from hub.lifecycle.services import LifecycleRefusal
from hub.sharing.models import GrantCoverage
from hub.sharing.services import granting
from hub.sharing.services.granting import GrantRefusal
from hub.sharing.terms import GrantTerms
from hub.workflows.granting import approve_grant, issue_grant
from hub.workflows.outcomes import GrantAnswer, PolicyAnswer, Refusal
from hub.workflows.policy import activate_policy, draft_policy, edit_policy, propose_policy
from redaction import load_pack
from tenants.actors import system_actor
from tenants.scoping import acting_as
from tests.promises.asking import as_owner, last_event
from tests.world import PURPOSE

ACTIVATE = "mutation($id: ID!) { activatePolicy(versionId: $id) { __typename ... on PolicyChanged { state } } }"
APPROVE = "mutation($id: ID!) { approveGrant(id: $id) { __typename ... on GrantChanged { state } } }"


def drafted(world, *, by="olga", edited_by=None, slug="partner", propose=True):
    """A version of a profile that olga wrote, perhaps edited by another, proposed."""
    document = load_pack("partner").to_document()
    author = world.cast[by]
    with acting_as(author):
        version = draft_policy(author, kind=PolicyKind.REDACTION_PROFILE, slug=slug, document=document)
    assert isinstance(version, PolicyAnswer), version
    if edited_by:
        editor = world.cast[edited_by]
        with acting_as(editor):
            assert isinstance(edit_policy(editor, version_id=version.version_id, document=document), PolicyAnswer)
    if propose:
        with acting_as(author):
            assert propose_policy(author, version_id=version.version_id).state == "proposed"
    return version.version_id


def state_of(world, version_id):
    with acting_as(system_actor(world.cast.tenant("acme").pk, "test")):
        return str(PolicyVersion.objects.get(pk=version_id).state)


def proposed_grant(world, **changes):
    """A grant outside every template, proposed by olga."""
    now, olga = timezone.now(), world.cast["olga"]
    terms = GrantTerms("cobalt", "partner", PURPOSE, "restricted", "AMBER", now, now + timedelta(days=9))
    with acting_as(olga):
        answer = issue_grant(olga, team_id=world.cast.team("acme/atlas").pk, terms=replace(terms, **changes))
    assert isinstance(answer, GrantAnswer), answer
    return answer


@pytest.mark.parametrize("edited_by", [None, "omar"])
def test_who_wrote_or_edited_a_policy_cannot_activate_it_by_any_door(ask, edited_by):
    world = ask.world
    version_id = drafted(world, edited_by=edited_by)
    for who in ["olga", *([edited_by] if edited_by else [])]:
        actor = world.cast[who]
        with acting_as(actor):
            assert activate_policy(actor, version_id=version_id) == Refusal("same_person")
        assert last_event(world, who) == ("policy.activate", "refused", "same_person")
        with acting_as(actor), pytest.raises(LifecycleRefusal) as refusal:
            lifecycle.activate(version_id, by=actor.person_key)
        assert refusal.value.basis == "same_person"
        assert ask(who, ACTIVATE, id=str(version_id)).data == {"activatePolicy": {"__typename": "NotAvailable"}}
        # Two tokens of one person are one person.
        assert ask(who, ACTIVATE, purpose="AcademicResearch", id=str(version_id)).data["activatePolicy"] == {
            "__typename": "NotAvailable"
        }
        with acting_as(actor), pytest.raises(IntegrityError, match="policy_two_people"), transaction.atomic():
            PolicyVersion.objects.filter(pk=version_id).update(state="active", decided_by=actor.person_key)
    assert state_of(world, version_id) == "proposed"


def test_raw_sql_of_the_owner_meets_the_same_constraint(world):
    version_id = drafted(world)
    olga = world.cast["olga"].person_key
    for decided_by in (olga, ""):
        with as_owner() as owner, pytest.raises(psycopg.errors.CheckViolation, match="policy_two_people"):
            owner.execute(
                "UPDATE lifecycle_policyversion SET state = 'active', decided_by = %s WHERE id = %s",
                [decided_by, version_id],
            )
    with as_owner() as owner, pytest.raises(psycopg.errors.RestrictViolation, match="starts as a draft"):
        owner.execute(
            "INSERT INTO lifecycle_policyversion (id, tenant_id, policy_id, number, state, document, digest, note,"
            " author, editors, created_at, decided_by, reason) SELECT gen_random_uuid(), tenant_id, policy_id, 99,"
            " 'active', document, digest, note, author, editors, created_at, 'user:x', '' FROM lifecycle_policyversion"
            " WHERE id = %s",
            [version_id],
        )


def test_a_second_officer_activates(ask):
    version_id = drafted(ask.world, slug="public")
    assert ask("omar", ACTIVATE, id=str(version_id)).data == {
        "activatePolicy": {"__typename": "PolicyChanged", "state": "ACTIVE"}
    }
    assert last_event(ask.world, "omar") == ("policy.activate", "allowed", "role:officer")


def test_a_background_process_activates_nothing(world):
    version_id = drafted(world)
    actor = system_actor(world.cast.tenant("acme").pk, "test")
    with acting_as(actor):
        assert activate_policy(actor, version_id=version_id) == Refusal("needs_person")
    assert state_of(world, version_id) == "proposed"


def test_a_proposal_on_a_version_that_governs_no_more_is_refused(world):
    stale, fresh = drafted(world, slug="internal"), drafted(world, slug="internal")
    omar = world.cast["omar"]
    with acting_as(omar):
        assert activate_policy(omar, version_id=fresh).state == "active"
        assert activate_policy(omar, version_id=stale) == Refusal("stale")
    assert (state_of(world, fresh), state_of(world, stale)) == ("active", "proposed")


CHANGES = {
    "document": "document = '{}'::jsonb",
    "digest": "digest = 'x'",
    "author": "author = 'user:somebody'",
    "editors": "editors = '{user:x}'",
    "number": "number = 77",
    "based_on": "based_on_id = id",
    "decided_by": "decided_by = 'user:somebody'",
    "decided_at": "decided_at = now()",
    "back to draft": "state = 'draft'",
    "back to proposed": "state = 'proposed'",
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("role", ["application", "owner"])
def test_a_version_that_governs_is_immutable(world, change, role):
    acme = world.cast.tenant("acme").pk
    statement = f"UPDATE lifecycle_policyversion SET {CHANGES[change]} WHERE state = 'active' AND tenant_id = %s"
    if role == "owner":
        with as_owner() as owner, pytest.raises(psycopg.errors.RestrictViolation):
            owner.execute(statement, [acme])
        return
    with (
        acting_as(system_actor(acme, "test")),
        connection.cursor() as cursor,
        pytest.raises(IntegrityError) as refusal,
        transaction.atomic(),
    ):
        cursor.execute(statement, [acme])
    assert isinstance(refusal.value.__cause__, psycopg.errors.RestrictViolation)


@pytest.mark.parametrize("state", ["active", "retired"])
def test_a_version_that_has_governed_is_never_deleted(world, state):
    if state == "retired":
        omar, version_id = world.cast["omar"], drafted(world, slug="public")
        with acting_as(omar):
            assert activate_policy(omar, version_id=version_id).state == "active"
    with as_owner() as owner, pytest.raises(psycopg.errors.RestrictViolation, match="never deleted"):
        owner.execute("DELETE FROM lifecycle_policyversion WHERE state = %s", [state])


@pytest.mark.parametrize(
    "changes",
    [
        {"recipient": "cobalt"},
        {"recipient": "borealis"},
        {"profile": "internal", "recipient": "borealis/lumen"},
        {"ceiling_tlp": "RED", "recipient": "borealis/lumen"},
        {"purpose": "CustomerManagement", "recipient": "borealis/lumen"},
        {"expires_at": timezone.now() + timedelta(days=200), "recipient": "borealis/lumen"},
    ],
)
def test_a_grant_outside_the_template_needs_a_second_person(ask, changes):
    world = ask.world
    grant = proposed_grant(world, **changes)
    olga, omar = world.cast["olga"], world.cast["omar"]
    assert (grant.state, grant.covered_cases) == ("proposed", 0)
    with acting_as(olga):
        assert GrantCoverage.objects.filter(grant_id=grant.grant_id).count() == 0
        assert approve_grant(olga, grant_id=grant.grant_id) == Refusal("same_person")
        with pytest.raises(GrantRefusal, match="same_person"):
            granting.approve(grant.grant_id, by=olga.person_key)
    assert ask("olga", APPROVE, id=str(grant.grant_id)).data == {"approveGrant": {"__typename": "NotAvailable"}}
    for approved_by in ("", olga.person_key):
        with as_owner() as owner, pytest.raises(psycopg.errors.CheckViolation, match="grant_two_people"):
            owner.execute(
                "UPDATE sharing_sharinggrant SET state = 'active', approved_by = %s WHERE id = %s",
                [approved_by, grant.grant_id],
            )
    with acting_as(omar):
        assert approve_grant(omar, grant_id=grant.grant_id).state == "active"
        assert granting.revoke(grant.grant_id, by=omar.person_key, reason="Tried").state == "revoked"


def test_a_grant_inside_the_template_takes_one_officer(world):
    grant = proposed_grant(world, recipient="borealis/lumen")
    assert (grant.state, grant.covered_cases) == ("active", 2)


def test_one_officer_cannot_make_room_for_his_own_grant(ask):
    """The template is a policy too: its author waits for a second person, and so does his grant."""
    world, olga = ask.world, ask.world.cast["olga"]
    template = {
        "profiles": ["internal"], "ceiling_class": "restricted", "ceiling_tlp": "RED", "max_days": 365,
        "recipients": ["cobalt"], "purposes": [PURPOSE],
    }  # fmt: skip
    with acting_as(olga):
        wide = draft_policy(olga, kind=PolicyKind.GRANT_TEMPLATE, slug=f"wide-{uuid4().hex[:6]}", document=template)
        assert propose_policy(olga, version_id=wide.version_id).state == "proposed"
        assert activate_policy(olga, version_id=wide.version_id) == Refusal("same_person")
    assert proposed_grant(world, recipient="cobalt", profile="internal").state == "proposed"
