"""The judgement in SQL and the rule in Python are one: random rules over random cases, and a worker's clock decides
nothing."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.conf import settings
from django.utils import timezone

from hub.retention.judging import judge
from hub.retention.rules import Clock, ItemFacts, RuleInForce, Track, decide, parse_rule
from hub.workflows.disclosure import disclose_raw
from hub.workflows.disposal_tracks import ITEMS
from hub.workflows.disposition import Progress, dispose_of_due
from tenants.identifiers import new_id
from tenants.scoping import acting_as
from tests.platform.servers import TestServers, with_database
from tests.retention.test_disposition import confirm, count, dry_run, govern, seen_by_system
from tests.world import World

CASES, SETS = 30, 60
CLASSES = ("public", "internal", "confidential", "restricted")
KINDS = ("incident", "hazard", "bug")
TAGS = ("a:one", "b:two", "c:three")
KEEPS = ("P1M", "P6M", "P1Y", "P1Y2M3W4D", "P400D", "P2Y", "PT36H", "P13M")


@pytest.fixture
def superuser(servers: TestServers) -> Iterator[psycopg.Connection[Any]]:
    """Past walls and triggers."""
    url = with_database(servers.superuser_url, str(settings.DATABASES["default"]["NAME"]))
    with psycopg.connect(url, autocommit=True) as found:
        found.execute("SET session_replication_role = replica")
        yield found


def draw_case(world: World, superuser: psycopg.Connection[Any], draw: random.Random) -> tuple[UUID, ItemFacts]:
    """A case like atlas' own, with other facts and dates; its version's id and what a rule sees of it."""
    now, source = timezone.now().replace(microsecond=0), world.cases["atlas"]
    case_id, version_id = new_id(), new_id()
    recorded = now - timedelta(days=draw.randrange(900), hours=draw.randrange(24))
    occurred = draw.choice([None, date(2024, 1, 31), recorded.date()])
    status = draw.choice(["submitted", "accepted", "withdrawn"])
    closed = now - timedelta(days=draw.randrange(900)) if status != "submitted" else None
    read = draw.choice([None, now - timedelta(days=draw.randrange(900))])
    data_class, kind = draw.choice(CLASSES), draw.choice(KINDS)
    tags = frozenset(draw.sample(TAGS, draw.randrange(3)))
    for table, changes in (
        ("catalog_case", {"id": case_id, "current_version_id": version_id, "data_class": data_class, "status": status,
                          "source_id": str(case_id), "created_at": recorded,
                          "withdrawn_at": closed if status == "withdrawn" else None}),
        ("catalog_caseversion", {"id": version_id, "case_id": case_id, "kind": kind, "occurred_to": occurred,
                                 "created_at": recorded}),
        ("catalog_casetext", {"id": new_id(), "case_id": case_id, "version_id": version_id}),
    ):  # fmt: skip
        columns = [name for (name,) in superuser.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s", [table]
        )]  # fmt: skip
        own = "id" if table == "catalog_case" else "case_id"
        values = ", ".join(f"%({name})s" if name in changes else name for name in columns)
        superuser.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} WHERE {own} = %(source)s",  # type: ignore[arg-type]
            {**changes, "source": source},
        )
    tenant, team = world.cast.tenant("acme").pk, world.cast.team("acme/atlas").pk
    if status == "accepted":
        superuser.execute(
            "INSERT INTO catalog_review (id, tenant_id, team_id, case_id, version_id, reviewer, verdict, note,"
            " created_at) VALUES (%s, %s, %s, %s, %s, 'user:x', 'accept', '', %s)",
            [new_id(), tenant, team, case_id, version_id, closed],
        )
    for tag in tags:
        superuser.execute(
            "INSERT INTO catalog_casetag (id, tenant_id, team_id, case_id, tag, set_by, reason, set_at)"
            " VALUES (%s, %s, %s, %s, %s, 'user:x', '', now())",
            [new_id(), tenant, team, case_id, tag],
        )
    if read:
        superuser.execute(
            "INSERT INTO audit.access_disclosure (id, event_id, format, occurred_at, reader_team_ids, reader_key,"
            " owner_tenant_id, owner_team_ids, case_ids, fields, grant_ids, policy_version_ids, is_raw, purpose)"
            " VALUES (uuidv7(), uuidv7(), 1, %s, '{}', 'user:x', %s, '{}', ARRAY[%s]::uuid[], '{}', '{}', '{}',"
            " false, '')",
            [read, tenant, case_id],
        )
    day_after = (
        datetime(occurred.year, occurred.month, occurred.day, tzinfo=UTC) + timedelta(days=1) if occurred else None
    )
    return version_id, ItemFacts(Track.RAW_TEXT, data_class, kind, tags, {
        Clock.RECORDED: recorded,
        Clock.OCCURRED: day_after or recorded,
        Clock.CLOSED: closed,
        Clock.LAST_READ: max(recorded, read + timedelta(days=1)) if read else recorded,
    })  # fmt: skip


def draw_rules(draw: random.Random) -> list[RuleInForce]:
    """A few rules of the track, some of them nearly alike."""
    found = []
    for number in range(draw.randrange(1, 6)):
        select = {
            "data_classes": draw.sample(CLASSES, draw.choice([0, 0, 1, 2])),
            "kinds": draw.sample(KINDS, draw.choice([0, 0, 1, 2])),
            "tags": draw.sample(TAGS, draw.choice([0, 0, 1])),
        }
        document = {"track": "raw_text", "clock": draw.choice(list(Clock)).value, "keep": draw.choice(KEEPS),
                    "then": "purge", "select": select}  # fmt: skip
        found.append(RuleInForce(
            new_id(), f"rule-{draw.randrange(3)}", number + 1, "", "user:x", parse_rule(document), draw.random() < 0.8
        ))  # fmt: skip
    return found


def test_sql_and_python_judge_alike(kept: World, superuser: psycopg.Connection[Any]) -> None:
    draw = random.Random(20260311)
    facts = dict(draw_case(kept, superuser, draw) for _ in range(CASES))
    seen: dict[str, int] = {}
    with seen_by_system(kept):
        for _ in range(SETS):
            rules, now = draw_rules(draw), timezone.now()
            judged = judge(ITEMS, kept.cast.tenant("acme").pk, Track.RAW_TEXT, rules, list(facts))
            assert {found.item_id for found in judged} == set(facts)
            for found in judged:
                decision = decide(rules, facts[found.item_id])
                if decision is None:
                    expected: tuple[Any, ...] = (None, None, None, "no_rule")
                else:
                    rule, start, due = decision.rule, decision.started_at, decision.due_at
                    why = "clock_not_started" if due is None else "not_due" if due > now else ""
                    expected = (rule.id, start, due, why or ("" if rule.is_seen else "unseen_rule"))
                assert (found.rule_id, found.started_at, found.due_at, found.kept_because) == expected
                seen[found.kept_because] = seen.get(found.kept_because, 0) + 1
    # Every outcome came up, so that the comparison compares something.
    assert seen.keys() == {"", "no_rule", "clock_not_started", "not_due", "unseen_rule"}
    assert sum(seen.values()) == CASES * SETS


@pytest.mark.parametrize("days", [-1, 1])
def test_a_worker_whose_clock_is_a_day_off_deletes_nothing_early(
    kept: World, age: Any, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    """Due in half a day by PostgreSQL's clock: whatever the worker's says, nothing goes before."""
    govern(kept, "evidence", track="raw_evidence", keep="P10D")
    govern(kept, "text", track="raw_text", keep="P10D", clock="last_read")
    age("9 days 12 hours")
    true_now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: true_now() + timedelta(days=days))
    # A read is stamped by the process that answers it.
    alice = kept.cast["alice"]
    with acting_as(alice):
        disclose_raw(alice, case_id=kept.cases["atlas"])
    made = dry_run(kept)
    assert made.due == 0
    confirm(kept, made.run_id)
    assert dispose_of_due(kept.cast.tenant("acme").pk, now=True) == Progress()
    assert (count("catalog_evidencebody"), count("catalog_casetext")) == (2, 1)
    # Half a day later evidence goes, also for a worker who is behind; the text was read and stays.
    age("12 hours 1 minute")
    assert dispose_of_due(kept.cast.tenant("acme").pk, now=True) == Progress(disposed=2)
    assert count("catalog_casetext") == 1
