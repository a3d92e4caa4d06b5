"""How often and how much: counted for all processes in Valkey, stricter without it, told to whom it concerns."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connections

from hub.api import budgets
from hub.api.budgets import Verdict, spend
from hub.embedded import services as embedded
from hub.embedded.account import choose_account
from hub.embedded.state import State
from hub.embedded.valkey import broker_url, start_valkey
from tenants.actors import Actor, ActorKind

NOWHERE = "redis+socket:///nonexistent/no-broker"


@pytest.fixture(autouse=True)
def _unpaused(monkeypatch):
    """Each test begins with a broker that may be asked and an empty count of this process."""
    monkeypatch.setattr(budgets, "_paused_until", 0.0)
    monkeypatch.setattr(budgets, "_fallback", budgets._Fallback())


@pytest.fixture
def limited(settings):
    """Ten requests a minute, a hundred of cost a day."""
    settings.CASEWARD_RATE_LIMIT_PER_MINUTE = 10
    settings.CASEWARD_DAILY_COST_BUDGET = 100
    return settings


@pytest.fixture
def broker(limited, servers):
    """The real broker of the tests."""
    limited.CELERY_BROKER_URL = servers.urls["BROKER_URL"]
    return limited


@pytest.fixture
def actor():
    return Actor(kind=ActorKind.TOKEN, tenant_id=uuid4(), token_id=uuid4())


def said(actor, *costs):
    return [spend(actor, cost).verdict for cost in costs]


@pytest.fixture
def noon(monkeypatch):
    """Half a minute past noon, as long as the test takes: no minute ends while it counts."""

    class Still(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(2026, 3, 4, 12, 0, 30, tzinfo=UTC)

    monkeypatch.setattr(budgets, "datetime", Still)


def test_what_is_refused_costs_nothing_of_the_day(broker, actor, noon):
    assert spend(actor, 60).left == 40
    refused = spend(actor, 41)
    assert (refused.verdict, refused.left, refused.is_first_refusal) == (Verdict.BUDGET_SPENT, 40, True)
    # Until midnight, from half a minute past noon.
    assert refused.retry_after_seconds == 12 * 3600 - 30 + 1
    assert spend(actor, 41).is_first_refusal is False
    assert (spend(actor, 40).verdict, spend(actor, 1).verdict) == (Verdict.GRANTED, Verdict.BUDGET_SPENT)


def test_the_eleventh_request_of_a_minute_is_refused(broker, actor, noon):
    assert said(actor, *[1] * 12) == [Verdict.GRANTED] * 10 + [Verdict.TOO_OFTEN] * 2
    late = spend(actor, 1)
    assert (late.left, late.retry_after_seconds) == (90, 30)
    another = Actor(kind=ActorKind.TOKEN, tenant_id=actor.tenant_id, token_id=uuid4())
    assert said(another, 1) == [Verdict.GRANTED]


def test_without_the_broker_a_process_allows_a_tenth(limited, actor, noon):
    limited.CELERY_BROKER_URL = NOWHERE
    limited.CASEWARD_RATE_LIMIT_PER_MINUTE = 30
    assert spend(actor, 6).left == 4
    assert said(actor, 5, 4, 1) == [Verdict.BUDGET_SPENT, Verdict.GRANTED, Verdict.TOO_OFTEN]


def test_more_callers_than_a_process_keeps_in_mind_are_refused(limited, monkeypatch, noon):
    limited.CELERY_BROKER_URL = NOWHERE
    monkeypatch.setattr(budgets, "MOST_CALLERS", 3)
    actors = [Actor(kind=ActorKind.TOKEN, tenant_id=uuid4(), token_id=uuid4()) for _ in range(4)]
    assert [spend(actor, 1).verdict for actor in actors] == [Verdict.GRANTED] * 3 + [Verdict.TOO_OFTEN]


def test_a_broker_that_stops_and_comes_back(limited, actor, monkeypatch, noon):
    """A real one is stopped: at once the lower limit holds, and when it is back its own count goes on."""
    folder = Path(tempfile.mkdtemp(prefix="caseward-budgets-"))
    state = State(folder, choose_account())
    state.prepare()
    process = start_valkey(state, is_durable=True)
    limited.CELERY_BROKER_URL = broker_url(state)
    try:
        assert [spend(actor, 30).left for _ in range(2)] == [70, 40]
        process.stop()
        # Of ten requests a minute it leaves one, of a hundred a day ten.
        assert [spend(actor, 8).left, spend(actor, 2).verdict] == [2, Verdict.TOO_OFTEN]
        assert budgets._paused_until > 0
        process = start_valkey(state, is_durable=True)
        monkeypatch.setattr(budgets, "_paused_until", 0.0)
        assert spend(actor, 40).left == 0
    finally:
        process.stop()
        embedded.discard(folder)


def events(user):
    with connections["owner"].cursor() as owner:
        owner.execute("SET ROLE caseward_keeper")
        owner.execute(
            "SELECT basis, count(*) FROM audit.access_event WHERE action = 'request.limit' AND user_id = %s GROUP BY 1",
            [user.pk],
        )
        found = dict(owner.fetchall())
        owner.execute("SELECT coalesce(sum(count), 0) FROM audit.refusal_count WHERE basis = 'too_often'")
        counted = owner.fetchone()[0]
        owner.execute("RESET ROLE")
    return found, counted


def test_whoever_asks_too_often_is_told_when_to_come_back_and_it_is_on_record(ask, world, broker, noon):
    user = world.cast.user("dave")
    before = events(user)
    answers = [ask("dave", "{ __typename }") for _ in range(13)]
    assert [answer.status for answer in answers] == [200] * 10 + [429] * 3
    late = answers[-1]
    assert (late.codes, late.headers["Retry-After"]) == (["RATE_LIMITED"], "30")
    assert "data" not in late.body
    found, counted = events(user)
    assert found["too_often"] == before[0].get("too_often", 0) + 1
    assert counted == before[1] + 2


def test_malformed_requests_count_as_well(ask, broker, noon):
    assert [ask.post("trudy", b"{").status for _ in range(11)] == [400] * 10 + [429]


def test_a_day_that_is_spent_is_said_by_its_own_code(ask, broker, noon):
    broker.CASEWARD_RATE_LIMIT_PER_MINUTE = 1000
    query = "{ cases(first: 10) { nodes { id title } } }"
    answers = [ask("rita", query) for _ in range(4)]
    assert [answer.headers["Caseward-Cost-Left"] for answer in answers] == ["69", "38", "7", "7"]
    assert (answers[3].status, answers[3].codes) == (429, ["BUDGET_EXHAUSTED"])
