"""Tickets that stand here and over there: told, heard, compared; nothing is echoed, and conflicts keep both sides."""

import orjson
import pytest

from hub.escalation.outbox import mirroring
from hub.escalation.outbox.mirroring import Finding, compare
from hub.escalation.outbox.models import Delivery
from hub.outgoing.signing import new_secret
from hub.workflows import delivery, mirrors
from hub.workflows.outcomes import Done, Refusal
from tests.escalation.mirrored import hear
from tests.outgoing.listening import listening


@pytest.mark.parametrize(("agreed", "ours", "theirs", "finding"), [
    ("open", "open", "open", Finding.AGREED), ("open", "resolved", "resolved", Finding.AGREED),
    ("open", "resolved", "open", Finding.OURS), ("open", "open", "resolved", Finding.THEIRS),
    ("open", "in_progress", "resolved", Finding.BOTH),
])  # fmt: skip
def test_three_states_say_who_has_moved(agreed, ours, theirs, finding):
    assert compare(agreed=agreed, ours=ours, theirs=theirs) is finding


def test_a_ticket_is_opened_moved_and_commented_over_there_in_order(mirrored, github):
    mirrored.open()
    assert github.issues[1]["title"] == "The router sends refunds to billing"
    assert "Watch it" not in str(github.issues)
    mirrored.change(state="in_progress")
    mirrored.change(note="We have found the cause.")
    mirrored.change(state="resolved")
    assert mirrored.deliver() == 3
    assert mirrored.told() == ["ticket.opened", "ticket.changed", "ticket.commented", "ticket.changed"]
    assert github.issues[1]["state"] == "closed"
    assert "found the cause" not in str(github.comments)
    assert [asked.method for asked in github.listener.asked] == ["POST", "PATCH", "POST", "PATCH"]
    assert (mirrored.row.external_id, mirrored.row.agreed_state) == ("1", "resolved")


def test_a_newer_state_waits_for_the_older_one(mirrored, github):
    mirrored.open()
    github.fails = 1
    mirrored.change(state="resolved")
    mirrored.change(state="in_progress")
    assert delivery.deliver(mirrored.outbox.tenant_id) == 0
    assert [row.attempts for row in mirrored.outbox.rows(kind="ticket.changed")] == [1, 0]
    assert mirrored.deliver() == 2
    assert github.issues[1]["state"] == "open"


def test_what_is_closed_over_there_is_resolved_here_and_not_echoed(mirrored, github):
    mirrored.open()
    asked = len(github.listener.asked)
    hear(github, github.move(1, "closed"))
    assert (mirrored.state, mirrored.heard()) == ("resolved", ["taken"])
    (change,) = mirrored.history(kind="changed")
    assert (change.actor, change.detail["to"], change.detail["origin"]) == (
        "system:hooks", "resolved", str(github.destination_id),
    )  # fmt: skip
    assert mirrored.deliver() == 0
    assert len(github.listener.asked) == asked
    events = mirrored.outbox.events(action="webhook.receive")
    assert [(event.basis, event.detail["result"], event.object_id) for event in events] == [
        ("signature", "taken", str(github.destination_id))
    ]


def test_the_echo_of_our_own_change_changes_nothing(mirrored, github):
    mirrored.open()
    mirrored.change(state="resolved")
    mirrored.deliver()
    hear(github, github.event(1, "closed"))
    assert (mirrored.state, mirrored.heard(), len(mirrored.history())) == ("resolved", ["agreed"], 2)


def test_both_have_moved_and_both_histories_stay(mirrored, jira):
    mirrored.open()
    mirrored.change(state="in_progress")
    hear(jira, jira.move("ML-1", "done"))
    assert (mirrored.state, mirrored.heard()) == ("in_progress", ["conflict"])
    (conflict,) = mirrored.history(kind="conflict")
    told = {name: conflict.detail[name] for name in ("agreed", "ours", "theirs", "origin")}
    assert told == {
        "agreed": "open", "ours": "in_progress", "theirs": "resolved", "origin": str(jira.destination_id),
    }  # fmt: skip
    assert [event.kind for event in mirrored.history()] == ["opened", "changed", "conflict"]
    assert mirrored.deliver() == 2
    assert jira.issues["ML-1"]["fields"]["status"]["statusCategory"]["key"] == "indeterminate"
    mirrored.compare()
    assert (mirrored.row.agreed_state, len(mirrored.history())) == ("in_progress", 3)


