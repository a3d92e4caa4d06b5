"""Delivering, with a real receiver: once, the same on every retry, and never lost."""

import time
from datetime import timedelta

import orjson
import pytest
from django.utils import timezone

from hub.escalation.outbox import leasing
from hub.escalation.outbox.models import Delivery, Destination, DestinationSecret
from hub.outgoing.signing import new_secret, verify
from hub.workflows import delivery, destinations
from hub.workflows.outcomes import Done, Refusal
from tests.escalation.hostile import HostileReceiver, receiving
from tests.outgoing.listening import listening, reply


def due_now(outbox):
    outbox.update(Delivery, next_attempt_at=timezone.now() - timedelta(seconds=1))


def test_a_message_arrives_signed_as_a_cloud_event_and_is_on_record(outbox):
    with listening() as listener:
        destination_id = outbox.active(url=listener.url("/hooks"))
        delivery_id = outbox.queue(destination_id, 1, payload={"state": "open", "count": 3})
        assert delivery.deliver(outbox.tenant_id) == 1
    (asked,) = listener.asked
    assert verify(asked.headers, asked.body, [outbox.secret]) == str(delivery_id)
    event = orjson.loads(asked.body)
    assert (event["specversion"], event["id"], event["type"]) == ("1.0", str(delivery_id), "dev.caseward.notification")
    assert event["data"] == {"state": "open", "count": 3}
    (row,) = outbox.rows()
    assert (row.state, row.attempts, row.response_status, row.leased_by) == ("delivered", 1, 204, "")
    recorded = [(event.action, event.outcome) for event in outbox.events(object_id=str(delivery_id))]
    assert recorded == [("delivery.send", "allowed"), ("delivery.accept", "allowed")]


def test_the_same_cause_is_queued_once_for_each_destination(outbox):
    with listening() as listener:
        one, other = outbox.active(url=listener.url("/1")), outbox.active(slug="other", url=listener.url("/2"))
        ids = [outbox.queue(one, "a"), outbox.queue(one, "a"), outbox.queue(other, "a"), outbox.queue(one, "b")]
        assert [bool(found) for found in ids] == [True, False, True, True]
        assert delivery.deliver(outbox.tenant_id) == 3
        assert delivery.deliver(outbox.tenant_id) == 0
    assert len(listener.asked) == 3


def test_text_does_not_get_into_a_payload(outbox):
    destination_id = outbox.draft(url="https://receiver.example/")
    with pytest.raises(ValueError, match="ids, codes and numbers"):
        outbox.queue(destination_id, 1, payload={"summary": "x" * 201})


def test_every_retry_has_the_same_id_and_body_and_waits_longer(outbox):
    with listening() as listener:
        listener.answer = lambda handler: reply(handler, 500)
        outbox.queue(outbox.active(url=listener.url()), 1)
        waits = []
        for _ in range(3):
            assert delivery.deliver(outbox.tenant_id) == 0
            (row,) = outbox.rows()
            waits.append((row.next_attempt_at - timezone.now()).total_seconds())
            assert (row.state, row.reason, row.response_status) == ("pending", "http_500", 500)
            due_now(outbox)
        listener.answer = lambda handler: reply(handler, 200)
        assert delivery.deliver(outbox.tenant_id) == 1
    assert [0 < waits[0] <= 1, 1.5 <= waits[1] <= 4, 7 <= waits[2] <= 16] == [True] * 3
    assert len({asked.body for asked in listener.asked}) == 1
    assert {asked.headers["webhook-id"] for asked in listener.asked} == {str(row.pk)}
    assert len(listener.asked) == 4


def test_retry_after_is_honoured(outbox):
    with listening() as listener:
        listener.answer = lambda handler: reply(handler, 429, retry_after="300")
        outbox.queue(outbox.active(url=listener.url()), 1)
        delivery.deliver(outbox.tenant_id)
    (row,) = outbox.rows()
    assert 290 < (row.next_attempt_at - timezone.now()).total_seconds() <= 300


@pytest.mark.parametrize(("status", "reason"), [(410, "http_410"), (422, "http_422")])
def test_what_will_never_be_taken_is_a_dead_letter_at_once_and_an_officer_replays_it(outbox, status, reason):
    with listening() as listener:
        listener.answer = lambda handler: reply(handler, status)
        delivery_id = outbox.queue(outbox.active(url=listener.url()), 1)
        delivery.deliver(outbox.tenant_id)
        (row,) = outbox.rows()
        assert (row.state, row.reason, row.attempts) == ("dead", reason, 1)
        assert outbox.events(action="delivery.dead")[0].detail["reason"] == reason
        refused = outbox.do("alice", destinations.replay_delivery, delivery_id=delivery_id)
        assert refused == Refusal("no_role")
        assert (outbox.rows()[0].state, outbox.events(action="delivery.replay")[-1].basis) == ("dead", "no_role")
        stranger = outbox.do("oscar", destinations.replay_delivery, delivery_id=delivery_id)
        assert stranger == Refusal("unknown")
        listener.answer = lambda handler: reply(handler, 200)
        assert outbox.do("olga", destinations.replay_delivery, delivery_id=delivery_id) == Done(delivery_id)
        assert delivery.deliver(outbox.tenant_id) == 1
        assert outbox.do("olga", destinations.replay_delivery, delivery_id=delivery_id) == Refusal("not_dead")
    assert listener.asked[0].body == listener.asked[1].body
    assert listener.asked[0].headers["webhook-id"] == listener.asked[1].headers["webhook-id"]


