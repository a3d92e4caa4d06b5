"""A paused release on the pages: why, a waiver by two people, and verdicts that are judged anew."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from hub.escalation import gates
from hub.escalation.models import GateVerdict, GateWaiver, ReleasePause
from hub.lifecycle.models import PolicyKind
from hub.workflows.escalation import run_escalation
from hub.workflows.policy import activate_policy, draft_policy, propose_policy
from tenants.scoping import acting_as

BASE = "/admin/escalation"
RULE = {
    "title": "A model fails severely", "condition": "severity >= HIGH", "cluster": ["model"],
    "actions": [{"do": "open_ticket"}, {"do": "pause_release"}],
}  # fmt: skip


@pytest.fixture
def pause(office: Any) -> UUID:
    """A rule of olga and omar pauses ticket-router 4.2 for the case on the stage."""
    olga, omar = office.stage.actor("olga", ""), office.stage.actor("omar", "")
    with acting_as(olga):
        drafted = draft_policy(olga, kind=PolicyKind.ESCALATION_RULE, slug="severe", document=RULE)
        propose_policy(olga, version_id=drafted.version_id)  # type: ignore[union-attr]
    with acting_as(omar):
        activate_policy(omar, version_id=drafted.version_id)  # type: ignore[union-attr]
    run_escalation(office.stage.cast.tenant("acme").pk)
    with office.stage.backstage():
        return ReleasePause.objects.get().pk


def ask(office: Any, who: str = "olga") -> tuple[str, GateVerdict]:
    """The gate, asked on its page; the address of the verdict and its row."""
    form = {"model": "ticket-router", "version": "4.2", "channel": ""}
    address = office.enter(who).post(f"{BASE}/gateverdict/ask/", form)["Location"]
    with office.stage.backstage():
        return address, GateVerdict.objects.order_by("-asked_at").first()


def test_a_waiver_lets_a_paused_release_go_out_by_two_people(office: Any, pause: UUID) -> None:
    olga, omar = office.enter("olga"), office.enter("omar")
    assert "stands: 1 case" in olga.get(f"{BASE}/releasepause/").content.decode()
    address, verdict = ask(office)
    assert (verdict.verdict, verdict.statement["pauses"]) == ("pause", [str(pause)])
    shown = olga.get(address).content.decode()
    assert f"{BASE}/releasepause/{pause}/change/" in shown
    assert "the same verdict" in shown

    until = (timezone.localtime() + timedelta(days=2)).date().isoformat()
    terms = {"reason": "Fix on Monday", "until": until}
    assert olga.post(f"{BASE}/releasepause/{pause}/waive/", terms).status_code == 302
    with office.stage.backstage():
        waiver = GateWaiver.objects.get()
    assert (waiver.reason, waiver.is_approved) == ("Fix on Monday", False)
    assert olga.post(f"{BASE}/gatewaiver/{waiver.pk}/approve/").status_code == 403
    assert office.newest().basis == "same_person"
    assert [row.pk for row in omar.get(f"{BASE}/gatewaiver/?state=waits").context["cl"].result_list] == [waiver.pk]
    assert ask(office)[1].verdict == "pause"
    assert omar.post(f"{BASE}/gatewaiver/{waiver.pk}/approve/").status_code == 302
    assert ask(office)[1].verdict == "allow"
    assert "passed over until" in olga.get(f"{BASE}/releasepause/{pause}/change/").content.decode()


@pytest.mark.parametrize("days", [-1, 31])
def test_a_waiver_ends_within_thirty_days(office: Any, pause: UUID, days: int) -> None:
    until = (timezone.localtime() + timedelta(days=days)).date().isoformat()
    answer = office.enter("olga").post(f"{BASE}/releasepause/{pause}/waive/", {"reason": "Later", "until": until})
    assert answer.status_code == 422
    assert "within the next 30 days" in str(answer.context["form"].errors["until"])
    with office.stage.backstage():
        assert GateWaiver.objects.count() == 0


def test_a_verdict_is_downloaded_and_a_changed_one_shows(office: Any, pause: UUID) -> None:
    address, verdict = ask(office)
    kept = office.enter("olga").post(address.replace("/change/", "/download/"))
    assert kept["Content-Disposition"] == f'attachment; filename="verdict-{verdict.pk}.json"'
    given = kept.json()
    gates.verify(given["statement"], given["signature"], given["key"])
    with office.stage.backstage():
        inputs = {**verdict.inputs, "pauses": []}
        GateVerdict.objects.filter(pk=verdict.pk).update(inputs=inputs, statement=verdict.statement | {"model": "x"})
    page = office.enter("olga").get(address).content.decode()
    assert "not by the present key of this hub" in page
    assert "it does not follow from these inputs" in page


def test_who_does_not_govern_gives_no_waiver_and_sees_no_inputs(office: Any, pause: UUID) -> None:
    assert list(office.enter("rita").get(f"{BASE}/releasepause/").context["cl"].result_list) == []
    for who, path in (
        ("rita", f"releasepause/{pause}/waive/"), ("rita", "gateverdict/ask/"), ("erin", "gateverdict/"),
        ("oscar", f"releasepause/{pause}/change/"), ("oscar", f"gatewaiver/{uuid4()}/approve/"),
    ):  # fmt: skip
        assert office.enter(who).post(f"{BASE}/{path}", {"reason": "x"}).status_code == 403
        assert office.newest("borealis" if who == "oscar" else "acme").outcome == "refused"
    with office.stage.backstage():
        assert (GateWaiver.objects.count(), GateVerdict.objects.count()) == (0, 0)
