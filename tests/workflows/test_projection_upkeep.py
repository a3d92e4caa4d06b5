"""The slow check finds what was missed; a new engine rebuilds in place; tags are followed."""

import pytest
from django.utils import timezone

from hub.sharing.models import Analysis, GrantCoverage, Projection
from hub.workflows import projection, sharing_check
from hub.workflows.sensitivity import lower_sensitivity, tag_case
from hub.workflows.sharing_check import check_sharing
from hub.workflows.tasks import SWEEPS
from tenants.models import TenantWork
from tenants.scoping import acting_as
from tests.sharing.stage import Stage


def test_what_an_earlier_step_missed_is_found(stage: Stage) -> None:
    stage.submit()
    stage.grant()
    with stage.backstage():
        GrantCoverage.objects.all().delete()
        Projection.objects.all().delete()
        TenantWork.objects.filter(kind="projections").delete()
    assert stage.build() == 0
    assert check_sharing() == 3  # every tenant with profiles
    assert stage.build() == 2
    assert len(stage.seen("carol")) == len(stage.seen("alice")) == 1


def test_the_next_check_is_noted_for_an_hour_later(stage: Stage) -> None:
    assert check_sharing() == 3
    assert check_sharing() == 0
    due = list(TenantWork.objects.filter(kind="sharing_check").values_list("due_at", flat=True))
    assert len(due) == 3
    assert all(3500 < (at - timezone.now()).total_seconds() <= 3600 for at in due)


def test_a_new_engine_rebuilds_in_place_while_the_old_result_serves(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = stage.submit()
    stage.grant()
    stage.build()
    before = {row.pk for row in stage.rows(case=case)}
    with stage.backstage():
        Projection.objects.update(fingerprint="older engine")
        Analysis.objects.update(fingerprint="older engine")
        TenantWork.objects.filter(kind="sharing_check").delete()
    stage.build()
    with stage.backstage():
        sharing_check.note_work(stage.cast.tenant("acme").pk, "sharing_check")
    assert check_sharing() == 1
    assert len(stage.seen("carol")) == 1
    assert stage.build() == 2
    rows = stage.rows(case=case)
    assert {row.pk for row in rows} == before
    assert {(row.state, row.is_in_force, row.stale_since) for row in rows} == {("ready", True, None)}
    assert {row.fingerprint for row in rows} == {projection.engine_fingerprint()}
    with stage.backstage():
        assert Analysis.objects.count() == 2


def test_a_new_tag_reaches_readers(stage: Stage) -> None:
    case = stage.submit()
    stage.grant()
    stage.build()
    alice = stage.actor("alice")
    with acting_as(alice):
        tag_case(alice, case_id=case.pk, add=['caseward-surface:surface="log"'])
    assert stage.seen("carol")[0].tags == ['avid:sep="P0204"']
    assert stage.build() == 2
    assert stage.seen("carol")[0].tags == ['avid:sep="P0204"', 'caseward-surface:surface="log"']


def test_what_an_officer_lowered_is_not_raised_again_by_the_same_findings(stage: Stage) -> None:
    case = stage.submit()
    stage.build()
    olga = stage.actor("olga")
    with acting_as(olga):
        lower_sensitivity(olga, case_id=case.pk, data_class="internal", reason="Made-up people.")
    stage.grant(ceiling_class="internal")
    stage.build()
    assert [row.data_class for row in stage.rows(case=case)] == ["internal", "internal"]
    assert len(stage.seen("carol")) == 1


def test_the_ceiling_holds_back_what_findings_raised(stage: Stage) -> None:
    stage.submit()
    stage.grant(ceiling_class="internal")
    stage.build()
    assert stage.seen("carol") == []


def test_every_sweep_comes_at_least_every_half_minute_where_readers_wait() -> None:
    seconds = {task: every for _, task, every in SWEEPS}
    assert seconds["projections.sweep"] <= 30
    assert seconds["sharing.check"] <= 30
