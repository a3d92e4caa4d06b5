"""Tickets that stand here and over there: told, heard, compared; nothing is echoed, and conflicts keep both sides."""

import json
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from django.test import Client
from django.utils import timezone

from hub.escalation.models import RemediationTicket, TicketEvent
from hub.escalation.outbox import mirroring
from hub.escalation.outbox.mirroring import Finding, compare
from hub.escalation.outbox.models import Delivery, Destination, InboundMessage, SecretUse, TicketMirror
from hub.outgoing.signing import new_secret, sign
from hub.workflows import delivery, destinations, mirrors
from hub.workflows.outcomes import Done, Refusal
from hub.workflows.tickets import change_ticket, open_ticket
from tests.escalation.systems import GitHub, Jira, hmac_of
from tests.outgoing.listening import listening

REFUSED = {"errors": [{"message": "This is not available to you.", "extensions": {"code": "NOT_AVAILABLE"}}]}


class Mirrored:
    """A ticket of alice's team, and what stands of it elsewhere."""

    def __init__(self, outbox):
        self.outbox = outbox
        self.case = outbox.stage.submit()
        outbox.stage.build()
        self.ticket_id = None

    def mirror(self, kind, secret, inbound, slug="mirror", **settings):
        destination_id = self.outbox.active(kind, slug, secret=secret, **settings)
        self.outbox.update(Destination, is_mirror=True, ceiling_class="restricted", ceiling_tlp="AMBER")
        answer = self.outbox.do(
            "olga", destinations.rotate_secret, destination_id=destination_id, use=SecretUse.INBOUND, secret=inbound
        )
        assert isinstance(answer, destinations.SecretSet), answer
        return destination_id

    def open(self):
        team = self.outbox.stage.cast.team("acme/atlas").pk
        answer = self.outbox.do("alice", open_ticket, team_id=team, title="Watch it", case_ids=[self.case.pk],
                                severity="high")  # fmt: skip
        self.ticket_id = answer.object_id
        self.deliver()
        return self.ticket_id

    def change(self, **given):
        answer = self.outbox.do("alice", change_ticket, ticket_id=self.ticket_id, **given)
        assert isinstance(answer, Done), answer

    def deliver(self):
        """Until nothing is due; projections are built where they are wanted."""
        delivered = 0
        for _ in range(3):
            delivered += delivery.deliver(self.outbox.tenant_id)
            self.outbox.stage.build()
            with self.outbox.stage.backstage():
                Delivery.objects.filter(state="pending").update(next_attempt_at=timezone.now() - timedelta(seconds=1))
        return delivered

    def compare(self):
        self.outbox.update(TicketMirror, compared_at=None)
        return mirrors.reconcile_mirrors(self.outbox.tenant_id)

    @property
    def state(self):
        with self.outbox.stage.backstage():
            return RemediationTicket.objects.get(pk=self.ticket_id).state

    def history(self, **conditions):
        with self.outbox.stage.backstage():
            return list(TicketEvent.objects.filter(ticket_id=self.ticket_id, **conditions).order_by("pk"))

    @property
    def row(self):
        with self.outbox.stage.backstage():
            return TicketMirror.objects.get()

    def told(self, **conditions):
        return [row.kind for row in self.outbox.rows(**conditions)]

    def heard(self):
        with self.outbox.stage.backstage():
            return list(InboundMessage.objects.order_by("received_at").values_list("outcome", flat=True))


@pytest.fixture
def mirrored(outbox):
    return Mirrored(outbox)


@pytest.fixture
def github(mirrored):
    with listening() as listener:
        system = GitHub(listener)
        system.destination_id = mirrored.mirror(
            "github", "ghp_token123", GitHub.secret, repository="acme/models", api=listener.url("")
        )
        yield system


@pytest.fixture
def jira(mirrored):
    with listening() as listener:
        system = Jira(listener)
        system.destination_id = mirrored.mirror(
            "jira", "api-token-1", Jira.secret, url=listener.url(""), project="ML", issue_type="Task",
            user="bot@acme.example",
        )  # fmt: skip
        yield system


def send(destination_id, body, headers, method="post"):
    return getattr(Client(), method)(
        f"/hooks/{destination_id}", data=body, content_type="application/json", headers=headers
    )


def hear(system, body, **changes):
    answer = send(system.destination_id, body, system.signed(body) | changes)
    assert (answer.status_code, answer.content) == (204, b"")


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


