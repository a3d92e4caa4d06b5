"""An erasure by the site alone: olga asks, omar decides, erin reads; no page, event or log shows a value again."""

from typing import Any
from uuid import UUID

import pytest

from hub.retention.models import ErasurePlace, ErasureRequest
from hub.workflows.erasing import run_erasures
from tests.sharing.stage import EMAIL, NAME

ERASURES = "/admin/retention/erasurerequest/"
FORM = {"reference": "DSR 2026-14", "names": NAME, "emails": EMAIL, "phones": "", "others": ""}


def asked(office: Any) -> UUID:
    """An erasure that olga has asked for on the page and that was searched for."""
    answer = office.enter("olga").post(f"{ERASURES}request/", FORM)
    assert answer.status_code == 302, answer.context["form"].errors
    run_erasures(office.stage.cast.tenant("acme").pk)
    with office.stage.backstage():
        return ErasureRequest.objects.get().pk


def rows(office: Any) -> tuple[str, int]:
    with office.stage.backstage():
        row = ErasureRequest.objects.get()
        return str(row.state), ErasurePlace.objects.filter(erased_at__isnull=False).count()


def test_asked_decided_and_read(office: Any) -> None:
    page = f"{ERASURES}{asked(office)}/"
    with office.stage.backstage():
        found = ErasurePlace.objects.count()
    for who in ("olga", "omar", "erin"):
        body = office.enter(who).get(f"{page}change/").content.decode()
        assert "DSR 2026-14" in body
        assert "1 names, 1 e-mail addresses" in body
        assert "Text and facts of a case version" in body
        assert (NAME in body, EMAIL in body) == (False, False)
        assert ("approve/" in body) == (who == "omar")
    assert office.enter("olga").post(f"{page}approve/").status_code == 403
    assert office.newest().basis == "same_person"
    decision = {"group": "undecided", "place": "", "decision": "leave", "reason": ""}
    assert office.enter("omar").post(f"{page}decide/", decision).status_code == 422
    answer = office.enter("omar").post(f"{page}decide/", {**decision, "decision": "erase"})
    assert answer.status_code == 302
    assert office.enter("omar").post(f"{page}approve/").status_code == 302
    run_erasures(office.stage.cast.tenant("acme").pk)
    assert rows(office) == ("proven", found)
    body = office.enter("erin").get(f"{page}change/").content.decode()
    assert "Erased and proven" in body
    for event in office.events(action__startswith="erasure."):
        assert NAME not in str(event.detail)
        assert EMAIL not in str(event.detail)


@pytest.mark.parametrize("who", ["erin", "rita", "adam", "oscar"])
def test_others_ask_and_decide_nothing(office: Any, who: str) -> None:
    page = f"{ERASURES}{asked(office)}/"
    before = rows(office)
    decision = {"group": "undecided", "place": "", "decision": "erase", "reason": ""}
    for step, form in (("decide", decision), ("approve", {}), ("decline", {"reason": "r"})):
        assert office.enter(who).post(f"{page}{step}/", form).status_code == 403, step
    if who != "oscar":
        assert office.enter(who).post(f"{ERASURES}request/", FORM).status_code == 403
        assert (office.newest().outcome, office.newest().detail["step"]) == ("refused", "request")
    assert rows(office) == before


def test_what_is_wrong_with_a_request_is_said_at_its_field(office: Any) -> None:
    answer = office.enter("olga").post(f"{ERASURES}request/", {**FORM, "names": "Li Wu"})
    assert answer.status_code == 422
    assert "too short or too common" in answer.context["form"].errors["names"][0]
    answer = office.enter("olga").post(f"{ERASURES}request/", {**FORM, "reference": f"about {NAME}"})
    assert "must not name the person" in answer.context["form"].errors["reference"][0]
    with office.stage.backstage():
        assert ErasureRequest.objects.count() == 0


def test_declined(office: Any) -> None:
    page = f"{ERASURES}{asked(office)}/"
    assert office.enter("omar").post(f"{page}decline/", {"reason": "Withdrawn"}).status_code == 302
    assert rows(office) == ("declined", 0)
    with office.stage.backstage():
        assert ErasureRequest.objects.get().sealed_values is None
