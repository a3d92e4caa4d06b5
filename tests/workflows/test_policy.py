"""Policies take two people, and a new one reaches readers all at once when everything is built."""

import copy
from typing import Any
from uuid import uuid4

import pytest

from hub.lifecycle.models import PolicyKind, PolicyVersion
from hub.sharing.models import Analysis, RedactionProfile
from hub.sharing.services.projecting import Unbuilt
from hub.workflows import building
from hub.workflows.outcomes import Invalid, PolicyAnswer, Refusal
from hub.workflows.policy import (
    PolicyPreview,
    activate_policy,
    draft_policy,
    edit_policy,
    preview_policy,
    propose_policy,
    reject_policy,
)
from redaction import load_pack
from tenants.scoping import acting_as
from tests.sharing.stage import Stage

PROFILE = PolicyKind.REDACTION_PROFILE


def ask(stage: Stage, who: str, workflow: Any, **arguments: Any) -> Any:
    actor = stage.actor(who)
    with acting_as(actor):
        return workflow(actor, **arguments)


def stricter() -> dict[str, Any]:
    document = copy.deepcopy(load_pack("partner").to_document())
    document["version"] = 2
    document["operators"]["PERSON"] = "label"
    return document


def activate(stage: Stage, document: dict[str, Any], slug: str = "partner", kind: PolicyKind = PROFILE) -> PolicyAnswer:
    drafted = ask(stage, "olga", draft_policy, kind=kind, slug=slug, document=document, note="Names go.")
    assert isinstance(drafted, PolicyAnswer), drafted
    ask(stage, "olga", propose_policy, version_id=drafted.version_id)
    answer = ask(stage, "omar", activate_policy, version_id=drafted.version_id, reason="Agreed.")
    assert isinstance(answer, PolicyAnswer), answer
    return answer


def serving(stage: Stage, slug: str = "partner") -> Any:
    with stage.backstage():
        return RedactionProfile.objects.get(slug=slug, tenant__slug="acme").serving_version_id


def test_the_author_cannot_activate_and_whoever_edited_neither(stage: Stage) -> None:
    drafted = ask(stage, "olga", draft_policy, kind=PROFILE, slug="partner", document=stricter())
    assert (drafted.number, drafted.state) == (2, "draft")
    document = {**stricter(), "version": 3}
    edited = ask(stage, "omar", edit_policy, version_id=drafted.version_id, document=document)
    assert edited.state == "draft"
    assert ask(stage, "olga", activate_policy, version_id=drafted.version_id) == Refusal("not_proposed")
    assert ask(stage, "olga", propose_policy, version_id=drafted.version_id).state == "proposed"
    for who in ("olga", "omar"):
        assert ask(stage, who, activate_policy, version_id=drafted.version_id) == Refusal("same_person")
    assert stage.last_event().basis == "same_person"
    assert ask(stage, "omar", reject_policy, version_id=drafted.version_id, reason="Later.").state == "rejected"


def test_readers_get_the_former_policy_until_everything_is_built(stage: Stage) -> None:
    stage.submit()
    stage.grant()
    stage.build()
    before, served = stage.seen("carol")[0], serving(stage)
    answer = activate(stage, stricter())
    assert serving(stage) == served
    assert stage.seen("carol")[0].document == before.document

    assert stage.build() == 1
    after = stage.seen("carol")[0]
    assert serving(stage) == answer.version_id == after.policy_version_id
    assert "PERSON_" in before.document["summary"]
    assert "<PERSON>" in after.document["summary"]
    assert after.public_id == before.public_id
    assert stage.count_events(action="policy.switch") == 1
    with stage.backstage():
        assert Analysis.objects.count() == 1


