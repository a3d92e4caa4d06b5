"""Rules through real workflows: one ticket for a pattern, a history that stays, and a back-test that agrees."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import InternalError, transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from hub.audit.models import AccessEvent
from hub.escalation.models import RemediationTicket, TicketCase, TicketEvent, Trigger
from hub.escalation.outbox.leasing import due_destinations
from hub.escalation.outbox.models import Delivery
from hub.workflows.backtesting import Backtest, backtest_rule
from hub.workflows.escalation import run_escalation
from hub.workflows.outcomes import Done, Refusal
from hub.workflows.tasks import run_escalation_task
from hub.workflows.tickets import TicketView, change_ticket, list_tickets, open_ticket, view_ticket
from tenants.scoping import acting_as
from tests.cast import Cast
from tests.workflows.submitting import backstage, last_event, submitted

from .conftest import Outbox
from .rule_documents import govern, outcomes, rule, severe

pytestmark = pytest.mark.django_db(transaction=True)


def run(cast: Cast) -> int:
    return run_escalation(cast.tenant("acme").pk)


def tickets(cast: Cast) -> list[dict[str, Any]]:
    with backstage(cast):
        return [
            {"number": row.number, "state": row.state, "title": row.title, "cases": row.links.count(),
             "severity": row.severity_label, "times": row.reopened_times}
            for row in RemediationTicket.objects.order_by("number")
        ]  # fmt: skip


def test_a_pattern_becomes_one_ticket(cast: Cast) -> None:
    govern(cast, rule())
    for number in range(3):
        submitted(cast, **severe(number))
    submitted(cast, **severe(9, severity={"label": "low"}))
    assert run(cast) == 4
    assert outcomes(cast) == ["opened", "recurred", "recurred"]
    assert tickets(cast) == [
        {"number": 1, "state": "open", "title": "Severe failure of a model", "cases": 3, "severity": "high", "times": 0}
    ]
    with backstage(cast):
        assert list(TicketEvent.objects.order_by("pk").values_list("kind", flat=True)) == [
            "opened", "recurred", "recurred",
        ]  # fmt: skip


def test_every_message_three_times_is_the_same_state(cast: Cast) -> None:
    govern(cast, rule())
    submitted(cast, **severe(1))
    for _ in range(3):
        run_escalation_task(str(cast.tenant("acme").pk))
    assert len(tickets(cast)) == 1
    assert outcomes(cast) == ["opened"]


def test_a_rule_that_errs_is_reported_and_stops_no_other(cast: Cast) -> None:
    govern(cast, rule(condition="severity / (severity - 4) > 0"), slug="broken")
    govern(cast, rule())
    submitted(cast, **severe(1))
    run(cast)
    assert sorted(outcomes(cast)) == ["error", "opened"]
    assert len(tickets(cast)) == 1
    with backstage(cast):
        assert AccessEvent.objects.filter(action="rule.run", outcome="failed").count() == 1


def test_recurrence_counts_the_cases_of_a_pattern(cast: Cast) -> None:
    govern(cast, rule(condition="recurrence >= 3"))
    for number in range(3):
        submitted(cast, **severe(number))
    run(cast)
    assert outcomes(cast) == ["opened"]


def test_a_resolved_ticket_is_reopened_when_it_happens_again(cast: Cast) -> None:
    govern(cast, rule())
    submitted(cast, **severe(1))
    run(cast)
    with backstage(cast):
        ticket_id = RemediationTicket.objects.values_list("pk", flat=True).get()
    alice = cast["alice"]
    with acting_as(alice):
        assert isinstance(change_ticket(alice, ticket_id=ticket_id, state="resolved", note="Rolled back."), Done)
    submitted(cast, **severe(2))
    run(cast)
    assert outcomes(cast) == ["opened", "reopened"]
    assert tickets(cast) == [
        {"number": 1, "state": "open", "title": "Severe failure of a model", "cases": 2, "severity": "high", "times": 1}
    ]


def test_the_backtest_agrees_with_the_live_run_and_changes_nothing(cast: Cast) -> None:
    version_id = govern(cast, rule(storm_limit=2, cluster=["model_version"], condition="severity >= HIGH"))
    alice = cast["alice"]
    for number in range(5):
        submitted(cast, **severe(number, model={"name": "assist-chat", "version": str(number % 4)}))
        run(cast)
        if number == 1:
            with backstage(cast):
                ticket_id = RemediationTicket.objects.order_by("number").values_list("pk", flat=True)[0]
            with acting_as(alice):
                change_ticket(alice, ticket_id=ticket_id, state="closed")
            run(cast)
    live = outcomes(cast)
    assert live == ["opened", "opened", "folded", "folded", "reopened"]
    before = tickets(cast)
    olga = cast["olga"]
    with acting_as(olga):
        played = backtest_rule(olga, version_id=version_id, days=1)
    assert isinstance(played, Backtest)
    assert [one.outcome for one in played.played] == live
    assert tickets(cast) == before
    assert (played.flagged, played.acted_on, played.both) == (5, 2, 2)
    assert (played.precision, played.recall) == (0.4, 1.0)


def test_a_backtest_is_for_officers(cast: Cast) -> None:
    version_id = govern(cast, rule())
    alice = cast["alice"]
    with acting_as(alice):
        assert backtest_rule(alice, version_id=version_id) == Refusal("no_role")
    assert last_event(cast)[:3] == ("rule.backtest", "refused", "no_role")


def test_tickets_are_there_for_their_team_alone(cast: Cast) -> None:
    govern(cast, rule())
    submitted(cast, **severe(1))
    run(cast)
    with backstage(cast):
        ticket = RemediationTicket.objects.get()
    for name, count in (("alice", 1), ("bob", 1), ("olga", 1), ("dana", 0), ("carol", 0)):
        actor = cast[name]
        with acting_as(actor):
            rows = list_tickets(actor)
            assert isinstance(rows, list)
            assert len(rows) == count, name
            assert isinstance(view_ticket(actor, ticket.pk), TicketView if count else Refusal), name
    dana = cast["dana"]
    with acting_as(dana):
        assert change_ticket(dana, ticket_id=ticket.pk, state="closed") == Refusal("unknown")
    assert last_event(cast, "dana")[:3] == ("ticket.change", "refused", "unknown")
    with backstage(cast):
        assert RemediationTicket.objects.get().state == "open"


def test_a_person_opens_a_ticket_and_its_clock_stands_while_it_waits(cast: Cast) -> None:
    case_id = submitted(cast)
    alice = cast["alice"]
    with acting_as(alice):
        opened = open_ticket(alice, team_id=cast.team("acme/atlas").pk, title="Look at it", case_ids=[case_id])
        assert isinstance(opened, Done)
        assert opened.object_id is not None
        change_ticket(alice, ticket_id=opened.object_id, state="waiting")
    with acting_as(alice):
        change_ticket(alice, ticket_id=opened.object_id, state="in_progress")
    with backstage(cast):
        ticket = RemediationTicket.objects.get()
        assert ticket.waiting_since is None
        assert ticket.responded_at is not None
        assert TicketCase.objects.get().case_id == case_id


def test_history_is_only_added_to(cast: Cast) -> None:
    case_id = submitted(cast)
    alice = cast["alice"]
    with acting_as(alice):
        open_ticket(alice, team_id=cast.team("acme/atlas").pk, title="Look at it", case_ids=[case_id])
    for change in (lambda rows: rows.update(note="another"), lambda rows: rows.delete()):
        with pytest.raises((InternalError, IntegrityError)), transaction.atomic(), backstage(cast):
            change(TicketEvent.objects.all())


def test_the_log_is_not_for_teams(cast: Cast) -> None:
    submitted(cast)
    with acting_as(cast["alice"]):
        assert Trigger.objects.count() == 0
    with backstage(cast):
        assert Trigger.objects.count() == 1


def test_a_destination_that_two_people_have_not_agreed_upon_is_told_nothing(cast: Cast) -> None:
    govern(cast, rule(actions=[{"do": "open_ticket"}, {"do": "notify", "destination": "oncall"}]))
    submitted(cast, **severe(1))
    run(cast)
    with backstage(cast):
        assert list(TicketEvent.objects.order_by("pk").values_list("kind", flat=True)) == ["opened", "not_told"]
        assert Delivery.objects.count() == 0


def test_quiet_hours_hold_low_severities_back_and_machines_are_told_at_once(outbox: Outbox) -> None:
    cast, now = outbox.stage.cast, timezone.now()
    outbox.active(slug="oncall", url="https://hooks.example.org/a")
    outbox.active(slug="trainer", url="https://hooks.example.org/b")
    quiet = {
        "from": f"{now - timedelta(hours=1):%H:%M}", "to": f"{now + timedelta(hours=2):%H:%M}", "up_to": "medium",
    }  # fmt: skip
    govern(cast, rule(
        condition="severity > 0", cluster=["severity"], quiet_hours=quiet,
        actions=[{"do": "open_ticket"}, {"do": "notify", "destination": "oncall"},
                 {"do": "request_retraining", "destination": "trainer"}],
    ))  # fmt: skip
    for label in ("low", "high"):
        submitted(cast, **severe(len(label), severity={"label": label}))
    run_escalation(outbox.tenant_id)
    rows = {(row.payload["severity"], row.kind): row.next_attempt_at - now for row in outbox.rows()}
    held = {key for key, wait in rows.items() if wait > timedelta(minutes=90)}
    assert held == {("low", "notification")}
    assert set(rows) == {(severity, kind) for severity in ("low", "high")
                         for kind in ("notification", "retraining.requested")}  # fmt: skip
    assert max(rows.values()) < timedelta(hours=3)
    with outbox.stage.backstage():
        assert due_destinations(outbox.tenant_id) != []
        Delivery.objects.exclude(payload__severity="low", kind="notification").delete()
        assert due_destinations(outbox.tenant_id) == []


def test_each_clock_runs_out_once_and_rules_learn_of_it(cast: Cast) -> None:
    govern(cast, rule())
    govern(cast, rule(title="Late", triggers=["sla_breached"], condition="ticket_state == 'open'"), slug="late")
    submitted(cast, **severe(1))
    run(cast)
    past = timezone.now() - timedelta(hours=1)
    with backstage(cast):
        RemediationTicket.objects.update(respond_by=past, due_at=past)
    run(cast)
    run(cast)
    with backstage(cast):
        ticket = RemediationTicket.objects.get(title="Severe failure of a model")
        told = TicketEvent.objects.filter(kind="overdue").order_by("pk")
        assert [(event.ticket_id, event.detail["clock"]) for event in told] == [
            (ticket.pk, "to be taken up"), (ticket.pk, "to be done"),
        ]  # fmt: skip
        assert None not in (ticket.response_breached_at, ticket.breached_at)
    assert [row["title"] for row in tickets(cast)] == ["Severe failure of a model", "Late"]
