"""Promise 1: the ways to raw, one by one: the owner team, a name on a restricted case, break-glass; and no other."""

from datetime import timedelta

import pytest
from django.utils import timezone

from hub.workflows.break_glass import close_break_glass, open_break_glass
from hub.workflows.disclosure import disclose_raw
from hub.workflows.outcomes import BreakGlassOpened, Done, Refusal
from tenants.scoping import acting_as
from tests.promises.asking import RAW, STRANGERS, as_owner, changed, last_event
from tests.promises.walls import CASE_TABLES, open_tables, restricted

SECOND = timedelta(seconds=1)

# -- Python, whatever PostgreSQL shows ------------------------------------------------------------------------------


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


# -- Both together, as people ask ------------------------------------------------------------------------------------


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
