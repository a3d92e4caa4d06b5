"""What is shown where nothing can be: it says what is the matter, leads back, and repeats nothing of what was asked."""

import pytest
from django.core.exceptions import SuspiciousOperation
from django.test import Client
from django.views import defaults

pytestmark = pytest.mark.django_db
BACK = 'href="/"'


def test_an_address_that_leads_nowhere() -> None:
    answer = Client().get("/nowhere/Anna-Kowalska?mail=anna@example.org")
    page = answer.content.decode()
    assert answer.status_code == 404
    assert "There is nothing at this address" in page
    assert BACK in page
    assert "anna" not in page.lower()
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_a_request_that_cannot_be_read(rf: object) -> None:
    request = rf.get("/?name=Anna")  # type: ignore[attr-defined]
    answer = defaults.bad_request(request, SuspiciousOperation("Anna"))
    assert answer.status_code == 400
    assert b"could not be read" in answer.content
    assert b"Anna" not in answer.content


def test_a_form_that_was_left_open_for_too_long() -> None:
    answer = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "anna@example.org", "password": "x"})
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "This form is too old to be taken" in page
    assert BACK in page
    assert "anna" not in page


def test_a_fault_of_ours_needs_nothing_to_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("Anna")

    monkeypatch.setattr("hub.dashboards.views.who_is_asking", break_down)
    answer = Client(raise_request_exception=False).get("/?name=Anna")
    page = answer.content.decode()
    assert answer.status_code == 500
    assert "Something went wrong on our side" in page
    assert BACK in page
    assert "Anna" not in page
    assert "{" not in page


def test_there_is_an_icon() -> None:
    answer = Client().get("/favicon.ico", follow=True)
    assert answer.redirect_chain == [("/static/dashboards/icon.svg", 302)]
    assert '<link rel="icon" type="image/svg+xml" href="/static/dashboards/icon.svg">' in (
        Client().get("/join").content.decode()
    )
