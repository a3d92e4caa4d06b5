"""Promise 1: raw never leaves its team; each wall holds what is its to hold when the other is taken down."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import UUIDField, Value
from django.utils import timezone

from hub.sharing.models import Projection
from hub.workflows.break_glass import close_break_glass, open_break_glass
from hub.workflows.disclosure import disclose_raw
from hub.workflows.outcomes import BreakGlassOpened, Done, Refusal
from hub.workflows.sensitivity import restrict_case, unrestrict_case
from tenants.scoping import acting_as
from tests.promises.asking import LIST, RAW, STRANGERS, as_owner, changed, last_event

RAW_TABLES = ("catalog_casetext", "catalog_evidencebody", "catalog_evidenceitem", "catalog_review")
SHARED_TABLES = (
    "sharing_projection", "sharing_grantcoverage", "sharing_sharinggrant", "sharing_sharinggroupmember",
    "catalog_caseuserobjectpermission", "catalog_casegroupobjectpermission", "catalog_case",
)  # fmt: skip
CASE_TABLES = (*RAW_TABLES, "catalog_case", "catalog_caseversion", "catalog_casetag")
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


@contextmanager
def open_tables(*tables):
    """The database wall around these tables is down for the application."""
    policy = "FOR SELECT TO caseward_app USING (true)"
    with as_owner(*(f"CREATE POLICY everything ON {table} {policy}" for table in tables)):
        pass
    try:
        yield
    finally:
        with as_owner(*(f"DROP POLICY everything ON {table}" for table in tables)):
            pass


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


@pytest.mark.parametrize("who", [*STRANGERS, "petra"])
def test_python_alone_keeps_raw_from_strangers(world, who):
    actor = world.cast[who]
    with open_tables(*CASE_TABLES), acting_as(actor):
        answer = disclose_raw(actor, case_id=world.cases["atlas"])
    assert answer == Refusal("not_available")


def test_python_alone_keeps_raw_of_a_restricted_case_to_its_named_people(world):
    case_id = world.cases["atlas"]
    with restricted(world, "dana"), open_tables(*CASE_TABLES):
        for who, opens in (("alice", True), ("dana", True), ("bob", False), ("rita", False)):
            actor = world.cast[who]
            with acting_as(actor):
                answer = disclose_raw(actor, case_id=case_id)
            assert (answer != Refusal("not_available")) is opens, who


@pytest.mark.parametrize("ending", ["expired", "closed", "somebody else's"])
def test_python_alone_ends_break_glass(world, ending):
    rita, olga, case_id = world.cast["rita"], world.cast["olga"], world.cases["atlas"]
    now = timezone.now()
    with acting_as(rita):
        glass = open_break_glass(rita, case_id=case_id, purpose="A customer is being harmed now").break_glass_id
        assert disclose_raw(rita, case_id=case_id) != Refusal("not_available")
    values = {
        "expired": {"opened_at": now - timedelta(minutes=60), "expires_at": now - SECOND},
        "closed": {"closed_at": now},
        "somebody else's": {"user_id": olga.user_id},
    }[ending]
    with changed("catalog_breakglass", "id", glass, **values), open_tables(*CASE_TABLES), acting_as(rita):
        assert disclose_raw(rita, case_id=case_id) == Refusal("not_available")
    with acting_as(olga):
        close_break_glass(olga, break_glass_id=glass, finding="Tried.")


# -- The three exceptional ways to raw ------------------------------------------------------------------------------


@contextmanager
def restricted(world, *names):
    """Atlas' case restricted by alice, who stays named, to some others."""
    alice = world.cast["alice"]
    with acting_as(alice):
        restrict_case(alice, case_id=world.cases["atlas"], user_ids=[world.cast.user(name).pk for name in names])
    try:
        yield
    finally:
        with acting_as(alice):
            unrestrict_case(alice, case_id=world.cases["atlas"])


def read_raw(ask, who):
    answer = ask(who, RAW, id=str(ask.world.cases["atlas"]))
    leaks = ask.world.canaries.found_in(answer.content)
    return answer.data["rawCase"]["__typename"], answer.data["rawCase"].get("basis"), bool(leaks)


NOTHING = ("NotAvailable", None, False)


def test_the_owner_team_reads_its_raw(ask):
    assert read_raw(ask, "alice") == ("RawCase", "role:contributor", True)
    assert read_raw(ask, "bob") == ("RawCase", "role:reader", True)


@pytest.mark.parametrize("who", STRANGERS)
def test_nobody_else_reads_raw(ask, who):
    assert read_raw(ask, who) == NOTHING
    assert last_event(ask.world, who) == ("case.read_raw", "refused", "not_available")


def test_a_restricted_case_opens_to_its_named_people_only(ask):
    with restricted(ask.world):
        assert read_raw(ask, "alice")[0] == "RawCase"
        assert read_raw(ask, "bob") == NOTHING
        assert ask.owners("bob") == ["acme/atlas"]
        assert ask.owners("carol") == ["acme/atlas", "borealis/lumen"]
    with restricted(ask.world, "dana"):
        assert read_raw(ask, "dana") == ("RawCase", "named", True)
        assert read_raw(ask, "rita") == NOTHING
        assert read_raw(ask, "bob") == NOTHING
    assert read_raw(ask, "dana") == NOTHING
    assert read_raw(ask, "bob")[0] == "RawCase"


def test_break_glass_opens_one_case_to_one_person_for_an_hour_until_it_is_closed(ask):
    world = ask.world
    rita, olga = world.cast["rita"], world.cast["olga"]
    assert read_raw(ask, "rita") == NOTHING
    with acting_as(rita):
        opened = open_break_glass(rita, case_id=world.cases["atlas"], purpose="A customer is being harmed now")
    assert isinstance(opened, BreakGlassOpened)
    assert timedelta(minutes=59) < opened.expires_at - timezone.now() <= timedelta(minutes=60)
    assert read_raw(ask, "rita") == ("RawCase", f"break_glass:{opened.break_glass_id}", True)
    other = ask("rita", RAW, id=str(world.cases["atlas_second"]))
    assert other.data == {"rawCase": {"__typename": "NotAvailable"}}
    for somebody_else in ("dana", "olga", "carol"):
        assert read_raw(ask, somebody_else) == NOTHING

    now = timezone.now()
    an_hour_ago = {"opened_at": now - timedelta(minutes=60), "expires_at": now - timedelta(milliseconds=1)}
    with changed("catalog_breakglass", "id", opened.break_glass_id, **an_hour_ago):
        assert read_raw(ask, "rita") == NOTHING
    assert read_raw(ask, "rita")[0] == "RawCase"

    with acting_as(olga):
        assert close_break_glass(olga, break_glass_id=opened.break_glass_id, finding="Justified.") == Done(
            opened.break_glass_id
        )
    assert read_raw(ask, "rita") == NOTHING


def test_no_break_glass_is_longer_than_an_hour(world):
    rita = world.cast["rita"]
    with acting_as(rita):
        answer = open_break_glass(rita, case_id=world.cases["atlas"], purpose="Long", minutes=61)
    assert [problem.path for problem in answer.problems] == ["minutes"]
    with as_owner() as owner, pytest.raises(Exception, match="break_glass_within_an_hour"):
        owner.execute(
            "INSERT INTO catalog_breakglass (id, tenant_id, case_id, user_id, purpose, opened_at, expires_at,"
            " closed_by, finding) VALUES (gen_random_uuid(), %s, %s, %s, 'x', now(), now() + interval '61 minutes',"
            " '', '')",
            [world.cast.tenant("acme").pk, world.cases["atlas"], rita.user_id],
        )