def test_at_the_end_of_the_schedule_stands_a_dead_letter(outbox):
    with listening() as listener:
        listener.answer = lambda handler: reply(handler, 503)
        outbox.queue(outbox.active(url=listener.url()), 1)
        outbox.update(Delivery, attempts=11)
        delivery.deliver(outbox.tenant_id)
    (row,) = outbox.rows()
    assert (row.state, row.reason, row.attempts) == ("dead", "http_503", 12)


def test_the_breaker_opens_after_failures_in_a_row_and_one_message_tries(outbox):
    with listening() as listener:
        listener.answer = lambda handler: reply(handler, 500)
        destination_id = outbox.active(url=listener.url())
        for number in range(10):
            outbox.queue(destination_id, number)
        delivery.deliver(outbox.tenant_id)
        asked = len(listener.asked)
        assert asked == leasing.BREAKER_FAILURES
        assert outbox.destination(destination_id).breaker_until > timezone.now()
        due_now(outbox)
        assert delivery.deliver(outbox.tenant_id) == 0
        assert len(listener.asked) == asked
        assert sorted(row.attempts for row in outbox.rows()) == [0] * 2 + [1] * 8
        outbox.update(Destination, breaker_until=timezone.now() - timedelta(seconds=1))
        delivery.deliver(outbox.tenant_id)
        assert len(listener.asked) == asked + 1
        first = outbox.destination(destination_id)
        assert first.breaker_opened == 2
        listener.answer = lambda handler: reply(handler, 200)
        outbox.update(Destination, breaker_until=timezone.now() - timedelta(seconds=1))
        due_now(outbox)
        assert delivery.deliver(outbox.tenant_id) == 10
        assert outbox.destination(destination_id).breaker_until is None


def test_one_destination_gets_a_few_at_a_time_and_does_not_hold_up_another(outbox):
    running, most = 0, 0

    def slow(handler):
        nonlocal running, most
        running += 1
        most = max(most, running)
        time.sleep(0.1)
        running -= 1
        reply(handler, 200)

    with listening() as listener, listening() as other:
        listener.answer = slow
        destination_id = outbox.active(url=listener.url())
        second = outbox.active(slug="other", url=other.url())
        for number in range(12):
            outbox.queue(destination_id, number)
        outbox.queue(second, 1)
        assert delivery.deliver(outbox.tenant_id) == 13
    assert most <= leasing.AT_ONCE
    assert len(other.asked) == 1


def test_a_secret_is_replaced_without_loss(outbox):
    with listening() as listener:
        destination_id = outbox.active(url=listener.url())
        former, present = outbox.secret, new_secret()
        answer = outbox.do("olga", destinations.rotate_secret, destination_id=destination_id, secret=present)
        assert answer.shown_once == ""
        outbox.queue(destination_id, 1)
        delivery.deliver(outbox.tenant_id)
        (asked,) = listener.asked
        assert verify(asked.headers, asked.body, [former]) == verify(asked.headers, asked.body, [present])
        with outbox.stage.backstage():
            stored = b"".join(bytes(row.sealed) for row in DestinationSecret.objects.all())
            DestinationSecret.objects.exclude(ends_at=None).update(ends_at=timezone.now() - timedelta(seconds=1))
        assert former.encode() not in stored
        outbox.queue(destination_id, 2)
        delivery.deliver(outbox.tenant_id)
    assert listener.asked[1].headers["webhook-signature"].count("v1,") == 1


def test_where_things_go_takes_two_people(outbox):
    with listening() as listener:
        destination_id = outbox.draft(url=listener.url())
        outbox.do("olga", destinations.rotate_secret, destination_id=destination_id, secret=new_secret())
        refused = outbox.do("olga", destinations.approve_destination, destination_id=destination_id)
        assert refused == Refusal("same_person")
        assert outbox.do("alice", destinations.approve_destination, destination_id=destination_id) == Refusal("no_role")
        assert outbox.do("oscar", destinations.approve_destination, destination_id=destination_id) == Refusal("unknown")
        outbox.queue(destination_id, 1)
        assert delivery.deliver(outbox.tenant_id) == 0
        assert isinstance(outbox.do("olga", destinations.send_test, destination_id=destination_id), Done)
        assert delivery.deliver(outbox.tenant_id) == 1
        assert [orjson.loads(asked.body)["type"] for asked in listener.asked] == ["dev.caseward.test"]
        outbox.do("omar", destinations.approve_destination, destination_id=destination_id)
        assert delivery.deliver(outbox.tenant_id) == 1
        terms = destinations.DestinationTerms(name="Elsewhere", settings={"url": listener.url("/elsewhere")})
        outbox.do("omar", destinations.edit_destination, destination_id=destination_id, terms=terms)
        assert outbox.destination(destination_id).state == "proposed"
        refused = outbox.do("olga", destinations.approve_destination, destination_id=destination_id)
        assert refused == Refusal("same_person")


