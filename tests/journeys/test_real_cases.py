"""Real cases, from the file to what a partner reads: imported, redacted for two audiences, none lost on the way."""

import os
from pathlib import Path

import pytest

from hub.sharing.reasons import REASONS
from hub.sharing.services.profiles import install_shipped_profiles, install_shipped_templates
from hub.workflows.projection import build_projections
from tenants.actors import system_actor
from tenants.scoping import acting_as
from tests.cast import build_cast
from tests.promises.asking import Asker
from tests.workflows.test_importing import run
from tests.world import World, owner_connection

pytestmark = pytest.mark.outside_data

CASES, REPORTS, AUDIENCES = 7568, 57, 2
# So many of each source, spread over its whole length, are enough to meet every shape of record there is.
OF_EACH_SOURCE = 10
COUNT = "query { cases(first: 1) { totalCount nodes { id title } } }"
SAMPLE = """
    DELETE FROM sharing_projection WHERE state = 'pending' AND case_id NOT IN (
        SELECT id FROM (
            SELECT id, row_number() OVER (PARTITION BY source ORDER BY md5(source_id)) AS place FROM catalog_case
        ) spread WHERE place <= %s
    )
"""


@pytest.fixture
def world(transactional_db: None) -> World:
    """All real cases at atlas, shared with lumen of another tenant; no projection is built yet."""
    world = World(build_cast(), {})
    olga, acme = world.cast["olga"].person_key, world.cast.tenant("acme")
    with acting_as(system_actor(acme.pk, "world")):
        install_shipped_profiles(acme.pk, by=olga)
        install_shipped_templates(acme.pk, by=olga, recipients=["borealis/*"])
    world.share("borealis/lumen")
    data = Path(os.environ["CASEWARD_DATA"]) / "cases"
    actor, team_id = system_actor(acme.pk, "import_cases"), world.cast.team("acme/atlas").pk
    assert run(actor, team_id, data / "seed.jsonl.gz") == (CASES, 0, 0, [])
    assert run(actor, team_id, data / "original" / "avid", "avid") == (0, REPORTS, 0, [])
    assert run(actor, team_id, data / "seed.jsonl.gz") == (0, 0, CASES, [])
    return world


def as_owner(statement, parameters=()):
    """Rows as the owner of the tables sees them."""
    with owner_connection() as owner:
        cursor = owner.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def build_all(world):
    """Turns of building until nothing is left to do, as the sweeps would."""
    while build_projections(world.cast.tenant("acme").pk):
        pass


def check_built(world, cases):
    """One projection for each audience, ready or withheld for a known reason; a partner may list the ready ones."""
    states = as_owner("SELECT state, reason, count(*) FROM sharing_projection GROUP BY 1, 2")
    assert sum(count for _, _, count in states) == cases * AUDIENCES
    assert {state for state, _, _ in states} <= {"ready", "withheld"}, states
    assert {reason for state, reason, _ in states if state == "withheld"} <= set(REASONS), states
    assert {reason for state, reason, _ in states if state == "ready"} == {""}
    twice = "SELECT version_id FROM sharing_projection GROUP BY version_id, policy_version_id, audience_id"
    assert as_owner(f"{twice} HAVING count(*) <> 1") == []
    ready = as_owner(
        "SELECT p.audience_id, count(*) FROM sharing_projection p JOIN sharing_sharinggrant g USING (audience_id)"
        " WHERE p.state = 'ready' AND p.is_in_force GROUP BY 1"
    )
    answer = Asker(world)("carol", COUNT).data["cases"]
    assert [count for _, count in ready] == [answer["totalCount"]]
    assert 0 < answer["totalCount"] <= cases


def test_cases_of_every_source_are_built_for_both_audiences(world):
    as_owner(SAMPLE, [OF_EACH_SOURCE])
    [(cases,)] = as_owner("SELECT count(DISTINCT case_id) FROM sharing_projection")
    [(sources,)] = as_owner("SELECT count(DISTINCT source) FROM catalog_case")
    [(wanted,)] = as_owner(
        "SELECT sum(least(n, %s)) FROM (SELECT count(*) AS n FROM catalog_case GROUP BY source) s", [OF_EACH_SOURCE]
    )
    assert (cases, sources > 5) == (wanted, True)
    build_all(world)
    check_built(world, cases)


@pytest.mark.campaign
@pytest.mark.timeout(4 * 3600)
def test_every_real_case_is_built_for_both_audiences(world):
    build_all(world)
    check_built(world, CASES)
