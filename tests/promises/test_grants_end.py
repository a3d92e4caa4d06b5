"""Promise 5: start, expiry and revocation of a grant, and who is who, are looked at in every read; no worker runs."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from hub.sharing.models import SharingGrant
from hub.workflows.granting import add_group_member, create_group, remove_group_member, revoke_grant
from tenants.actors import system_actor
from tenants.models import Membership
from tenants.scoping import acting_as
from tests.promises.asking import CASE, as_owner, last_event

SHARED = ["acme/atlas", "acme/atlas"]
OWN = ["borealis/lumen"]


@pytest.fixture(scope="module", autouse=True)
def nothing_runs_in_the_background(world):
    """Everything is built; from here on nothing but these tests' own reads looks at a clock."""
    world.build()


def grant_of(world, **terms):
    """A grant to dave's team, whose projections are built."""
    grant_id = world.share("borealis/drift", **terms)
    world.build()
    return grant_id


def end(world, grant_id):
    olga = world.cast["olga"]
    with acting_as(olga):
        revoke_grant(olga, grant_id=grant_id, reason="The test is over")


def wait_until(moment):
    time.sleep(max(0.0, (moment - timezone.now()).total_seconds() + 0.05))


def test_a_grant_begins_by_itself(ask):
    starts_at = timezone.now() + timedelta(seconds=2.5)
    grant_id = grant_of(ask.world, starts_at=starts_at)
    assert timezone.now() < starts_at, "the machine was too slow for this test"
    assert ask.owners("dave") == []
    wait_until(starts_at)
    assert ask.owners("dave") == SHARED
    end(ask.world, grant_id)


def test_a_grant_expires_by_itself(ask):
    expires_at = timezone.now() + timedelta(seconds=3)
    grant_id = grant_of(ask.world, expires_at=expires_at)
    public_id = ask("dave", "{ cases { nodes { id } } }").data["cases"]["nodes"][0]["id"]
    assert ask("dave", CASE, id=public_id).data["case"]["__typename"] == "Case"
    assert timezone.now() < expires_at, "the machine was too slow for this test"
    wait_until(expires_at)
    assert ask.owners("dave") == []
    assert ask("dave", CASE, id=public_id).data["case"]["__typename"] == "NotAvailable"
    assert last_event(ask.world, "dave") == ("case.read", "refused", "not_available")
    with acting_as(system_actor(ask.world.cast.tenant("acme").pk, "test")):
        grant = SharingGrant.objects.get(pk=grant_id)
        assert (grant.state, grant.revoked_at, grant.coverage.count()) == ("active", None, 2)  # nobody has tidied up


def test_a_revoked_grant_ends_with_the_next_read(ask):
    grant_id = grant_of(ask.world)
    assert ask.owners("dave") == SHARED
    end(ask.world, grant_id)
    assert ask.owners("dave") == []


def test_a_list_that_was_begun_goes_on_without_the_grant(ask):
    query = "query($after: String) { cases(first: 1, after: $after) { nodes { owner } pageInfo { endCursor } } }"
    first = ask("carol", query).data["cases"]
    assert first["nodes"] == [{"owner": "borealis/lumen"}]
    with as_owner() as owner:
        owner.execute("UPDATE sharing_sharinggrant SET revoked_at = now() WHERE id = %s", [ask.world.grants["carol"]])
    assert ask("carol", query, after=first["pageInfo"]["endCursor"]).data["cases"]["nodes"] == []
    with as_owner() as owner:
        owner.execute("UPDATE sharing_sharinggrant SET revoked_at = NULL WHERE id = %s", [ask.world.grants["carol"]])
    assert ask("carol", query, after=first["pageInfo"]["endCursor"]).data["cases"]["nodes"] == [{"owner": "acme/atlas"}]


def test_who_leaves_a_group_reads_on_without_it(ask):
    world, olga = ask.world, ask.world.cast["olga"]
    with acting_as(olga):
        group = create_group(olga, slug="circle", name="Circle").object_id
        add_group_member(olga, group_id=group, address="borealis/drift")
        add_group_member(olga, group_id=group, address="cobalt/quarry")
    grant_id = grant_of(world)
    end(world, grant_id)
    of_group = world.share("group:circle")
    world.build()
    assert ask.owners("dave") == SHARED
    assert ask.owners("trudy") == SHARED
    with acting_as(olga):
        remove_group_member(olga, group_id=group, address="borealis/drift")
    assert ask.owners("dave") == []
    assert ask.owners("trudy") == SHARED
    with acting_as(olga):
        add_group_member(olga, group_id=group, address="borealis/drift")
    assert ask.owners("dave") == SHARED  # the group's projections are there already
    end(world, of_group)
    assert ask.owners("dave") == ask.owners("trudy") == []


def test_who_is_moved_or_demoted_loses_access_with_the_next_request(ask):
    world = ask.world
    assert ask.owners("carol") == [*SHARED, *OWN]
    carol, drift, lumen = (
        world.cast.user("carol").pk, world.cast.team("borealis/drift").pk, world.cast.team("borealis/lumen").pk,
    )  # fmt: skip

    def place(team_id, role):
        with acting_as(system_actor(world.cast.tenant("borealis").pk, "test")):
            assert Membership.objects.filter(user_id=carol).update(team_id=team_id, role=role) == 1

    place(drift, "contributor")
    assert ask.owners("carol") == []
    place(None, "auditor")
    assert ask("carol", "{ cases { totalCount } }").codes == ["NOT_AVAILABLE"]
    place(lumen, "reader")
    assert ask.owners("carol") == [*SHARED, *OWN]
    with as_owner() as owner:
        owner.execute("UPDATE tenants_user SET is_active = false WHERE id = %s", [carol])
    assert ask("carol", "{ cases { totalCount } }").status == 401
    with as_owner() as owner:
        owner.execute("UPDATE tenants_user SET is_active = true WHERE id = %s", [carol])
    assert ask.owners("carol") == [*SHARED, *OWN]