def test_a_disabled_destination_keeps_its_letters(outbox):
    destination_id = outbox.active(url="https://receiver.example/")
    outbox.queue(destination_id, 1)
    outbox.do("olga", destinations.disable_destination, destination_id=destination_id)
    assert [(row.state, row.reason) for row in outbox.rows()] == [("dead", "destination_disabled")]
    assert outbox.do("olga", destinations.send_test, destination_id=destination_id) == Refusal("disabled")


def test_a_case_is_told_by_its_projection_and_above_the_ceiling_by_ids_alone(outbox):
    case = outbox.stage.submit()
    with listening() as listener:
        destination_id = outbox.active(url=listener.url())
        outbox.update(Destination, ceiling_class="restricted", ceiling_tlp="AMBER")
        outbox.queue(destination_id, 1, case_id=case.pk)
        assert delivery.deliver(outbox.tenant_id) == 0
        assert [(row.reason, row.attempts, row.body) for row in outbox.rows()] == [("projection_pending", 0, None)]
        outbox.stage.build()
        due_now(outbox)
        assert delivery.deliver(outbox.tenant_id) == 1
        told = orjson.loads(listener.asked[0].body)["data"]
        assert told["title"] == "The router sends refunds to billing"
        assert (told["severity"], told["case"][:2]) == ("high", "c_")
        assert b"Kowalska" not in listener.asked[0].body
        assert b"refund.desk77" not in listener.asked[0].body
        outbox.update(Destination, ceiling_class="public")
        outbox.queue(destination_id, 2, case_id=case.pk)
        assert delivery.deliver(outbox.tenant_id) == 1
        assert orjson.loads(listener.asked[1].body)["data"] == {}
    assert outbox.stage.seen("carol") == []


def test_a_message_delivered_three_times_changes_nothing_more(outbox):
    with listening() as listener:
        destination_id = outbox.active(url=listener.url())
        for number in range(5):
            outbox.queue(destination_id, number)
        assert [delivery.deliver(outbox.tenant_id) for _ in range(3)] == [5, 0, 0]
    assert len(listener.asked) == 5


def test_an_expired_lease_is_taken_over_and_the_late_worker_stores_nothing(outbox):
    with listening() as listener:
        outbox.queue(outbox.active(url=listener.url()), 1)
        with outbox.stage.backstage():
            _, rows = leasing.lease_due(Destination.objects.get().pk, "killed")
        assert len(rows) == 1
        assert delivery.deliver(outbox.tenant_id) == 0
        outbox.update(Delivery, leased_until=timezone.now() - timedelta(seconds=1))
        assert delivery.deliver(outbox.tenant_id) == 1
        with outbox.stage.backstage():
            assert leasing.lock_leased(rows[0].pk, "killed") is None


def chaos(outbox, count: int, seconds: float) -> HostileReceiver:
    secret = new_secret()
    receiver = HostileReceiver(secret, share=0.3, hang_seconds=2.5)
    with receiving(receiver) as listener:
        destination_id = outbox.active(url=listener.url("/hooks"), secret=secret)
        for number in range(count):
            outbox.queue(destination_id, number)
        ends_at = time.monotonic() + seconds
        while outbox.rows(state="pending") and time.monotonic() < ends_at:
            delivery.deliver(outbox.tenant_id)
            time.sleep(0.2)
    return receiver


def assert_all_arrived(outbox, receiver, count):
    assert [row.state for row in outbox.rows()] == ["delivered"] * count
    assert len(receiver.effects) == count
    assert (receiver.counts["bad_signature"], receiver.counts["changed_body"], receiver.counts["followed"]) == (0, 0, 0)
    assert receiver.duplicates == set()
    assert receiver.counts["attempts"] > count


def test_a_receiver_that_fails_a_third_of_the_time_gets_everything(outbox):
    receiver = chaos(outbox, 40, 100)
    assert_all_arrived(outbox, receiver, 40)


@pytest.mark.campaign
@pytest.mark.timeout(1800)
def test_a_thousand_of_a_thousand_arrive(outbox):
    receiver = chaos(outbox, 1000, 1500)
    print(dict(receiver.counts))
    assert_all_arrived(outbox, receiver, 1000)
