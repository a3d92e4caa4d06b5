"""The door that other systems tell of tickets at: genuine messages are taken in once, all else looks the same."""

import json
from datetime import UTC, datetime, timedelta

import orjson
from django.utils import timezone

from hub.escalation.outbox.models import InboundMessage, SecretUse
from hub.outgoing.signing import new_secret, sign
from hub.workflows import destinations
from tests.escalation.mirrored import hear, send
from tests.escalation.systems import hmac_of
from tests.outgoing.listening import listening

REFUSED = {"errors": [{"message": "This is not available to you.", "extensions": {"code": "NOT_AVAILABLE"}}]}


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
