"""Notes of background work: seen without any tenant, and never lost to a sweep that is clearing."""

from datetime import timedelta

from django.utils import timezone

from tenants.actors import ANONYMOUS, system_actor
from tenants.scoping import acting_as
from tenants.work import DueWork, clear_work, due_work, note_work
from tests.cast import Cast


def test_sweeps_find_due_work_of_their_kind(cast: Cast) -> None:
    acme, cobalt = cast.tenant("acme").pk, cast.tenant("cobalt").pk
    now = timezone.now()
    with acting_as(cast["alice"]):
        note_work(acme, "projections", now - timedelta(minutes=2))
        note_work(acme, "projections", now + timedelta(hours=1))
        note_work(acme, "delivery")
    with acting_as(cast["trudy"]):
        note_work(cobalt, "projections", now - timedelta(minutes=3))
        note_work(cobalt, "projections")
    with acting_as(ANONYMOUS):
        found = due_work("projections")
        assert [(work.tenant_id, len(work.note_ids)) for work in found] == [(cobalt, 2), (acme, 1)]
        assert [(work.tenant_id, len(work.note_ids)) for work in due_work("projections", limit=1)] == [(cobalt, 1)]
        assert due_work("projections", limit=0) == []


def test_a_note_written_meanwhile_survives(cast: Cast) -> None:
    acme = cast.tenant("acme").pk
    with acting_as(cast["alice"]):
        note_work(acme, "projections")
    (read,) = due_work("projections")
    with acting_as(cast["alice"]):
        note_work(acme, "projections")
    with acting_as(system_actor(acme, "projections")):
        clear_work(read.note_ids)
    (left,) = due_work("projections")
    assert isinstance(left, DueWork)
    assert (left.tenant_id, len(left.note_ids)) == (acme, 1)
    assert set(left.note_ids).isdisjoint(read.note_ids)
