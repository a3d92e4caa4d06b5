"""The transaction around a view: what a failure takes back, and that rendering happens inside it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from tenants.models import ServiceToken, Team
from tenants.scoping import ScopingMiddleware, acting_as, apply_settings
from tests.cast import CONSOLE, Cast
from tests.tenants import doors

Doorway = Callable[..., Client]


@pytest.fixture
def alice(doorway: Doorway, cast: Cast) -> Client:
    """Alice, by her token; a broken view answers 500 as it would in production."""
    client = doorway(Authorization=f"Bearer {cast.token('alice')}")
    client.raise_request_exception = False
    return client


def _is_written(cast: Cast) -> bool:
    with acting_as(CONSOLE):
        return Team.objects.filter(address="acme/written").exists()


@pytest.mark.parametrize(
    ("path", "status", "stays"),
    [
        ("/write/200", 200, True),
        ("/write/403", 403, True),
        ("/write/499", 499, True),
        ("/write/500", 500, False),
        ("/write/503", 503, False),
        ("/write/200?undo", 200, False),
        ("/raise", 500, False),
    ],
)
def test_a_server_error_takes_everything_back(alice: Client, cast: Cast, path: str, status: int, stays: bool) -> None:
    assert alice.get(path).status_code == status
    assert _is_written(cast) is stays
    assert doors.rollbacks == ([] if stays else [(path.partition("?")[0], status)])


def test_what_cannot_be_recorded_is_not_answered(alice: Client, cast: Cast, settings: Any) -> None:
    settings.CASEWARD_ON_ROLLBACK = "tests.tenants.doors.fail_to_note"
    answer = alice.get("/write/200?undo")
    assert answer.status_code == 500
    assert answer.content == b"This could not be recorded, so it is not answered. Try again later.\n"
    assert not _is_written(cast)


def test_rendering_happens_inside_the_transaction(alice: Client) -> None:
    assert alice.get("/late").content == b"acme"


def test_a_late_response_of_the_view_itself_is_rendered_inside(cast: Cast) -> None:
    seen: list[bool] = []

    class Late(doors.Rendered):
        @property
        def rendered_content(self) -> str:
            seen.append(connection.in_atomic_block)
            return super().rendered_content

    def view(request: HttpRequest) -> HttpResponse:
        return Late(request, "never-read.html")

    request = RequestFactory().get("/late", headers={"Authorization": f"Bearer {cast.token('carol')}"})
    response = ScopingMiddleware(view)(request)
    assert (response.content, seen) == (b"borealis", [True])


def test_health_needs_no_database(doorway: Doorway, django_assert_num_queries: Any, cast: Cast) -> None:
    client = doorway(Authorization=f"Bearer {cast.token('alice')}")
    with django_assert_num_queries(0):
        assert client.get("/health/live").content == b"anonymous"


def test_one_request_tells_the_next_nothing(doorway: Doorway, cast: Cast) -> None:
    assert doorway(Authorization=f"Bearer {cast.token('alice')}").get("/who").json()["told"] != {}
    assert doorway().get("/who").json()["told"] == {"caseward.raw_reach": "none"}


@pytest.mark.django_db(transaction=True)
def test_settings_are_refused_outside_a_transaction() -> None:
    with pytest.raises(RuntimeError, match="need a transaction"):
        apply_settings({"caseward.operator": "on"})
    with acting_as(CONSOLE), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('caseward.operator', true)")
        assert cursor.fetchone() == ("on",)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('caseward.operator', true)")
        assert cursor.fetchone()[0] in (None, "")


@pytest.mark.django_db(transaction=True)
def test_a_commit_that_fails_lets_no_answer_out(doorway: Doorway, cast: Cast) -> None:
    """A foreign key that is checked at the commit: the view has answered 200 by then."""
    client = doorway(Authorization=f"Bearer {cast.token('alice')}")
    client.raise_request_exception = False
    answer = client.get("/break-at-commit")
    assert answer.status_code == 500
    assert b"secret" not in answer.content
    assert doors.rollbacks == [("/break-at-commit", None)]


@pytest.mark.django_db(transaction=True)
def test_last_use_is_committed_after_the_answer(doorway: Doorway, cast: Cast) -> None:
    doorway(Authorization=f"Bearer {cast.token('carol')}").get("/who")
    with acting_as(cast["carol"]):
        assert ServiceToken.objects.get(user=cast.user("carol")).last_used_at is not None