def test_a_lost_webhook_heals_by_itself(mirrored, github):
    mirrored.open()
    github.move(1, "closed")
    assert mirrored.compare() == 1
    assert (mirrored.state, mirrored.heard()) == ("resolved", [])
    assert mirrored.deliver() == 0
    github.move(1, "open")
    mirrored.compare()
    assert mirrored.state == "open"


def test_a_lost_change_of_ours_is_told_again_once(mirrored, github):
    mirrored.open()
    mirrored.change(state="resolved")
    mirrored.outbox.update(Delivery, state="dead")
    for _ in range(3):
        mirrored.compare()
    assert mirrored.told(state="pending") == ["ticket.changed"]
    assert mirrored.deliver() == 1
    assert github.issues[1]["state"] == "closed"
    mirrored.compare()
    assert mirrored.state == "resolved"


def test_what_may_have_crossed_is_looked_at_afterwards(mirrored, github):
    mirrored.open()
    github.fails = 1
    mirrored.change(state="resolved")
    assert delivery.deliver(mirrored.outbox.tenant_id) == 0
    hear(github, github.move(1, "closed"))
    assert (mirrored.state, mirrored.heard(), mirrored.row.compared_at) == ("resolved", ["looked_at_later"], None)
    assert mirrored.deliver() == 1
    mirrored.compare()
    assert (mirrored.state, mirrored.row.agreed_state, mirrored.history(kind="conflict")) == (
        "resolved",
        "resolved",
        [],
    )


def test_two_machines_that_answer_each_other_are_stopped(mirrored, github):
    mirrored.open()
    for round_ in range(mirroring.MOST_CHANGES + 3):
        hear(github, github.move(1, "open" if round_ % 2 else "closed"))
    assert mirrored.heard() == ["taken"] * mirroring.MOST_CHANGES + ["loop", "paused", "paused"]
    assert [event.detail["because"] for event in mirrored.history(kind="mirror_paused")] == ["loop"]
    assert mirrored.row.is_paused
    before = mirrored.told()
    mirrored.change(state="waiting")
    assert (mirrored.told(), mirrored.compare()) == (before, 0)
    for who, basis in (("alice", "no_role"), ("oscar", "unknown")):
        assert mirrored.outbox.do(who, mirrors.resume_mirror, mirror_id=mirrored.row.pk) == Refusal(basis)
    assert mirrored.row.is_paused
    assert mirrored.outbox.do("olga", mirrors.resume_mirror, mirror_id=mirrored.row.pk) == Done(mirrored.row.pk)
    assert mirrored.outbox.do("olga", mirrors.resume_mirror, mirror_id=mirrored.row.pk) == Refusal("not_paused")
    mirrored.compare()
    assert mirrored.deliver() in {0, 1}
    assert not mirrored.row.is_paused


def test_an_issue_that_is_gone_stops_its_mirror_and_says_so(mirrored, github):
    mirrored.open()
    github.issues.clear()
    assert (mirrored.compare(), mirrored.compare()) == (1, 0)
    assert [event.detail["because"] for event in mirrored.history(kind="mirror_paused")] == ["gone_there"]
    assert mirrored.state == "open"


def test_a_system_that_does_not_answer_changes_nothing(mirrored, github):
    mirrored.open()
    github.fails = 1
    assert mirrored.compare() == 1
    assert (mirrored.state, mirrored.row.is_paused) == ("open", False)


def test_jira_is_told_and_heard(mirrored, jira):
    mirrored.open()
    assert jira.issues["ML-1"]["fields"]["summary"] == "The router sends refunds to billing"
    hear(jira, jira.move("ML-1", "indeterminate"))
    assert mirrored.state == "in_progress"
    mirrored.change(state="closed")
    assert mirrored.deliver() == 1
    assert jira.issues["ML-1"]["fields"]["status"]["statusCategory"]["key"] == "done"
    jira.move("ML-1", "new")
    mirrored.compare()
    assert (mirrored.state, mirrored.heard()) == ("open", ["taken"])


def test_one_mirror_hears_of_what_came_from_another(mirrored, github, outbox):
    with listening() as listener:
        hooks = mirrored.mirror("webhook", new_secret(), new_secret(), slug="hooks", url=listener.url())
        mirrored.open()
        hear(github, github.move(1, "closed"))
        assert mirrored.deliver() == 1
        told = orjson.loads(listener.asked[-1].body)
        assert (told["type"], told["data"]["state"]) == ("dev.caseward.ticket.changed", "resolved")
        assert [row.destination_id for row in outbox.rows(kind="ticket.changed")] == [hooks]
