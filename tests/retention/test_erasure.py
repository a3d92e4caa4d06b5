"""Erasing a person: asked by one officer, decided by another, carried out around holds, and proven in a dump."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import DatabaseError, IntegrityError, connections, transaction
from django.utils import timezone

from hub.audit.models import AccessEvent
from hub.commands import dumping
from hub.retention.models import ArchivedItem, ErasurePlace, ErasureRequest
from hub.retention.persons import Finder, PersonValues
from hub.sharing.models import Audience, Projection
from hub.workflows import erasure, holding, tickets
from hub.workflows.disposition import dispose_of_due
from hub.workflows.erasing import run_erasures
from hub.workflows.outcomes import Done, Invalid, Refusal
from redaction.pseudonyms import TOKEN
from tenants.actors import system_actor
from tenants.scoping import acting_as
from tests.retention.test_disposition import confirm, dry_run, govern
from tests.world import World, owner_connection

NAMED = ("person", "email", "phone", "iban", "card", "address")


def person(world: World) -> PersonValues:
    """The canaries of atlas' case, as an officer gives them."""
    given = world.canaries
    return PersonValues(
        names=(given["person"],), emails=(given["email"],), phones=(given["phone"],),
        others=(given["iban"], given["card"], given["address"], given["key"], given["jwt"]),
    )  # fmt: skip


def ask(world: World, who: str, workflow: Any, **arguments: Any) -> Any:
    actor = world.cast[who]
    with acting_as(actor):
        return workflow(actor, **arguments)


def backstage(world: World) -> Any:
    return acting_as(system_actor(world.cast.tenant("acme").pk, "test"))


def begun(world: World, values: PersonValues | None = None) -> UUID:
    """An erasure that olga has asked for and the hub has searched for."""
    answer = ask(world, "olga", erasure.request_erasure, reference="DSR 14", values=values or person(world))
    assert isinstance(answer, Done), answer
    assert answer.object_id is not None
    run_erasures(world.cast.tenant("acme").pk)
    return answer.object_id


def row(world: World, erasure_id: UUID) -> ErasureRequest:
    with backstage(world):
        return ErasureRequest.objects.get(pk=erasure_id)


def places(world: World, erasure_id: UUID, **conditions: Any) -> list[ErasurePlace]:
    with backstage(world):
        found = ErasurePlace.objects.filter(request_id=erasure_id, **conditions)
        return list(found.order_by("kind", "item_id"))


def decide(world: World, erasure_id: UUID, decision: str, group: str = "undecided", reason: str = "") -> Any:
    return ask(
        world, "omar", erasure.decide_places, erasure_id=erasure_id, decision=decision, group=group, reason=reason
    )


def carry_out(world: World, erasure_id: UUID) -> None:
    decide(world, erasure_id, "erase")
    answer = ask(world, "omar", erasure.approve_erasure, erasure_id=erasure_id)
    assert isinstance(answer, Done), answer
    run_erasures(world.cast.tenant("acme").pk)


def dump_of_everything() -> str:
    """The whole database as plain SQL, with every column of bytes, as a backup would hold it."""
    arguments = ["--format=plain", "--inserts", "--schema=public", "--schema=audit", "--no-password"]
    return dumping.run("pg_dump", arguments, settings.DATABASES["backup"])


def test_everything_of_a_person_is_found_and_gone_from_a_dump(kept: World) -> None:
    world = kept
    world.share("borealis/lumen")
    world.build()
    ticket(world)
    before = dump_of_everything()
    assert {leak.planted.category for leak in world.canaries.found_in(before)} >= {"person", "email", "phone", "iban"}

    erasure_id = begun(world)
    asked = row(world, erasure_id)
    assert (asked.state, asked.value_counts) == ("proposed", {"names": 1, "emails": 1, "phones": 1, "others": 5})
    kinds = {place.kind for place in places(world, erasure_id)}
    assert kinds == {"raw_text", "raw_evidence", "projection", "pseudonym_key", "ticket_note", "analysis"} & kinds
    assert kinds >= {"raw_text", "raw_evidence", "projection", "pseudonym_key", "ticket_note"}
    assert not any(place.decision for place in places(world, erasure_id, match="derived"))
    # While it waits, nothing of the values stands anywhere but where it stood before.
    assert world.canaries["email"].encode() not in bytes(asked.sealed_values or b"")

    carry_out(world, erasure_id)
    proven = row(world, erasure_id)
    assert (proven.state, proven.sealed_values, proven.left_count) == ("proven", None, 0)
    erased = places(world, erasure_id)
    assert proven.erased_count == len(erased) == len([place for place in erased if place.erased_at])
    after = dump_of_everything()
    assert len(after) > 100_000
    assert world.canaries.found_in(after) == []
    with backstage(world):
        event = AccessEvent.objects.get(pk=proven.event_id)
        assert (event.action, event.detail["places_digest"]) == ("erasure.prove", proven.places_digest)
        assert event.detail["rows"] == proven.proof_rows > 100
        about = AccessEvent.objects.filter(action__startswith="erasure.").order_by("pk")
        assert [event.action for event in about] == [
            "erasure.request", "erasure.search", "erasure.decide", "erasure.approve", "erasure.run", "erasure.prove",
        ]  # fmt: skip


