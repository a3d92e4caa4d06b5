"""Promise 1, PostgreSQL's half: which raw rows a connection sees for whom, whatever the code above asks it for."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from hub.sharing.models import Projection
from hub.workflows.break_glass import close_break_glass, open_break_glass
from tenants.actors import system_actor
from tenants.scoping import acting_as
from tests.promises.asking import as_owner, changed
from tests.promises.background import owner_rows
from tests.promises.walls import RAW_TABLES, restricted

EACH = {"catalog_casetext": 1, "catalog_evidencebody": 2, "catalog_evidenceitem": 2, "catalog_review": 1}
NOTHING = dict.fromkeys(EACH, 0)
ANALYSES = "sharing_analysis"


@pytest.fixture(scope="module", autouse=True)
def review(world):
    """Somebody has reviewed atlas' case, in words of his own."""
    with as_owner() as owner:
        owner.execute(
            "INSERT INTO catalog_review (id, tenant_id, team_id, case_id, version_id, reviewer, verdict, note,"
            " created_at) SELECT gen_random_uuid(), tenant_id, team_id, id, current_version_id, 'user:x', 'accept',"
            " 'n', now() FROM catalog_case WHERE id = %s",
            [world.cases["atlas"]],
        )


def rows_for(world, actor):
    """How many raw rows of atlas' case PostgreSQL shows to an actor, by table."""
    if isinstance(actor, str):
        actor = world.cast[actor]
    with acting_as(actor), connection.cursor() as cursor:
        found = {}
        for table in RAW_TABLES:
            cursor.execute(f"SELECT count(*) FROM {table} WHERE case_id = %s", [world.cases["atlas"]])
            found[table] = cursor.fetchone()[0]
        return found


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_the_owner_team_sees_them(world, who):
    assert rows_for(world, who) == EACH


@pytest.mark.parametrize("who", ["dana", "rita", "olga", "omar", "erin", "carol", "dave", "oscar", "trudy", "petra"])
def test_nobody_else_does(world, who):
    assert rows_for(world, who) == NOTHING


def test_background_work_sees_those_of_its_own_tenant(world):
    for slug, expected in (("acme", EACH), ("borealis", NOTHING), ("cobalt", NOTHING)):
        actor = system_actor(world.cast.tenant(slug).pk, "test")
        assert rows_for(world, actor) == expected, slug
        with acting_as(actor), connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {ANALYSES} WHERE case_id = %s", [world.cases["atlas"]])
            assert cursor.fetchone() == (1 if expected is EACH else 0,), slug


def test_a_restricted_case_is_there_for_its_named_people_alone(world):
    with restricted(world, "dana"):
        assert rows_for(world, "alice") == rows_for(world, "dana") == EACH
        for who in ("bob", "rita", "olga", "carol"):
            assert rows_for(world, who) == NOTHING, who
    assert rows_for(world, "bob") == EACH
    assert rows_for(world, "dana") == NOTHING


def test_break_glass_shows_them_to_its_person_until_its_end_or_its_closing(world):
    rita, olga, case_id = world.cast["rita"], world.cast["olga"], world.cases["atlas"]
    with acting_as(rita):
        opened = open_break_glass(rita, case_id=case_id, purpose="A customer is being harmed now").break_glass_id
    assert rows_for(world, "rita") == EACH
    # Dana could open one herself no more than read by rita's.
    for who in ("dana", "olga", "carol"):
        assert rows_for(world, who) == NOTHING, who
    now = timezone.now()
    for opened_at, expires_at in (
        (now - timedelta(minutes=50), now - timedelta(milliseconds=1)),
        (now + timedelta(minutes=1), now + timedelta(minutes=2)),
    ):
        with changed("catalog_breakglass", "id", opened, opened_at=opened_at, expires_at=expires_at):
            assert rows_for(world, "rita") == NOTHING
    assert rows_for(world, "rita") == EACH
    with acting_as(olga):
        close_break_glass(olga, break_glass_id=opened, finding="Justified.")
    assert rows_for(world, "rita") == NOTHING


def test_a_projection_is_there_under_the_very_profile_that_covers_it(world):
    """Two profiles of one case would allow subtraction: coverage of another profile shows nothing of this one."""

    def shown():
        with acting_as(world.cast["carol"]):
            return Projection.objects.filter(case_id__in=[world.cases["atlas"], world.cases["atlas_second"]]).count()

    assert shown() == 2
    [(public,)] = owner_rows(
        "SELECT id FROM sharing_redactionprofile WHERE slug = 'public' AND tenant_id = %s",
        [world.cast.tenant("acme").pk],
    )
    with changed("sharing_grantcoverage", "grant_id", world.grants["carol"], profile_id=public):
        assert shown() == 0
    assert shown() == 2
