"""Two at the same time, on connections of their own that really commit."""

from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from tenants.models import Invitation, Membership, RoleGroup
from tenants.roles import Role
from tenants.scoping import acting_as
from tenants.services import Unacceptable, accept_invitation, add_member, compare_permissions, invite
from tests.cast import CONSOLE, Cast

pytestmark = pytest.mark.django_db(transaction=True)


def _at_once(*steps: Callable[[], object]) -> list[str]:
    """Run each step in its own thread and transaction; how each ended, sorted."""
    start, ends = Barrier(len(steps)), []

    def run(step: Callable[[], object]) -> None:
        try:
            with acting_as(CONSOLE, durable=True):
                start.wait(timeout=10)
                step()
            ends.append("done")
        except Unacceptable as refused:
            ends.append(refused.field)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return sorted(ends)


def test_two_people_get_a_role_that_nobody_had(cast: Cast) -> None:
    acme, place = cast.tenant("acme"), cast.team("acme/zephyr")
    steps = [
        lambda name=name: add_member(acme, cast.user(name), Role.READER, place)  # type: ignore[misc]
        for name in ("alice", "bob", "olga")
    ]
    assert _at_once(*steps) == ["done"] * 3
    with acting_as(CONSOLE):
        assert RoleGroup.objects.filter(team=place, role=Role.READER).count() == 1
        assert compare_permissions(acme) == []


def test_an_invitation_used_twice_at_once_lets_one_in(cast: Cast) -> None:
    with acting_as(CONSOLE):
        _, key = invite(cast.tenant("acme"), "nina@acme.example", Role.AUDITOR)

    def accept() -> object:
        return accept_invitation(key.text, display_name="Nina", password="a long enough sentence")

    assert _at_once(accept, accept) == ["done", "invitation"]
    with acting_as(CONSOLE):
        assert Membership.objects.filter(user__email="nina@acme.example").count() == 1
        assert Invitation.objects.get().accepted_at is not None
        assert Invitation.objects.get().expires_at > timezone.now()