def test_the_archive_is_searched_and_forgets(kept: World, age: Any) -> None:
    govern(kept, "evidence", track="raw_evidence", keep="P1M", then="archive")
    age("2 months")
    confirm(kept, dry_run(kept).run_id)
    assert dispose_of_due(kept.cast.tenant("acme").pk).disposed == 2
    with backstage(kept):
        archived = set(ArchivedItem.objects.values_list("pk", flat=True))
    erasure_id = begun(kept)
    found = {str(place.item_id) for place in places(kept, erasure_id, kind="archived_item")}
    assert found == {str(item) for item in archived} != set()
    carry_out(kept, erasure_id)
    with backstage(kept):
        assert not ArchivedItem.objects.exists()
    assert row(kept, erasure_id).state == "proven"


def ticket(world: World) -> None:
    """A ticket in whose history somebody names the person."""
    team = world.cast.team("acme/atlas").pk
    opened = ask(
        world, "alice", tickets.open_ticket, team_id=team, title="Mend the refunds", case_ids=[world.cases["atlas"]],
        severity="high", due_at=timezone.now() + timedelta(days=3),
    )  # fmt: skip
    note = f"{world.canaries['person']} called again"
    ask(world, "alice", tickets.change_ticket, ticket_id=opened.object_id, note=note)


def test_dropping_the_key_unlinks_what_was_shared(kept: World) -> None:
    world = kept
    world.share("borealis/lumen")
    world.build()
    with backstage(world):
        audience = Audience.objects.get(label="borealis/lumen")
        old = bytes(audience.sealed_key or b"")
        shared = Projection.objects.get(audience=audience).document
    tokens = set(TOKEN.findall(str(shared)))
    assert len(tokens) > 1
    carry_out(world, begun(world))
    with backstage(world):
        audience.refresh_from_db()
        assert bytes(audience.sealed_key or b"") != old
    # The same person, named anew, is somebody else to the audience: what it kept cannot be linked.
    world.submit("alice", "acme/atlas", world.canaries.case("atlas-9"))
    world.build()
    with backstage(world):
        again = Projection.objects.get(audience=audience, document__isnull=False).document
    others = set(TOKEN.findall(str(again)))
    assert len(others) == len(tokens)
    assert not others & tokens


def hold(world: World) -> UUID:
    answer = ask(
        world, "olga", holding.place_hold, authority="Court", reason="Dispute",
        review_on=timezone.now().date() + timedelta(days=30),
        selection={"cases": [world.cases["atlas"]]}, is_by_query=False,
    )  # fmt: skip
    assert isinstance(answer, holding.HoldAnswer), answer
    return answer.hold_id


def test_what_is_held_waits_for_somebody_s_decision_and_then_for_the_hold(kept: World) -> None:
    world, tenant = kept, kept.cast.tenant("acme").pk
    hold_id = hold(world)
    erasure_id = begun(world)
    held = places(world, erasure_id, is_held=True)
    assert {place.kind for place in held} == {"raw_text", "raw_evidence"}
    assert {place.decision for place in held} == {""}
    assert ask(world, "omar", erasure.approve_erasure, erasure_id=erasure_id) == Refusal("undecided")
    assert isinstance(decide(world, erasure_id, "erase", "held"), Invalid)
    assert isinstance(decide(world, erasure_id, "wait", "held"), Done)
    assert isinstance(ask(world, "omar", erasure.approve_erasure, erasure_id=erasure_id), Done)
    run_erasures(tenant)
    assert row(world, erasure_id).state == "waiting"
    assert raw_rows() == 3
    run_erasures(tenant)
    assert row(world, erasure_id).state == "waiting"

    ask(world, "olga", holding.propose_release, hold_id=hold_id, reason="Settled")
    ask(world, "omar", holding.release_hold, hold_id=hold_id)
    run_erasures(tenant)
    assert row(world, erasure_id).state == "proven"
    assert raw_rows() == 0


def test_what_is_left_stays_for_a_reason(kept: World) -> None:
    world = kept
    hold(world)
    erasure_id = begun(world)
    assert isinstance(decide(world, erasure_id, "leave", "held"), Invalid)
    decide(world, erasure_id, "leave", "held", "Needed for the claim before the court")
    carry_out(world, erasure_id)
    proven = row(world, erasure_id)
    assert (proven.state, proven.left_count, raw_rows()) == ("proven", 3, 3)


