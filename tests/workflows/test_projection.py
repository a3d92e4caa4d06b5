"""Projections are built by whoever comes first, once each, and what cannot be vouched for is not there."""

import pytest

from hub.sharing.models import Analysis, GrantCoverage, Projection
from hub.workflows.granting import revoke_grant
from hub.workflows.sensitivity import restrict_case
from hub.workflows.submission import withdraw_case
from tenants.scoping import acting_as
from tests.sharing.stage import EMAIL, NAME, Stage


def test_a_case_is_built_for_its_own_team_and_for_a_recipient(stage: Stage) -> None:
    case = stage.submit()
    stage.grant()
    assert stage.build() == 2

    (own,) = stage.seen("alice")
    assert own.public_id == str(case.pk)
    assert own.owner_label == "acme/atlas"

    (shared,) = stage.seen("carol")
    assert shared.public_id.startswith("c_")
    assert len(shared.public_id) == 28
    assert NAME not in str(shared.document)
    assert EMAIL not in str(shared.document)
    assert shared.title == "The router sends refunds to billing"
    assert (shared.model_name, shared.model_version) == ("ticket-router", "4.2")
    assert (shared.kind, shared.severity_label, shared.severity_rank) == ("incident", "high", 4)
    assert shared.data_source == "support mail"
    assert shared.tags == ['avid:sep="P0204"']
    assert "refund" in shared.search_text
    assert NAME not in shared.search_text
    assert shared.recorded_on.day == 1

    assert stage.seen("dave") == []
    assert stage.seen("dana") == []
    with stage.backstage():
        assert Analysis.objects.count() == 1


def test_findings_raise_the_class_and_every_projection_follows(stage: Stage) -> None:
    case = stage.submit()
    assert case.data_class == "internal"
    stage.build()
    with stage.backstage():
        case.refresh_from_db()
    assert case.data_class == "confidential"
    assert [row.data_class for row in stage.rows(case=case)] == ["confidential"]
    assert stage.count_events(action="case.sensitivity", actor_key="system:projections") == 1


def test_a_second_sweep_finds_nothing_to_do(stage: Stage) -> None:
    stage.submit()
    assert stage.build() == 1
    events = stage.count_events()
    assert stage.build() == 0
    assert stage.count_events() == events


def test_the_older_version_serves_until_the_new_one_is_ready(stage: Stage) -> None:
    case = stage.submit()
    stage.grant()
    stage.build()
    stage.edit(case, title="The router sends refunds to sales")
    assert [row.title for row in stage.seen("carol")] == ["The router sends refunds to billing"]
    assert stage.build() == 2
    assert [row.title for row in stage.seen("carol")] == ["The router sends refunds to sales"]
    assert len(stage.rows(case=case)) == 4
    assert len(stage.rows(case=case, is_in_force=True)) == 2


def test_two_edits_at_once_build_only_the_last(stage: Stage) -> None:
    case = stage.submit()
    stage.edit(case, title="Second")
    stage.edit(case, title="Third")
    assert stage.build() == 1
    assert [row.title for row in stage.rows(case=case)] == ["Third"]


def test_another_audience_needs_no_other_analysis(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.submit()
    stage.build()
    monkeypatch.setattr("hub.workflows.building.analyse_each", lambda documents: pytest.fail("detected again"))
    stage.grant("borealis/lumen")
    stage.grant("acme/zephyr")
    assert stage.build() == 2
    carols, danas = stage.seen("carol")[0], stage.seen("dana")[0]
    assert carols.public_id != danas.public_id
    assert carols.document["summary"] != danas.document["summary"]  # one person, two tokens


def test_a_withdrawn_case_is_recalled_at_once(stage: Stage) -> None:
    case = stage.submit()
    stage.grant()
    stage.build()
    alice = stage.actor("alice")
    with acting_as(alice):
        withdraw_case(alice, case_id=case.pk)
    assert stage.seen("carol") == []
    assert stage.seen("alice") == []


def test_coverage_that_comes_back_puts_the_current_projection_in_force(stage: Stage) -> None:
    case = stage.submit()
    grant = stage.grant()
    stage.build()
    olga = stage.actor("olga")
    with acting_as(olga):
        revoke_grant(olga, grant_id=grant.grant_id, reason="The study is over.")
    assert stage.seen("carol") == []
    with stage.backstage():
        assert GrantCoverage.objects.filter(grant_id=grant.grant_id).count() == 0
    stage.build()
    assert len(stage.rows(case=case, is_in_force=True)) == 1

    stage.grant()
    assert stage.seen("carol") == []
    assert stage.build() == 0  # it was built before
    assert [row.case_id for row in stage.seen("carol")] == [case.pk]


def test_restricted_cases_are_built_and_shown_to_nobody_else(stage: Stage) -> None:
    case = stage.submit()
    stage.grant()
    stage.build()
    alice = stage.actor("alice")
    with acting_as(alice):
        restrict_case(alice, case_id=case.pk)
    assert stage.seen("carol") == []
    assert stage.seen("bob") == []
    assert [row.case_id for row in stage.seen("alice")] == [case.pk]
    with stage.backstage():
        assert Projection.objects.filter(case=case, is_restricted=True).count() == 2
