"""Promise 1: raw never leaves its team; each wall holds what is its to hold when the other is taken down."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import UUIDField, Value
from django.utils import timezone

from hub.sharing.models import Projection
from tenants.scoping import acting_as
from tests.promises.asking import LIST, changed
from tests.promises.walls import RAW_TABLES, open_tables, restricted

SHARED_TABLES = (
    "sharing_projection", "sharing_grantcoverage", "sharing_sharinggrant", "sharing_sharinggroupmember",
    "catalog_caseuserobjectpermission", "catalog_casegroupobjectpermission", "catalog_case",
)  # fmt: skip
YESTERDAY, TOMORROW = timedelta(days=-1), timedelta(days=1)
SECOND = timedelta(seconds=1)

# What ends a grant's reach, as the columns that say so: table, column that finds its rows, new values.
GRANT = "sharing_sharinggrant"
ENDINGS = {
    "proposed": (GRANT, "id", lambda now: {"state": "proposed"}),
    "rejected": (GRANT, "id", lambda now: {"state": "rejected"}),
    "state revoked": (GRANT, "id", lambda now: {"state": "revoked"}),
    "revoked at": (GRANT, "id", lambda now: {"revoked_at": now}),
    "not started": (GRANT, "id", lambda now: {"starts_at": now + TOMORROW}),
    "expired": (GRANT, "id", lambda now: {"starts_at": now + YESTERDAY, "expires_at": now - SECOND}),
}
# What takes a projection away from its readers.
TAKINGS = {
    "recalled": lambda now: {"recalled_at": now},
    "not ready": lambda now: {"is_in_force": False, "state": "pending"},
    "withheld": lambda now: {"is_in_force": False, "state": "withheld"},
    "not in force": lambda now: {"is_in_force": False},
}


def count(table, case_id):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE case_id = %s", [case_id])
        return cursor.fetchone()[0]


def everything(actor):
    """What stands in for the Python wall when it is taken down: whatever PostgreSQL shows."""
    return Projection.objects.annotate(basis_id=Value(None, output_field=UUIDField()))


@pytest.fixture
def no_python_wall(monkeypatch):
    """Every read of shared cases goes to PostgreSQL as it is."""
    monkeypatch.setattr("hub.sharing.shapes.visible_projections", everything)
    monkeypatch.setattr("hub.sharing.access.visible_projections", everything)


@pytest.fixture
def no_database_wall(world):
    """Every row of the sharing layer, and who is named on cases, is there for the asking."""
    with open_tables(*SHARED_TABLES):
        yield


# -- PostgreSQL, whatever Python does -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "texts"),
    [
        ("alice", 1), ("bob", 1),
        ("dana", 0), ("rita", 0), ("olga", 0), ("omar", 0), ("erin", 0), ("carol", 0), ("dave", 0), ("oscar", 0),
        ("trudy", 0), ("petra", 0),
    ],
)  # fmt: skip
def test_postgresql_shows_raw_rows_to_the_owner_team_alone(world, who, texts):
    with acting_as(world.cast[who]):
        assert count("catalog_casetext", world.cases["atlas"]) == texts
        assert count("catalog_evidencebody", world.cases["atlas"]) == 2 * texts
        assert count("catalog_evidenceitem", world.cases["atlas"]) == 2 * texts
        assert count("sharing_analysis", world.cases["atlas"]) == 0


@pytest.mark.parametrize("table", [*RAW_TABLES, *SHARED_TABLES])
def test_an_unset_tenant_sees_nothing(world, table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        assert cursor.fetchone()[0] == 0


@pytest.mark.parametrize(
    ("who", "owners"),
    [
        ("carol", ["acme/atlas", "acme/atlas", "borealis/lumen"]),
        ("dave", []), ("trudy", []), ("dana", ["acme/zephyr"]), ("rita", ["acme/zephyr"]), ("erin", []),
    ],
)  # fmt: skip
def test_postgresql_alone_holds_recipient_and_term(no_python_wall, ask, who, owners):
    with acting_as(ask.world.cast[who]):
        assert sorted(set(Projection.objects.values_list("owner_label", flat=True))) == sorted(set(owners))


def test_postgresql_alone_shows_the_recipient_his_own_audience_only(no_python_wall, ask):
    assert ask.owners("carol") == ["acme/atlas", "acme/atlas", "borealis/lumen"]
    assert ask.owners("dave") == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_postgresql_alone_ends_a_grant(no_python_wall, ask, ending):
    table, key, values = ENDINGS[ending]
    with changed(table, key, ask.world.grants["carol"], **values(timezone.now())):
        assert ask.owners("carol") == ["borealis/lumen"]
    assert ask.owners("carol") == ["acme/atlas", "acme/atlas", "borealis/lumen"]


@pytest.mark.parametrize("taking", TAKINGS)
def test_postgresql_alone_takes_a_projection_away(no_python_wall, ask, taking):
    with changed("sharing_projection", "case_id", ask.world.cases["atlas"], **TAKINGS[taking](timezone.now())):
        assert ask.owners("carol") == ["acme/atlas", "borealis/lumen"]
    assert ask.owners("carol") == ["acme/atlas", "acme/atlas", "borealis/lumen"]


# -- Python, whatever PostgreSQL does -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "owners"),
    [
        ("alice", ["acme/atlas", "acme/atlas"]),
        ("bob", ["acme/atlas", "acme/atlas"]),
        ("dana", ["acme/zephyr"]),
        ("rita", ["acme/zephyr"]),
        ("carol", ["acme/atlas", "acme/atlas", "borealis/lumen"]),
        ("dave", []),
        ("trudy", []),
    ],
)
def test_python_alone_holds_recipient_and_term(no_database_wall, ask, who, owners):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) > 6 FROM sharing_projection")
        assert cursor.fetchone() == (True,)  # the database wall is down indeed
    assert ask.owners(who) == owners


@pytest.mark.parametrize("who", ["olga", "omar", "oscar", "erin"])
def test_python_alone_shows_no_list_to_those_who_read_none(no_database_wall, ask, who):
    assert ask(who, LIST).codes == ["NOT_AVAILABLE"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_python_alone_ends_a_grant(no_database_wall, ask, ending):
    table, key, values = ENDINGS[ending]
    with changed(table, key, ask.world.grants["carol"], **values(timezone.now())):
        assert ask.owners("carol") == ["borealis/lumen"]


@pytest.mark.parametrize("taking", TAKINGS)
def test_python_alone_takes_a_projection_away(no_database_wall, ask, taking):
    with changed("sharing_projection", "case_id", ask.world.cases["atlas"], **TAKINGS[taking](timezone.now())):
        assert ask.owners("carol") == ["acme/atlas", "borealis/lumen"]


@pytest.mark.parametrize("terms", [{"ceiling_class": "internal"}, {"ceiling_tlp": "CLEAR"}])
def test_python_alone_holds_the_ceiling(no_database_wall, ask, terms):
    # The canary cases are confidential by what was found in them, and AMBER as every new case is.
    with changed(GRANT, "id", ask.world.grants["carol"], **terms):
        assert ask.owners("carol") == ["borealis/lumen"]


@pytest.mark.parametrize(
    ("purpose", "shared"),
    [
        ("AcademicResearch", 2),
        ("ResearchAndDevelopment", 2),
        ("Marketing", 0),
        ("CustomerManagement", 0),
        ("Purpose", 0),
        ("", 0),
    ],
)
def test_python_alone_holds_the_purpose(no_database_wall, ask, purpose, shared):
    assert ask.owners("carol", purpose=purpose) == ["acme/atlas"] * shared + ["borealis/lumen"]


def test_python_alone_keeps_a_restricted_case_to_its_named_people(no_database_wall, ask):
    with restricted(ask.world):
        assert ask.owners("alice") == ["acme/atlas", "acme/atlas"]
        assert ask.owners("bob") == ["acme/atlas"]
        assert ask.owners("carol") == ["acme/atlas", "borealis/lumen"]