def raw_rows() -> int:
    with owner_connection() as owner:
        text = owner.execute("SELECT count(*) FROM catalog_casetext").fetchone()
        bodies = owner.execute("SELECT count(*) FROM catalog_evidencebody").fetchone()
    assert text is not None
    assert bodies is not None
    return int(text[0] + bodies[0])


def test_two_people_and_nobody_else(kept: World) -> None:
    world = kept
    erasure_id = begun(world)
    decide(world, erasure_id, "erase")
    before = raw_rows()
    assert ask(world, "olga", erasure.approve_erasure, erasure_id=erasure_id) == Refusal("same_person")
    for who in ("alice", "rita", "erin", "oscar"):
        for workflow in (erasure.approve_erasure, erasure.decide_places, erasure.decline_erasure):
            arguments = {} if workflow is erasure.approve_erasure else {"reason": "r"}
            if workflow is erasure.decide_places:
                arguments |= {"decision": "leave", "group": "undecided"}
            refused = ask(world, who, workflow, erasure_id=erasure_id, **arguments)
            assert isinstance(refused, Refusal), (who, workflow)
    assert isinstance(ask(world, "oscar", erasure.read_erasure, erasure_id=erasure_id), Refusal)
    assert isinstance(ask(world, "alice", erasure.request_erasure, reference="x", values=person(world)), Refusal)
    run_erasures(world.cast.tenant("acme").pk)
    assert (row(world, erasure_id).state, raw_rows()) == ("proposed", before)
    with backstage(world), pytest.raises(IntegrityError, match="erasure_two_people"), transaction.atomic():
        ErasureRequest.objects.filter(pk=erasure_id).update(
            state="approved", decided_by=world.cast["olga"].person_key
        )  # fmt: skip


def test_the_ledger_of_an_erasure_is_only_added_to(kept: World) -> None:
    world = kept
    erasure_id = begun(world)
    carry_out(world, erasure_id)
    with backstage(world):
        for change in (
            lambda: ErasurePlace.objects.filter(request_id=erasure_id).update(digest="0"),
            lambda: ErasurePlace.objects.filter(request_id=erasure_id).delete(),
            lambda: ErasureRequest.objects.filter(pk=erasure_id).update(erased_count=0),
        ):
            with pytest.raises(DatabaseError, match="stays"), transaction.atomic():
                change()


def test_declining_forgets_the_values(kept: World) -> None:
    world = kept
    erasure_id = begun(world)
    ask(world, "olga", erasure.decline_erasure, erasure_id=erasure_id, reason="Withdrawn by the person")
    declined = row(world, erasure_id)
    assert (declined.state, declined.sealed_values) == ("declined", None)
    assert ask(world, "omar", erasure.approve_erasure, erasure_id=erasure_id) == Refusal("not_proposed")


@pytest.mark.parametrize(("_case", "reference", "values", "path"), [
    ("no value", "DSR 1", PersonValues(), "values"),
    ("too short", "DSR 1", PersonValues(names=("Li Wu",)), "names"),
    ("too long", "DSR 1", PersonValues(others=("x" * 201,)), "others"),
    ("no reference", " ", PersonValues(names=("Anna Kowalska",)), "reference"),
    ("the reference names him", "Kowalska, Anna", PersonValues(names=("Anna Kowalska",)), "reference"),
])  # fmt: skip
def test_what_cannot_be_asked_for(
    kept: World, _case: str, reference: str, values: PersonValues, path: str
) -> None:  # fmt: skip
    answer = ask(kept, "olga", erasure.request_erasure, reference=reference, values=values)
    assert isinstance(answer, Invalid)
    assert answer.problems[0].path == path
    assert "Kowalska" not in str(answer)


ANNA = PersonValues(names=("Anna Kowalska",), emails=("a.kowalska@mail.example",), phones=("+49 151 2345 6789",))


@pytest.mark.parametrize(("_case", "text", "match"), [
    ("as it is", "asked by Anna Kowalska", "whole"),
    ("the other way round", "KOWALSKA, Anna", "whole"),
    ("in a file name", "/home/anna_kowalska/log.txt", "whole"),
    ("percent signs", "user=a.kowalska%40mail.example", "whole|encoded"),
    ("base64", base64.b64encode(b"call Anna Kowalska back").decode(), "encoded"),
    ("hexadecimal", b"a.kowalska@mail.example".hex(), "encoded"),
    ("national number", "0151 23456789", "derived"),
    ("her first name", "Anna asked again", ""),
    ("somebody else", "Anna Kowalczyk", ""),
])  # fmt: skip
def test_how_a_value_is_known(_case: str, text: str, match: str) -> None:
    assert Finder(ANNA).find([{"payload": [text]}]) in match.split("|")


def test_values_do_not_show_themselves() -> None:
    assert "Kowalska" not in repr(ANNA) + str(ANNA)
    assert PersonValues.from_json(ANNA.to_json()) == ANNA


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    connections["owner"].close()
