"""Grants: one officer inside a template, two people outside, and nothing more after a revocation."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from hub.sharing.models import GrantCoverage, SharingGrant
from hub.workflows.granting import (
    add_group_member,
    approve_grant,
    create_group,
    issue_grant,
    reject_grant,
    remove_group_member,
    revoke_grant,
)
from hub.workflows.outcomes import Done, GrantAnswer, Invalid, Refusal
from tenants.scoping import acting_as
from tests.sharing.stage import Stage, in_days


def ask(stage: Stage, who: str, workflow: Any, **arguments: Any) -> Any:
    actor = stage.actor(who)
    with acting_as(actor):
        return workflow(actor, **arguments)


def atlas(stage: Stage) -> Any:
    return stage.cast.team("acme/atlas").pk


def test_inside_the_template_one_officer_is_enough(stage: Stage) -> None:
    stage.submit()
    answer = stage.grant()
    assert (answer.state, answer.covered_cases) == ("active", 1)
    row = stage.grant_row(answer)
    assert row.template_version_id is not None
    assert (row.owner_label, row.recipient_label, row.approved_by) == ("acme/atlas", "borealis/lumen", "")
    event = stage.last_event()
    assert (event.action, event.outcome, event.basis) == ("grant.issue", "allowed", "role:officer")
    assert event.detail["grant"] == str(answer.grant_id)


@pytest.mark.parametrize(
    ("_case", "changes"),
    [
        ("another profile", {"profile": "internal"}),
        ("a recipient it does not name", {"recipient": "cobalt/quarry"}),
        ("the whole tenant instead of its teams", {"recipient": "borealis"}),
        ("a stricter label may leave", {"ceiling_tlp": "RED"}),
        ("a longer term", {"expires_at": in_days(200)}),
        ("a wider purpose", {"purpose": "Purpose"}),
    ],
)
def test_outside_the_template_it_is_a_proposal(stage: Stage, _case: str, changes: dict[str, Any]) -> None:
    stage.submit()
    answer = stage.grant(**changes)
    assert (answer.state, answer.covered_cases) == ("proposed", 0)
    assert stage.last_event().action == "grant.propose"
    assert stage.seen("carol") == stage.seen("trudy") == []


def test_a_second_officer_approves_the_first_cannot(stage: Stage) -> None:
    stage.submit()
    proposal = stage.grant("cobalt/quarry")
    stage.build()
    assert ask(stage, "olga", approve_grant, grant_id=proposal.grant_id) == Refusal("same_person")
    event = stage.last_event()
    assert (event.action, event.outcome, event.basis) == ("grant.approve", "refused", "same_person")
    assert stage.seen("trudy") == []

    answer = ask(stage, "omar", approve_grant, grant_id=proposal.grant_id)
    assert (answer.state, answer.covered_cases) == ("active", 1)
    stage.build()
    assert len(stage.seen("trudy")) == 1
    assert ask(stage, "omar", approve_grant, grant_id=proposal.grant_id) == Refusal("not_proposed")


def test_the_database_wants_two_people_as_well(stage: Stage) -> None:
    grant = stage.grant_row(stage.grant("cobalt/quarry"))
    with stage.backstage(), pytest.raises(IntegrityError, match="grant_two_people"), transaction.atomic():
        SharingGrant.objects.filter(pk=grant.pk).update(state="active", approved_by=grant.issued_by)


def test_a_rejected_proposal_gives_nothing(stage: Stage) -> None:
    stage.submit()
    proposal = stage.grant("cobalt/quarry")
    assert isinstance(ask(stage, "omar", reject_grant, grant_id=proposal.grant_id, reason=" "), Invalid)
    answer = ask(stage, "omar", reject_grant, grant_id=proposal.grant_id, reason="We do not know them.")
    assert answer.state == "rejected"
    assert ask(stage, "omar", approve_grant, grant_id=proposal.grant_id) == Refusal("not_proposed")
    assert stage.seen("trudy") == []


def test_a_revoked_grant_ends_with_the_next_read(stage: Stage) -> None:
    stage.submit()
    answer = stage.grant()
    stage.build()
    assert len(stage.seen("carol")) == 1
    assert ask(stage, "olga", revoke_grant, grant_id=answer.grant_id, reason="Done.").state == "revoked"
    assert stage.seen("carol") == []
    assert ask(stage, "olga", revoke_grant, grant_id=answer.grant_id, reason="Done.") == Refusal("not_active")
    row = stage.grant_row(answer)
    assert (row.revoked_by, row.reason) == (f"user:{stage.cast.user('olga').pk}", "Done.")


@pytest.mark.parametrize(
    ("_case", "changes", "path"),
    [
        ("nobody of this address", {"recipient": "borealis/nobody"}, "recipient"),
        ("part of an address", {"recipient": "borealis/lum"}, "recipient"),
        ("no such group", {"recipient": "group:circle"}, "recipient"),
        ("the team itself", {"recipient": "acme/atlas"}, "recipient"),
        ("no such profile", {"profile": "secret"}, "profile"),
        ("no such purpose", {"purpose": "Fun"}, "purpose"),
        ("no such class", {"ceiling_class": "cosmic"}, "ceilingClass"),
        ("no such label", {"ceiling_tlp": "MAUVE"}, "ceilingTlp"),
        ("longer than the tenant allows", {"expires_at": in_days(366)}, "expiresAt"),
        ("already over", {"expires_at": in_days(-1), "starts_at": in_days(-2)}, "expiresAt"),
        ("ends before it starts", {"starts_at": in_days(20), "expires_at": in_days(10)}, "expiresAt"),
        ("an unknown list", {"selection": {"colours": ["red"]}}, "selection.colours"),
        ("no such kind", {"selection": {"kinds": ["party"]}}, "selection.kinds"),
        ("not an id", {"selection": {"cases": ["first"]}}, "selection.cases"),
        ("somebody else's case", {"selection": {"cases": [str(uuid4())]}}, "selection.cases"),
        ("an empty value", {"selection": {"tags": [" "]}}, "selection.tags"),
    ],
)
def test_terms_that_cannot_be_are_named(stage: Stage, _case: str, changes: dict[str, Any], path: str) -> None:
    terms = stage.terms(**changes)
    answer = ask(stage, "olga", issue_grant, team_id=atlas(stage), terms=terms)
    assert isinstance(answer, Invalid)
    assert [problem.path for problem in answer.problems] == [path]
    with stage.backstage():
        assert SharingGrant.objects.count() == 0
    event = stage.last_event()
    assert (event.action, event.outcome, event.basis) == ("grant.issue", "refused", f"invalid:{path}")


def test_the_cap_names_the_days(stage: Stage) -> None:
    answer = ask(stage, "olga", issue_grant, team_id=atlas(stage), terms=stage.terms(expires_at=in_days(400)))
    assert answer.problems[0].message == "Grants of this tenant end within 365 days; choose an earlier end."


@pytest.mark.parametrize(
    ("who", "basis"), [("alice", "no_role"), ("erin", "no_role"), ("oscar", "unknown"), ("carol", "unknown")]
)
def test_who_is_no_officer_here_issues_nothing(stage: Stage, who: str, basis: str) -> None:
    answer = ask(stage, who, issue_grant, team_id=atlas(stage), terms=stage.terms())
    assert answer == Refusal(basis)
    with stage.backstage():
        assert SharingGrant.objects.count() == 0


def test_a_recipients_officer_cannot_touch_the_grant_he_sees(stage: Stage) -> None:
    grant = stage.grant()
    oscar = stage.actor("oscar")
    with acting_as(oscar):
        unknown = revoke_grant(oscar, grant_id=uuid4(), reason="x")
        assert revoke_grant(oscar, grant_id=grant.grant_id, reason="x") == unknown == Refusal("unknown")
    assert stage.grant_row(grant).state == "active"


@pytest.mark.parametrize(
    ("selection", "covered"),
    [
        ({}, {"First", "Second", "Third"}),
        ({"kinds": ["incident"]}, {"First", "Second"}),
        ({"models": ["ticket-router"]}, {"First", "Third"}),
        ({"kinds": ["incident"], "models": ["ticket-router"]}, {"First"}),
        ({"tags": ['caseward-surface:surface="log"', 'avid:sep="P0100"']}, {"Third"}),
        ({"models": ["nothing"]}, set()),
    ],
)
def test_a_selection_holds_by_one_of_each_list(
    stage: Stage, selection: dict[str, list[str]], covered: set[str]
) -> None:
    other = {"kind": "incident", "model": {"name": "speech", "version": "1"}}
    stage.submit(title="First")
    stage.submit(title="Second", facts=other)
    stage.submit(
        title="Third",
        facts={"kind": "bug", "model": {"name": "ticket-router", "version": "4.2"}},
        tags=['caseward-surface:surface="log"', 'avid:sep="P0100"'],
    )
    assert stage.grant(selection=selection).covered_cases == len(covered)
    stage.build()
    assert {row.title for row in stage.seen("carol")} == covered


def test_coverage_follows_an_edit(stage: Stage) -> None:
    case = stage.submit()
    grant = stage.grant(selection={"models": ["ticket-router"]})
    stage.build()
    stage.edit(case, facts={"kind": "incident", "model": {"name": "speech", "version": "1"}})
    with stage.backstage():
        assert GrantCoverage.objects.filter(grant_id=grant.grant_id).count() == 0
    assert stage.seen("carol") == []


def test_a_grant_of_the_future_gives_nothing_before_its_start(stage: Stage) -> None:
    stage.submit()
    answer = stage.grant(starts_at=in_days(1), expires_at=in_days(5))
    stage.build()
    assert answer.state == "active"
    assert stage.seen("carol") == []
    with stage.backstage():
        SharingGrant.objects.update(starts_at=timezone.now() - timedelta(seconds=1))
    assert len(stage.seen("carol")) == 1


def test_a_group_receives_under_one_key(stage: Stage) -> None:
    group = ask(stage, "olga", create_group, slug="circle", name="Circle")
    for address in ("borealis/lumen", "borealis/drift"):
        assert isinstance(ask(stage, "olga", add_group_member, group_id=group.object_id, address=address), Done)
    stage.submit()
    assert stage.grant("group:circle").state == "active"
    assert stage.build() == 2
    carols, daves = stage.seen("carol")[0], stage.seen("dave")[0]
    assert carols.public_id == daves.public_id

    ask(stage, "olga", remove_group_member, group_id=group.object_id, address="borealis/drift")
    assert stage.seen("dave") == []
    assert len(stage.seen("carol")) == 1


def test_a_group_that_receives_takes_only_members_a_template_admits(stage: Stage) -> None:
    group = ask(stage, "olga", create_group, slug="circle", name="Circle")
    ask(stage, "olga", add_group_member, group_id=group.object_id, address="borealis/lumen")
    stage.submit()
    stage.grant("group:circle")
    answer = ask(stage, "olga", add_group_member, group_id=group.object_id, address="cobalt/quarry")
    assert isinstance(answer, Invalid)
    assert answer.problems[0].path == "address"
    stage.build()
    assert stage.seen("trudy") == []
    assert isinstance(ask(stage, "olga", add_group_member, group_id=group.object_id, address="borealis/drift"), Done)


def test_a_group_with_a_member_no_template_admits_takes_two_officers(stage: Stage) -> None:
    group = ask(stage, "olga", create_group, slug="circle", name="Circle")
    for address in ("borealis/lumen", "cobalt/quarry"):
        ask(stage, "olga", add_group_member, group_id=group.object_id, address=address)
    assert stage.grant("group:circle").state == "proposed"
    ask(stage, "olga", create_group, slug="empty", name="Empty")
    assert stage.grant("group:empty").state == "proposed"


def test_groups_belong_to_officers_of_their_tenant(stage: Stage) -> None:
    group = ask(stage, "olga", create_group, slug="circle", name="Circle")
    assert ask(stage, "alice", create_group, slug="other", name="Other") == Refusal("no_role")
    for who in ("oscar", "carol"):
        answer = ask(stage, who, add_group_member, group_id=group.object_id, address="borealis/lumen")
        assert answer == Refusal("unknown")
    assert isinstance(ask(stage, "omar", create_group, slug="circle", name="Again"), Invalid)


def test_several_grants_of_one_case_show_the_most_protective_profile(stage: Stage) -> None:
    stage.submit()
    stage.grant(profile="partner")
    strict: GrantAnswer = stage.grant(profile="public")
    stage.build()
    (row,) = stage.seen("carol")
    assert row.profile_id == stage.grant_row(strict).profile_id