def test_the_same_message_again_and_an_older_one_change_nothing(mirrored, github):
    mirrored.open()
    closed, reopened = github.move(1, "closed"), github.move(1, "open")
    hear(github, reopened)
    hear(github, closed)
    hear(github, reopened, **{"X-GitHub-Delivery": "another-id-which-nobody-has-signed"})
    assert (mirrored.state, mirrored.heard()) == ("open", ["agreed", "older"])
    results = [event.detail["result"] for event in mirrored.outbox.events(action="webhook.receive")]
    assert results == ["agreed", "older", "repeated"]


def test_messages_are_kept_for_thirty_days(mirrored, github):
    mirrored.open()
    hear(github, github.move(1, "closed"))
    mirrored.outbox.update(InboundMessage, received_at=timezone.now() - timedelta(days=29))
    hear(github, github.move(1, "open"))
    assert mirrored.heard() == ["taken", "taken"]
    mirrored.outbox.update(InboundMessage, received_at=timezone.now() - timedelta(days=31))
    hear(github, github.move(1, "closed"))
    assert mirrored.heard() == ["taken"]


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


def test_a_signed_webhook_tells_back(mirrored, outbox):
    with listening() as listener:
        secret = new_secret()
        hooks = mirrored.mirror("webhook", new_secret(), secret, url=listener.url())
        mirrored.open()
        event = {"type": "dev.caseward.ticket.state_changed", "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
                 "data": {"ticket": str(mirrored.ticket_id), "state": "waiting"}}  # fmt: skip
        body = orjson.dumps(event)
        headers = sign("b1", body, [secret], at=datetime.now(UTC))
        assert [send(hooks, body, headers).status_code for _ in range(3)] == [204] * 3
        assert (mirrored.state, mirrored.heard(), len(mirrored.history(kind="changed"))) == ("waiting", ["taken"], 1)
        late = sign("b2", body, [secret], at=datetime.now(UTC) - timedelta(minutes=6))
        assert send(hooks, body, late).json() == REFUSED


def test_whatever_is_wrong_the_answer_is_the_same(mirrored, github, outbox):
    mirrored.open()
    body = github.move(1, "closed")
    good = github.signed(body)
    disabled = outbox.active("slack", "chat", secret="https://hooks.example/services/x")
    tries = [
        (github.destination_id, body + b" ", good), (github.destination_id, body, {}),
        (github.destination_id, body, good | {"X-Hub-Signature-256": hmac_of("another secret", body)}),
        ("00000000-0000-0000-0000-000000000000", body, good), ("no-uuid", body, good), (disabled, body, good),
        (github.destination_id, b"x" * (1024 * 1024 + 1), good),
    ]  # fmt: skip
    old = json.loads(body)
    old["issue"]["updated_at"] = "2026-01-01T00:00:00Z"
    replayed = json.dumps(old).encode()
    tries.append((github.destination_id, replayed, github.signed(replayed)))
    answers = [send(*attempt) for attempt in tries] + [send(github.destination_id, None, good, method="get")]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(404, REFUSED)] * 9
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1
    assert (mirrored.state, mirrored.heard()) == ("open", [])
    bases = [event.basis for event in outbox.events(action="webhook.receive")]
    assert bases == ["bad_signature"] * 3 + ["replayed"]
    assert all(event.outcome == "refused" for event in outbox.events(action="webhook.receive"))


def test_a_message_of_another_repository_or_about_nothing_is_taken_and_ignored(mirrored, github):
    mirrored.open()
    github.move(1, "closed")
    for body in (github.event(1, "closed", repository="acme/other"), b'{"zen": "Keep it simple."}', b"{", b"[]"):
        hear(github, body)
    assert mirrored.state == "open"
    assert mirrored.heard() == ["about_something_else"] * 2 + ["unreadable", "about_something_else"]


def test_a_new_secret_of_what_comes_back_goes_on_beside_the_former(mirrored, github, outbox):
    mirrored.open()
    answer = outbox.do(
        "olga", destinations.rotate_secret, destination_id=github.destination_id, use=SecretUse.INBOUND, secret=""
    )
    body = github.move(1, "closed")
    hear(github, body)
    body = github.move(1, "open")
    headers = github.signed(body) | {"X-Hub-Signature-256": hmac_of(answer.shown_once, body)}
    assert send(github.destination_id, body, headers).status_code == 204
    assert mirrored.heard() == ["taken", "taken"]


def test_a_destination_that_is_not_active_hears_nothing(mirrored, github, outbox):
    mirrored.open()
    outbox.do("olga", destinations.disable_destination, destination_id=github.destination_id)
    body = github.move(1, "closed")
    assert send(github.destination_id, body, github.signed(body)).json() == REFUSED
    assert (mirrored.state, mirrored.compare()) == ("open", 0)
