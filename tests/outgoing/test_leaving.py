"""Signatures, envelopes, schedules and sealed secrets."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest

from hub.outgoing.envelopes import envelope
from hub.outgoing.schedule import RetrySchedule, read_retry_after
from hub.outgoing.sealing import SecretUnavailable, seal, unseal
from hub.outgoing.signing import BadSecret, BadSignature, check_secret, new_secret, sign, verify

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_signature_is_the_one_of_the_specification():
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = sign(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', [secret], at=datetime.fromtimestamp(1614265330, UTC)
    )
    signed = b'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}'
    key = base64.b64decode(secret.removeprefix("whsec_"))
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode(),
    }


def test_while_a_secret_is_replaced_either_verifies():
    old, new, other = new_secret(), new_secret(), new_secret()
    headers = sign("m1", b"{}", [new, old], at=datetime.now(UTC))
    assert headers["webhook-signature"].count("v1,") == 2
    assert [verify(headers, b"{}", [secret]) for secret in (old, new)] == ["m1", "m1"]
    assert verify(headers, b"{}", [other, old]) == "m1"
    with pytest.raises(BadSignature):
        verify(headers, b"{}", [other])


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("webhook-id", "m2"), ("webhook-id", ""), ("webhook-timestamp", "1614265330"), ("webhook-timestamp", "soon"),
        ("webhook-timestamp", "nan"), ("webhook-signature", ""), ("webhook-signature", "v1"),
        ("webhook-signature", "v1,###"), ("webhook-signature", "v2,AAAA"), ("webhook-signature", "v1,a,b"),
    ],
)  # fmt: skip
def test_anything_else_does_not_verify(header, value):
    secret = new_secret()
    headers = sign("m1", b"{}", [secret], at=datetime.now(UTC)) | {header: value}
    with pytest.raises(BadSignature):
        verify(headers, b"{}", [secret])


def test_old_messages_changed_bodies_and_no_secrets_do_not_verify():
    secret = new_secret()
    for headers, body, secrets in (
        (sign("m1", b"{}", [secret], at=datetime.now(UTC) - timedelta(minutes=6)), b"{}", [secret]),
        (sign("m1", b"{}", [secret], at=datetime.now(UTC)), b"{ }", [secret]),
        (sign("m1", b"{}", [secret], at=datetime.now(UTC)), b"\xff", [secret]),
        (sign("m1", b"{}", [secret], at=datetime.now(UTC)), b"{}", []),
        ({}, b"{}", [secret]),
    ):
        with pytest.raises(BadSignature):
            verify(headers, body, secrets)
    with pytest.raises(BadSecret):
        sign("m1", b"{}", [], at=datetime.now(UTC))


@pytest.mark.parametrize(
    "secret",
    ["", "whsec_", "whsec_c2hvcnQ=", "whsec_###", new_secret()[6:], new_secret() + "%"],
    ids=["empty", "nothing in it", "too short", "no base64", "no prefix", "a sign too many"],
)
def test_a_weak_or_malformed_secret_is_refused(secret):
    with pytest.raises(BadSecret):
        check_secret(secret)
    check_secret(new_secret())


def test_an_envelope_is_a_cloud_event_and_always_the_same_bytes():
    terms = {
        "id": "d1", "source": "/tenants/acme", "type": "dev.caseward.ticket.opened", "subject": "tickets/7",
        "time": datetime(2026, 3, 1, 13, tzinfo=timezone(timedelta(hours=1))), "data": {"b": 1, "a": "ü"},
        "dataclassification": "internal",
    }  # fmt: skip
    body = envelope(**terms)
    assert body == envelope(**dict(reversed(terms.items())))
    assert orjson.loads(body) == {
        "specversion": "1.0", "id": "d1", "source": "/tenants/acme", "type": "dev.caseward.ticket.opened",
        "subject": "tickets/7", "time": "2026-03-01T12:00:00Z", "datacontenttype": "application/json",
        "dataclassification": "internal", "data": {"a": "ü", "b": 1},
    }  # fmt: skip


@pytest.mark.parametrize(
    "wrong", [{"id": ""}, {"type": ""}, {"time": datetime(2026, 3, 1)}, {"Bad_Name": "x"}, {"data_base64": "x"}]
)
def test_what_is_no_cloud_event_is_refused(wrong):
    with pytest.raises(ValueError):
        envelope(**({"id": "d1", "source": "s", "type": "t", "time": NOW, "data": {}} | wrong))


def test_waits_grow_and_end():
    schedule = RetrySchedule(first_seconds=5, factor=4, longest_seconds=100, attempts=5)
    assert [schedule.delay(attempt, chance=0) for attempt in range(1, 6)] == [5, 20, 80, 100, None]
    assert [schedule.delay(attempt, chance=0.5) for attempt in range(1, 4)] == [3.75, 15, 60]
    drawn = {schedule.delay(3) for _ in range(50)}
    assert len(drawn) > 25
    assert all(40 <= wait <= 80 for wait in drawn)


def test_a_receiver_that_names_a_time_is_not_asked_before_it():
    schedule = RetrySchedule(first_seconds=5, longest_seconds=100)
    assert schedule.delay(1, retry_after=60, chance=0) == 60
    assert schedule.delay(1, retry_after=1, chance=0) == 5
    assert schedule.delay(1, retry_after=10**9, chance=0) == 100


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120), (" 7 ", 7), ("0", 0), ("Sun, 01 Mar 2026 12:01:30 GMT", 90), ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("", None), (None, None), ("soon", None), ("-5", None), ("1e9", None), ("9" * 40, None), ("٣", None),
    ],
)  # fmt: skip
def test_retry_after_is_read_as_seconds_or_a_date(value, seconds):
    assert read_retry_after(value, now=NOW) == seconds


def test_a_sealed_secret_opens_in_its_place_alone(settings):
    sealed = seal("whsec_abc", "destination:1")
    assert b"whsec" not in sealed
    assert sealed != seal("whsec_abc", "destination:1")
    assert unseal(memoryview(sealed), "destination:1") == "whsec_abc"
    for content, place in ((sealed, "destination:2"), (sealed[:-1], "destination:1"), (b"", "x"), (None, "x")):
        with pytest.raises(SecretUnavailable):
            unseal(content, place)


def test_after_the_key_was_replaced_the_former_one_still_opens(settings):
    sealed = seal("s", "p")
    settings.KEY_ENCRYPTION_KEY_FALLBACKS, settings.KEY_ENCRYPTION_KEY = [settings.KEY_ENCRYPTION_KEY], "n" * 60
    assert unseal(sealed, "p") == "s"
    settings.KEY_ENCRYPTION_KEY_FALLBACKS = []
    with pytest.raises(SecretUnavailable):
        unseal(sealed, "p")