def test_one_case_that_is_not_built_holds_the_switch_for_all(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [stage.submit(title="First"), stage.submit(title="Second")]
    stage.grant()
    stage.build()
    activate(stage, stricter())
    pending = [row for row in stage.rows(state="pending") if row.case_id == cases[1].pk]
    real = building._build_safely

    def slow(job: building.Job, target: building.Target, fingerprint: str) -> Any:
        return None if target.projection_id == pending[0].pk else real(job, target, fingerprint)

    with monkeypatch.context() as patched:
        patched.setattr(building, "_build_safely", slow)
        stage.build()
    assert len(stage.rows(state="ready", policy_version__number=2)) == 1
    assert ["PERSON_" in row.document["summary"] for row in stage.seen("carol")] == [True, True]
    stage.end_pauses()
    stage.build()
    assert ["<PERSON>" in row.document["summary"] for row in stage.seen("carol")] == [True, True]


def test_a_case_withheld_under_the_new_policy_does_not_hold_the_switch(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = stage.submit(title="First"), stage.submit(title="Second")
    stage.grant()
    stage.build()
    activate(stage, stricter())
    real = building._build

    def refuse_second(job: building.Job, target: building.Target, fingerprint: str) -> Any:
        return Unbuilt("second_look") if job.case_id == second.pk else real(job, target, fingerprint)

    monkeypatch.setattr(building, "_build", refuse_second)
    stage.build()
    assert [row.case_id for row in stage.seen("carol")] == [first.pk]


def test_a_case_submitted_meanwhile_does_not_hold_the_switch(stage: Stage) -> None:
    stage.submit(title="First")
    stage.grant()
    stage.build()
    activate(stage, stricter())
    stage.submit(title="Second")
    stage.build()
    assert {row.title for row in stage.seen("carol")} == {"First", "Second"}


def test_a_policy_without_cases_serves_at_once(stage: Stage) -> None:
    answer = activate(stage, stricter())
    stage.build()
    assert serving(stage) == answer.version_id


def test_a_new_profile_serves_nobody_before_it_is_activated(stage: Stage) -> None:
    document = {**stricter(), "name": "circle", "version": 1}
    drafted = ask(
        stage, "olga", draft_policy, kind=PROFILE, slug="circle", name="Circle", document=document, protection=25
    )
    stage.submit()
    with pytest.raises(AssertionError, match="profile"):
        stage.grant(profile="circle")
    ask(stage, "olga", propose_policy, version_id=drafted.version_id)
    ask(stage, "omar", activate_policy, version_id=drafted.version_id)
    proposal = stage.grant(profile="circle")
    assert proposal.state == "proposed"  # the template does not name it
    stage.build()
    assert serving(stage, "circle") == drafted.version_id


def test_a_preview_tells_what_would_change(stage: Stage) -> None:
    stage.submit(title="First")
    stage.submit(title="Second")
    stage.grant("borealis/lumen")
    stage.grant("acme/zephyr")
    drafted = ask(stage, "olga", draft_policy, kind=PROFILE, slug="partner", document=stricter())
    assert ask(stage, "omar", preview_policy, version_id=drafted.version_id) == PolicyPreview(
        drafted.version_id, is_stale=False, cases=2, audiences=2, grants=2, grants_outside=0
    )


def test_a_preview_of_a_template_counts_the_grants_it_leaves_outside(stage: Stage) -> None:
    stage.grant("borealis/lumen")
    stage.grant("acme/zephyr")
    with stage.backstage():
        document = PolicyVersion.objects.get(policy__kind="grant_template", tenant__slug="acme").document
    narrower = {**document, "recipients": ["acme/zephyr"]}
    drafted = ask(stage, "olga", draft_policy, kind=PolicyKind.GRANT_TEMPLATE, slug="standard", document=narrower)
    preview = ask(stage, "omar", preview_policy, version_id=drafted.version_id)
    assert (preview.grants, preview.grants_outside) == (2, 1)
    activate(stage, {**document, "recipients": []}, "standard", PolicyKind.GRANT_TEMPLATE)
    assert stage.grant("borealis/lumen").state == "proposed"


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        (PROFILE, {"name": "partner"}),
        (PROFILE, {**load_pack("partner").to_document(), "operators": {"PERSON": "vanish"}}),
        (PolicyKind.GRANT_TEMPLATE, {"profiles": ["partner"]}),
        (PolicyKind.RETENTION_RULE, {}),
    ],
)
def test_a_document_that_nothing_can_read_is_not_drafted(stage: Stage, kind: PolicyKind, document: Any) -> None:
    with stage.backstage():
        before = PolicyVersion.objects.count()
    assert isinstance(ask(stage, "olga", draft_policy, kind=kind, slug="partner", document=document), Invalid)
    with stage.backstage():
        assert PolicyVersion.objects.count() == before


@pytest.mark.parametrize("who", ["alice", "erin", "rita"])
def test_who_is_no_officer_drafts_nothing(stage: Stage, who: str) -> None:
    answer = ask(stage, who, draft_policy, kind=PROFILE, slug="partner", document=stricter())
    assert answer == Refusal("no_role")


def test_another_tenants_version_looks_unknown(stage: Stage) -> None:
    drafted = ask(stage, "olga", draft_policy, kind=PROFILE, slug="partner", document=stricter())
    for workflow in (propose_policy, preview_policy, activate_policy):
        unknown = ask(stage, "oscar", workflow, version_id=uuid4())
        assert ask(stage, "oscar", workflow, version_id=drafted.version_id) == unknown == Refusal("unknown")
