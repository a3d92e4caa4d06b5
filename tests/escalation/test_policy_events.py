"""Leaks, overdue recalls and unusual volumes reach the rules: each once, on record, without a word of what it is."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from hub.audit.models import AccessEvent
from hub.catalog.models import Case
from hub.escalation.models import LeakReport, RemediationTicket, Trigger
from hub.sharing.models import RecallAcknowledgement
from hub.workflows.disclosure import disclose_case
from hub.workflows.escalation import run_escalation
from hub.workflows.leak_reports import answer_leak_report, report_leak
from hub.workflows.outcomes import Done, Invalid, Refusal
from hub.workflows.recalls import acknowledge_recall
from hub.workflows.submission import withdraw_case
from hub.workflows.unusual_volume import notice_unusual_volumes
from tenants.actors import system_actor
from tenants.scoping import acting_as
from tests.escalation.rule_documents import govern, rule
from tests.sharing.stage import PURPOSE, build_stage

pytestmark = pytest.mark.django_db(transaction=True)


class Shared:
    """A case of atlas that carol's team may read."""

    def __init__(self):
        self.stage = build_stage()
        self.case = self.stage.submit()
        self.stage.grant()
        self.stage.build()
        (shown,) = self.stage.seen("carol")
        self.public_id = shown.public_id

    @property
    def tenant_id(self):
        return self.stage.cast.tenant("acme").pk

    def do(self, who, step, **given):
        actor = self.stage.actor(who)
        with acting_as(actor):
            return step(actor, **given)

    def report(self, who="carol", public_id=None, what="person", where="summary"):
        return self.do(who, report_leak, public_id=public_id or self.public_id, what=what, where=where)

    def withdraw(self, days_ago=0):
        self.do("alice", withdraw_case, case_id=self.case.pk)
        with self.stage.backstage():
            Case.objects.update(withdrawn_at=timezone.now() - timedelta(days=days_ago))

    def triggers(self, kind):
        with self.stage.backstage():
            return list(Trigger.objects.filter(kind=kind).values_list("case_id", flat=True))

    def reports(self):
        with self.stage.backstage():
            return list(LeakReport.objects.order_by("pk"))

    def events(self, tenant="acme", **conditions):
        with self.stage.backstage(tenant):
            return list(AccessEvent.objects.filter(**conditions).order_by("id"))

    def tickets(self):
        with self.stage.backstage():
            return list(RemediationTicket.objects.order_by("number"))


@pytest.fixture
def shared():
    return Shared()


def test_a_recipient_reports_a_leak_and_a_rule_opens_a_ticket(shared):
    govern(shared.stage.cast, rule(triggers=["leak_reported"], condition="trigger == 'leak_reported'"))
    answer = shared.report()
    (report,) = shared.reports()
    assert answer == Done(report.pk)
    assert (report.case_id, report.what, report.where, report.state, report.reporter_label) == (
        shared.case.pk, "person", "summary", "open", "borealis/lumen",
    )  # fmt: skip
    assert shared.triggers("leak_reported") == [shared.case.pk]
    run_escalation(shared.tenant_id)
    assert len(shared.tickets()) == 1
    (theirs,) = shared.events("borealis", action="leak.report")
    assert (theirs.outcome, theirs.object_id, theirs.detail["what"]) == ("allowed", shared.public_id, "person")
    (ours,) = shared.events(action="leak.report")
    assert (ours.object_id, ours.detail["reporter"], ours.actor_key) == (
        str(shared.case.pk), "borealis/lumen", "system:leak_reports",
    )  # fmt: skip


def test_saying_the_same_again_is_no_news_until_somebody_has_answered(shared):
    shared.report()
    assert shared.report() == Done(None)
    assert shared.report(where="evidence") != Done(None)
    assert (len(shared.reports()), len(shared.triggers("leak_reported"))) == (2, 2)
    first = shared.reports()[0]
    for who, basis in (("carol", "not_available"), ("dana", "no_role"), ("oscar", "not_available")):
        assert isinstance(shared.do(who, answer_leak_report, report_id=first.pk, is_confirmed=True), Refusal), basis
    assert shared.reports()[0].state == "open"
    assert shared.do("olga", answer_leak_report, report_id=first.pk, is_confirmed=False) == Done(first.pk)
    assert shared.do("omar", answer_leak_report, report_id=first.pk, is_confirmed=True) == Refusal("answered")
    assert shared.reports()[0].state == "dismissed"
    assert isinstance(shared.report(), Done)
    assert len(shared.reports()) == 3


@pytest.mark.parametrize("who", ["dave", "trudy", "oscar", "petra"])
def test_who_cannot_read_a_case_cannot_report_on_it_and_learns_nothing(shared, who):
    known, unknown = shared.report(who), shared.report(who, "c_" + "a" * 26)
    assert known == unknown == Refusal("not_available")
    assert (shared.reports(), shared.triggers("leak_reported")) == ([], [])
    tenant = {"oscar": "borealis"}.get(who)
    if tenant:
        events = shared.events(tenant, action="leak.report")
        assert [(event.outcome, event.basis) for event in events] == [("refused", "not_available")] * 2


