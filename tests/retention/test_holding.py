"""Legal holds: one officer places them at once, two release them, and what is held is deleted by nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.utils import timezone

from hub.catalog.models import Case, CaseText
from hub.retention.holds import holds_of_case, holds_on
from hub.retention.models import HeldCase, LegalHold
from hub.retention.services.holding import lock_cases
from hub.workflows.holding import HoldAnswer, keep_hold, list_holds, place_hold, propose_release, release_hold
from hub.workflows.outcomes import Invalid, Refusal
from hub.workflows.sensitivity import tag_case
from tenants.scoping import acting_as
from tests.sharing.stage import Stage, build_stage

GUARDED = ("catalog_casetext", "catalog_evidencebody", "catalog_evidenceitem", "catalog_caseversion", "catalog_case")


@pytest.fixture
def stage(db: None) -> Stage:
    """The cast on a hub with profiles, rolled back."""
    return build_stage()


def ask(stage: Stage, who: str, workflow: Any, **arguments: Any) -> Any:
    actor = stage.actor(who)
    with acting_as(actor):
        return workflow(actor, **arguments)


def place(stage: Stage, who: str = "olga", *cases: UUID, **changes: Any) -> Any:
    wanted = {
        "authority": "District Court 7",
        "reason": "Discovery in a dispute",
        "review_on": timezone.now().date() + timedelta(days=90),
        "selection": {"cases": [str(case) for case in cases]},
        "is_by_query": False,
    }
    return ask(stage, who, place_hold, **{**wanted, **changes})


def test_holds_by_name_at_once_and_says_so_on_record(stage: Stage) -> None:
    held, free = stage.submit(title="First"), stage.submit(title="Second")
    answer = place(stage, "olga", held.pk)
    assert isinstance(answer, HoldAnswer)
    assert (answer.state, answer.held_cases) == ("standing", 1)
    event = stage.last_event()
    assert (event.action, event.outcome, event.basis, event.object_id) == (
        "hold.place", "allowed", "role:officer", str(answer.hold_id),
    )  # fmt: skip
    assert event.detail["cases"] == 1
    assert "Court" not in str(event.detail)
    with stage.backstage():
        assert holds_on([held.pk, free.pk]) == {held.pk: answer.hold_id}
    (listed,) = ask(stage, "erin", list_holds)
    assert (listed.hold_id, listed.authority, listed.held_cases) == (answer.hold_id, "District Court 7", 1)


def test_several_stand_and_each_must_go(stage: Stage) -> None:
    case = stage.submit()
    first, second = place(stage, "olga", case.pk), place(stage, "omar", case.pk, authority="Regulator")
    for hold in (first, second):
        with stage.backstage():
            assert holds_on([case.pk]).keys() == {case.pk}
        ask(stage, "olga", propose_release, hold_id=hold.hold_id, reason="Settled")
        assert ask(stage, "omar", release_hold, hold_id=hold.hold_id).state == "released"
    with stage.backstage():
        assert holds_on([case.pk]) == {}
        assert list(holds_of_case(case.pk)) == []


def test_release_takes_two_people(stage: Stage) -> None:
    case = stage.submit()
    hold_id = place(stage, "olga", case.pk).hold_id
    assert ask(stage, "omar", release_hold, hold_id=hold_id) == Refusal("not_proposed")
    assert isinstance(ask(stage, "olga", propose_release, hold_id=hold_id, reason=" "), Invalid)
    assert ask(stage, "olga", propose_release, hold_id=hold_id, reason="Settled").state == "release_proposed"
    with stage.backstage():
        assert holds_on([case.pk]) == {case.pk: hold_id}, "a proposal releases nothing"
    assert ask(stage, "olga", release_hold, hold_id=hold_id) == Refusal("same_person")
    event = stage.last_event()
    assert (event.action, event.outcome, event.basis) == ("hold.release", "refused", "same_person")
    assert ask(stage, "omar", keep_hold, hold_id=hold_id).state == "standing"
    assert ask(stage, "omar", release_hold, hold_id=hold_id) == Refusal("not_proposed")


def test_the_database_knows_the_two_people_too(stage: Stage) -> None:
    hold_id = place(stage, "olga", stage.submit().pk).hold_id
    rows = LegalHold.objects.filter(pk=hold_id)
    now = timezone.now()
    with stage.backstage():
        with pytest.raises(DatabaseError, match="does not go from standing to released"), transaction.atomic():
            rows.update(state="released", release_proposed_by="user:a", released_by="user:b", released_at=now)
        rows.update(state="release_proposed", release_proposed_by="user:a", release_proposed_at=now)
        with pytest.raises(IntegrityError, match="legal_hold_two_people"), transaction.atomic():
            rows.update(state="released", released_by="user:a", released_at=now)
        with pytest.raises(DatabaseError, match="what a hold says is immutable"), transaction.atomic():
            rows.update(reason="Nothing to see")
        with pytest.raises(DatabaseError, match="released by two people, not deleted"), transaction.atomic():
            rows._raw_delete("default")
        with pytest.raises(DatabaseError, match="leaves a hold when that is released"), transaction.atomic():
            HeldCase.objects.filter(hold_id=hold_id).delete()
        assert rows.get().state == "release_proposed"


@pytest.mark.parametrize("who", ["alice", "rita", "erin", "oscar"])
def test_only_officers_of_the_tenant_place_and_release(stage: Stage, who: str) -> None:
    case = stage.submit()
    hold_id = place(stage, "olga", case.pk).hold_id
    answer = place(stage, who, case.pk)
    assert isinstance(answer, Invalid if who == "oscar" else Refusal), "an officer elsewhere has no such case"
    for step in (keep_hold, release_hold):
        assert isinstance(ask(stage, who, step, hold_id=hold_id), Refusal)
    with stage.backstage():
        assert (LegalHold.objects.count(), LegalHold.objects.get().state) == (1, "standing")


def test_unknown_and_foreign_are_told_alike(stage: Stage) -> None:
    foreign = stage.submit("carol")
    hold_id = place(stage, "oscar", foreign.pk).hold_id
    assert place(stage, "olga", foreign.pk) == place(stage, "olga", uuid4())
    answers = [ask(stage, "olga", release_hold, hold_id=which) for which in (hold_id, uuid4())]
    assert answers == [Refusal("unknown")] * 2


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"authority": " "}, "authority"),
        ({"reason": ""}, "reason"),
        ({"review_on": timezone.now().date()}, "reviewOn"),
        ({"review_on": timezone.now().date() + timedelta(days=400)}, "reviewOn"),
        ({"selection": {}}, "cases"),
        ({"selection": {"cases": ["x"]}}, "cases"),
        ({"selection": {"colour": ["x"]}}, "selection"),
        ({"selection": {"kinds": ["x"]}, "is_by_query": True}, "kinds"),
        ({"selection": {}, "is_by_query": True}, "selection"),
        ({"selection": {"tags": [{"a": 1}]}, "is_by_query": True}, "selection"),
    ],
)
def test_says_what_is_wrong(stage: Stage, changes: dict[str, Any], path: str) -> None:
    answer = place(stage, "olga", uuid4(), **changes)
    assert isinstance(answer, Invalid)
    assert answer.problems[0].path == path


def test_a_query_takes_in_what_comes_to_match(stage: Stage) -> None:
    tag = 'avid:sep="P0300"'
    matching, other = stage.submit(title="First", tags=[tag]), stage.submit(title="Second")
    hold = place(stage, "olga", selection={"tags": [tag]}, is_by_query=True)
    assert hold.held_cases == 1
    newer = stage.submit(title="Third", tags=[tag])
    with stage.backstage():
        held = set(HeldCase.objects.values_list("case_id", flat=True))
    assert held == {matching.pk, newer.pk}
    ask(stage, "alice", tag_case, case_id=other.pk, add=[tag])
    # A case that does not match any more stays held until the end of the hold.
    ask(stage, "alice", tag_case, case_id=matching.pk, remove=[tag])
    with stage.backstage():
        assert set(holds_on([matching.pk, other.pk, newer.pk])) == {matching.pk, other.pk, newer.pk}


def test_whoever_deletes_takes_in_what_nobody_has_noticed(stage: Stage) -> None:
    case = stage.submit()
    place(stage, "olga", selection={"kinds": ["hazard"]}, is_by_query=True)
    with stage.backstage():
        assert holds_on([case.pk]) == {}
    place(stage, "olga", selection={"kinds": ["incident"]}, is_by_query=True)
    with stage.backstage():
        assert set(holds_on(lock_cases([case.pk]))) == {case.pk}


@pytest.mark.parametrize("table", GUARDED)
def test_nothing_of_a_held_case_is_deleted_by_the_application(stage: Stage, table: str) -> None:
    held, free = stage.submit(title="First"), stage.submit(title="Second")
    place(stage, "olga", held.pk)
    column = "id" if table == "catalog_case" else "case_id"
    with stage.backstage(), connection.cursor() as cursor:
        with pytest.raises(DatabaseError, match="legal_hold"), transaction.atomic():
            cursor.execute(f"DELETE FROM {table} WHERE {column} = %s", [held.pk])
        if table in ("catalog_casetext", "catalog_evidencebody"):
            cursor.execute(f"DELETE FROM {table} WHERE {column} = %s", [free.pk])
            assert cursor.rowcount == 1


def test_raw_text_of_a_held_case_is_not_emptied_either(stage: Stage) -> None:
    case = stage.submit()
    place(stage, "olga", case.pk)
    with stage.backstage():
        with pytest.raises(DatabaseError, match="legal_hold"), transaction.atomic():
            CaseText.objects.filter(case_id=case.pk).update(summary="")
        assert CaseText.objects.get(case_id=case.pk).summary


@pytest.mark.django_db(transaction=True)
def test_the_owner_is_refused_as_well() -> None:
    stage = build_stage()
    case = stage.submit()
    stage.build()
    place(stage, "olga", case.pk)
    tables = (*GUARDED, "sharing_projection")
    with psycopg.connect(**connections["owner"].get_connection_params(), autocommit=True) as owner:
        for table in tables:
            with pytest.raises(psycopg.errors.RestrictViolation, match="legal_hold"):
                owner.execute(f"DELETE FROM {table}")
            with pytest.raises(psycopg.errors.RestrictViolation, match="legal_hold"):
                owner.execute(f"TRUNCATE {table} CASCADE")
            assert owner.execute(f"SELECT count(*) FROM {table}").fetchone() != (0,)
    with acting_as(stage.actor("olga")):
        assert Case.objects.count() == 1
