"""Steps ask workflows, and nothing else changes anything: not Django's own views, not a direct POST, not oneself."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from hub.catalog.models import BreakGlass, Case
from hub.lifecycle.models import PolicyVersion
from hub.sharing.models import AccessRequest, SharingGrant
from tenants.models import Invitation, Membership, ServiceToken, Team, Tenant
from tests.admin.pages import LISTS
from tests.sharing.stage import PURPOSE


@pytest.mark.parametrize("who", ["olga", "erin", "adam", "petra"])
def test_djangos_own_writing_views_are_refused_and_recorded(office: Any, who: str) -> None:
    client = office.enter(who)
    for path in (path for path, people in LISTS.items() if who in people):
        rows = [row.pk for row in client.get(f"/admin/{path}/").context["cl"].result_list]
        row = rows[0] if rows else "0"
        for address in ("add", f"{row}/change", f"{row}/delete", f"{row}/history"):
            form = {"post": "yes", "state": "active", "_save": "Save"}
            assert client.post(f"/admin/{path}/{address}/", form).status_code == 403
            if who != "petra":
                assert office.newest().outcome == "refused"
        kept = [kept.pk for kept in client.get(f"/admin/{path}/").context["cl"].result_list]
        assert set(rows) <= set(kept) or path == "audit/accessevent"


def test_there_are_no_bulk_actions(office: Any) -> None:
    client = office.enter("olga")
    answer = client.post("/admin/catalog/case/", {
        "action": "delete_selected", "_selected_action": [str(office.ids["case"])], "index": "0",
    })  # fmt: skip
    assert answer.status_code == 302
    with office.stage.backstage():
        assert Case.objects.filter(pk=office.ids["case"]).exists()


def test_nobody_activates_his_own_policy(office: Any) -> None:
    client, address = office.enter("olga"), f"/admin/lifecycle/policyversion/{office.ids['proposal']}/activate/"
    page = client.get(f"/admin/lifecycle/policyversion/{office.ids['proposal']}/change/").content.decode()
    assert "activate/" not in page
    answer = client.post(address, {"reason": "I am sure"})
    assert answer.status_code == 403
    assert "Somebody else has to decide it" in answer.content.decode()
    assert office.version().state == "proposed"
    event = office.newest()
    assert (event.action, event.outcome, event.basis) == ("policy.activate", "refused", "same_person")


def test_a_second_officer_activates(office: Any) -> None:
    client = office.enter("omar")
    page = client.get(f"/admin/lifecycle/policyversion/{office.ids['proposal']}/change/").content.decode()
    assert "Stricter, says olga" in page
    assert "What activating it would change" in page
    answer = client.post(f"/admin/lifecycle/policyversion/{office.ids['proposal']}/activate/", {"reason": "Agreed"})
    assert answer["Location"] == f"/admin/lifecycle/policyversion/{office.ids['proposal']}/change/"
    version = office.version()
    assert (version.state, version.decided_by) == ("active", f"user:{office.stage.cast.user('omar').pk}")
    assert [event.action for event in office.events(outcome="allowed", object_kind="policy_version")][-1] == (
        "policy.activate"
    )


def test_rejecting_takes_a_reason(office: Any) -> None:
    client, address = office.enter("omar"), f"/admin/lifecycle/policyversion/{office.ids['proposal']}/reject/"
    assert "This field is required" in client.post(address, {"reason": ""}).content.decode()
    assert office.version().state == "proposed"
    assert client.post(address, {"reason": "Too strict"}).status_code == 302
    assert (office.version().state, office.version().reason) == ("rejected", "Too strict")


STEPS = [
    ("lifecycle/policyversion", "proposal", "activate"),
    ("sharing/sharinggrant", "proposed", "approve"),
    ("sharing/sharinggrant", "running", "revoke"),
    ("catalog/breakglass", "break_glass", "close"),
    ("catalog/case", "case", "withdraw"),
]


@pytest.mark.parametrize("who", ["erin", "rita", "adam", "petra"])
def test_other_roles_are_refused_by_direct_post(office: Any, who: str) -> None:
    for path, name, step in STEPS:
        address = f"/admin/{path}/{office.ids[name]}/{step}/"
        assert office.enter(who).post(address, {"reason": "x", "finding": "x"}).status_code == 403
        if who != "petra":
            assert (office.newest().outcome, office.newest().detail["step"]) == ("refused", step)
    with office.stage.backstage():
        assert PolicyVersion.objects.get(pk=office.ids["proposal"]).state == "proposed"
        assert SharingGrant.objects.get(pk=office.ids["proposed"]).state == "proposed"
        assert SharingGrant.objects.get(pk=office.ids["running"]).state == "active"
        assert BreakGlass.objects.get(pk=office.ids["break_glass"]).closed_at is None
        assert Case.objects.get(pk=office.ids["case"]).status == "submitted"


def test_another_tenants_officer_takes_no_step_here(office: Any) -> None:
    answer = office.enter("oscar").post(f"/admin/sharing/sharinggrant/{office.ids['running']}/revoke/", {"reason": "x"})
    assert answer.status_code == 403
    with office.stage.backstage():
        assert SharingGrant.objects.get(pk=office.ids["running"]).state == "active"


def test_nobody_approves_his_own_grant_and_a_second_officer_does(office: Any) -> None:
    address = f"/admin/sharing/sharinggrant/{office.ids['proposed']}/approve/"
    assert office.enter("olga").post(address).status_code == 403
    assert (office.newest().action, office.newest().basis) == ("grant.approve", "same_person")
    assert office.enter("omar").post(address).status_code == 302
    with office.stage.backstage():
        assert SharingGrant.objects.get(pk=office.ids["proposed"]).state == "active"


def test_revokes_with_a_reason_and_the_recipient_sees_nothing_more(office: Any) -> None:
    office.stage.build()
    assert len(office.stage.seen("carol")) == 2
    answer = office.enter("olga").post(
        f"/admin/sharing/sharinggrant/{office.ids['running']}/revoke/", {"reason": "The contract has ended"}
    )
    assert answer.status_code == 302
    assert len(office.stage.seen("carol")) == 1
    event = office.events(action="grant.revoke")[-1]
    assert (event.outcome, event.object_id) == ("allowed", str(office.ids["running"]))


def issue_form(office: Any, **changes: Any) -> dict[str, Any]:
    """The form of a grant inside the standard template."""
    return {
        "team": str(office.stage.cast.team("acme/atlas").pk), "recipient": "borealis/drift", "profile": "partner",
        "purpose": PURPOSE, "ceiling_class": "internal", "ceiling_tlp": "AMBER",
        "ends": (timezone.now() + timedelta(days=10)).date().isoformat(), **changes,
    }  # fmt: skip


def test_issues_a_grant_inside_a_template(office: Any) -> None:
    answer = office.enter("olga").post("/admin/sharing/sharinggrant/issue/", issue_form(office, kinds=["incident"]))
    assert answer.status_code == 302
    with office.stage.backstage():
        grant = SharingGrant.objects.get(recipient_label="borealis/drift")
    assert answer["Location"] == f"/admin/sharing/sharinggrant/{grant.pk}/change/"
    assert (grant.state, grant.selection["kinds"], grant.ceiling_class) == ("active", ["incident"], "internal")
    assert grant.expires_at.time().isoformat() == "00:00:00"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"recipient": "borealis/nowhere"}, "address"),
        ({"ends": "2020-01-01"}, ""),
        ({"team": "00000000-0000-0000-0000-000000000000"}, "Select a valid choice"),
        ({"profile": "nonesuch"}, "Select a valid choice"),
    ],
)
def test_a_bad_form_says_what_is_wrong_and_writes_nothing(office: Any, changes: dict[str, str], words: str) -> None:
    answer = office.enter("olga").post("/admin/sharing/sharinggrant/issue/", issue_form(office, **changes))
    assert answer.status_code in {200, 422}
    assert answer.context["form"].errors
    assert words in answer.content.decode()
    with office.stage.backstage():
        assert SharingGrant.objects.filter(tenant_id=office.stage.cast.tenant("acme").pk).count() == 2


def test_drafts_and_proposes_by_the_site(office: Any) -> None:
    client = office.enter("omar")
    profiles = client.get("/admin/sharing/redactionprofile/").context["cl"].result_list
    public = next(row for row in profiles if row.slug == "public")
    form = client.get(f"/admin/sharing/redactionprofile/{public.pk}/draft/").context["form"]
    document = form.fields["document"].initial
    answer = client.post(
        f"/admin/sharing/redactionprofile/{public.pk}/draft/",
        {"document": document.replace("name: public", "name: public\nnonsense: 1"), "note": ""},
    )
    assert answer.status_code == 422
    assert "nonsense" in answer.content.decode()
    answer = client.post(f"/admin/sharing/redactionprofile/{public.pk}/draft/", {"document": document, "note": "same"})
    draft = answer["Location"]
    assert draft.startswith("/admin/lifecycle/policyversion/")
    assert client.post(draft.replace("change/", "propose/")).status_code == 302
    assert client.post(draft.replace("change/", "activate/"), {"reason": ""}).status_code == 403
    assert office.enter("olga").post(draft.replace("change/", "activate/"), {"reason": ""}).status_code == 302


def test_closes_a_break_glass_with_a_finding(office: Any) -> None:
    address = f"/admin/catalog/breakglass/{office.ids['break_glass']}/close/"
    assert office.enter("rita").post(address, {"finding": "I was right"}).status_code == 403
    assert office.enter("olga").post(address, {"finding": "Justified"}).status_code == 302
    with office.stage.backstage():
        row = BreakGlass.objects.get(pk=office.ids["break_glass"])
    assert (row.finding, row.closed_by) == ("Justified", f"user:{office.stage.cast.user('olga').pk}")


def test_answers_a_request(office: Any) -> None:
    client = office.enter("olga")
    row = client.get("/admin/sharing/accessrequest/?state=open").context["cl"].result_list[0]
    answer = client.post(f"/admin/sharing/accessrequest/{row.pk}/grant/", {
        **issue_form(office, recipient="borealis/lumen"), "answer": "Until the end of next week",
    })  # fmt: skip
    assert answer.status_code == 302, answer.context["form"].errors
    with office.stage.backstage():
        answered = AccessRequest.objects.get(pk=row.pk)
        assert SharingGrant.objects.get(pk=answered.grant_id).state == "active"
    assert (answered.state, answered.answer) == ("granted", "Until the end of next week")


def test_an_officer_reaches_no_role_and_makes_no_member(office: Any) -> None:
    client = office.enter("olga")
    form = {"email": "olga@acme.example", "role": "administrator", "team": ""}
    assert client.post("/admin/tenants/membership/invite/", form).status_code == 403
    assert client.post("/admin/tenants/user/add/", form).status_code == 403
    with office.stage.backstage():
        assert Invitation.objects.count() == 0
        assert Membership.objects.filter(user_id=office.stage.cast.user("olga").pk).count() == 1


def test_an_administrator_invites_and_takes_roles_away(office: Any) -> None:
    client = office.enter("adam")
    answer = client.post(
        "/admin/tenants/membership/invite/", {"email": "new@acme.example", "role": "auditor", "team": ""}
    )
    assert answer.status_code == 200
    secret = answer.context["shown_once"].secret
    assert secret in answer.content.decode()
    with office.stage.backstage():
        invitation = Invitation.objects.get(email="new@acme.example")
    assert secret not in client.get(f"/admin/tenants/invitation/{invitation.pk}/change/").content.decode()
    with office.stage.backstage():
        row = Membership.objects.get(user_id=office.stage.cast.user("omar").pk)
    assert client.post(f"/admin/tenants/membership/{row.pk}/remove/").status_code == 302
    assert office.enter("omar").get("/admin/").status_code == 302


def test_an_administrator_revokes_a_token(office: Any) -> None:
    office.stage.cast.token("alice")
    client = office.enter("adam")
    row = client.get("/admin/tenants/servicetoken/").context["cl"].result_list[0]
    assert client.post(f"/admin/tenants/servicetoken/{row.pk}/revoke/").status_code == 302
    with office.stage.backstage():
        assert ServiceToken.objects.get(pk=row.pk).revoked_at is not None
    assert office.events(action="token.revoke")[-1].outcome == "allowed"


def test_the_operator_makes_a_tenant_and_a_team_and_sees_no_case(office: Any) -> None:
    client = office.enter("petra")
    assert client.post("/admin/tenants/tenant/new/", {"slug": "delta", "name": "Delta"}).status_code == 302
    listed = client.get("/admin/tenants/tenant/").context["cl"].result_list
    delta = next(row for row in listed if row.slug == "delta")
    assert client.post(
        f"/admin/tenants/tenant/{delta.pk}/team/", {"slug": "delta-one", "name": "One"}
    ).status_code == 302  # fmt: skip
    teams = {row.address for row in client.get("/admin/tenants/team/").context["cl"].result_list}
    assert "delta/delta-one" in teams
    assert client.get("/admin/catalog/case/").status_code == 403
    # Outside a request of his nothing of it is visible.
    assert Tenant.objects.count() == Team.objects.count() == 0