def test_the_owners_team_and_its_officers_report_under_the_cases_own_id(shared):
    assert isinstance(shared.report("bob", str(shared.case.pk)), Done)
    assert isinstance(shared.report("olga", str(shared.case.pk), what="secret"), Done)
    assert shared.report("dana", str(shared.case.pk)) == Refusal("not_available")
    assert [report.reporter_label for report in shared.reports()] == ["acme/atlas", "officers"]


def test_who_has_read_a_case_may_report_after_it_was_taken_back(shared):
    shared.do("carol", disclose_case, public_id=shared.public_id, fields=["title"])
    shared.withdraw()
    assert shared.stage.seen("carol") == []
    assert isinstance(shared.report(), Done)
    assert shared.events("borealis", action="leak.report")[0].basis == "receipt"


def test_words_are_not_taken(shared):
    answer = shared.report(what="The name Anna Kowalska")
    assert isinstance(answer, Invalid)
    assert "Kowalska" not in str(answer)
    assert shared.reports() == []


def test_a_recall_that_nobody_acknowledges_is_overdue_once(shared):
    govern(shared.stage.cast, rule(triggers=["recall_overdue"], condition="trigger == 'recall_overdue'"))
    shared.do("carol", disclose_case, public_id=shared.public_id, fields=["title"])
    shared.withdraw(days_ago=6)
    run_escalation(shared.tenant_id)
    assert shared.triggers("recall_overdue") == []
    shared.withdraw(days_ago=8)
    for _ in range(3):
        run_escalation(shared.tenant_id)
    assert shared.triggers("recall_overdue") == [shared.case.pk]
    assert len(shared.tickets()) == 1


def test_a_recipient_acknowledges_a_recall(shared):
    shared.do("carol", disclose_case, public_id=shared.public_id, fields=["title"])
    assert shared.do("carol", acknowledge_recall, public_id=shared.public_id) == Refusal("not_available")
    shared.withdraw(days_ago=8)
    for who in ("dave", "alice", "oscar"):
        assert shared.do(who, acknowledge_recall, public_id=shared.public_id) == Refusal("not_available")
    with shared.stage.backstage():
        assert RecallAcknowledgement.objects.count() == 0
    assert [shared.do("carol", acknowledge_recall, public_id=shared.public_id) for _ in range(2)] == [Done()] * 2
    with shared.stage.backstage():
        assert RecallAcknowledgement.objects.count() == 1
    run_escalation(shared.tenant_id)
    assert shared.triggers("recall_overdue") == []
    bases = [(event.outcome, event.basis) for event in shared.events("borealis", action="recall.acknowledge")]
    assert bases[-2:] == [("allowed", "receipt")] * 2
    assert len(shared.events(action="recall.acknowledge", outcome="allowed")) == 2


def test_a_case_that_nobody_received_is_not_overdue(shared):
    shared.withdraw(days_ago=8)
    run_escalation(shared.tenant_id)
    assert shared.triggers("recall_overdue") == []


def test_a_key_that_asks_for_far_more_than_before_is_told_with_the_cases_it_read(shared, monkeypatch):
    token = shared.stage.cast.token("alice", purpose=PURPOSE)
    query = "{ cases(first: 5) { edges { node { id } } } }"
    answer = Client().post("/graphql", {"query": query}, content_type="application/json",
                           headers={"Authorization": f"Bearer {token}"})  # fmt: skip
    assert answer.json()["data"]["cases"]["edges"]
    (event,) = shared.events(action="case.list", actor_kind="token")
    assert notice_unusual_volumes(shared.tenant_id) == 0
    monkeypatch.setattr("hub.audit.volumes.FEWEST_OPERATIONS", 1)
    monkeypatch.setattr("hub.audit.volumes.FEWEST_DAYS", 0)
    monkeypatch.setattr("hub.audit.volumes.score", lambda value, history: 99.0)
    assert [notice_unusual_volumes(shared.tenant_id) for _ in range(2)] == [1, 0]
    assert shared.triggers("unusual_volume") == [shared.case.pk]
    assert event.occurred_at.date() == datetime.now(UTC).date()


def test_nobody_but_the_background_writes_reports(shared):
    shared.report()
    with acting_as(shared.stage.actor("carol")):
        assert LeakReport.objects.count() == 0
    with acting_as(shared.stage.actor("dana")):
        assert LeakReport.objects.count() == 0
    with acting_as(shared.stage.actor("alice")):
        assert LeakReport.objects.count() == 1
    with acting_as(system_actor(shared.stage.cast.tenant("borealis").pk, "test")):
        assert LeakReport.objects.count() == 0
